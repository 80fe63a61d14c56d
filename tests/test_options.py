from dataclasses import dataclass
from fractions import Fraction as Ratio
from typing import Literal

import numpy as np
import pytest

from symnet.core.errors import ParameterError
from symnet.core.parameters import Fraction, NotNegative, Number, Options, Positive, reject_unknown


@dataclass(frozen=True)
class Some(Options):
    positive: Positive = 1
    not_negative: NotNegative = 0
    fraction: Fraction = 0.5
    number: Number = -1
    choice: Literal["a", "b"] = "a"
    flag: bool = False
    name: str | None = None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"positive": 0}, "Some: positive must be > 0, got 0"),
        ({"positive": "1"}, "Some: positive must be > 0, got '1'"),
        ({"positive": float("inf")}, "Some: positive must be > 0, got inf"),
        ({"not_negative": -0.5}, "Some: not_negative must be >= 0, got -0.5"),
        ({"fraction": 1}, "Some: fraction must be > 0 and < 1, got 1"),
        ({"fraction": 0}, "Some: fraction must be > 0 and < 1, got 0"),
        ({"number": float("nan")}, "Some: number must be a finite number, got nan"),
        ({"number": None}, "Some: number must be a finite number, got None"),
        ({"choice": "c"}, "Some: choice must be one of 'a', 'b', got 'c'"),
        ({"choice": []}, "Some: choice must be one of 'a', 'b', got []"),
        ({"flag": 1}, "Some: flag must be of type bool, got 1"),
        ({"name": 1}, "Some: name must be of type str or None, got 1"),
    ],
)
def test_a_value_outside_its_type_is_named(given, message):
    with pytest.raises(ParameterError) as caught:
        Some(**given)
    assert str(caught.value) == message


@pytest.mark.parametrize("value", [2, np.float32(2), np.int64(2), Ratio(2)])
def test_numbers_become_floats(value):
    assert type(Some(positive=value).positive) is float
    assert Some(positive=value).positive == 2.0


def test_other_fields_stay_what_they_are():
    assert Some(choice="b", flag=True, name="x") == Some(1.0, 0.0, 0.5, -1.0, "b", True, "x")


def test_the_first_unknown_option_is_named():
    with pytest.raises(
        ParameterError, match=r"SGD has no option 'zzz' \(there are: lr, momentum\)"
    ):
        reject_unknown("SGD", ["zzz", "lrr"], ["lr", "momentum"])
    reject_unknown("SGD", [], ["lr"])
