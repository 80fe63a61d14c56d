"""Optimizers and schedules of the Python-MXNet face against Apache MXNet 1.9.1."""

import base64
import json
import pickle
import pickletools
from pathlib import Path

import numpy as np
import pytest

import symnet.mxnet as mx
from symnet.core.errors import FormatError
from symnet.training.optimizer import OptimizationState, get_updater, stepwise

GOLDEN = Path(__file__).parent.parent / "golden" / "python_mxnet"
STORED = np.load(GOLDEN / "optimizers.npz")
META = json.loads(bytes(STORED["meta"]))
CASES = META["cases"]
NAMES = ("fc_weight", "fc_bias", "bn_gamma")
OWN = [name for name in CASES if "optimizer" in CASES[name]]
STEPS = 20


def optimizer_of(case):
    """Return the optimizer of a case, which knows the names of its weights."""
    schedule = case.get("schedule")
    attributes = case.get("attributes")
    made = mx.optimizer.create(
        case["optimizer"],
        param_idx2name=dict(enumerate(NAMES)),
        lr_scheduler=mx.lr_scheduler.FactorScheduler(**schedule) if schedule else None,
        sym=symbol_of(attributes) if attributes else None,
        **case["arguments"],
    )
    if "lr_mult" in case:
        made.set_lr_mult(case["lr_mult"])
        made.set_wd_mult(case["wd_mult"])
    return made


def symbol_of(attributes):
    return mx.sym.Group([mx.sym.Variable(name, attr=attributes.get(name)) for name in NAMES])


def side_by_side(arrays):
    return np.concatenate([array.asnumpy().ravel() for array in arrays])


def flat(state):
    """Return the arrays of a state, whatever it is nested in."""
    if isinstance(state, mx.nd.NDArray):
        return [state]
    return [array for part in state or () if part is not None for array in flat(part)]


def started(dtype="float32"):
    return [mx.nd.array(STORED[f"start:{i}"], dtype=dtype) for i in range(len(NAMES))]


def gradient(i, step, dtype="float32"):
    return mx.nd.array(STORED[f"gradient:{i}"][step], dtype=dtype)


@pytest.mark.parametrize("name", OWN)
def test_weights_and_states_are_those_of_mxnet(name):
    case = CASES[name]
    dtype = case.get("dtype", "float32")
    tolerance = 1e-6 if dtype == "float32" else 2e-3
    updater, weights, seen = mx.optimizer.get_updater(optimizer_of(case)), started(dtype), []
    for step in range(STEPS):
        for i, weight in enumerate(weights):
            updater(i, gradient(i, step, dtype), weight)
        if step + 1 in META["recorded"]:
            seen.append(side_by_side(weights))
    np.testing.assert_allclose(np.stack(seen), STORED[f"weight:{name}"], rtol=1e-5, atol=tolerance)
    states = zip(*(flat(updater.states[i]) for i in range(len(NAMES))), strict=True)
    expected = [key for key in STORED.files if key.startswith(f"state:{name}:")]
    found = [side_by_side(arrays) for arrays in states]
    assert len(found) == len(expected)
    for i, array in enumerate(found):
        np.testing.assert_allclose(
            array, STORED[f"state:{name}:{i}"], rtol=1e-4, atol=10 * tolerance
        )


def test_adamw_is_the_operator_of_mxnet():
    own = CASES["adamw"]["arguments"]
    # The operator's step is eta * (lr * m / root + wd * w).
    optimizer = mx.optimizer.AdamW(
        learning_rate=own["eta"] * own["lr"],
        wd=own["wd"] / own["lr"],
        correct_bias=False,
        epsilon=own["epsilon"],
        rescale_grad=0.5,
    )
    updater, weights, seen = mx.optimizer.get_updater(optimizer), started(), []
    for step in range(STEPS):
        for i, weight in enumerate(weights):
            updater(i, gradient(i, step), weight)
        if step + 1 in META["recorded"]:
            seen.append(side_by_side(weights))
    np.testing.assert_allclose(np.stack(seen), STORED["weight:adamw"], atol=1e-6)


# -- states ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sgd-momentum/wd", "adam/default", "dcasgd/wd", "nadam/wd"])
@pytest.mark.parametrize("with_optimizer", [False, True])
def test_a_training_goes_on_from_its_states(name, with_optimizer):
    updater, weights = mx.optimizer.get_updater(optimizer_of(CASES[name])), started()
    for step in range(5):
        for i, weight in enumerate(weights):
            updater(i, gradient(i, step), weight)
    stored = updater.get_states(dump_optimizer=with_optimizer)
    other = mx.optimizer.get_updater(optimizer_of(CASES[name]))
    other.set_states(stored)
    if not with_optimizer:
        other.optimizer = updater.optimizer
    copies = [weight.copy() for weight in weights]
    schedule = getattr(updater.optimizer, "m_schedule", None)
    counts = dict(updater.optimizer._index_update_count)
    for i, weight in enumerate(weights):
        updater(i, gradient(i, 5), weight)
    if not with_optimizer:  # both go on from the same counts
        updater.optimizer._index_update_count.update(counts)
        if schedule is not None:
            updater.optimizer.m_schedule = schedule
    for i, weight in enumerate(copies):
        other(i, gradient(i, 5), weight)
    for weight, copy in zip(weights, copies, strict=True):
        np.testing.assert_array_equal(weight.asnumpy(), copy.asnumpy())


@pytest.mark.parametrize("name", ["sgd-momentum/wd", "adam/default", "nadam/wd"])
def test_several_weights_at_once_are_updated_as_one_by_one(name):
    together, alone = (mx.optimizer.get_updater(optimizer_of(CASES[name])) for _ in range(2))
    weights, others = started(), started()
    for step in range(4):
        gradients = [gradient(i, step) for i in range(len(weights))]
        together(list(range(len(weights))), gradients, weights)
        for i, weight in enumerate(others):
            alone(i, gradients[i], weight)
    for weight, other in zip(weights, others, strict=True):
        np.testing.assert_array_equal(weight.asnumpy(), other.asnumpy())


def test_an_own_update_is_called_weight_by_weight():
    class Mine(mx.optimizer.SGD):
        def update(self, index, weight, grad, state):
            assert isinstance(index, int)
            super().update(index, weight, 2 * grad, state)

    updater, weights = mx.optimizer.get_updater(Mine(learning_rate=1)), [mx.nd.zeros(2)] * 2
    updater([0, 1], [mx.nd.ones(2)] * 2, weights)
    assert weights[0].asnumpy().tolist() == [-4, -4]


class Harmful:
    """What a file could hold that runs a command."""

    def __reduce__(self):
        return print, ("this must not run",)


def test_states_that_would_run_code_are_refused(capsys):
    updater = mx.optimizer.get_updater(mx.optimizer.SGD())
    with pytest.raises(FormatError, match=r"builtins\.print"):
        updater.set_states(pickle.dumps({0: Harmful()}))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("given", [b"", b"nonsense", pickle.dumps([1, 2])])
def test_bytes_that_are_no_states_are_refused(given):
    with pytest.raises(FormatError, match="states of an"):
        mx.optimizer.get_updater(mx.optimizer.SGD()).set_states(given)


# -- optimizers of one's own -----------------------------------------------------------------------


def test_an_unknown_optimizer_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"Cannot find optimizer sdg.*sgd"):
        mx.optimizer.create("sdg")


def test_a_learning_rate_cannot_be_set_beside_a_schedule():
    optimizer = mx.optimizer.SGD(lr_scheduler=mx.lr_scheduler.FactorScheduler(5))
    with pytest.raises(UserWarning, match="lr_scheduler"):
        optimizer.set_learning_rate(1.0)


def test_a_learning_rate_takes_the_place_of_that_of_the_schedule(caplog):
    schedule = mx.lr_scheduler.FactorScheduler(5, base_lr=0.1)
    optimizer = mx.optimizer.SGD(learning_rate=0.3, lr_scheduler=schedule)
    assert optimizer.learning_rate == 0.3
    assert "learning_rate=0.3" in caplog.text


def test_options_may_be_changed_between_updates():
    optimizer = mx.optimizer.SGD(learning_rate=1.0, momentum=0.5)
    updater, weight = mx.optimizer.get_updater(optimizer), mx.nd.zeros(1)
    for momentum in (0.5, 0.0):
        optimizer.momentum = momentum or 1e-30
        updater(0, mx.nd.ones(1), weight)
    assert weight.asscalar() == -2.0


# -- the core's rules through the core's updater ---------------------------------------------------


def test_the_core_takes_the_mean_of_a_batch_as_its_gradient():
    optimizer = stepwise.StepwiseNAG(lr=0.1, momentum=0.9, weight_decay=0.03)
    optimizer.state = OptimizationState(batch_size=4)
    update = get_updater(optimizer)
    weight, other = mx.nd.array([1.0, -2.0]), mx.nd.array([1.0, -2.0])
    face = mx.optimizer.get_updater(
        mx.optimizer.NAG(learning_rate=0.1, momentum=0.9, wd=0.03, rescale_grad=0.25)
    )
    for _ in range(3):
        update(0, mx.nd.array([4.0, 8.0]), weight)
        face(0, mx.nd.array([4.0, 8.0]), other)
    np.testing.assert_allclose(weight.asnumpy(), other.asnumpy(), rtol=1e-6)


# -- schedules -------------------------------------------------------------------------------------


def schedules():
    for name, case in json.loads((GOLDEN / "schedules.json").read_text()).items():
        yield pytest.param(case, id=name)


@pytest.mark.parametrize("case", list(schedules()))
def test_rates_are_those_of_mxnet(case):
    schedule = getattr(mx.lr_scheduler, case["class"])(**case["arguments"])
    rates = [schedule(number) for number in range(len(case["rates"]))]
    np.testing.assert_allclose(rates, case["rates"], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: mx.lr_scheduler.FactorScheduler(0), "step must be at least 1"),
        (lambda: mx.lr_scheduler.FactorScheduler(1, factor=2), "factor must be from 0 to 1"),
        (lambda: mx.lr_scheduler.MultiFactorScheduler([3, 2]), "rising whole numbers"),
        (lambda: mx.lr_scheduler.PolyScheduler(0), "max_update"),
        (lambda: mx.lr_scheduler.CosineScheduler(5, warmup_begin_lr=1), "warmup_begin_lr"),
        (lambda: mx.lr_scheduler.CosineScheduler(5, warmup_mode="slow"), "warmup_mode"),
        (lambda: mx.lr_scheduler.CosineScheduler(5, warmup_steps=-1), "warmup_steps"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_plain_descent_on_a_view_of_the_gradient_leaves_it_as_it_is():
    updater = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.5, momentum=0.9, wd=0.1))
    weight, slope = mx.nd.array([1.0, 2.0]), mx.nd.array([3.0, 4.0])
    updater(0, slope, weight)
    assert slope.asnumpy().tolist() == [3, 4]
    np.testing.assert_allclose(weight.asnumpy(), [1 - 0.5 * 3.1, 2 - 0.5 * 4.2], rtol=1e-6)


@pytest.mark.parametrize(
    ("namespace", "name", "text"),
    [
        ("optimizer", "LBSGD", "LARS adapts"),
        ("io", "ImageDetRecordIter", "boxes are not changed"),
        ("io", "ImageRecordUInt8Iter", "ImageRecordIter gives float32"),
        ("image", "ImageDetIter", "MultiBoxTarget"),
        ("operator", "get_operator_arguments", "help"),
        ("optimizer", "SDG", "did you mean"),
    ],
)
def test_a_name_that_is_not_there_has_a_way_out(namespace, name, text):
    with pytest.raises(AttributeError, match=rf"mx.{namespace}.*{name}.*{text}"):
        getattr(getattr(mx, namespace), name)


# -- states that Apache MXNet 1.9.1 wrote ----------------------------------------------------------

# Updater.get_states after an update of a weight (3, 4) with the gradient (1, 2).
OF_SGD = (
    "gASVhAAAAAAAAAB9lEsAjBVteG5ldC5uZGFycmF5Lm5kYXJyYXmUjAdOREFycmF5lJOUToWUUpR9lIwGaGFuZGxllIwI"
    "YnVpbHRpbnOUjAlieXRlYXJyYXmUk5RDKMn6k/kAAAAAAQAAAAIAAAAAAAAAAQAAAAAAAAAAAAAACtcjvArXo7yUhZRS"
    "lHNicy4="
)
OF_ADAM = (
    "gASVwwAAAAAAAAB9lEsAjBVteG5ldC5uZGFycmF5Lm5kYXJyYXmUjAdOREFycmF5lJOUToWUUpR9lIwGaGFuZGxllIwI"
    "YnVpbHRpbnOUjAlieXRlYXJyYXmUk5RDKMn6k/kAAAAAAQAAAAIAAAAAAAAAAQAAAAAAAAAAAAAA0MzMPdDMTD6UhZRS"
    "lHNiaANoBFKUfZRoB2gKQyjJ+pP5AAAAAAEAAAACAAAAAAAAAAEAAAAAAAAAAAAAAAASgzoAEoM7lIWUUpRzYoaUcy4="
)


def test_states_of_mxnet_are_read():
    updater = mx.optimizer.get_updater(mx.optimizer.SGD(momentum=0.9))
    updater.set_states(base64.b64decode(OF_SGD))
    np.testing.assert_allclose(updater.states[0].asnumpy(), [-0.01, -0.02], rtol=1e-6)
    weight = mx.nd.array([3.0, 4.0])
    updater(0, mx.nd.array([0.0, 0.0]), weight)
    np.testing.assert_allclose(weight.asnumpy(), [3 - 0.009, 4 - 0.018], rtol=1e-6)
    updater = mx.optimizer.get_updater(mx.optimizer.Adam())
    updater.set_states(base64.b64decode(OF_ADAM))
    mean, square = (each.asnumpy() for each in updater.states[0])
    np.testing.assert_allclose(mean, [0.1, 0.2], rtol=1e-5)
    np.testing.assert_allclose(square, [0.001, 0.004], rtol=1e-4)


def test_states_are_written_as_mxnet_does():
    updater = mx.optimizer.get_updater(mx.optimizer.SGD(momentum=0.9))
    updater(0, mx.nd.array([1.0, 2.0]), mx.nd.array([3.0, 4.0]))
    written = pickletools.optimize(updater.get_states())
    named = [text for code, text, _ in pickletools.genops(written) if code.name == "GLOBAL"]
    assert named == ["mxnet.ndarray.ndarray NDArray", "builtins bytearray"]
    # The record of the array is the one that MXNet wrote, byte by byte.
    record = base64.b64decode(OF_SGD).split(b"C(")[1][:40]
    assert record in written


def test_a_state_that_asks_for_memory_is_refused():
    asking = base64.b64decode(OF_SGD)
    start, stop = asking.index(b"C(\xc9"), asking.index(b"\x94\x85\x94R\x94sbs")
    number = b"\x8a\x06" + (1 << 40).to_bytes(6, "little")
    updater = mx.optimizer.get_updater(mx.optimizer.SGD())
    with pytest.raises(FormatError, match="no bytes"):
        updater.set_states(b"\x80\x04" + asking[11:start] + number + asking[stop:])
