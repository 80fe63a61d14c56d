"""The provider's interface, the plain batch, and the function forms of both."""

from collections.abc import Iterator, Mapping

import numpy as np
import pytest

import symnet as mx
from symnet.core.context import cpu
from symnet.core.errors import ArgumentError, DataError, ReadOnlyError, ShapeError
from symnet.data import functions as forms
from symnet.data.arrays.array_provider import ArrayDataProvider
from symnet.data.provider import AbstractDataBatch, AbstractDataProvider, DataBatch, Provided
from symnet.ndarray import NDArray, array, zeros


class Squares(AbstractDataProvider):
    """Three batches of (2, 2), the last with one sample, from a generator."""

    def provide_data(self) -> list[Provided]:
        return [("data", (2, 2)), ("mask", (2,))]

    def provide_label(self) -> list[Provided]:
        return [("label", (2,))]

    def eachbatch(self) -> Iterator[DataBatch]:
        for number in range(3):
            data = [array(np.full((2, 2), number**2)), array([1, 0])]
            yield DataBatch(data, [array([number, -number])], 1 if number == 2 else 2)


class Batchless(AbstractDataProvider):
    def provide_data(self) -> list[Provided]:
        return [("data", (2, 2)), ("other", (3, 2))]

    def provide_label(self) -> list[Provided]:
        return []


def first_batch(provider: AbstractDataProvider) -> AbstractDataBatch:
    return next(iter(provider))


def test_generator_makes_a_provider():
    provider = Squares()
    seen = [float(provider.get_data(batch)[0].asnumpy()[0, 0]) for batch in provider]
    again = [float(batch.get_data()[0].asnumpy()[1, 1]) for batch in forms.eachbatch(provider)]
    assert seen == again == [0, 1, 4]
    assert [provider.count_samples(batch) for batch in provider] == [2, 2, 1]


def test_eachbatch_is_the_provider_unless_overridden():
    provider = ArrayDataProvider(np.zeros((2, 2)))
    assert provider.eachbatch() is provider
    assert forms.eachbatch(provider) is provider


def test_provider_without_batches_says_what_to_define():
    with pytest.raises(DataError, match="Batchless has no batches: define eachbatch"):
        iter(Batchless())


def test_interface_is_abstract():
    with pytest.raises(TypeError, match="provide_data"):
        AbstractDataProvider()
    with pytest.raises(TypeError, match="count_samples"):
        AbstractDataBatch()


def test_functions_are_the_methods():
    provider = Squares()
    batch = first_batch(provider)
    assert forms.provide_data(provider) == [("data", (2, 2)), ("mask", (2,))]
    assert forms.provide_label(provider) == [("label", (2,))]
    assert forms.get_batch_size(provider) == 2
    assert forms.count_samples(provider, batch) == forms.count_samples(batch) == 2
    assert forms.get_data(provider, batch) is forms.get_data(batch) is batch.data
    assert forms.get_label(provider, batch) is forms.get_label(batch) is batch.label
    assert mx.get(provider, batch, "mask") is batch.data[1]


def test_functions_follow_what_a_provider_overrides():
    class Doubling(Squares):
        def get_data(self, batch):
            return [each * 2 for each in batch.get_data()]

    provider = Doubling()
    *_, last = provider
    target = zeros(2, 2)
    forms.load_data(provider, last, [target])
    assert mx.get(provider, last, "data").asnumpy().tolist() == [[8, 8], [8, 8]]
    assert target.asnumpy().tolist() == [[8, 8], [8, 8]]


@pytest.mark.parametrize("function", [forms.get_data, forms.get_label, forms.count_samples])
def test_functions_want_a_batch(function):
    with pytest.raises(ArgumentError, match=rf"{function.__name__} was given a provider but no ba"):
        function(Squares())


def test_batch_size_must_be_one():
    with pytest.raises(DataError, match=r"Batchless: axis 0 .* data \(2, 2\), other \(3, 2\)"):
        Batchless().get_batch_size()


def test_batch_size_of_nothing():
    class Empty(Batchless):
        def provide_data(self):
            return []

    with pytest.raises(DataError, match=r"Empty: axis 0 .* no arrays"):
        Empty().get_batch_size()


def test_get_looks_in_data_then_labels():
    provider = Squares()
    batch = first_batch(provider)
    assert provider.get(batch, "data") is batch.data[0]
    assert provider.get(batch, "label") is batch.label[0]
    with pytest.raises(
        DataError,
        match=r"lable is not provided by this data provider; did you mean 'label'\? "
        r"\(there are: data, mask, label\)",
    ):
        provider.get(batch, "lable")


# -- loading ---------------------------------------------------------------------------------------


def numbers() -> ArrayDataProvider:
    return ArrayDataProvider(
        [("data", np.arange(8).reshape(4, 2)), ("mask", np.arange(4))], np.arange(4) + 10
    )


def test_load_copies_whole_arrays():
    provider, data, mask, label = numbers(), zeros(4, 2), zeros(4), zeros(4)
    batch = first_batch(provider)
    provider.load_data(batch, [data, mask])
    provider.load_label(batch, [label])
    np.testing.assert_array_equal(data.asnumpy(), [[0, 1], [2, 3], [4, 5], [6, 7]])
    np.testing.assert_array_equal(mask.asnumpy(), [0, 1, 2, 3])
    np.testing.assert_array_equal(label.asnumpy(), [10, 11, 12, 13])


def test_load_copies_rows_to_several_arrays():
    provider = numbers()
    parts = [zeros(1, 2), zeros((3, 2), cpu(1))]
    labels = [zeros(3), zeros(1)]
    batch = first_batch(provider)
    forms.load_data(provider, batch, [[(slice(0, 1), parts[0]), (slice(1, None), parts[1])]])
    forms.load_label(provider, batch, [[((0, 3), labels[0]), ((3, 4), labels[1])]])
    np.testing.assert_array_equal(parts[0].asnumpy(), [[0, 1]])
    np.testing.assert_array_equal(parts[1].asnumpy(), [[2, 3], [4, 5], [6, 7]])
    np.testing.assert_array_equal(labels[0].asnumpy(), [10, 11, 12])
    np.testing.assert_array_equal(labels[1].asnumpy(), [13])


def test_load_converts_element_types():
    provider, target = numbers(), zeros((4, 2), dtype="int32")
    provider.load_data(first_batch(provider), [target])
    assert target.dtype == "int32"
    np.testing.assert_array_equal(target.asnumpy(), np.arange(8).reshape(4, 2))


def test_the_shorter_list_ends_loading():
    provider, target = numbers(), zeros(4, 2)
    batch = first_batch(provider)
    provider.load_data(batch, [target])
    provider.load_label(batch, [zeros(4), zeros(99)])
    assert float(target[3][1]) == 7


def test_a_target_of_another_shape_is_named():
    provider, target = numbers(), zeros(4, 1)
    batch = first_batch(provider)
    with pytest.raises(
        ShapeError,
        match=r"ArrayDataProvider: 'mask': a batch of shape \(4,\) does not fit a target of \(4, 1",
    ):
        provider.load_data(batch, [zeros(4, 2), target])
    with pytest.raises(ShapeError, match=r"'softmax_label': slice \[2:5\] must satisfy"):
        provider.load_label(batch, [[((2, 5), zeros(3))]])
    assert not target.asnumpy().any()


def test_a_read_only_target_is_refused():
    provider = numbers()
    batch = first_batch(provider)
    with pytest.raises(ReadOnlyError, match="'softmax_label': the target may only be read"):
        provider.load_label(batch, [provider.get(batch, "mask")])


# -- the plain batch -------------------------------------------------------------------------------


def test_batch_holds_what_it_is_given():
    data, label = [zeros(3, 2)], [zeros(3)]
    batch = DataBatch(data, label, 2)
    assert batch.get_data() is data
    assert batch.get_label() is label
    assert batch.count_samples() == batch.count == 2


@pytest.mark.parametrize("count", [0, -1, 4])
def test_batch_counts_its_rows(count):
    with pytest.raises(
        DataError, match=rf"count must be in 1..3, the rows of data\[0\], got {count}"
    ):
        DataBatch([zeros(3, 2)], [], count)


def test_batch_wants_arrays():
    with pytest.raises(ArgumentError, match=r"label\[0\] must be an NDArray, got ndarray"):
        DataBatch([NDArray([1])], [np.zeros(1)], 1)


# -- positions -------------------------------------------------------------------------------------


class Counter:
    """A part of a provider that counts to less than 10."""

    def __init__(self, key: str) -> None:
        self.keys, self.count = (key,), 0

    def state(self) -> dict[str, int]:
        return {self.keys[0]: self.count}

    def restore(self, state: Mapping[str, int]) -> None:
        self.count = state.get(self.keys[0], 0)
        if self.count > 9:
            raise DataError(f"too far: {self.count}")


class Counting(AbstractDataProvider):
    """A provider with two parts that its next pass depends on."""

    positioned = ("passes", "rows")

    def __init__(self) -> None:
        self.passes, self.rows = Counter("passes"), Counter("rows")

    def provide_data(self) -> list[Provided]:
        return [("data", (1,))]

    def provide_label(self) -> list[Provided]:
        return []


def test_a_provider_names_the_parts_of_its_position() -> None:
    provider = Counting()
    assert provider.position() == {"passes": 0, "rows": 0}
    provider.seek({"passes": 3, "rows": 4})
    assert (provider.passes.count, provider.rows.count) == (3, 4)
    assert Counting().position() == {"passes": 0, "rows": 0}


@pytest.mark.parametrize(
    ("position", "complaint"),
    [
        ({"passes": 5, "rows": 10}, "too far: 10"),
        ({"passes": 10, "rows": 5}, "too far: 10"),
        ({"passes": 5, "seed": 1}, r"Counting: this is no position of such a provider: .'seed'."),
    ],
)
def test_what_cannot_be_restored_changes_no_part(position: dict[str, int], complaint: str) -> None:
    provider = Counting()
    provider.seek({"passes": 3, "rows": 4})
    with pytest.raises(DataError, match=complaint):
        provider.seek(position)
    assert provider.position() == {"passes": 3, "rows": 4}
