"""The character LSTM's training step in packages that live in environments of their own.

    PYTHON benchmarks/_char_lstm_peers.py scan|unrolled|mxnet

Makes one step for each line on the standard input, and answers ``done``. `char_lstm.py` starts it.
"""

import sys

import numpy as np

LAYERS, STEPS, BATCH, HIDDEN, CLASSES = 2, 32, 32, 256, 66
RATE, DECAY, CLIP = 0.01, 1e-5, 1.0


def characters():
    return np.random.default_rng(0).integers(0, CLASSES, (STEPS + 1, BATCH))


def weights():
    """Return the weights by name, drawn evenly from -0.1 to 0.1."""
    random = np.random.default_rng(1)
    shapes = {
        "embed_weight": (HIDDEN, CLASSES),
        "pred_weight": (CLASSES, HIDDEN),
        "pred_bias": (CLASSES,),
    }
    for layer in range(1, LAYERS + 1):
        for way in ("i2h", "h2h"):
            shapes[f"l{layer}_{way}_weight"] = (4 * HIDDEN, HIDDEN)
            shapes[f"l{layer}_{way}_bias"] = (4 * HIDDEN,)
    return {n: random.uniform(-0.1, 0.1, s).astype(np.float32) for n, s in shapes.items()}


def jax_step(kind):
    """Return the step in jax, its recurrence as a scan or unrolled."""
    import jax
    from jax import numpy as jnp

    numbers = characters()
    data = jnp.eye(CLASSES, dtype=jnp.float32)[numbers[:-1]]
    labels = jnp.asarray(numbers[1:])

    def layer(params, name, given):
        projected = given @ params[f"{name}_i2h_weight"].T + params[f"{name}_i2h_bias"]

        def cell(state, at_step):
            c, h = state
            gates = at_step + h @ params[f"{name}_h2h_weight"].T + params[f"{name}_h2h_bias"]
            entry, transform, forget, leave = jnp.split(gates, 4, axis=1)
            c = jax.nn.sigmoid(forget) * c + jax.nn.sigmoid(entry) * jnp.tanh(transform)
            h = jax.nn.sigmoid(leave) * jnp.tanh(c)
            return (c, h), h

        start = (jnp.zeros((BATCH, HIDDEN)), jnp.zeros((BATCH, HIDDEN)))
        return jax.lax.scan(cell, start, projected, unroll=STEPS if kind == "unrolled" else 1)[1]

    def loss(params):
        hidden = data @ params["embed_weight"].T
        for number in range(1, LAYERS + 1):
            hidden = layer(params, f"l{number}", hidden)
        scores = jax.nn.log_softmax(hidden @ params["pred_weight"].T + params["pred_bias"])
        return -jnp.take_along_axis(scores, labels[..., None], 2).sum() / BATCH

    def update(params, means, squares, count):
        gradients = jax.grad(loss)(params)
        found = {}, {}, {}
        for name, weight in params.items():
            g = jnp.clip(gradients[name], -CLIP, CLIP) + DECAY * weight
            m = 0.9 * means[name] + 0.1 * g
            v = 0.999 * squares[name] + 0.001 * g * g
            step = m / (1 - 0.9**count) / (jnp.sqrt(v / (1 - 0.999**count)) + 1e-8)
            found[0][name], found[1][name], found[2][name] = weight - RATE * step, m, v
        return found

    compiled = jax.jit(update, donate_argnums=(0, 1, 2))
    params = {name: jnp.asarray(weight) for name, weight in weights().items()}
    zeros = {name: jnp.zeros_like(weight) for name, weight in params.items()}
    held = [params, zeros, {name: jnp.zeros_like(weight) for name, weight in params.items()}]
    count = 0

    def step():
        nonlocal held, count
        count += 1
        held = list(compiled(*held, jnp.float32(count)))
        jax.block_until_ready(held[0])

    return step


def mxnet_step():
    """Return the step in Apache MXNet, unrolled as the tutorial does it."""
    import mxnet as mx

    symbol = mx.sym
    variables = {name: symbol.Variable(name) for name in weights()}
    states = {
        layer: [symbol.Variable(f"l{layer}_init_{state}") for state in "ch"]
        for layer in range(1, LAYERS + 1)
    }

    def connect(data, stem, units):
        weight, bias = variables[f"{stem}_weight"], variables[f"{stem}_bias"]
        return symbol.FullyConnected(data, weight=weight, bias=bias, num_hidden=units)

    outputs = []
    for t in range(STEPS):
        hidden = symbol.FullyConnected(
            symbol.Variable(f"data_{t}"),
            weight=variables["embed_weight"],
            num_hidden=HIDDEN,
            no_bias=True,
        )
        for layer, (c_before, h) in states.items():
            total = connect(hidden, f"l{layer}_i2h", 4 * HIDDEN)
            total = total + connect(h, f"l{layer}_h2h", 4 * HIDDEN)
            gates = symbol.SliceChannel(total, num_outputs=4)
            entry, forget, leave = (
                symbol.Activation(gates[n], act_type="sigmoid") for n in (0, 2, 3)
            )
            c = forget * c_before + entry * symbol.Activation(gates[1], act_type="tanh")
            hidden = leave * symbol.Activation(c, act_type="tanh")
            states[layer] = [c, hidden]
        scores = connect(hidden, "pred", CLASSES)
        outputs.append(symbol.SoftmaxOutput(scores, symbol.Variable(f"label_{t}"), name=f"s{t}"))
    numbers, eye = characters(), np.eye(CLASSES, dtype=np.float32)
    inputs = {f"data_{t}": eye[numbers[t]] for t in range(STEPS)}
    inputs |= {f"label_{t}": numbers[t + 1] for t in range(STEPS)}
    for layer in states:
        inputs |= {f"l{layer}_init_{state}": np.zeros((BATCH, HIDDEN)) for state in "ch"}
    requests = {name: "write" if name in variables else "null" for name in (*variables, *inputs)}
    executor = symbol.Group(outputs).simple_bind(
        mx.cpu(), grad_req=requests, **{name: array.shape for name, array in inputs.items()}
    )
    for name, array in (inputs | weights()).items():
        executor.arg_dict[name][:] = array
    adam = mx.optimizer.Adam(
        learning_rate=RATE, wd=DECAY, clip_gradient=CLIP, rescale_grad=1 / BATCH
    )
    update = mx.optimizer.get_updater(adam)

    def step():
        executor.forward(is_train=True)
        executor.backward()
        for index, name in enumerate(variables):
            update(index, executor.grad_dict[name], executor.arg_dict[name])
        mx.nd.waitall()

    return step


def main():
    kind = sys.argv[1]
    step = mxnet_step() if kind == "mxnet" else jax_step(kind)
    for _ in sys.stdin:
        step()
        print("done", flush=True)


if __name__ == "__main__":
    main()
