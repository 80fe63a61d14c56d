import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import symnet as mx
from symnet.core.context import cpu
from symnet.core.errors import (
    ArgumentError,
    DTypeError,
    MXError,
    ParameterError,
    ReadOnlyError,
    ShapeError,
)
from symnet.ndarray import NDArray, array
from symnet.training.optimizer import (
    SGD,
    AbstractLearningRateScheduler,
    AbstractMomentumScheduler,
    AbstractOptimizer,
    AbstractOptimizerOptions,
    LearningRate,
    Momentum,
    OptimizationState,
    get_learning_rate,
    get_momentum,
    get_updater,
    normalized_gradient,
)


class Rates(AbstractLearningRateScheduler):
    """Any rates, one per iteration."""

    def __init__(self, rates):
        self.rates = rates

    def get_learning_rate(self, state):
        return self.rates[state.curr_iter - 1]


class Momenta(AbstractMomentumScheduler):
    """Any momenta, one per iteration."""

    def __init__(self, momenta):
        self.momenta = momenta

    def get_momentum(self, state):
        return self.momenta[state.curr_iter - 1]


def documented_sgd(weight, gradients, rates, momenta, batches, *, clip, decay):
    """Return the weights after each update, by the rule as it is written, in NumPy."""
    weight, velocity, weights = np.array(weight, float), np.zeros(len(weight)), []
    for gradient, rate, momentum, batch in zip(gradients, rates, momenta, batches, strict=True):
        normalised = np.array(gradient, float) / batch
        if clip > 0:
            normalised = np.clip(normalised, -clip, clip)
        normalised = normalised + decay * weight
        velocity = momentum * velocity - rate * normalised
        weight = weight + velocity
        weights.append(weight)
    return weights


def run_sgd(optimizer, weight, gradients, batches, dtype="float32"):
    """Return the weights after each update."""
    update, weight, weights = get_updater(optimizer), array(weight, dtype=dtype), []
    for step, (gradient, batch) in enumerate(zip(gradients, batches, strict=True), start=1):
        optimizer.state = OptimizationState(batch, curr_epoch=1, curr_iter=step, curr_batch=step)
        update(0, array(gradient, dtype=dtype), weight)
        weights.append(weight.asnumpy())
    return weights


# -- SGD -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"momentum": 0.9, "grad_clip": 2}, [[0.899, -1.798], [0.757201, -1.664402]]),
        ({"grad_clip": 2}, [[0.899, -1.798], [0.848101, -1.846202]]),
        ({}, [[0.899, -1.598], [0.848101, -1.646402]]),
    ],
)
def test_sgd_gives_the_numbers_of_the_test_vector(options, expected):
    optimizer = SGD(lr=0.1, weight_decay=0.01, **options)
    found = run_sgd(optimizer, [1, -2], [[10, -40], [5, 5]], [10, 10])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


numbers = st.floats(-3, 3, width=32)
steps = st.tuples(
    st.tuples(numbers, numbers, numbers),
    st.sampled_from([0.0, 1e-9, 1e-4, 0.01, 0.1, 1.0, 2.0]),
    st.sampled_from([0.0, 0.3, 0.9, 0.99, 1.0]),
    st.integers(1, 100),
)


@given(
    weight=st.tuples(numbers, numbers, numbers),
    steps=st.lists(steps, min_size=1, max_size=12),
    clip=st.sampled_from([0.0, 0.02, 1.0]),
    decay=st.sampled_from([0.0, 1e-4, 0.1]),
    dtype=st.sampled_from([("float64", 1e-12), ("float32", 2e-5)]),
)
@settings(deadline=None)
def test_sgd_keeps_to_the_documented_rule_under_any_schedule(weight, steps, clip, decay, dtype):
    gradients, rates, momenta, batches = zip(*steps, strict=True)
    optimizer = SGD(
        grad_clip=clip,
        weight_decay=decay,
        lr_scheduler=Rates(rates),
        momentum_scheduler=Momenta(momenta),
    )
    kind, tolerance = dtype
    found = run_sgd(optimizer, weight, gradients, batches, kind)
    expected = documented_sgd(weight, gradients, rates, momenta, batches, clip=clip, decay=decay)
    largest = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * largest)


@given(
    weight=st.tuples(numbers, numbers, numbers),
    steps=st.lists(steps, min_size=1, max_size=6),
    clip=st.sampled_from([0.0, 0.02]),
)
@settings(deadline=None, max_examples=30)
def test_sgd_without_momentum_keeps_to_the_documented_rule(weight, steps, clip):
    gradients, rates, _, batches = zip(*steps, strict=True)
    optimizer = SGD(grad_clip=clip, weight_decay=0.1, lr_scheduler=Rates(rates))
    found = run_sgd(optimizer, weight, gradients, batches, "float64")
    still = [0.0] * len(steps)
    expected = documented_sgd(weight, gradients, rates, still, batches, clip=clip, decay=0.1)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_a_rate_that_soars_or_dies_away_does_not_hurt_the_momentum():
    rates, momenta = [1e-30, 1e-20, 1e-3, 1e-3, 1e-30, 0.0, 1e-3], [0.9] * 7
    gradients = [[1, -2]] * 7
    optimizer = SGD(lr_scheduler=Rates(rates), momentum_scheduler=Momenta(momenta), weight_decay=0)
    found = run_sgd(optimizer, [1, 1], gradients, [1] * 7)
    expected = documented_sgd([1, 1], gradients, rates, momenta, [1] * 7, clip=0, decay=0)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(("dtype", "rtol"), [("float16", 2e-3), ("bfloat16", 2e-2)])
@pytest.mark.parametrize("clip", [0, 0.5])
def test_sgd_in_half_precision(dtype, rtol, clip):
    optimizer = SGD(lr=0.01, momentum=0.9, weight_decay=0, grad_clip=clip)
    found = run_sgd(optimizer, [1, -2], [[100, -50]] * 3, [100] * 3, dtype)
    steps = [[100, -50]] * 3, [0.01] * 3, [0.9] * 3, [100] * 3
    expected = documented_sgd([1, -2], *steps, clip=clip, decay=0)
    np.testing.assert_allclose(found, expected, rtol=rtol)


@pytest.mark.parametrize("momentum", [0, 0.9])
@pytest.mark.parametrize("clip", [0, 0.1])
def test_sgd_updates_views_of_any_layout(momentum, clip):
    generator = torch.Generator().manual_seed(0)
    start, gradient = torch.randn(2, 4, 3, generator=generator, dtype=torch.float64)
    results = []
    for lay_out in (
        torch.Tensor.contiguous,
        lambda tensor: tensor.t().contiguous().t(),
        lambda tensor: torch.stack([tensor, tensor], -1)[..., 0],
    ):
        optimizer = SGD(lr=0.1, momentum=momentum, grad_clip=clip)
        optimizer.state = OptimizationState(5)
        update, weight = get_updater(optimizer), NDArray.wrap(lay_out(start.clone()), cpu())
        for _ in range(3):
            update(0, NDArray.wrap(lay_out(gradient), cpu()), weight)
        results.append(weight.asnumpy())
    expected = documented_sgd(
        start.numpy().ravel(),
        [gradient.numpy().ravel()] * 3,
        [0.1] * 3,
        [momentum] * 3,
        [5] * 3,
        clip=clip,
        decay=0.0001,
    )[-1].reshape(4, 3)
    for result in results:
        np.testing.assert_allclose(result, expected, rtol=1e-12)


def test_sgd_writes_nothing_beside_a_strided_weight():
    memory = torch.zeros(6)
    optimizer = SGD(lr=1, weight_decay=0)
    optimizer.state = OptimizationState(1)
    get_updater(optimizer)(0, array([1, 1, 1]), NDArray.wrap(memory[::2], cpu()))
    assert memory.tolist() == [-1, 0, -1, 0, -1, 0]


@pytest.mark.parametrize("clip", [0, 0.1])
def test_sgd_leaves_the_gradient_as_it_was(clip):
    optimizer = SGD(momentum=0.9, grad_clip=clip)
    optimizer.state = OptimizationState(2)
    gradient = array([5, -5])
    get_updater(optimizer)(0, gradient, array([1, 2]))
    assert gradient.asnumpy().tolist() == [5, -5]


def test_one_arena_and_its_parts_are_updated_alike():
    generator = torch.Generator().manual_seed(1)
    start, *gradients = torch.randn(4, 101, generator=generator)
    whole, parts = array(start), array(start)
    updates = []
    for _ in range(2):
        optimizer = SGD(lr=0.1, momentum=0.9, grad_clip=0.05)
        optimizer.state = OptimizationState(10)
        updates.append(get_updater(optimizer))
    for gradient in gradients:
        updates[0](0, array(gradient), whole)
        updates[1](1, array(gradient[:37]), parts[:37])
        updates[1](2, array(gradient[37:]), parts[37:101])
    np.testing.assert_allclose(parts.asnumpy(), whole.asnumpy(), rtol=1e-6)


def test_sgd_without_momentum_remembers_nothing():
    optimizer = SGD()
    state = optimizer.create_state(0, array([1, 2]))
    assert optimizer.export_state(state) == ({}, {})
    assert state.clipped is None


def test_sgd_goes_on_exactly_from_what_was_saved():
    rates = Rates([0.1, 0.2, 0.0, 0.05, 0.3, 0.1])
    weights, updaters = [array([1, 2, 3]), array([1, 2, 3])], []
    for _ in weights:
        optimizer = SGD(momentum=0.9, grad_clip=0.5, lr_scheduler=rates)
        updaters.append(get_updater(optimizer))
    first, second = updaters
    for step in range(6):
        if step == 3:
            saved = first.optimizer.export_state(first.states[0])
            weights[1][:] = weights[0]
            second.states[0] = second.optimizer.import_state(0, weights[1], *saved)
        for updater, weight in list(zip(updaters, weights, strict=True))[: 1 if step < 3 else 2]:
            updater.optimizer.state = OptimizationState(7, curr_iter=step + 1)
            updater(0, array([step, -1, 3]), weight)
    assert torch.equal(weights[0].torch, weights[1].torch)


def test_a_state_of_sgd_without_momentum_is_none_of_sgd_with_it():
    plain, fast, weight = SGD(), SGD(momentum=0.9), array([1])
    saved = plain.export_state(plain.create_state(0, weight))
    with pytest.raises(ArgumentError, match=r"SGD remembers the arrays \['velocity'\], but \[\]"):
        fast.import_state(0, weight, *saved)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0}, "SGD: lr must be > 0, got 0"),
        ({"momentum": -0.9}, "SGD: momentum must be >= 0 and <= 1, got -0.9"),
        ({"grad_clip": -1}, "SGD: grad_clip must be >= 0, got -1"),
        ({"weight_decay": "x"}, "SGD: weight_decay must be float, got 'x'"),
        (
            {"lr_scheduler": 0.1},
            "SGD: lr_scheduler must be of type AbstractLearningRateScheduler or one of 'fixed', "
            "'exp', 'inv', 'cosine', 'polynomial', 'warmup', 'one_cycle' or None, got 0.1",
        ),
        ({"momentun": 0.9}, "SGD: unknown parameter 'momentun'; did you mean 'momentum'?"),
    ],
)
def test_sgd_refuses_bad_options(options, message):
    with pytest.raises(ParameterError) as caught:
        SGD(**options)
    assert message in str(caught.value)


def test_sgd_has_the_documented_defaults():
    opts = SGD().opts
    assert (opts.lr, opts.momentum, opts.grad_clip, opts.weight_decay) == (0.01, 0, 0, 0.0001)


def ready(**options):
    optimizer = SGD(**options)
    optimizer.state = OptimizationState(1)
    return get_updater(optimizer)


@pytest.mark.parametrize("momentum", [0, 0.9])
def test_a_gradient_that_does_not_fit_changes_nothing(momentum):
    weight = array([1, 2])
    with pytest.raises(ShapeError, match=r"the weight has shape \(2,\), its gradient \(3,\)"):
        ready(momentum=momentum)(0, array([1, 2, 3]), weight)
    with pytest.raises(DTypeError, match="the weight is float32, its gradient float64"):
        ready(momentum=momentum)(0, array([1, 2], dtype="float64"), weight)
    with pytest.raises(DTypeError, match=r"int32.*convert with .astype\('float32'\)"):
        ready(momentum=momentum)(0, *[array([1, 2], dtype="int32")] * 2)
    frozen = NDArray.wrap(weight.torch, cpu(), writable=False)
    with pytest.raises(ReadOnlyError, match="may only be read"):
        ready(momentum=momentum)(0, array([1, 1]), frozen)
    assert weight.asnumpy().tolist() == [1, 2]


def test_one_index_is_one_weight():
    update = ready(momentum=0.9)
    update(7, array([1, 1]), array([1, 2]))
    with pytest.raises(ArgumentError, match=r"the state of weight 7.*its own index"):
        update(7, array([1, 1, 1]), array([1, 2, 3]))


# -- the protocol ----------------------------------------------------------------------------------


def test_the_updater_makes_one_state_per_index_at_first_use():
    made, seen = [], []

    class Recorder(AbstractOptimizer):
        def create_state(self, index, weight):
            made.append((index, weight.shape))
            return f"state {index}"

        def update(self, index, weight, grad, state):
            seen.append((index, weight.shape, grad.asnumpy().tolist(), state))

    update = get_updater(Recorder())
    for index, gradient in ((3, [1, 1]), (1, [2]), (3, [5, 5])):
        update(index, array(gradient), array(gradient))
    assert made == [(3, (2,)), (1, (1,))]
    assert seen == [
        (3, (2,), [1, 1], "state 3"),
        (1, (1,), [2], "state 1"),
        (3, (2,), [5, 5], "state 3"),
    ]


class Averaging(AbstractOptimizer):
    """Keeps a state, and does not say how to save it."""

    def create_state(self, index, weight):
        return [0]

    def update(self, index, weight, grad, state):
        state[0] += 1


def test_an_optimizer_that_cannot_save_its_state_says_what_to_define():
    optimizer, weight = Averaging(), array([1])
    with pytest.raises(
        ArgumentError, match=r"Averaging keeps a state.*define its export_state\(state\) and import"
    ):
        optimizer.export_state(optimizer.create_state(0, weight))
    with pytest.raises(
        ArgumentError, match=r"Averaging does not know .* a saved state of mean, t;"
    ):
        optimizer.import_state(0, weight, {"mean": array([1])}, {"t": 1})


def test_an_optimizer_that_remembers_nothing_need_not_define_how_to_save():
    class Plain(AbstractOptimizer):
        def create_state(self, index, weight):
            return None

        def update(self, index, weight, grad, state):
            pass

    assert Plain().export_state(None) == ({}, {})
    assert Plain().import_state(0, array([1]), {}, {}) is None


def test_an_optimizer_without_state_says_what_to_do():
    with pytest.raises(MXError, match=r"SGD does not know the batch size yet; set optimizer.state"):
        get_updater(SGD())(0, array([1]), array([1]))
    with pytest.raises(ArgumentError, match="must be an OptimizationState, got 100"):
        SGD().state = 100


@pytest.mark.parametrize("size", [0, -1, 1.5, "10", None])
def test_a_batch_has_a_size(size):
    with pytest.raises(ParameterError, match="batch_size must be a whole number >= 1, got"):
        OptimizationState(size)


def test_normalized_gradient_divides_clips_and_then_decays():
    opts = AbstractOptimizerOptions(grad_clip=2, weight_decay=0.01)
    gradient = array([10, -40, 5])
    found = normalized_gradient(opts, OptimizationState(10), array([1, -2, 300]), gradient)
    np.testing.assert_allclose(found.asnumpy(), [1.01, -2.02, 3.5], rtol=1e-6)
    assert gradient.asnumpy().tolist() == [10, -40, 5]


def test_normalized_gradient_alone_divides():
    opts = AbstractOptimizerOptions(grad_clip=0, weight_decay=0)
    found = normalized_gradient(opts, OptimizationState(4), array([9]), array([1000]))
    assert found.asnumpy().tolist() == [250]


# -- schedules -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (LearningRate.Fixed(0.1), {1: 0.1, 2: 0.1, 5: 0.1}),
        (LearningRate.Exp(0.1, gamma=0.9), {0: 0.1, 1: 0.09, 2: 0.081, 5: 0.059049}),
        (LearningRate.Inv(0.1, 0.9, 0.5), {0: 0.1, 1: 0.0725476, 2: 0.0597614, 5: 0.0426401}),
        (LearningRate.Inv(0.1, power=0), {3: 0.1}),
    ],
)
def test_learning_rates_by_epoch(schedule, rates):
    for epoch, rate in rates.items():
        state = OptimizationState(10, curr_epoch=epoch, curr_iter=77)
        assert get_learning_rate(schedule, state) == pytest.approx(rate, abs=1e-7)


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (LearningRate.Cosine(0.2), [0.2, 0.17071068, 0.1, 0.02928932]),
        (LearningRate.Cosine(0.2, final_lr=0.1), [0.2, 0.18535534, 0.15, 0.11464466]),
        (LearningRate.Cosine(0.2, warmup=2), [0.2 / 3, 0.4 / 3, 0.2, 0.1]),
        (LearningRate.Cosine(0.2, n_epoch=2), [0.2, 0.1, 0, 0]),
        (LearningRate.Polynomial(0.2), [0.2, 0.15, 0.1, 0.05]),
        (LearningRate.Polynomial(0.2, power=2, warmup=1), [0.1, 0.2, 0.2 * 4 / 9, 0.2 / 9]),
        ("cosine", [0.2, 0.17071068, 0.1, 0.02928932]),
        ("polynomial", [0.2, 0.15, 0.1, 0.05]),
        ("exp", [0.18, 0.162, 0.1458, 0.13122]),
        ("inv", [0.2 / (1 + 0.9 * t) ** 0.5 for t in range(1, 5)]),
        ("fixed", [0.2] * 4),
    ],
)
@pytest.mark.parametrize("kind", [SGD, mx.ADAM, mx.StepwiseNAG])
def test_learning_rates_of_a_training_of_four_epochs(kind, schedule, rates):
    """By the option of each kind of optimizer, as the history tells them."""
    model = mx.FeedForward(mx.LinearRegressionOutput(mx.FullyConnected(num_hidden=1, name="fc")))
    name = model.arch.list_arguments()[0]
    history = model.fit(
        kind(lr=0.2, lr_scheduler=schedule), {name: np.ones((2, 1))}, np.ones(2), n_epoch=4,
        verbose=0,
    )  # fmt: skip
    assert history["learning_rate"] == pytest.approx(rates)


def test_a_schedule_that_does_not_know_the_end():
    with pytest.raises(ParameterError, match=r"does not know how many epochs .* say n_epoch="):
        get_learning_rate(LearningRate.Cosine(0.1), OptimizationState(10, curr_epoch=1))
    with pytest.raises(ParameterError, match=r"lr_scheduler must be .*'cosine'.*got 'cosin'"):
        SGD(lr_scheduler="cosin")


def test_a_named_schedule_is_scaled_by_multipliers():
    scaled = SGD(lr=0.2, lr_scheduler="polynomial").scaled(0.5, 1)
    scaled.state = OptimizationState(1, curr_epoch=3, n_epoch=4)
    assert get_learning_rate(scaled.lr_scheduler, scaled.state) == pytest.approx(0.05)


@pytest.mark.parametrize("kind", [LearningRate.Exp, LearningRate.Inv])
def test_learning_rates_by_iteration(kind):
    by_iteration, by_epoch = kind(0.1, decay_on_iteration=True), kind(0.1)
    for time in (0, 1, 2, 5):
        assert get_learning_rate(
            by_iteration, OptimizationState(10, curr_epoch=3, curr_iter=time)
        ) == get_learning_rate(by_epoch, OptimizationState(10, curr_epoch=time))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LearningRate.Fixed(0), "LearningRate.Fixed: lr must be > 0, got 0"),
        (lambda: LearningRate.Exp(-1), "LearningRate.Exp: base_lr must be > 0, got -1"),
        (
            lambda: LearningRate.Exp(1, gamma=1),
            "LearningRate.Exp: gamma must be > 0 and < 1, got 1",
        ),
        (
            lambda: LearningRate.Inv(1, gamma=0),
            "LearningRate.Inv: gamma must be > 0 and < 1, got 0",
        ),
        (lambda: LearningRate.Inv(1, power=-1), "LearningRate.Inv: power must be >= 0, got -1"),
        (lambda: Momentum.Fixed(-0.1), "Momentum.Fixed: momentum must be >= 0 and <= 1, got -0.1"),
    ],
)
def test_schedules_refuse_bad_options(make, message):
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == message


def test_momenta():
    state = OptimizationState(10)
    assert get_momentum(Momentum.Null(), state) == 0
    assert get_momentum(Momentum.Fixed(0.9), state) == 0.9


def test_what_is_no_schedule_is_refused():
    state = OptimizationState(10, curr_iter=1)
    with pytest.raises(ArgumentError, match=r"something like LearningRate.Fixed\(0.1\), not 0.1"):
        get_learning_rate(0.1, state)
    with pytest.raises(ArgumentError, match=r"something like Momentum.Fixed\(0.9\), not 0.9"):
        get_momentum(0.9, state)
    with pytest.raises(ParameterError, match="gave nan as learning rate; a finite number >= 0"):
        get_learning_rate(Rates([float("nan")]), state)
    with pytest.raises(ParameterError, match="gave -1 as momentum"):
        get_momentum(Momenta([-1]), state)


def test_the_schedulers_take_the_place_of_the_numbers():
    optimizer = SGD(
        lr=5, momentum=1, weight_decay=0, lr_scheduler=Rates([0.5]), momentum_scheduler=Momenta([0])
    )
    assert run_sgd(optimizer, [1], [[1]], [1])[0].tolist() == [0.5]
