"""What `fit` takes in place of a provider: arrays, tables, pairs, datasets and loaders."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset
from training_helpers import class_data, class_model, line_data, line_model, parameters, weight_of

import symnet as mx
from symnet.data.arrays.array_provider import LentArrays

COLUMNS = list("abcd")
X = np.random.default_rng(4).standard_normal((40, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.float32)
FRAME = pd.DataFrame(X, columns=COLUMNS).assign(kind=Y)


class HuggingFace:
    """What a dataset of Hugging Face has, as far as it matters: rows as an Arrow table."""

    def with_format(self, type: str) -> Any:
        assert type == "arrow"
        return self

    def __getitem__(self, key: slice) -> Any:
        return pa.table(FRAME)


def loader(batch_size: int) -> DataLoader[Any]:
    # With a generator of its own: a loader draws from torch's even where it shuffles nothing.
    samples: Any = list(zip(X, Y, strict=True))
    return DataLoader(samples, batch_size=batch_size, generator=torch.Generator())


def network(data: str = "pixels", label: str = "digit") -> mx.SymbolicNode:
    scores = mx.FullyConnected(mx.Variable(data), num_hidden=2, name="fc")
    return mx.SoftmaxOutput(scores, name=label)


def trained(*data: Any, arch: mx.SymbolicNode | None = None, **options: Any) -> mx.FeedForward:
    """A model after two epochs, started from the same numbers whatever the data is."""
    mx.srand(0)
    model = mx.FeedForward(arch or network())
    given = {"n_epoch": 2, "verbose": 0, "batch_size": 16, "shuffle": False, **options}
    if not {"batch_size", "shuffle"} & options.keys() and isinstance(data[0], DataLoader):
        del given["batch_size"], given["shuffle"]
    model.fit(mx.SGD(lr=0.5), *data, initializer=mx.UniformInitializer(0.5), **given)
    return model


def provided() -> dict[str, np.ndarray]:
    named = mx.ArrayDataProvider(
        ("pixels", X), ("digit_label", Y), batch_size=16, last_batch="keep"
    )
    mx.srand(0)
    model = mx.FeedForward(network())
    init = mx.UniformInitializer(0.5)
    model.fit(mx.SGD(lr=0.5), named, n_epoch=2, verbose=0, initializer=init)
    return parameters(model)


FORMS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "arrays": lambda: (X, Y),
    "tensors": lambda: (torch.from_numpy(X), torch.from_numpy(Y)),
    "our own arrays": lambda: (mx.array(X), mx.array(Y)),
    "a pair": lambda: ((X, Y),),
    "by name": lambda: ({"pixels": X}, {"digit_label": Y}),
    "pairs of names": lambda: (("pixels", X), [("digit_label", Y)]),
    "a frame and its column": lambda: (FRAME, "kind"),
    "a frame and a series": lambda: (FRAME[COLUMNS], FRAME["kind"]),
    "polars": lambda: (pl.DataFrame(FRAME), "kind"),
    "pyarrow": lambda: (pa.table(FRAME), "kind"),
    "Hugging Face": lambda: (HuggingFace(), "kind"),
    "a dataset of torch": lambda: (TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)),),
    "a loader of torch": lambda: (loader(16),),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_trains_as_a_provider_of_the_same_arrays(form: str) -> None:
    found = parameters(trained(*FORMS[form]()))
    for name, expected in provided().items():
        np.testing.assert_array_equal(found[name], expected, err_msg=name)


@pytest.mark.parametrize("form", [name for name in FORMS if name != "by name"])
def test_validation_data_comes_in_every_form(form: str) -> None:
    given = FORMS[form]()
    column = isinstance(given[-1], str)
    evaluation = given[0] if column or len(given) == 1 else given
    training = (FRAME, "kind") if column else (X, Y)
    history = trained(*training, eval_data=evaluation).history
    assert history is not None
    expected = trained(X, Y, eval_data=(X, Y)).history
    assert expected is not None
    assert history["validation_accuracy"] == expected["validation_accuracy"]


@pytest.mark.parametrize("devices", [1, 2])
@pytest.mark.parametrize("size", [1, 3, 7, 20])
def test_validation_batches_have_any_size(size: int, devices: int) -> None:
    """Metrics are means over samples, so that the size of the batches changes nothing."""
    contexts = [mx.cpu(number) for number in range(devices)]
    model, data = class_model(*contexts), class_data(20, 5)
    history = model.fit(
        mx.SGD(lr=0.3), data, n_epoch=2, verbose=0, eval_data=class_data(20, size, last_batch="pad")
    )
    reference = class_model(*contexts).fit(
        mx.SGD(lr=0.3), class_data(20, 5), n_epoch=2, verbose=0, eval_data=class_data(20, 5)
    )
    assert history["validation_accuracy"] == reference["validation_accuracy"]


def test_the_batch_size_is_128_or_all_there_is() -> None:
    seen: list[int] = []
    watch = mx.every_n_batch(lambda state: seen.append(state.batch_size), 1)
    for count in (300, 5):
        numbers = np.linspace(0, 1, count).reshape(-1, 1)
        line_model().fit(mx.SGD(), numbers, numbers, n_epoch=1, callbacks=[watch], verbose=0)
    assert seen == [128, 128, 128, 5]


def test_arrays_are_shuffled_unless_told_otherwise() -> None:
    def labels(**options: Any) -> list[list[float]]:
        seen: list[list[float]] = []

        def look(label: mx.NDArray, pred: mx.NDArray) -> float:
            seen.append(label.asnumpy().tolist())
            return 0.0

        mx.srand(3)
        line_model().fit(
            mx.SGD(), np.ones((6, 1)), np.arange(6.0), n_epoch=2, eval_metric=look, verbose=0,
            **options,
        )  # fmt: skip
        return seen

    first, second = labels()
    assert sorted(first) == sorted(second) == list(range(6))
    assert first != second
    assert labels() == [first, second], "the seed settles the order"
    assert labels(shuffle=False) == [list(range(6))] * 2


def test_a_part_is_set_aside_and_always_the_same() -> None:
    """Nothing that is validated with is trained on, also after the training is resumed."""
    numbers = np.arange(50.0)

    def parts() -> tuple[list[float], list[float]]:
        batches: list[list[float]] = []

        def look(label: mx.NDArray, pred: mx.NDArray) -> float:
            batches.append(label.asnumpy().tolist())
            return 0.0

        line_model().fit(
            mx.SGD(), np.zeros((50, 1)), numbers, n_epoch=1, validation_split=0.2,
            eval_metric=look, verbose=0,
        )  # fmt: skip
        train, validation = batches
        return sorted(train), validation

    train, validation = parts()
    assert (len(train), len(validation)) == (40, 10)
    assert sorted(train + validation) == numbers.tolist()
    assert max(np.diff(validation)) > 1, "chosen from all over the data"
    mx.srand(99)
    assert parts() == (train, validation)


def test_inputs_by_name() -> None:
    parts = [
        mx.FullyConnected(mx.Variable(side), num_hidden=1, name=f"fc_{side}")
        for side in ("left", "right")
    ]
    arch = mx.LinearRegressionOutput(parts[0] + parts[1], name="out")
    model = trained({"left": X[:, :1], "right": X[:, 1:]}, Y, arch=arch)
    assert parameters(model)["fc_right_weight"].shape == (1, 3)
    with pytest.raises(mx.ArgumentError, match="several inputs for data, left, right; give a dict"):
        trained(X, Y, arch=arch)


def test_the_training_goes_on_where_a_checkpoint_ended(tmp_path: Any) -> None:
    """Providers are made anew in each call; their order goes on all the same."""
    prefix = tmp_path / "net"
    options: dict[str, Any] = {"shuffle": True, "validation_split": 0.2}
    whole = trained(X, Y, n_epoch=4, **options)
    trained(X, Y, callbacks=[mx.do_checkpoint(prefix)], **options)
    mx.srand(7)
    resumed = mx.FeedForward(network())
    resumed.fit(mx.SGD(lr=0.5), X, Y, n_epoch=4, batch_size=16, resume=prefix, verbose=0, **options)
    for name, expected in parameters(whole).items():
        np.testing.assert_array_equal(parameters(resumed)[name], expected, err_msg=name)


LOADER = loader(10)


def spoiled(array: np.ndarray, row: int) -> np.ndarray:
    copy = array.copy()
    copy[row] = np.nan
    return copy


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        ((LOADER, Y), {}, "fit: labels is for arrays, but the data is a DataLoader"),
        ((LOADER,), {"batch_size": 5}, "fit: batch_size is for arrays"),
        ((line_data(),), {"shuffle": True}, "fit: shuffle is for arrays, .* a ArrayDataProvider"),
        ((line_data(),), {"validation_split": 0.5}, "divides arrays, not the batches of a Arr"),
        ((X, Y), {"validation_split": 0.5, "eval_data": (X, Y)}, "not both"),
        ((X, Y), {"validation_split": 0.001}, "leaves 40 to train on and 0 to validate with"),
        ((X, Y[:3]), {}, "fit: label 'lro_label' has 3 samples, but data 'data' has 40"),
        ((FRAME, "kin"), {}, "did you mean 'kind'"),
        ((X, np.full(40, "a")), {}, "fit: label 'lro_label' must hold real numbers, not <U1"),
        (
            (spoiled(X, 7), Y),
            {},
            "holds what is no number of float32 in row 7 .*, 1 such",
        ),
        (
            (torch.from_numpy(spoiled(X, 7)), Y),
            {},
            "'data' holds what is no number .* row 7",
        ),
        ((X, spoiled(Y, 3)), {}, "fit: label 'lro_label' holds what is no number .* in row 3"),
        ((X, Y), {"eval_data": (spoiled(X, 5), Y)}, "fit, eval_data: data .* row 5 "),
        ((X,), {}, "gives no 'lro_label', the label that the loss 'lro' compares with"),
        ((X, Y), {"eval_data": X}, "eval_data provides no labels to measure with"),
        ((X, Y), {"eval_data": (X[:, :2], Y)}, "eval_data provides data .40, 2., .* batch size"),
        ((X, Y), {"eval_data": {1}}, "fit, eval_data: data must be an array"),
        ((X, Y), {"batch_size": 0}, "batch_size must be >= 1"),
        ((X, Y), {"validation_split": 1}, "validation_split must be >= 0 and < 1"),
    ],
)
def test_what_does_not_fit_is_refused(
    data: tuple[Any, ...], options: dict[str, Any], words: str
) -> None:
    model = line_model()
    with pytest.raises(mx.MXError, match=words):
        model.fit(mx.SGD(), *data, n_epoch=1, verbose=0, **options)
    assert weight_of(model) == 0.5


def test_numbers_beyond_float32() -> None:
    """Sums of numbers that are in range may overflow; that is nobody's concern."""
    large = np.full((4, 1), 3e38, np.float32)
    assert parameters(trained(large, np.zeros(4), n_epoch=0))
    with pytest.raises(mx.DataError, match="holds what is no number of float32 in row 0"):
        trained(large.astype(np.float64) * 2, np.zeros(4))


def test_a_column_of_class_numbers_is_told_from_one_hot_labels() -> None:
    with pytest.raises(mx.ShapeError, match=r"give labels.ravel\(\) instead"):
        trained(X, Y[:, None])


def test_arrays_are_read_where_they_lie() -> None:
    """No copy of what fit is given: half the memory, and no time for copying."""
    data = np.random.default_rng(0).random((64, 32)).astype(np.float32)
    net = mx.SoftmaxOutput(mx.FullyConnected(mx.Variable("data"), num_hidden=2), name="softmax")
    before = data.copy()
    for given in (data, data[:, ::-1], torch.from_numpy(data), data.astype(np.float64)):
        model = mx.FeedForward(net)
        model.fit(mx.SGD(), given, np.arange(64) % 2, batch_size=8, n_epoch=1, verbose=0)
    np.testing.assert_array_equal(data, before)
    lent = LentArrays(data=data)
    shared = next(iter(mx.ArrayDataProvider(lent, batch_size=8))).get_data()[0].torch
    assert shared.data_ptr() == data.ctypes.data
    for other in (data[:, ::-1], data.astype(">f4"), data.astype(np.float64)):
        copied = next(iter(mx.ArrayDataProvider(LentArrays(data=other), batch_size=8)))
        np.testing.assert_array_equal(copied.get_data()[0].asnumpy(), other[:8])
    frozen = data.copy()
    frozen.flags.writeable = False
    batch = next(iter(mx.ArrayDataProvider(LentArrays(data=frozen), batch_size=8)))
    np.testing.assert_array_equal(batch.get_data()[0].asnumpy(), data[:8])
