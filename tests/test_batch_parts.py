"""Large batches are predicted in parts, a thread for each: as the whole would be."""

import multiprocessing
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

import symnet as mx
from symnet.executor import Executor
from symnet.model import _batch_parts as module
from symnet.model._batch_parts import BatchParts


@pytest.fixture(autouse=True)
def eager_to_part(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Small networks are cut too, on any machine."""
    monkeypatch.setattr(module, "_WORK", 1)
    monkeypatch.setattr(module, "_REUSE", 1)
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(threads)


def images(head: Callable[[mx.SymbolicNode], mx.SymbolicNode] | None = None) -> mx.SymbolicNode:
    """Layers as networks for images have them: batch normalisation, a branch, a sum."""
    data = mx.Variable("data")
    first = mx.Convolution(data, kernel=(3, 3), num_filter=8, pad=(1, 1), name="first")
    first = mx.Activation(mx.BatchNorm(first, name="bn"), act_type="relu")
    second = mx.Convolution(first, kernel=(3, 3), num_filter=8, pad=(1, 1), name="second")
    both = mx.Activation(first + second, act_type="relu")
    joined = mx.Concat(both, mx.Pooling(both, kernel=(3, 3), pad=(1, 1), pool_type="avg"), dim=1)
    net = joined if head is None else head(joined)
    net = mx.FullyConnected(mx.Flatten(net), num_hidden=3, name="fc")
    return mx.SoftmaxOutput(mx.Dropout(net, p=0.5), name="softmax")


def model_of(net: mx.SymbolicNode, rows: int = 9) -> mx.FeedForward:
    mx.srand(2)
    model = mx.FeedForward(net)
    model.init_model(mx.UniformInitializer(0.5), data=(rows, 3, 8, 8), softmax_label=(rows,))
    return model


def numbers(rows: int) -> np.ndarray:
    return np.random.default_rng(rows).standard_normal((rows, 3, 8, 8)).astype(np.float32)


def used(model: mx.FeedForward) -> list[Executor | BatchParts]:
    assert model._predictor is not None
    return [executor for _, executor in model._predictor._idle]


def whole(model: mx.FeedForward, data: np.ndarray) -> Any:
    """What one executor computes of the same."""
    executor = mx.simple_bind(model.arch, grad_req="null", data=data.shape)
    executor.copy_params_from(model.arg_params or {}, model.aux_params)
    return executor.forward(data=mx.array(data))[0].asnumpy()


@pytest.mark.parametrize("rows", [9, 7, 2])
def test_parts_give_what_the_whole_gives(rows: int) -> None:
    model, data = model_of(images()), numbers(rows)
    for _ in range(3):
        np.testing.assert_allclose(model.predict(data), whole(model, data), rtol=1e-5, atol=1e-7)
    (executor,) = used(model)
    assert isinstance(executor, BatchParts)
    assert len(executor._executors) == min(rows, 3)


def test_what_weights_alone_tell_is_there_once() -> None:
    model = model_of(images())
    model.predict(numbers(9))
    (parts,) = used(model)
    assert isinstance(parts, BatchParts)
    programs = [own._builds[False, False].program for own in parts._executors]
    packed = [
        {id(tensor) for tensor in program._made.values() if tensor is not None and tensor.is_mkldnn}
        for program in programs
    ]
    assert packed[0]
    assert packed[1] == packed[2] == packed[0]


def test_new_weights_are_seen() -> None:
    model, data = model_of(images()), numbers(9)
    before = model.predict(data)
    assert model.arg_params is not None
    model.arg_params["first_weight"][:] = 0.1
    after = model.predict(data)
    np.testing.assert_allclose(after, whole(model, data), rtol=1e-5, atol=1e-7)
    assert abs(before - after).max() > 1e-3
    # The executors' own weights, too, which somebody may write to.
    (parts,) = used(model)
    assert isinstance(parts, BatchParts)
    parts._executors[0].arg_dict["first_weight"][:] = 0.2
    model.arg_params["first_weight"][:] = 0.2
    rest = [output.asnumpy().copy() for output in parts.forward()]
    parts.arg_dict["data"][:] = data
    np.testing.assert_allclose(parts.forward()[0].asnumpy(), whole(model, data), rtol=1e-5)
    assert len(rest) == 1


def test_providers_whose_last_batch_is_short() -> None:
    model, data = model_of(images()), numbers(10)
    provider = mx.ArrayDataProvider(data, batch_size=4, last_batch="keep")
    found = model.predict(provider)
    np.testing.assert_allclose(found, whole(model, data), rtol=1e-5, atol=1e-7)
    assert all(isinstance(each, BatchParts) for each in used(model))


def reaches_over_samples(net: mx.SymbolicNode) -> mx.SymbolicNode:
    return mx.broadcast_sub(net, mx.mean(net, axis=0, keepdims=True))


TOGETHER: dict[str, Callable[[mx.SymbolicNode], mx.SymbolicNode]] = {
    "a mean over samples": reaches_over_samples,
    "another order of axes": lambda net: mx.SwapAxis(
        mx.SwapAxis(net, dim1=0, dim2=1), dim1=0, dim2=1
    ),
    "a number of rows": lambda net: mx.Reshape(net, shape=(9, -1)),
    "random numbers": lambda net: mx.Dropout(net, p=0.5, mode="always"),
    "one sample after the other": lambda net: mx.reverse(net, axis=0),
}


@pytest.mark.parametrize("kind", TOGETHER)
def test_samples_that_belong_together_stay_together(kind: str) -> None:
    model = model_of(images(TOGETHER[kind]))
    model.predict(numbers(9))
    assert all(isinstance(each, Executor) for each in used(model))


def test_one_sample_and_one_thread_have_no_parts() -> None:
    model = model_of(images())
    model.predict(numbers(1))
    torch.set_num_threads(1)
    other = model_of(images())
    other.predict(numbers(9))
    for each in (model, other):
        assert all(isinstance(own, Executor) for own in used(each))


def test_small_work_and_many_weights_have_no_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_WORK", "_REUSE"):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, 10**9)
            model = model_of(images())
            model.predict(numbers(9))
            assert all(isinstance(each, Executor) for each in used(model))


def _predicts(model: mx.FeedForward, data: np.ndarray, results: Any) -> None:
    results.put(model.predict(data))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of fork, in processes with threads
def test_a_forked_process_has_threads_of_its_own() -> None:
    torch.set_num_threads(3)
    model, data = model_of(images()), numbers(9)
    expected = model.predict(data)
    processes = multiprocessing.get_context("fork")
    results: Any = processes.SimpleQueue()
    process = processes.Process(target=_predicts, args=(model, data, results), daemon=True)
    process.start()
    process.join(60)
    assert process.exitcode == 0
    np.testing.assert_array_equal(results.get(), expected)
