"""Optimizers that treat all elements alike, against NumPy, torch and known numbers."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from symnet.core.context import cpu
from symnet.core.errors import (
    ArgumentError,
    DTypeError,
    ParameterError,
    ReadOnlyError,
    ShapeError,
)
from symnet.ndarray import NDArray, array
from symnet.training.optimizer import (
    ADAM,
    AbstractLearningRateScheduler,
    AbstractMomentumScheduler,
    AdaDelta,
    AdaGrad,
    AdaMax,
    LearningRate,
    Lion,
    Momentum,
    Nadam,
    OptimizationState,
    RMSProp,
    get_momentum,
    get_updater,
)
from symnet.training.optimizer._elementwise import _BLOCK


class Rates(AbstractLearningRateScheduler):
    """Any rates, one per iteration."""

    def __init__(self, rates):
        self.rates = rates

    def get_learning_rate(self, state):
        return self.rates[state.curr_iter - 1]


# -- the rules as they are written, in NumPy -------------------------------------------------------


def adam(w, g, lr, t, m=0, v=0, b1=0.9, b2=0.999, eps=1e-8):
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    return w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), (m, v)


def adagrad(w, g, lr, t, s=0, eps=1e-6):
    s = s + g**2
    return w - lr * g / np.sqrt(s + eps), (s,)


def adadelta(w, g, lr, t, a=0, d=0, rho=0.95, eps=1e-6):
    a = rho * a + (1 - rho) * g**2
    u = g * np.sqrt(d + eps) / np.sqrt(a + eps)
    return w - lr * u, (a, rho * d + (1 - rho) * u**2)


def rmsprop(w, g, lr, t, s=0, rho=0.9, eps=1e-6):
    s = rho * s + (1 - rho) * g**2
    return w - lr * g / np.sqrt(s + eps), (s,)


def adamax(w, g, lr, t, m=0, u=0, b1=0.9, b2=0.999, eps=1e-8):
    m, u = b1 * m + (1 - b1) * g, np.maximum(b2 * u, np.abs(g))
    return w - lr / (1 - b1**t) * m / (u + eps), (m, u)


def nadam(w, g, lr, t, m=0, n=0, product=1, b1=0.99, b2=0.999, eps=1e-8):
    now, ahead = (b1 * (1 - 0.5 * 0.96 ** (each * 0.004)) for each in (t, t + 1))
    product = product * now
    m, n = b1 * m + (1 - b1) * g, b2 * n + (1 - b2) * g**2
    corrected = (1 - now) * g / (1 - product) + ahead * m / (1 - product * ahead)
    return w - lr * corrected / (np.sqrt(n / (1 - b2**t)) + eps), (m, n, product)


def lion(w, g, lr, t, m=0, b1=0.9, b2=0.99):
    return w - lr * np.sign(b1 * m + (1 - b1) * g), (b2 * m + (1 - b2) * g,)


RULES = {
    ADAM: adam,
    AdaGrad: adagrad,
    AdaDelta: adadelta,
    RMSProp: rmsprop,
    AdaMax: adamax,
    Nadam: nadam,
    Lion: lion,
}
ALL = list(RULES)
DECOUPLED = {Lion}
"""Those whose weight decay is no part of the gradient."""


def documented(kind, weight, gradients, rates, batches, *, clip=0.0, decay=0.0):
    """Return the weights after each update, by the rule as it is written."""
    weight, memory, weights = np.array(weight, float), (), []
    for t, (gradient, rate, batch) in enumerate(zip(gradients, rates, batches, strict=True), 1):
        mean = np.array(gradient, float) / batch
        if clip > 0:
            mean = np.clip(mean, -clip, clip)
        if kind in DECOUPLED:
            weight = weight - rate * decay * weight
        else:
            mean = mean + decay * weight
        weight, memory = RULES[kind](weight, mean, rate, t, *memory)
        weights.append(weight)
    return weights


def run(optimizer, weight, gradients, batches, dtype="float32"):
    """Return the weights after each update."""
    update, weight, weights = get_updater(optimizer), array(weight, dtype=dtype), []
    for step, (gradient, batch) in enumerate(zip(gradients, batches, strict=True), start=1):
        optimizer.state = OptimizationState(batch, curr_epoch=1, curr_iter=step, curr_batch=step)
        update(0, array(gradient, dtype=dtype), weight)
        weights.append(weight.asnumpy())
    return weights


# -- known numbers ---------------------------------------------------------------------------------


def test_adam_gives_the_numbers_of_the_test_vector():
    optimizer = ADAM(lr=0.1, grad_clip=2, weight_decay=0.01)
    found = run(optimizer, [1, -2], [[10, -40], [5, 5]], [10, 10], "float64")
    expected = [[0.900000001, -1.9000000005], [0.8066667792, -1.8520639275]]
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (AdaGrad, [0.90000005, 0.85499600]),
        (AdaDelta, [0.99552791, 0.99261884]),
        (RMSProp, [0.99683774, 0.99535201]),
        (AdaMax, [0.99800000, 0.99651965]),
        (Nadam, [0.99899344, 0.99855642]),
        (Lion, [0.999899, 0.999798000101]),
    ],
)
def test_the_others_give_the_numbers_of_the_test_vectors(kind, expected):
    found = run(kind(weight_decay=0.01), [1], [[10], [5]], [10, 10], "float64")
    np.testing.assert_allclose(np.ravel(found), expected, rtol=1e-8)


@pytest.mark.parametrize(
    ("kind", "defaults"),
    [
        (ADAM, {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}),
        (AdaGrad, {"lr": 0.1, "epsilon": 1e-6}),
        (AdaDelta, {"lr": 1, "rho": 0.95, "epsilon": 1e-6}),
        (RMSProp, {"lr": 0.001, "rho": 0.9, "epsilon": 1e-6}),
        (AdaMax, {"lr": 0.002, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}),
        (Nadam, {"lr": 0.001, "beta1": 0.99, "beta2": 0.999, "epsilon": 1e-8}),
        (Lion, {"lr": 0.0001, "beta1": 0.9, "beta2": 0.99}),
    ],
)
def test_the_documented_defaults(kind, defaults):
    opts = kind().opts
    assert {name: getattr(opts, name) for name in defaults} == defaults
    assert (opts.grad_clip, opts.weight_decay, opts.lr_scheduler) == (0, 1e-5, None)


# -- the rules -------------------------------------------------------------------------------------

numbers = st.floats(-3, 3, width=32)
steps = st.tuples(
    st.tuples(numbers, numbers, numbers),
    st.sampled_from([0.0, 1e-9, 1e-4, 0.01, 0.1, 1.0]),
    st.integers(1, 100),
)


@pytest.mark.parametrize("kind", ALL)
@given(
    weight=st.tuples(numbers, numbers, numbers),
    steps=st.lists(steps, min_size=1, max_size=8),
    clip=st.sampled_from([0.0, 0.02, 1.0]),
    decay=st.sampled_from([0.0, 1e-4, 0.1]),
)
@settings(deadline=None, max_examples=25)
def test_any_schedule_clip_decay_and_batch_sizes(kind, weight, steps, clip, decay):
    gradients, rates, batches = zip(*steps, strict=True)
    optimizer = kind(grad_clip=clip, weight_decay=decay, lr_scheduler=Rates(rates))
    found = run(optimizer, weight, gradients, batches, "float64")
    expected = documented(kind, weight, gradients, rates, batches, clip=clip, decay=decay)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    ("dtype", "rtol"), [("float32", 1e-5), ("float16", 1e-2), ("bfloat16", 3e-2)]
)
@pytest.mark.parametrize("clip", [0.0, 0.5])
def test_other_element_types(kind, dtype, rtol, clip):
    # the mean gradient is 1e-4: its square, 1e-8, is nothing in float16
    gradients = [[0.01, -0.005, 30]] * 8
    optimizer = kind(lr=0.1, grad_clip=clip, weight_decay=0)
    found = run(optimizer, [1, -2, 0.5], gradients, [100] * 8, dtype)
    expected = documented(kind, [1, -2, 0.5], gradients, [0.1] * 8, [100] * 8, clip=clip)
    np.testing.assert_allclose(found[-1], expected[-1], rtol=rtol, atol=rtol / 10)


@pytest.mark.parametrize(
    ("kind", "reference", "options"),
    [
        (ADAM, torch.optim.Adam, {"lr": 0.01, "eps": 1e-8}),
        (AdaMax, torch.optim.Adamax, {"lr": 0.01, "eps": 1e-8}),
    ],
)
def test_torch_computes_the_same(kind, reference, options):
    generator = torch.Generator().manual_seed(0)
    start, *gradients = torch.randn(30, 7, generator=generator, dtype=torch.float64)
    theirs = torch.nn.Parameter(start.clone())
    judge = reference([theirs], weight_decay=0.1, **options)
    for gradient in gradients:
        theirs.grad = gradient / 16
        judge.step()
    optimizer = kind(lr=0.01, weight_decay=0.1)
    rows = [gradient.numpy() for gradient in gradients]
    found = run(optimizer, start.numpy(), rows, [16] * 29, "float64")[-1]
    np.testing.assert_allclose(found, theirs.detach().numpy(), rtol=1e-10)


def test_adam_follows_its_schedule_from_update_to_update():
    """Where MXNet.jl kept the rate of a weight's first update for ever."""
    rate = LearningRate.Exp(0.1, gamma=0.5, decay_on_iteration=True)
    found = run(ADAM(lr_scheduler=rate, weight_decay=0), [1], [[1]] * 3, [1] * 3)
    np.testing.assert_allclose(np.ravel(found), [0.95, 0.925, 0.9125], rtol=1e-6)


@pytest.mark.parametrize("kind", ALL)
def test_a_weight_of_many_blocks_is_updated_as_each_part_is(kind):
    generator = torch.Generator().manual_seed(1)
    size, cut = 2 * _BLOCK + 77, 1000
    start, *gradients = torch.randn(3, size, generator=generator)
    whole, parts, updates = array(start), array(start), []
    for _ in range(2):
        optimizer = kind(lr=0.1, grad_clip=0.05)
        optimizer.state = OptimizationState(10, curr_iter=1)
        updates.append(get_updater(optimizer))
    for gradient in gradients:
        updates[0](0, array(gradient), whole)
        updates[1](1, array(gradient[:cut]), parts[:cut])
        updates[1](2, array(gradient[cut:]), parts[cut:size])
    np.testing.assert_allclose(parts.asnumpy(), whole.asnumpy(), rtol=1e-6)


@pytest.mark.parametrize("kind", ALL)
def test_views_of_any_layout(kind):
    generator = torch.Generator().manual_seed(0)
    start, gradient = torch.randn(2, 4, 3, generator=generator, dtype=torch.float64)
    results = []
    for lay_out in (
        torch.Tensor.contiguous,
        lambda tensor: tensor.t().contiguous().t(),
        lambda tensor: torch.stack([tensor, tensor], -1)[..., 0],
    ):
        optimizer = kind(lr=0.1, grad_clip=0.1)
        optimizer.state = OptimizationState(5, curr_iter=1)
        update, weight = get_updater(optimizer), NDArray.wrap(lay_out(start.clone()), cpu())
        slope = NDArray.wrap(lay_out(gradient), cpu())
        for _ in range(3):
            update(0, slope, weight)
        results.append(weight.asnumpy())
    np.testing.assert_allclose(results[1], results[0], rtol=1e-12)
    np.testing.assert_allclose(results[2], results[0], rtol=1e-12)
    assert not np.allclose(results[0], start.numpy())


@pytest.mark.parametrize("kind", ALL)
def test_nothing_is_written_beside_a_strided_weight(kind):
    memory = torch.zeros(6)
    optimizer = kind(lr=1, weight_decay=0)
    optimizer.state = OptimizationState(1, curr_iter=1)
    get_updater(optimizer)(0, array([1, 1, 1]), NDArray.wrap(memory[::2], cpu()))
    assert memory[1::2].tolist() == [0, 0, 0]
    assert (memory[::2] < 0).all()


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("options", [{}, {"grad_clip": 0.1}, {"weight_decay": 0}])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_the_gradient_stays_as_it_was(kind, options, dtype):
    optimizer = kind(**options)
    optimizer.state = OptimizationState(2, curr_iter=1)
    gradient = array([5, -5], dtype=dtype)
    get_updater(optimizer)(0, gradient, array([1, 2], dtype=dtype))
    assert gradient.asnumpy().tolist() == [5, -5]


@pytest.mark.parametrize("kind", ALL)
def test_another_gradient_array_is_seen(kind):
    optimizer = kind(lr=0.1, weight_decay=0)
    optimizer.state = OptimizationState(1, curr_iter=1)
    update, weight = get_updater(optimizer), array([1, 1])
    update(0, array([1, 0]), weight)
    before = weight.asnumpy()
    update(0, array([0, -1]), weight)
    assert weight.asnumpy()[1] > before[1] == 1


@pytest.mark.parametrize("kind", ALL)
def test_updates_neither_wait_nor_allocate(kind):
    class Watched(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            # only what writes into a tensor that is there: `add.out`, `mul_.Tensor`, …
            name, overload = str(function).split(".")[1:]
            assert name.endswith("_") or overload == "out", function
            return function(*args, **(kwargs or {}))

    optimizer = kind(grad_clip=1)
    optimizer.state = OptimizationState(2, curr_iter=1)
    update, weight, gradient = get_updater(optimizer), array([1, 2]), array([5, -5])
    update(0, gradient, weight)
    with Watched():
        update(0, gradient, weight)


# -- what is saved ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_state_that_was_saved_goes_on_exactly(kind, dtype):
    generator = torch.Generator().manual_seed(3)
    gradients = [array(row, dtype=dtype) for row in torch.randn(6, 5, generator=generator)]

    def train(optimizer, updater, weight, first, last):
        for step in range(first, last):
            optimizer.state = OptimizationState(4 if step < 4 else 8, curr_iter=step + 1)
            updater(0, gradients[step], weight)

    first = kind(lr=0.05, grad_clip=0.5)
    weight, updater = array([1, 2, 3, 4, 5], dtype=dtype), get_updater(first)
    train(first, updater, weight, 0, 3)
    arrays, scalars = first.export_state(updater.states[0])
    copies = {name: NDArray(each.asnumpy(), dtype=each.dtype) for name, each in arrays.items()}
    second = kind(lr=0.05, grad_clip=0.5)
    again, resumed = weight.copy(cpu()), get_updater(second)
    numbers = {name: float(repr(number)) for name, number in scalars.items()}
    resumed.states[0] = second.import_state(0, again, copies, numbers)
    train(first, updater, weight, 3, 6)
    train(second, resumed, again, 3, 6)
    assert torch.equal(again.torch, weight.torch)


def test_what_was_saved_is_copied():
    optimizer, weight = ADAM(), array([1, 2])
    arrays, scalars = optimizer.export_state(optimizer.create_state(0, weight))
    state = optimizer.import_state(0, weight, arrays, scalars)
    arrays["mean"][:] = 7
    assert optimizer.export_state(state)[0]["mean"].asnumpy().tolist() == [0, 0]


def test_what_another_saved_is_refused():
    adam, weight = ADAM(), array([1, 2])
    arrays, scalars = adam.export_state(adam.create_state(0, weight))
    with pytest.raises(
        ArgumentError, match=r"RMSProp remembers the arrays \['square'\], but \['mean', 'square'\]"
    ):
        RMSProp().import_state(0, weight, arrays, scalars)
    with pytest.raises(ArgumentError, match=r"ADAM remembers the numbers .*but \[\] were saved"):
        adam.import_state(0, weight, arrays, {})
    with pytest.raises(ShapeError, match=r"the saved mean has shape \(2,\), that of .* \(3,\)"):
        adam.import_state(0, array([1, 2, 3]), arrays, scalars)
    with pytest.raises(DTypeError, match=r"saved mean is torch.float32, that of .*float64"):
        adam.import_state(0, array([1, 2], dtype="float64"), arrays, scalars)


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ALL)
def test_bad_options(kind):
    name = kind.__name__
    with pytest.raises(ParameterError, match=f"{name}: lr must be > 0, got 0"):
        kind(lr=0)
    with pytest.raises(ParameterError, match=f"{name}: grad_clip must be >= 0, got -1"):
        kind(grad_clip=-1)
    constant = "epsilon" if "epsilon" in kind.options.params else "beta1"
    with pytest.raises(ParameterError, match=f"{name}: {constant} must be > 0.*, got 0"):
        kind(**{constant: 0})
    typo = constant[:-1] + "m"
    with pytest.raises(ParameterError, match=f"{name}: unknown parameter '{typo}'; did you mean"):
        kind(**{typo: 1})
    factor = "rho" if hasattr(kind().opts, "rho") else "beta1"
    if kind is not AdaGrad:
        with pytest.raises(ParameterError, match=f"{name}: {factor} must be > 0 and < 1, got 1"):
            kind(**{factor: 1})


@pytest.mark.parametrize("kind", ALL)
def test_a_gradient_that_does_not_fit_changes_nothing(kind):
    optimizer, weight = kind(), array([1, 2])
    optimizer.state = OptimizationState(1, curr_iter=1)
    update = get_updater(optimizer)
    with pytest.raises(ShapeError, match=r"the weight has shape \(2,\), its gradient \(3,\)"):
        update(0, array([1, 2, 3]), weight)
    frozen = NDArray.wrap(weight.torch, cpu(), writable=False)
    with pytest.raises(ReadOnlyError, match="may only be read"):
        update(0, array([1, 1]), frozen)
    with pytest.raises(DTypeError, match="int32"):
        update(1, *[array([1, 2], dtype="int32")] * 2)
    with pytest.raises(ArgumentError, match="the state of weight 0 was made for"):
        update(0, array([1, 2, 3]), array([1, 2, 3]))
    assert weight.asnumpy().tolist() == [1, 2]


# -- the schedule of Nadam -------------------------------------------------------------------------


def test_the_momenta_of_nadam():
    scheduler = Momentum.NadamScheduler()
    for t in (0, 1, 100):
        expected = 0.99 * (1 - 0.5 * 0.96 ** (t * 0.004))
        found = get_momentum(scheduler, OptimizationState(1, curr_iter=t))
        assert found == pytest.approx(expected)
    with pytest.raises(ParameterError, match="NadamScheduler: gamma must be > 0 and < 1, got 1"):
        Momentum.NadamScheduler(gamma=1)


def test_a_momentum_of_one_is_refused_by_nadam_before_anything_changes():
    class Full(AbstractMomentumScheduler):
        def get_momentum(self, state):
            return 1.0

    optimizer, weight = Nadam(momentum_scheduler=Full()), array([1])
    optimizer.state = OptimizationState(1, curr_iter=1)
    updater = get_updater(optimizer)
    with pytest.raises(ParameterError, match="its momentum must stay below 1"):
        updater(0, array([1]), weight)
    assert optimizer.export_state(updater.states[0])[1]["updates"] == 0
    assert weight.asnumpy().tolist() == [1]
