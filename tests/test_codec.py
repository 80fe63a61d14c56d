"""Parameters as text and back: docs/semantics §0.3 and §2.10."""

import math
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symnet.core.codec import kind_of

Choice = Literal["max", "avg"]
Ints = tuple[int, ...]


@pytest.mark.parametrize(
    ("annotation", "given", "value"),
    [
        (bool, "True", True),
        (bool, "true", True),
        (bool, " FALSE ", False),
        (bool, "1", True),
        (bool, "0", False),
        (bool, 0, False),
        (bool, np.True_, True),
        (int, "3", 3),
        (int, "-3", -3),
        (int, np.int64(3), 3),
        (float, "0.5", 0.5),
        (float, "1e-05", 1e-5),
        (float, "-inf", -math.inf),
        (float, 2, 2.0),
        (float, np.float32(0.5), 0.5),
        (str, "text", "text"),
        (Choice, "avg", "avg"),
        (Ints, "(3,3)", (3, 3)),
        (Ints, " ( 3 , 4 ) ", (3, 4)),
        (Ints, "[3, 4]", (3, 4)),
        (Ints, "(3,)", (3,)),
        (Ints, "()", ()),
        (Ints, "(-1, 0)", (-1, 0)),
        (Ints, "3", (3,)),
        (Ints, 3, (3,)),
        (Ints, [3, np.int32(4)], (3, 4)),
    ],
)
def test_reading(annotation, given, value):
    found = kind_of(annotation).read(given)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("annotation", "given"),
    [
        *((bool, given) for given in ("yes", "", 2, 1.0, None)),
        *((int, given) for given in ("3.0", "three", "", 3.0, None, (3,))),
        *((float, given) for given in ("half", "", None, (0.5,), 1j)),
        *((Choice, given) for given in ("Max", "min", "", None, 0, ["max"])),
        *((Ints, given) for given in ("(3", "3 4", "three", "", "(3.5, 3)", "{3: 4}", "None")),
        *((Ints, given) for given in (None, 3.5, ("a", "b"), {3, 4}, "((3, 3), 3)")),
    ],
)
def test_what_cannot_be_read(annotation, given):
    with pytest.raises(ValueError):
        kind_of(annotation).read(given)


@pytest.mark.parametrize(
    ("annotation", "value", "text"),
    [
        (bool, True, "True"),
        (bool, False, "False"),
        (int, -3, "-3"),
        (str, "text", "text"),
        (Choice, "max", "max"),
        (Ints, (3, 3), "(3, 3)"),
        (Ints, (3,), "(3,)"),
        (Ints, (), "()"),
        # As C++ writes floats, except that nothing is lost.
        (float, 1.0, "1"),
        (float, -1.0, "-1"),
        (float, 0.9, "0.9"),
        (float, 0.001, "0.001"),
        (float, 1e-5, "1e-05"),
        (float, 1e20, "1e+20"),
        (float, 0.1234567, "0.1234567"),
        (float, 1234567.0, "1234567.0"),
        (float, math.inf, "inf"),
    ],
)
def test_writing(annotation, value, text):
    assert kind_of(annotation).write(value) == text
    assert kind_of(annotation).read(text) == value


@pytest.mark.parametrize(
    ("annotation", "values"),
    [
        (bool, st.booleans()),
        (int, st.integers()),
        (float, st.floats(allow_nan=False)),
        (Ints, st.lists(st.integers()).map(tuple)),
        (Choice, st.sampled_from(["max", "avg"])),
    ],
    ids=["bool", "int", "float", "tuple", "choice"],
)
def test_everything_survives_as_text(annotation, values):
    kind = kind_of(annotation)

    @given(values)
    def survives(value):
        assert kind.read(kind.write(value)) == value
        assert kind.read(value) == value

    survives()


def test_names_are_for_readers():
    kinds = [bool, int, float, str, Choice, Ints]
    names = ["bool", "int", "float", "str", "one of 'max', 'avg'", "tuple of int"]
    assert [kind_of(annotation).name for annotation in kinds] == names


def test_a_class_is_a_kind_of_its_objects():
    assert kind_of(dict).read({}) == {}
    with pytest.raises(ValueError):
        kind_of(dict).read("{}")


def test_numbers_of_python_2_are_read():
    assert kind_of(Ints).read("(8L, 3L)") == (8, 3)
    assert kind_of(int).read("5L") == 5


@pytest.mark.parametrize("annotation", [int, float])
def test_a_truth_value_is_no_number(annotation):
    with pytest.raises(ValueError):
        kind_of(annotation).read(True)


def test_several_kinds_take_the_first_that_fits():
    kind = kind_of(int | tuple[int, ...] | None)
    assert [kind.read(text) for text in ("3", "(3, 4)", "None")] == [3, (3, 4), None]
    assert kind.name == "int or tuple of int or None"
