"""What elementwise operators share: shapes that flow back, element types, formulas."""

import numpy as np
import pytest
import torch
from typing_operators import one_product

import symnet as mx
from symnet.operators._formula import data, grad, lhs, rhs, scalar
from symnet.operators.contract import OPERATORS, Operator, find_operator
from symnet.operators.dispatch import operator_function
from symnet.operators.element_functions import Binary, ElementFunction, Scalar, Unary

FUNCTIONS = sorted(
    {cls for cls in OPERATORS.values() if issubclass(cls, ElementFunction)},
    key=lambda cls: cls.__name__,
)
every_function = pytest.mark.parametrize("cls", FUNCTIONS, ids=lambda cls: cls.__name__)


def made(cls: type[Operator]) -> Operator:
    return cls.make(dict.fromkeys(cls.required(), 1.0))


# -- shapes ----------------------------------------------------------------------------------------

a, b = mx.Variable("a"), mx.Variable("b")
TOLD = {"a number added": (a + 1) * b, "a chain": mx.exp(mx.relu(2 - a)) + b, "both": (a * a) - b}


@pytest.mark.parametrize("symbol", TOLD.values(), ids=TOLD)
def test_a_shape_flows_back_to_a_sibling(symbol):
    arguments, outputs, _ = symbol.infer_shape(b=(2, 3))
    assert (arguments, outputs) == ([(2, 3), (2, 3)], [(2, 3)])


@pytest.mark.parametrize(
    "cls", [cls for cls in FUNCTIONS if issubclass(cls, Unary | Binary | Scalar)]
)
def test_a_shape_flows_back_from_the_output(cls):
    rule = cls.rules["infer_shape"].function
    found = rule(made(cls), output=(4, 5))
    assert found == dict.fromkeys((*cls.inputs, "output"), (4, 5))


def test_a_shape_that_flows_back_must_fit():
    with pytest.raises(mx.ShapeError, match=r"\(2, 3\).*\(4,\)|\(4,\).*\(2, 3\)"):
        (mx.exp(a) * b).infer_shape(a=(4,), b=(2, 3))


def test_what_a_later_node_implies_must_fit_what_comes_out():
    weighted = mx.FullyConnected(mx.exp(a), num_hidden=4, name="fc") * b
    with pytest.raises(mx.ShapeError, match=r"'fc"):
        weighted.infer_shape(a=(2, 3), b=(2, 5))


# -- element types ---------------------------------------------------------------------------------


WHOLE = ("int32", "uint8", "int64", "bool")


@pytest.mark.parametrize("dtype", WHOLE)
@every_function
def test_whole_numbers_are_computed_or_refused_by_name(cls, dtype):
    arrays = {name: mx.array([0, 1, 1, 1], dtype=dtype) for name in cls.inputs}
    try:
        found = operator_function(cls)(**arrays, **dict.fromkeys(cls.required(), 1))
    except mx.DTypeError as error:
        text = str(error)
        assert cls.__name__ in text
        assert "convert" in text
    else:
        assert (found.dtype, found.shape) == (dtype, (4,))


# -- a number beside whole numbers -----------------------------------------------------------------

whole = mx.array([-3, 1, 2], dtype="int32")


@pytest.mark.parametrize("number", [1.5, 2.0**40, np.inf, np.nan])
def test_a_number_that_the_type_does_not_have_is_refused(number):
    for name in ("_PlusScalar", "_MulScalar", "_MaximumScalar"):
        with pytest.raises(mx.DTypeError, match=rf"{name}.*int32.*convert the input"):
            operator_function(find_operator(name))(whole, scalar=number)


def test_whole_numbers_stay_whole_or_become_float64():
    plus = operator_function(find_operator("_PlusScalar"))
    stays, becomes = plus(whole, scalar=2), plus(whole, scalar=1.5, is_int=False)
    assert (stays.dtype, becomes.dtype) == ("int32", "float64")
    np.testing.assert_array_equal(stays.asnumpy(), [-1, 3, 4])
    np.testing.assert_array_equal(becomes.asnumpy(), [-1.5, 2.5, 3.5])


@pytest.mark.parametrize("dtype", ["int32", "uint8"])
def test_whole_numbers_are_compared_with_numbers_in_their_range(dtype):
    numbers = np.array([0, 1, 2])
    for name, function in (
        ("_greater_scalar", np.greater),
        ("_lesser_equal_scalar", np.less_equal),
    ):
        compare = operator_function(find_operator(name))
        for number in (1.5, 1.0, 200.0):
            found = compare(mx.array(numbers, dtype=dtype), scalar=number)
            np.testing.assert_array_equal(found.asnumpy(), function(numbers, number))


def test_a_number_beyond_the_type_is_not_compared():
    compare = operator_function(find_operator("_greater_scalar"))
    for number in (-1.0, 256.0, np.nan):
        with pytest.raises(mx.DTypeError, match=r"_greater_scalar.*uint8.*convert the input"):
            compare(mx.array([1, 2], dtype="uint8"), scalar=number)


DIVIDENDS, DIVISORS = [7, -7, 7, -7, 5, 0], [3, 3, -3, -3, 0, 4]
REMAINDERS = {
    "_mod": ({"lhs": DIVIDENDS, "rhs": DIVISORS}, {}),
    "broadcast_mod": ({"lhs": DIVIDENDS, "rhs": DIVISORS}, {}),
    "_mod_scalar": ({"lhs": DIVIDENDS}, {"scalar": 3}),
    "_rmod_scalar": ({"lhs": DIVISORS}, {"scalar": 7}),
}


@pytest.mark.parametrize("name", REMAINDERS)
@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "float32"])
def test_remainders_of_whole_numbers(name, dtype):
    """NumPy's for whole numbers, where a divisor of 0 leaves 0; so it does of slopes."""
    inputs, numbers = REMAINDERS[name]
    network = operator_function(find_operator(name))(
        **{n: mx.Variable(n) for n in inputs}, **numbers
    )
    held = {n: mx.array(each, dtype=dtype) for n, each in inputs.items()}
    slopes = {n: mx.zeros(6, dtype=dtype) for n in inputs}
    executor = mx.bind(network, mx.cpu(), held, args_grad=slopes)
    executor.forward(is_train=True)
    executor.backward(mx.ones(6, dtype=dtype))
    divided = 7 if name == "_rmod_scalar" else np.array(DIVIDENDS)
    divisors = 3 if name == "_mod_scalar" else np.array(DIVISORS)
    with np.errstate(divide="ignore"):
        value, slope = divided % divisors, -(divided // divisors) * (divisors != 0)
    np.testing.assert_array_equal(executor.outputs[0].asnumpy(), value)
    expected = {"_mod_scalar": [np.ones(6)], "_rmod_scalar": [slope]}.get(name, [np.ones(6), slope])
    for found, each in zip(slopes.values(), expected, strict=True):
        np.testing.assert_array_equal(found.asnumpy(), each)


def test_whole_powers():
    power = operator_function(find_operator("_PowerScalar"))
    np.testing.assert_array_equal(power(whole, scalar=3).asnumpy(), [-27, 1, 8])
    with pytest.raises(mx.DTypeError, match=r"_PowerScalar.*negative"):
        power(whole, scalar=-1)


# -- formulas --------------------------------------------------------------------------------------


def test_only_what_the_first_operation_alone_reads_is_overwritten():
    assert (grad * lhs).overwritable() == ("grad", "lhs")
    assert (-(grad * lhs) * 2).overwritable() == ("grad", "lhs")
    assert (-(grad * lhs) / rhs).overwritable() == ()
    assert (grad * data.cos()).overwritable() == ()


def test_a_formula_is_computed_in_given_memory():
    numbers = torch.tensor([0.5, 2.0])
    out = torch.empty(2)
    formula = (data - 1).square() * (data + scalar * 2)
    assert formula.into(out, {"data": numbers, "scalar": 3.0}) is out
    np.testing.assert_allclose(out, [0.25 * 6.5, 8.0])


def test_a_function_that_torch_lacks_is_refused():
    with pytest.raises(AttributeError, match="torch has no function 'cosecant'"):
        data.cosecant()


def test_numbers_beyond_the_logarithm():
    for number, expected in ((0.0, -np.inf), (-1.0, np.nan), (1.0, 0.0)):
        found = (grad * scalar.log()).into(
            torch.empty(1), {"grad": torch.ones(1), "scalar": number}
        )
        np.testing.assert_array_equal(found, [expected])


# -- classes that passes see -----------------------------------------------------------------------


def test_a_pass_on_scalar_products_runs():
    found = one_product(((a * 2) * 3).graph)
    assert [str(node.op) for node in found.nodes if node.op] == ["_MulScalar(scalar=6.0)"]


@pytest.mark.parametrize("name", ["logical_and", "logical_or", "logical_xor"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.bool])
@pytest.mark.parametrize("shapes", [((5,), (3, 1)), ((90, 1), (90, 80)), ((90, 80), (90, 80))])
def test_logic_of_few_numbers_and_of_many(name, dtype, shapes):
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randint(-1, 2, shape, generator=generator).to(dtype) for shape in shapes)
    if dtype.is_floating_point:
        first.view(-1)[0], second.view(-1)[0] = float("nan"), float("inf")
    formula = getattr(lhs, name)(rhs)
    expected = getattr(torch, name)(first, second).to(dtype)
    out = torch.empty_like(expected)
    assert torch.equal(formula.into(out, {"lhs": first, "rhs": second}), expected)
    for place, given in enumerate((first, second)):
        if given.shape == expected.shape:  # the result takes over the memory of an operand
            both = [first, second]
            both[place] = given.clone()
            formula.into(both[place], {"lhs": both[0], "rhs": both[1]})
            assert torch.equal(both[place], expected)
