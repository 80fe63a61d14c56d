"""What scripts do with modules and their like, given the package that they call ``mx``.

Each scenario returns numbers, names and shapes as JSON has them, so that what one package says can
be recorded and held against another's.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

RANDOM = np.random.RandomState(3)
DATA = RANDOM.normal(0, 1, (20, 6)).astype(np.float32)
LABEL = (DATA.sum(axis=1) > 0).astype(np.float32)
SHAPES = {"data": (4, 6)}

Scenario = Callable[[Any], Any]
SCENARIOS: dict[str, Scenario] = {}


def scenario(function: Scenario) -> Scenario:
    """Enter a scenario under its name."""
    SCENARIOS[function.__name__] = function
    return function


# -- what they share -------------------------------------------------------------------------------


def perceptron(mx: Any) -> Any:
    """Return a classifier of one hidden layer."""
    hidden = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=5, name="fc1")
    active = mx.sym.Activation(hidden, act_type="tanh", name="tanh1")
    return mx.sym.SoftmaxOutput(
        mx.sym.FullyConnected(active, num_hidden=2, name="fc2"), name="softmax"
    )


def start(mx: Any, symbol: Any, **inputs: tuple[int, ...]) -> dict[str, Any]:
    """Return fixed start values of the parameters of a network."""
    random = np.random.RandomState(5)
    shapes, _, _ = symbol.infer_shape(**inputs)
    return {
        name: mx.nd.array(random.uniform(-0.5, 0.5, shape))
        for name, shape in zip(symbol.list_arguments(), shapes, strict=True)
        if name not in inputs and not name.endswith("label")
    }


def sums(parameters: tuple[Mapping[str, Any], Mapping[str, Any]]) -> dict[str, list[float]]:
    """Return for each array the sum of its elements, and of their absolute values."""
    found = {name: array.asnumpy() for part in parameters for name, array in part.items()}
    return {n: [float(a.sum()), float(np.abs(a).sum())] for n, a in sorted(found.items())}


def rows(mx: Any, begin: int, end: int, label: bool = True) -> Any:
    """Return some samples as a batch."""
    labels = [mx.nd.array(LABEL[begin:end])] if label else None
    return mx.io.DataBatch([mx.nd.array(DATA[begin:end])], labels)


def bound(mx: Any, size: int = 4, **options: Any) -> Any:
    """Return a module of a perceptron that is bound and has its start values."""
    module = mx.mod.Module(perceptron(mx), **options.pop("module", {}))
    module.bind([("data", (size, 6))], [("softmax_label", (size,))], **options)
    module.init_params(arg_params=start(mx, module.symbol, data=(size, 6)), aux_params={})
    return module


def prefix_of(name: str) -> str:
    """Return how the names of files begin in a folder that goes when the interpreter ends."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return str(Path(folder) / name)


def files(prefix: str) -> list[str]:
    """Return the names of the files beside a prefix."""
    return sorted(os.listdir(Path(prefix).parent))


def total(array: Any) -> float:
    """Return the sum of an array's absolute values."""
    return float(np.abs(array.asnumpy()).sum())


# -- modules ---------------------------------------------------------------------------------------


@scenario
def steps(mx: Any) -> Any:
    """Train step by step, and ask for everything."""
    module = bound(mx, inputs_need_grad=True)
    module.init_optimizer(optimizer="adam", optimizer_params={"learning_rate": 0.1, "wd": 0.01})
    for begin in (0, 4, 8):
        module.forward(rows(mx, begin, begin + 4), is_train=True)
        module.backward()
        module.update()
    names = [module.data_names, module.label_names, module.output_names]
    shapes = [module.output_shapes, [tuple(each) for each in module.data_shapes]]
    return [sums(module.get_params()), total(module.get_input_grads()[0]), names, shapes]


@scenario
def batches_of_other_sizes(mx: Any) -> Any:
    """Train with batches of several sizes."""
    module = bound(mx)
    module.init_optimizer(optimizer_params={"learning_rate": 0.5})
    for size in (4, 7, 4, 2):
        module.forward_backward(rows(mx, 0, size))
        module.update()
    module.forward(rows(mx, 0, 20), is_train=False)
    found = [sums(module.get_params()), total(module.get_outputs()[0]), module.output_shapes]
    module.reshape([("data", (3, 6))], [("softmax_label", (3,))])
    module.forward(rows(mx, 0, 3, label=False), is_train=False)
    return [*found, module.get_outputs()[0].shape]


@scenario
def gradients_added(mx: Any) -> Any:
    """Add the gradients of two batches."""
    module = bound(mx, grad_req="add")
    module.init_optimizer(optimizer_params={"learning_rate": 0.5})
    module.forward_backward(rows(mx, 0, 4))
    module.forward_backward(rows(mx, 4, 8))
    module.update()
    return sums(module.get_params())


@scenario
def states(mx: Any) -> Any:
    """Keep a state from batch to batch, on two devices."""
    added = mx.sym.Variable("data") + mx.sym.Variable("state")
    layer = mx.sym.FullyConnected(added, num_hidden=2, name="fc")
    module = mx.mod.Module(
        mx.sym.LinearRegressionOutput(layer, name="out"),
        label_names=["out_label"],
        state_names=["state"],
        context=[mx.cpu(0), mx.cpu(1)],
    )
    module.bind([("data", (4, 6))], [("out_label", (4, 2))])
    module.init_params(arg_params=start(mx, module.symbol, data=(4, 6), state=(4, 6)))
    batch = mx.io.DataBatch([mx.nd.array(DATA[:4])], [mx.nd.zeros((4, 2))])
    module.set_states(value=2)
    module.forward(batch, is_train=False)
    first, held = total(module.get_outputs()[0]), module.get_states(merge_multi_context=False)
    module.set_states(states=[[array * 2 for array in arrays] for arrays in held])
    module.forward(batch, is_train=False)
    apart = module.get_outputs(merge_multi_context=False)
    shapes = [[array.shape for array in arrays] for arrays in held]
    return [first, total(module.get_outputs()[0]), shapes, [len(each) for each in apart]]


@scenario
def devices(mx: Any) -> Any:
    """Divide batches unevenly between two devices, under each way to share gradients."""
    return {
        f"{kvstore} {optimizer}": on_two_devices(mx, kvstore, optimizer)
        for kvstore in (None, "local", "device")
        for optimizer in ("sgd", "adam")
    }


def on_two_devices(mx: Any, kvstore: str | None, optimizer: str) -> Any:
    """Train on two devices."""
    module = bound(mx, 8, module={"context": [mx.cpu(0), mx.cpu(1)], "work_load_list": [1, 3]})
    options = {"learning_rate": 0.1, "wd": 0.1}
    module.init_optimizer(kvstore=kvstore, optimizer=optimizer, optimizer_params=options)
    for begin in (0, 8):
        module.forward_backward(rows(mx, begin, begin + 8))
        module.update()
    metric = mx.metric.create("acc")
    module.update_metric(metric, [mx.nd.array(LABEL[8:16])])
    return [sums(module.get_params()), metric.get(), module.output_shapes]


@scenario
def checkpoints(mx: Any) -> Any:
    """Save a module with its optimizer's states, and go on with what was loaded."""
    prefix = prefix_of("module")
    batches = mx.io.NDArrayIter(DATA, LABEL, 4)
    options = {"optimizer_params": {"learning_rate": 0.3, "momentum": 0.9}}
    module = mx.mod.Module(perceptron(mx))
    given = start(mx, module.symbol, **SHAPES)
    module.fit(batches, num_epoch=1, arg_params=given, aux_params={}, **options)
    module.save_checkpoint(prefix, 1, save_optimizer_states=True)
    loaded = mx.mod.Module.load(prefix, 1, load_optimizer_states=True)
    batches.reset()
    loaded.fit(batches, num_epoch=1, **options)
    return [files(prefix), sums(loaded.get_params())]


@scenario
def head_gradients(mx: Any) -> Any:
    """Hand gradients to outputs that are no losses, on two devices."""
    layer = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
    module = mx.mod.Module(layer, label_names=None, context=[mx.cpu(0), mx.cpu(1)])
    module.bind([("data", (4, 6))], inputs_need_grad=True)
    module.init_params(arg_params=start(mx, layer, **SHAPES))
    module.forward(rows(mx, 0, 4, label=False))
    module.backward([mx.nd.array(DATA[:4, :3])])
    parts = module.get_input_grads(merge_multi_context=False)
    return [total(module.get_input_grads()[0]), [len(each) for each in parts], module.label_shapes]


@scenario
def predictions(mx: Any) -> Any:
    """Predict and score in every way."""
    batches = mx.io.NDArrayIter(DATA[:18], LABEL[:18], 4)
    module = bound(mx, for_training=False)
    seen: list[Any] = []
    scored = module.score(batches, ["acc", "ce"], num_batch=2)
    module.score(
        batches,
        "acc",
        batch_end_callback=lambda param: seen.append(param.nbatch),
        score_end_callback=[lambda param: seen.append([param.nbatch, param.epoch])],
        epoch=3,
    )
    return [
        module.predict(batches).shape,
        len(module.predict(batches, merge_batches=False)),
        len(module.predict(batches, always_output_list=True)),
        [[n, outs[0].shape, batch.pad] for outs, n, batch in module.iter_predict(batches)],
        module.predict(batches, num_batch=2).shape,
        total(module.predict(DATA[:4])),
        scored,
        seen,
    ]


@scenario
def what_is_refused(mx: Any) -> Any:
    """Set parameters that are too few or too many."""
    module, given = bound(mx), start(mx, perceptron(mx), **SHAPES)
    few = {name: array for name, array in given.items() if name != "fc1_bias"}
    many = {**given, "more": mx.nd.ones(2)}
    found = []
    for arrays in (few, many):
        for allowed in ({}, {"allow_missing": True}, {"allow_missing": True, "allow_extra": True}):
            try:
                module.set_params(arrays, {}, **allowed)
                found.append("taken")
            except (RuntimeError, ValueError):
                found.append("refused")
    return found


# -- other modules ---------------------------------------------------------------------------------


@scenario
def modules_in_a_row(mx: Any) -> Any:
    """Train two modules one after the other."""
    hidden = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=5, name="fc1")
    scores = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc2")
    whole = mx.mod.SequentialModule()
    whole.add(mx.mod.Module(mx.sym.Activation(hidden, act_type="tanh"), label_names=[]))
    last = mx.mod.Module(mx.sym.SoftmaxOutput(scores, name="softmax"))
    whole.add(last, take_labels=True, auto_wiring=True)
    batches = mx.io.NDArrayIter(DATA, LABEL, 4)
    whole.fit(
        batches,
        num_epoch=2,
        optimizer_params={"learning_rate": 0.5},
        arg_params=start(mx, perceptron(mx), **SHAPES),
        aux_params={},
        allow_missing=True,
    )
    names = [whole.data_names, whole.output_names, [tuple(each) for each in whole.output_shapes]]
    return [sums(whole.get_params()), whole.score(batches, "acc"), names]


@scenario
def loss_in_python(mx: Any) -> Any:
    """Train with a loss that is written in NumPy."""

    def gradient(scores: Any, labels: Any) -> np.ndarray:
        powers = np.exp(scores.asnumpy())
        found: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
        found[np.arange(len(found)), labels.asnumpy().astype(int)] -= 1
        return found

    layer = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc1")
    whole = mx.mod.SequentialModule().add(mx.mod.Module(layer, label_names=[]))
    loss = mx.mod.PythonLossModule(grad_func=gradient)
    whole.add(loss, take_labels=True, auto_wiring=True)
    batches = mx.io.NDArrayIter(DATA, LABEL, 4)
    whole.fit(
        batches,
        num_epoch=2,
        optimizer_params={"learning_rate": 0.5},
        arg_params=start(mx, layer, **SHAPES),
        aux_params={},
    )
    return [sums(whole.get_params()), whole.score(batches, "acc")]


@scenario
def buckets(mx: Any) -> Any:
    """Train networks of three buckets, save them, and load them."""

    def network(length: int) -> Any:
        mean = mx.sym.mean(mx.sym.Variable("data"), axis=1, keepdims=True)
        hidden = mx.sym.FullyConnected(mean, num_hidden=4, name="fc1")
        scores = mx.sym.FullyConnected(hidden, num_hidden=2)
        return mx.sym.SoftmaxOutput(scores, name="softmax"), ("data",), ("softmax_label",)

    module = mx.mod.BucketingModule(network, default_bucket_key=6)
    module.bind([("data", (4, 6))], [("softmax_label", (4,))])
    module.init_params(arg_params=start(mx, module.symbol, **SHAPES), aux_params={})
    module.init_optimizer(optimizer="adam", optimizer_params={"learning_rate": 0.1})
    metric = mx.metric.create("ce")
    for length in (6, 3, 6, 2, 3):
        batch = mx.io.DataBatch(
            [mx.nd.array(DATA[:4, :length])],
            [mx.nd.array(LABEL[:4])],
            bucket_key=length,
            provide_data=[("data", (4, length))],
            provide_label=[("softmax_label", (4,))],
        )
        module.forward_backward(batch)
        module.update()
        module.update_metric(metric, batch.label)
    prefix = prefix_of("buckets")
    module.save_checkpoint(prefix, 2)
    loaded = mx.mod.BucketingModule.load(prefix, 2, sym_gen=network, default_bucket_key=6)
    loaded.bind([("data", (4, 6))], [("softmax_label", (4,))])
    names = [module.symbol.list_arguments(), files(prefix)]
    return [sums(module.get_params()), sums(loaded.get_params()), metric.get(), names]


# -- models, stores, monitors ----------------------------------------------------------------------


@scenario
def feed_forward(mx: Any) -> Any:
    """Train, ask and save a `FeedForward`."""
    symbol, seen = perceptron(mx), []
    batches = mx.io.NDArrayIter(DATA[:18], LABEL[:18], 4)
    options = {"learning_rate": 0.5, "momentum": 0.9, "wd": 0.01}
    given = start(mx, symbol, **SHAPES)
    model = mx.model.FeedForward(symbol, num_epoch=2, arg_params=given, aux_params={}, **options)
    model.fit(
        batches,
        eval_data=batches,
        eval_metric="ce",
        batch_end_callback=lambda p: seen.append([p.epoch, p.nbatch, p.eval_metric.get()[1]]),
        epoch_end_callback=lambda epoch, net, args, auxs: seen.append([epoch, sorted(args)]),
        eval_end_callback=lambda param: seen.append([param.epoch, param.nbatch]),
    )
    outputs, data, label = model.predict(batches, return_data=True)
    prefix = prefix_of("model")
    model.save(prefix)
    loaded = mx.model.FeedForward.load(prefix, 2)
    numbers = [float(outputs[:, 0].sum()), float(model.score(batches))]
    numbers += [float(loaded.predict(DATA)[:, 0].sum()), loaded.begin_epoch]
    shapes = [outputs.shape, data.shape, label.shape, loaded.predict(batches, 1).shape]
    return [seen, sums((model.arg_params, {})), numbers, shapes, files(prefix)]


@scenario
def epochs_of_a_size(mx: Any) -> Any:
    """Train a `FeedForward` in epochs shorter than the data."""
    symbol, seen = perceptron(mx), []
    given = start(mx, symbol, **SHAPES)
    model = mx.model.FeedForward(
        symbol, num_epoch=3, epoch_size=3, learning_rate=0.5, arg_params=given, aux_params={}
    )
    batches = mx.io.NDArrayIter(DATA, LABEL, 4)
    model.fit(batches, batch_end_callback=lambda param: seen.append([param.epoch, param.nbatch]))
    return [seen, sums((model.arg_params, {}))]


@scenario
def stores(mx: Any) -> Any:
    """Push to and pull from key-value stores."""
    out, pair = mx.nd.zeros(2), [mx.nd.zeros(2), mx.nd.zeros(2)]
    found = []
    store = mx.kv.create("local")
    store.init(3, mx.nd.ones(2))
    store.push(3, [mx.nd.ones(2), mx.nd.ones(2) * 4])
    store.pull(3, out=out)
    found.append(out.asnumpy().tolist())
    named = mx.kv.create("device")
    named.init(["x", "y"], [mx.nd.ones(2)] * 2)
    named.push(["x", "y"], [[mx.nd.ones(2)] * 2, [mx.nd.ones(2) * 3] * 2])
    named.pull(["x", "y"], out=pair)
    found += [each.asnumpy().tolist() for each in pair]
    named.set_optimizer(mx.optimizer.SGD(learning_rate=0.5))
    named.pushpull("x", mx.nd.ones(2), out=out)
    found.append(out.asnumpy().tolist())
    own = mx.kv.create()
    own._set_updater(lambda key, pushed, stored: stored.__iadd__(pushed * key))
    own.init(9, mx.nd.ones(2))
    own.push(9, mx.nd.ones(2))
    own.pull(9, out=out)
    found.append(out.asnumpy().tolist())
    return [found, store.type, named.type, store.rank, store.num_workers]


@scenario
def monitored(mx: Any) -> Any:
    """Measure outputs and weights in every other batch. (Gradients have names of MXNet's own.)"""
    module, monitor, found = bound(mx), mx.mon.Monitor(2, pattern="fc.*", sort=True), []
    module.install_monitor(monitor)
    for _ in range(3):
        monitor.tic()
        module.forward(rows(mx, 0, 4), is_train=True)
        module.backward()
        measured = [[n, k, float(v.strip("[]\t "))] for n, k, v in monitor.toc()]
        found.append([each for each in measured if "backward" not in each[1]])
    return found
