"""Recomputation: the same gradients, in less memory."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import symnet as mx
from symnet.executor import Executor


def deep(layers: int = 8, **attributes: str) -> mx.SymbolicNode:
    net = mx.Variable("data")
    for number in range(layers):
        net = mx.Convolution(
            net, kernel=(3, 3), pad=(1, 1), num_filter=8, no_bias=True, name=f"conv{number}"
        )
        net = mx.BatchNorm(net, name=f"bn{number}", attrs=attributes)
        net = mx.Activation(net, act_type="relu", name=f"relu{number}", attrs=attributes)
    net = mx.FullyConnected(mx.Flatten(net), num_hidden=3, name="fc")
    return mx.SoftmaxOutput(net, name="softmax")


def bound(net: mx.SymbolicNode) -> Executor:
    executor = mx.simple_bind(net, data=(4, 8, 12, 12), softmax_label=(4,))
    rng = np.random.default_rng(0)
    for name, array in executor.arg_dict.items():
        array[:] = rng.integers(0, 3, 4) if name.endswith("label") else rng.normal(size=array.shape)
    return executor


def trained(executor: Executor) -> dict[str, np.ndarray]:
    """What three steps leave: the rules run, are recorded, are replayed."""
    for _ in range(3):
        executor.forward(is_train=True)
        executor.backward()
    arrays = {**executor.grad_dict, **{f"state {n}": a for n, a in executor.aux_dict.items()}}
    return {name: array.asnumpy() for name, array in arrays.items()}


def assert_trains_like(executor: Executor, plain: Executor) -> None:
    expected = trained(plain)
    for name, array in trained(executor).items():
        assert_array_equal(array, expected[name], err_msg=name)


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("share", [0.8, 0.6, 0.45])
def test_a_limit_is_kept_and_nothing_else_changes(share: float, once: bool):
    plain, limited = bound(deep(32)), bound(deep(32))
    if once:
        limited.differentiate_once()
    whole = limited.memory()
    limit = whole.total - int((whole.arena + whole.kernels) * (1 - share))
    limited.limit_memory(limit)
    assert limited.memory().total <= limit
    assert "are computed again in the backward pass" in limited.plan()
    assert_trains_like(limited, plain)


def test_what_cannot_be_kept_is_refused_and_changes_nothing():
    executor = bound(deep())
    before = executor.memory()
    with pytest.raises(mx.ArgumentError, match=r"at least [\d,]+ bytes.*but 1,000 are allowed"):
        executor.limit_memory(1000)
    assert executor.memory() == before
    assert "again" not in executor.plan()


def test_what_is_marked_is_computed_again():
    plain, marked = bound(deep()), bound(deep(force_mirroring="True"))
    assert marked.memory().total < plain.memory().total
    assert "17 of 43 steps" not in plain.plan()
    assert "16 of" in marked.plan()
    assert_trains_like(marked, plain)


def test_stages_are_kept_and_the_rest_is_computed_again():
    net = mx.Variable("data")
    for number in range(6):
        stage = {"mirror_stage": "True"} if number % 3 == 2 else {}
        net = mx.FullyConnected(net, num_hidden=8, name=f"fc{number}")
        net = mx.Activation(net, act_type="tanh", name=f"tanh{number}", attrs=stage)
    net = mx.SoftmaxOutput(net, name="softmax")
    executor = mx.simple_bind(net, data=(4, 8), softmax_label=(4,))
    plan = executor.plan()
    assert "tanh1_again" in plan
    assert "tanh2_again" not in plan


def test_the_environment_says_it_of_what_is_cheap(monkeypatch: pytest.MonkeyPatch):
    plain = bound(deep())
    trained(plain)
    monkeypatch.setenv("MXNET_BACKWARD_DO_MIRROR", "1")
    executor = bound(deep())
    plan = executor.plan()
    assert "bn3_again" in plan
    assert "conv3_again" not in plan
    assert_trains_like(executor, bound(deep()))


def test_a_node_may_say_no(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MXNET_BACKWARD_DO_MIRROR", "1")
    plan = bound(deep(force_mirroring="False")).plan()
    assert "bn3_again" not in plan


def test_other_words_are_refused():
    with pytest.raises(
        mx.ArgumentError, match=r"'bn0'.*force_mirroring='maybe'.*'True' or 'False'"
    ):
        bound(deep(force_mirroring="maybe")).plan()


def test_random_layers_are_never_drawn_again():
    data = mx.Dropout(mx.Variable("data"), p=0.5, name="drop", attrs={"force_mirroring": "True"})
    net = mx.SoftmaxOutput(mx.FullyConnected(data, num_hidden=3, name="fc"), name="softmax")
    executor = mx.simple_bind(net, data=(4, 8), softmax_label=(4,))
    assert "drop_again" not in executor.plan()


def test_work_of_layers_with_any_number_of_inputs_is_counted():
    net = mx.UpSampling(
        mx.Variable("data"), mx.Variable("w"), scale=2, sample_type="bilinear", num_filter=2,
        num_args=2, name="up",
    )  # fmt: skip
    net = mx.make_loss(mx.sum(mx.Activation(net, act_type="tanh") ** 2))
    executor = mx.simple_bind(net, data=(1, 2, 8, 8))
    executor.limit_memory(executor.memory().total)
    assert "again" not in executor.plan()
    with pytest.raises(mx.ArgumentError, match="training takes at least"):
        executor.limit_memory(1)
