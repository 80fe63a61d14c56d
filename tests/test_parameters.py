"""Parameters that are declared once: what is refused, and what is made of the declaration."""

import copy
import dataclasses
import pickle
from fractions import Fraction
from inspect import isabstract, signature
from typing import Any, Literal

import numpy as np
import pytest

import symnet as mx
from symnet.core.errors import ParameterError
from symnet.core.parameters import Parameters, param, reject_unknown
from symnet.training.optimizer._configured import ConfiguredOptimizer


class Some(Parameters):
    """A record."""

    positive: float = param("Above 0", default=1, above=0)
    not_negative: float = param("From 0", default=0, min=0)
    fraction: float = param("Between", default=0.5, above=0, below=1)
    number: float = param("A number", default=-1, finite=True)
    free: float = param("Any number", default=0)
    element: float = param("Anything that an array holds", default=0, nan=True)
    corners: tuple[float, ...] = param("Numbers", default=())
    count: int = param("How many", default=1, min=1, max=9)
    choice: Literal["a", "b"] = param("One of two", default="a")
    flag: bool = param("Yes or no", default=False)
    name: str | None = param("A name", default=None)
    window: tuple[int, ...] = param("Lengths", default=(), min=1)


class Another(Some):
    """A record whose base says all but one default."""

    positive: float = 2


def test_another_default_keeps_the_rest_of_the_declaration():
    assert (Another().positive, Some().positive) == (2, 1)
    assert "positive: Above 0; default 2, > 0." in Another.help()
    assert [*Another.params] == [*Some.params]
    with pytest.raises(ParameterError, match="Another: positive must be > 0, got 0"):
        Another(positive=0)


@pytest.mark.parametrize("cls", [mx.SGD, mx.CSVIter, mx.MNISTIter])
def test_options_are_given_by_keyword(cls):
    with pytest.raises(mx.ArgumentError, match=rf"{cls.__name__}: .* by keyword, got 0.5 alone"):
        cls(0.5)


def test_an_optimizer_has_the_options_of_all_its_bases():
    class Left(mx.SGD):
        lr: float = 0.5

    class Right(mx.SGD):
        more: float = param("More", default=1.0, min=0)

    class Both(Left, Right):
        pass

    assert (Both().lr, Both(more=2).more, mx.SGD().lr) == (0.5, 2, 0.01)
    assert "lr: Learning rate; default 0.5, > 0." in (Left.__doc__ or "")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"positive": 0}, "Some: positive must be > 0, got 0"),
        ({"positive": "1"}, "Some: positive must be float, got '1'"),
        ({"positive": float("nan")}, "Some: positive must be > 0, got nan"),
        ({"positive": True}, "Some: positive must be float, got True"),
        ({"not_negative": -0.5}, "Some: not_negative must be >= 0, got -0.5"),
        ({"fraction": 1}, "Some: fraction must be > 0 and < 1, got 1"),
        ({"fraction": 0}, "Some: fraction must be > 0 and < 1, got 0"),
        ({"number": float("nan")}, "Some: number must be finite, got nan"),
        ({"number": float("inf")}, "Some: number must be finite, got inf"),
        ({"number": None}, "Some: number must be float, got None"),
        ({"free": float("nan")}, "Some: free must be a number, got nan"),
        ({"corners": (1.0, float("nan"))}, "Some: corners must be a number, got .1.0, nan."),
        ({"count": 10}, "Some: count must be >= 1 and <= 9, got 10"),
        ({"count": 1.0}, "Some: count must be int, got 1.0"),
        ({"choice": "c"}, "Some: choice must be one of 'a', 'b', got 'c'"),
        ({"choice": []}, "Some: choice must be one of 'a', 'b', got \\[\\]"),
        ({"flag": "no"}, "Some: flag must be bool, got 'no'"),
        ({"name": 1}, "Some: name must be str or None, got 1"),
        ({"window": (2, 0)}, r"Some: window must be >= 1, got \(2, 0\)"),
        ({"nmae": "x"}, r"Some: unknown parameter 'nmae'; did you mean 'name'\? \(there are: pos"),
    ],
)
def test_a_value_outside_its_declaration_is_named(given, message):
    with pytest.raises(ParameterError, match=message):
        Some.make(given)


def test_an_element_may_be_no_number():
    assert np.isnan(Some(positive=1, element=float("nan")).element)


@pytest.mark.parametrize("value", [2, np.float32(2), np.int64(2), Fraction(2)])
def test_numbers_become_floats(value):
    assert type(Some(positive=value).positive) is float
    assert Some(positive=value).positive == 2.0


def test_a_record_is_a_value():
    assert Some(count=2) == Some(count=2)
    assert repr(Some(count=2, choice="b")) == "Some(count=2, choice='b')"
    assert "How many; default 1, >= 1 and <= 9." in Some.help()


def test_the_first_unknown_name_is_told():
    with pytest.raises(ParameterError) as caught:
        reject_unknown("SGD", ["lr", "zzz"], ["lr", "momentum"])
    assert str(caught.value) == "SGD: unknown parameter 'zzz' (there are: lr, momentum)"


# -- optimizers: an option is typed once -----------------------------------------------------------

OPTIMIZERS = [
    each
    for each in (getattr(mx, name) for name in mx.__all__)
    if isinstance(each, type) and issubclass(each, ConfiguredOptimizer) and not isabstract(each)
]


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_signature_help_and_record_have_the_same_options(kind):
    names = list(signature(kind).parameters)
    assert names == list(kind.options.params)
    assert {"lr", "grad_clip", "weight_decay", "lr_scheduler"} <= set(names)
    assert all(f"    {name}: " in kind.__doc__ for name in names)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_options_are_attributes_and_cannot_be_set(kind):
    made = kind(lr=0.25)
    assert made.lr == made.opts.lr == 0.25
    with pytest.raises(AttributeError):
        made.lr = 1.0


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_optimizers_can_be_pickled(kind):
    assert pickle.loads(pickle.dumps(kind(lr=0.25))).opts == kind(lr=0.25).opts


class Placed(Parameters, kw_only=False):
    first: int = param("By position too.")
    second: float = param("As well.", default=2)


@pytest.mark.parametrize(
    ("values", "given", "text"),
    [
        ((), {}, r"Placed\(\) misses the argument 'first'"),
        ((1, 2, 3), {}, r"Placed\(\) takes 2 by position, 3 were given"),
        ((1,), {"first": 2}, r"'first' is given by position and by keyword"),
        ((1,), {"secnd": 2}, r"argument 'secnd' is unknown; did you mean 'second'\?"),
    ],
)
def test_what_a_record_is_not_made_of_is_told(values: Any, given: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        Placed(*values, **given)


def test_records_are_values() -> None:
    one, same = Placed(1, 3), Placed(second=3, first=1)
    assert one == same
    assert hash(one) == hash(same)
    assert one != Placed(1, 4)
    assert dataclasses.replace(one, second=4) == Placed(1, 4)
    assert copy.copy(one) == pickle.loads(pickle.dumps(one)) == one
    for change in (lambda: setattr(one, "first", 2), lambda: delattr(one, "first")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()


def test_a_class_that_adds_nothing_is_another_kind() -> None:
    class Other(Placed, kw_only=False):
        """Nothing is new."""

    assert Other(1) != Placed(1)
    assert list(Other.params) == ["first", "second"]
    assert repr(Other(1)).endswith("Other(first=1)")


def test_a_record_has_a_signature() -> None:
    assert list(signature(Placed).parameters) == ["first", "second"]
    assert signature(Placed).bind(1).arguments == {"first": 1}
