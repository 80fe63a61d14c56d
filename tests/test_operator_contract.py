"""What `symnet.operators.contract` makes of an operator's parameters and names."""

import math
from dataclasses import FrozenInstanceError, fields
from inspect import get_annotations

import pytest
from torch import Tensor

import symnet as mx
from symnet.core.parameters import read_value
from symnet.operators import functions
from symnet.operators.contract import OPERATORS, Input, Operator, find_operator, param
from symnet.operators.dispatch import operator_function
from symnet.operators.element_functions import Scalar

# -- parameters ------------------------------------------------------------------------------------


class Sample(Operator, registered=False):
    """Draw a sample."""

    data = Input("Input.")
    count: int = param("How many.", min=1, max=10)
    rate: float = param("How fast.", default=0.5, min=0, max=1)
    window: tuple[int, ...] = param("How wide.", default=(1, 1), min=1)
    twice: bool = param("Whether twice.", default=False)

    def forward(self, data: Tensor) -> Tensor:
        return data

    def check(self) -> None:
        if self.twice and self.count == 1:
            raise mx.ParameterError("Sample: twice needs count=2 or more")


sample = operator_function(Sample)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"cuont": 3},
            "Sample: unknown parameter 'cuont'; did you mean 'count'? "
            "(there are: count, rate, window, twice)",
        ),
        ({"rate": 0.5}, "Sample: missing parameter 'count'"),
        ({"count": 0}, "Sample: count must be >= 1 and <= 10, got 0"),
        ({"count": "11"}, "Sample: count must be >= 1 and <= 10, got '11'"),
        ({"count": 2.5}, "Sample: count must be int, got 2.5"),
        ({"count": 2, "rate": 1.01}, "Sample: rate must be >= 0 and <= 1, got 1.01"),
        ({"count": 2, "rate": -1e-9}, "Sample: rate must be >= 0 and <= 1, got -1e-09"),
        ({"count": 2, "rate": "fast"}, "Sample: rate must be float, got 'fast'"),
        ({"count": 2, "window": (3, 0)}, "Sample: window must be >= 1, got (3, 0)"),
        ({"count": 2, "window": "(3"}, "Sample: window must be tuple of int, got '(3'"),
        ({"count": 2, "twice": "maybe"}, "Sample: twice must be bool, got 'maybe'"),
        ({"count": 1, "twice": True}, "Sample: twice needs count=2 or more"),
    ],
)
def test_parameters_are_checked_when_a_symbol_is_made(given, message):
    with pytest.raises(mx.ParameterError) as caught:
        sample(**given)
    assert str(caught.value) == message


@pytest.mark.parametrize("given", [{"count": 1}, {"count": "10"}, {"count": 5, "rate": 0}])
def test_ranges_include_their_ends(given):
    assert Sample.make(given).count == int(given["count"])


def test_an_operator_without_parameters_takes_none():
    with pytest.raises(mx.ParameterError, match=r"'scale' \(there are: none\)"):
        mx.exp(scale=2)


def test_a_choice_lists_what_there_is():
    message = (
        "act_type must be one of 'relu', 'sigmoid', 'softrelu', 'softsign', 'tanh', got 'ReLU'"
    )
    with pytest.raises(mx.ParameterError, match=message):
        mx.Activation(act_type="ReLU")


def test_text_and_values_are_the_same_parameters():
    values = Sample(count=3, rate=0.25, window=(2, 3), twice=True)
    texts = Sample.make({"count": "3", "rate": "0.25", "window": "(2, 3)", "twice": "true"})
    assert texts == values
    assert hash(texts) == hash(values)
    assert values != Sample(count=3, rate=0.25, window=(2, 3))
    assert len({values, texts, Sample(count=4)}) == 2


def test_only_what_differs_from_the_default_is_shown_and_written():
    assert repr(Sample(count=3)) == "Sample(count=3)"
    assert repr(Sample(count=3, window=(2, 2))) == "Sample(count=3, window=(2, 2))"
    assert Sample(count=3).to_text() == {"count": "3"}
    assert Sample(count=3, rate=0.25).to_text() == {"count": "3", "rate": "0.25"}


def test_a_default_that_mxnet_does_not_share_is_written():
    kernel = {"kernel": (2, 2), "pool_type": "max"}
    pooling = find_operator("Pooling")
    full, valid = pooling.make(kernel), pooling.make({**kernel, "pooling_convention": "valid"})
    assert full.to_text()["pooling_convention"] == "full"
    assert "pooling_convention" not in valid.to_text()
    texts = {"kernel": "(2, 2)", "pool_type": "max"}
    assert pooling.from_text(texts, mxnet_defaults=True) == valid
    assert pooling.from_text(texts, mxnet_defaults=False) == full


def test_operators_are_frozen():
    with pytest.raises(FrozenInstanceError):
        Sample(count=3).count = 4


# What the documents list: default (… where required), least and greatest value.
DECLARED = {
    "Activation": {"act_type": (...,)},
    "Convolution": {
        "kernel": (..., (1, 1)),
        "num_filter": (..., 1, 100000),
        "stride": ((), (1, 1)),
        "dilate": ((), (1, 1)),
        "pad": ((), (0, 0)),
        "num_group": (1, 1),
        "workspace": (512, 0),
        "no_bias": (False,),
        "layout": (None,),
    },
    "ElementWiseSum": {"num_args": (..., 1)},
    "Flatten": {},
    "FullyConnected": {"num_hidden": (..., 1), "no_bias": (False,), "flatten": (True,)},
    "Pooling": {
        "kernel": ((), (1, 1)),
        "pool_type": ("max",),
        "stride": ((), (1, 1)),
        "pad": ((), (0, 0)),
        "global_pool": (False,),
        "pooling_convention": ("full",),
        "p_value": (None, 1, 3),
        "count_include_pad": (None,),
        "layout": (None,),
    },
    "SoftmaxOutput": {
        "grad_scale": (1.0,),
        "ignore_label": (-1.0,),
        "multi_output": (False,),
        "use_ignore": (False,),
        "normalization": ("null",),
        "preserve_shape": (False,),
        "out_grad": (False,),
        "smooth_alpha": (0.0, 0, 1),
    },
    "_MulScalar": {"scalar": (...,), "is_int": (True,)},
    "exp": {},
}
USABLE = {
    "Convolution": {"kernel": (1, 1), "num_filter": 100000},
    "Pooling": {"kernel": (1, 1), "pool_type": "max"},
}


FILLS = {"_full", "Pad", "SequenceMask", "_slice_assign_scalar"}
"""Operators that write a number of theirs into an array, which may hold what is no number."""


@pytest.mark.parametrize("cls", dict.fromkeys(OPERATORS.values()), ids=lambda cls: cls.__name__)
def test_no_number_is_no_parameter(cls):
    for key, about in cls.params.items():
        assert about.nan == (
            (cls.__name__ in FILLS or issubclass(cls, Scalar))
            and key in ("value", "constant_value", "scalar")
        )
        for value in (math.nan, (math.nan,)):
            if not about.nan:
                with pytest.raises(mx.ParameterError, match=f"{key} must be"):
                    read_value(cls.__name__, key, value, cls.kinds[key], about)


@pytest.mark.parametrize("name", DECLARED)
def test_parameters_are_those_of_the_documents(name):
    cls, declared = find_operator(name), DECLARED[name]
    assert list(cls.params) == list(declared)
    assert set(cls.required()) == {key for key, row in declared.items() if row[0] is ...}
    defaults = {own.name: own.default for own in fields(cls)}
    usable = {**dict.fromkeys(cls.required(), 1), **USABLE.get(name, {})}
    for key, (default, *limits) in declared.items():
        assert default in (..., defaults[key])
        for limit, step in zip(limits, (-1, 1), strict=False):
            beyond = tuple(n + step for n in limit) if isinstance(limit, tuple) else limit + step
            assert getattr(cls.make({**usable, key: limit}), key) == limit
            with pytest.raises(mx.ParameterError, match=f"{name}: {key} must be [<>]="):
                cls.make({**usable, key: beyond})


@pytest.mark.parametrize("name", ["Convolution", "Pooling"])
@pytest.mark.parametrize("key", ["kernel", "stride", "pad"])
def test_windows_have_two_sides(name, key):
    params = USABLE[name] | {key: (2, 2, 2, 2)}
    with pytest.raises(
        mx.ParameterError, match=rf"{name}: {key} must be .*\(height, width\).*, got"
    ):
        find_operator(name).make(params)


def test_a_kernel_is_needed():
    with pytest.raises(mx.ParameterError, match="unless global_pool is set"):
        mx.Pooling(pool_type="max")
    with pytest.raises(mx.ParameterError, match=r"kernel must be .*, got \(\)"):
        mx.Convolution(kernel=(), num_filter=1)
    with pytest.raises(mx.ParameterError, match="num_filter=3 must be divisible by num_group=2"):
        mx.Convolution(kernel=(1, 1), num_filter=3, num_group=2)


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "output"),
    [
        (lambda x: mx.FullyConnected(x, num_hidden=1), "fullyconnected0_output"),
        (lambda x: mx.Convolution(x, kernel=(1, 1), num_filter=1), "convolution0_output"),
        (lambda x: mx.Activation(x, act_type="relu"), "activation0_output"),
        (lambda x: mx.Pooling(x, kernel=(1, 1), pool_type="max"), "pooling0_output"),
        (mx.Flatten, "flatten0_output"),
        (mx.SoftmaxOutput, "softmaxoutput0_output"),
        (mx.Softmax, "softmax0_output"),
        (mx.ElementWiseSum, "elementwisesum0_output"),
        (mx.sqrt, "sqrt0_output"),
        (lambda x: x + x, "_plus0_output"),
        (lambda x: x - x, "_minus0_output"),
        (lambda x: x * x, "_mul0_output"),
        (lambda x: x / x, "_div0_output"),
        (lambda x: x**x, "_power0_output"),
        (lambda x: x + 1, "_plusscalar0_output"),
        (lambda x: x - 1, "_minusscalar0_output"),
        (lambda x: 1 - x, "_rminusscalar0_output"),
        (lambda x: x * 2, "_mulscalar0_output"),
        (lambda x: x / 2, "_divscalar0_output"),
        (lambda x: 1 / x, "_rdivscalar0_output"),
        (lambda x: x**2, "_powerscalar0_output"),
        (lambda x: 2**x, "_rpowerscalar0_output"),
    ],
)
def test_automatic_names(make, output):
    with mx.NameManager():
        assert make(mx.Variable("x")).list_outputs() == [output]


def test_a_registered_operator_is_found_by_every_name():
    class Doubling(Operator):
        """Double."""

        aliases = ("doubling", "twice_as_much")
        hint = "double"
        data = Input("Input.")

        def forward(self, data: Tensor) -> Tensor:
            return 2 * data

    try:
        for name in ("Doubling", "doubling", "twice_as_much"):
            assert find_operator(name) is Doubling
        symbol = operator_function(Doubling)(mx.Variable("x"))
        assert symbol.name.startswith("double")
        assert mx.from_json(symbol.to_json()).to_json() == symbol.to_json()
        with pytest.raises(
            mx.ParameterError, match="no operator 'Doublin'; did you mean 'Doubling'"
        ):
            find_operator("Doublin")
    finally:
        for name in ("Doubling", "doubling", "twice_as_much"):
            del OPERATORS[name]
    assert "Sample" not in OPERATORS


def test_an_internal_operator_is_public_under_its_aliases() -> None:
    assert mx.elemwise_add.operator is find_operator("_Plus")
    assert (
        mx.elemwise_add(mx.Variable("x"), mx.Variable("y"))
        .list_outputs()[0]
        .startswith("elemwise_add")
    )
    assert "elemwise_add" in functions.__all__
    assert "_Plus" not in functions.__all__


# -- constants -------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", dict.fromkeys(OPERATORS.values()), ids=lambda cls: cls.__name__)
def test_an_operator_declares_no_constant_that_the_contract_does_not_know(cls):
    annotated = {name for base in cls.__mro__ for name in get_annotations(base)}
    constants = {
        name
        for name, value in vars(cls).items()
        if not name.startswith("_") and isinstance(value, bool | str | tuple)
    }
    unknown = {name for name in constants - annotated if not hasattr(Operator, name)}
    assert unknown <= {"flipped"}, "the engine reads none of these"
