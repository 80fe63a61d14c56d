"""Optimizers and schedules by the names that everybody knows: in `fit`, against PyTorch."""

from typing import Any

import numpy as np
import pytest
import torch
from training_helpers import class_data, class_model, parameters

import symnet as mx
from symnet.training.optimizer.choice import as_optimizer

NAMES = ("AdamW", "Lion", "NAG", "LAMB", "LARS", "Ftrl", "SGLD")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_there_under_its_name(name: str) -> None:
    kind = getattr(mx, name)
    assert type(as_optimizer(name.lower())) is kind
    made = kind(lr=0.01, lr_scheduler="cosine", weight_decay=0.1, grad_clip=1.0)
    model = class_model()
    history = model.fit(made, class_data(), n_epoch=2, verbose=0)
    assert np.isfinite(history["loss"]).all()
    assert history["learning_rate"] == pytest.approx([0.01, 0.005])


@pytest.mark.parametrize("name", ["LAMB", "LARS"])
def test_lengths_are_those_of_each_weight(name: str) -> None:
    """In `fit` all weights lie side by side; these optimizers take them one by one."""
    kind = getattr(mx, name)
    model, single = class_model(), class_model()
    data = class_data(batch_size=20)
    model.fit(kind(lr=0.1), data, n_epoch=1, verbose=0)
    executor = mx.simple_bind(single.arch, data=(20, 4), softmax_label=(20,))
    executor.copy_params_from(single.arg_params)
    for batch in data:
        data.load_data(batch, [executor.arg_dict["data"]])
        data.load_label(batch, [executor.arg_dict["softmax_label"]])
    executor.forward(is_train=True)
    executor.backward()
    optimizer = kind(lr=0.1)
    optimizer.state = mx.OptimizationState(20)
    update = mx.get_updater(optimizer)
    for number, own in enumerate(single.arg_params):
        update(number, executor.grad_dict[own], executor.arg_dict[own])
        expected = executor.arg_dict[own].asnumpy()
        np.testing.assert_allclose(parameters(model)[own], expected, rtol=1e-5, atol=1e-7)


def test_adamw_is_that_of_torch() -> None:
    weight = torch.tensor([1.0, -2.0, 0.5])
    theirs = torch.nn.Parameter(weight.clone())
    reference = torch.optim.AdamW([theirs], lr=0.1)
    optimizer = mx.AdamW(lr=0.1)
    optimizer.state = mx.OptimizationState(1)
    update, ours = mx.get_updater(optimizer), mx.array(weight.numpy())
    for slope in ([1.0, 2.0, -3.0], [0.5, -1.0, 0.1], [2.0, 2.0, 2.0]):
        update(0, mx.array(slope), ours)
        theirs.grad = torch.tensor(slope)
        reference.step()
    np.testing.assert_allclose(ours.asnumpy(), theirs.detach().numpy(), rtol=1e-4)


# -- schedules -------------------------------------------------------------------------------------


def rates_of(schedule: Any, data: mx.AbstractDataProvider, epochs: int) -> list[float]:
    """The rate of each update, as its optimizer saw it."""
    seen: list[float] = []

    class Noted(mx.SGD):
        def update(self, *given: Any) -> None:
            seen.append(mx.get_learning_rate(self._rates, self.state))
            super().update(*given)

    class_model().fit(Noted(lr=0.1, lr_scheduler=schedule), data, n_epoch=epochs, verbose=0)
    return seen


@pytest.mark.parametrize("rising", [0.3, 0.5])
def test_one_cycle_is_that_of_torch(rising: float) -> None:
    schedule = mx.LearningRate.OneCycle(0.1, rising=rising)
    found = rates_of(schedule, class_data(), 3)
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=0.1)
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.1, total_steps=12, pct_start=rising, cycle_momentum=False
    )
    expected = []
    for _ in range(12):
        expected.append(theirs.get_last_lr()[0])
        optimizer.step()
        theirs.step()
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    if rising == 0.3:
        assert rates_of("one_cycle", class_data(), 3) == found


def test_one_cycle_wants_to_know_how_long_an_epoch_is() -> None:
    class Unknown(mx.AbstractDataProvider):
        whole = class_data()

        def provide_data(self) -> Any:
            return self.whole.provide_data()

        def provide_label(self) -> Any:
            return self.whole.provide_label()

        def eachbatch(self) -> Any:
            yield from self.whole

    with pytest.raises(mx.ParameterError, match="how many batches an epoch has: say n_batch="):
        rates_of("one_cycle", Unknown(), 2)
    told = mx.LearningRate.OneCycle(0.1, n_batch=4)
    assert rates_of(told, Unknown(), 2) == rates_of("one_cycle", class_data(), 2)
    # From the second epoch on it is known.
    assert rates_of("warmup", Unknown(), 2) == pytest.approx([0.1] * 8)


def test_warmup_rises_evenly_and_stays() -> None:
    found = rates_of(mx.LearningRate.Warmup(0.1, warmup=2), class_data(), 3)
    assert found == pytest.approx([*np.linspace(0.0125, 0.1, 8), *[0.1] * 4])
    assert rates_of("warmup", class_data(), 2) == pytest.approx(
        [0.025, 0.05, 0.075, 0.1, *[0.1] * 4]
    )


@pytest.mark.parametrize(
    ("last_batch", "count"), [("pad", 4), ("keep", 4), ("discard", 3), ("roll_over", None)]
)
def test_providers_tell_how_many_batches_they_have(last_batch: Any, count: int | None) -> None:
    data = class_data(17, 5, last_batch=last_batch)
    assert data.count_batches() == count
    assert count is None or len(list(data)) == count


def test_loaders_tell_it_too() -> None:
    from torch.utils.data import DataLoader, IterableDataset

    samples: Any = [(np.zeros(2, np.float32), 0)] * 7
    loader = DataLoader(samples, 3)
    assert mx.TorchDataProvider(loader).count_batches() == 3
    assert mx.TorchDataProvider(loader, last_batch="discard").count_batches() is None

    class Endless(IterableDataset[Any]):
        def __iter__(self) -> Any:
            return iter(samples)

    assert mx.TorchDataProvider(DataLoader(Endless(), 3)).count_batches() is None
