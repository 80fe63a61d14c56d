"""Rules of operators: what they are given is what their signatures ask for, and no more is run."""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from op_testing import run
from torch import Tensor

import symnet as mx
from symnet.operators.contract import Input, Inputs, Operator, Shape, Shapes, param
from symnet.operators.dispatch import operator_function

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
Y = np.array([[1.0, 3.0, -2.0], [0.5, 0.125, 4.0]])
HEAD = np.array([[1.0, -2.0, 0.5], [3.0, 0.25, 1.0]])


def variables(*names: str) -> list[mx.SymbolicNode]:
    return [mx.Variable(name) for name in names]


class Logged(Operator, registered=False):
    """lhs · exp(rhs), with one rule for both gradients that counts its calls."""

    calls: ClassVar[list[Any]] = []

    lhs = Input("Factor.")
    rhs = Input("Exponent.")

    def infer_shape(self, lhs: Shape) -> Shapes:
        return {"rhs": lhs, "output": lhs}

    def forward(self, lhs: Tensor, rhs: Tensor) -> Tensor:
        return lhs * torch.exp(rhs)

    def backward(
        self, grad: Tensor, rhs: Tensor, output: Tensor, wants: frozenset[str]
    ) -> dict[str, Tensor]:
        self.calls.append(set(wants))
        rules = {"lhs": lambda: grad * torch.exp(rhs), "rhs": lambda: grad * output}
        return {name: rules[name]() for name in wants}


class Capped(Operator, registered=False):
    """The lesser of the data and a limit; going back, a mask tells where the data was."""

    calls: ClassVar[list[str]] = []

    data = Input("Input.")
    limit: float = param("The limit.", default=1.0)

    def saved(self) -> dict[str, torch.dtype | None]:
        return {"mask": torch.bool, "doubled": None}

    def infer_shape(self, data: Shape) -> Shapes:
        return {"output": data, "mask": data, "doubled": data}

    def forward(self, data: Tensor) -> Tensor:
        self.calls.append("forward")
        return data.clamp_max(self.limit)

    def forward_saving(self, data: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        self.calls.append("forward_saving")
        return data.clamp_max(self.limit), data < self.limit, 2 * data

    def data_gradient(self, grad: Tensor, mask: Tensor, doubled: Tensor) -> Tensor:
        self.calls.append(f"data_gradient of {mask.dtype}")
        return grad * mask * doubled


class Masked(Operator, registered=False):
    """As `Capped` at 1, without saying any shape."""

    data = Input("Input.")

    def saved(self) -> dict[str, torch.dtype | None]:
        return {"mask": torch.bool}

    def forward(self, data: Tensor) -> Tensor:
        return data.clamp_max(1)

    def forward_saving(self, data: Tensor) -> tuple[Tensor, Tensor]:
        return data.clamp_max(1), data < 1

    def data_gradient(self, grad: Tensor, mask: Tensor) -> Tensor:
        return grad * mask


class Chosen(Operator, registered=False):
    """The sum of inputs; the gradient rule is told which of them it is for."""

    args = Inputs("Arrays.")
    num_args: int = param("How many.", min=1)

    def infer_shape(self, args: list[Shape | None]) -> Shapes:
        return {"args": [args[0]] * self.num_args, "output": args[0]}

    def forward(self, args: list[Tensor]) -> Tensor:
        return torch.stack(list(args)).sum(0)

    def args_gradient(self, index: int, grad: Tensor, args: list[Tensor]) -> Tensor:
        return grad * (index + 1) * args[0]


class Bounds(Operator, registered=False):
    """Least and greatest of each row; what flows back is told by output, None for nothing."""

    seen: ClassVar[list[list[bool]]] = []

    data = Input("Matrix.")

    def outputs(self) -> tuple[str, ...]:
        return ("least", "greatest")

    def infer_shape(self, data: Shape) -> Shapes:
        return {"least": data[:1], "greatest": data[:1]}

    def forward(self, data: Tensor) -> tuple[Tensor, Tensor]:
        return data.amin(1), data.amax(1)

    def data_gradient(
        self, grads: tuple[Tensor | None, ...], data: Tensor, data_shape: Shape
    ) -> Tensor:
        self.seen.append([grad is not None for grad in grads])
        total = torch.zeros(data_shape, dtype=data.dtype)
        for grad, of in zip(grads, (data.amin, data.amax), strict=True):
            if grad is not None:
                total += grad[:, None] * (data == of(1, keepdim=True))
        return total


class Penalty(Operator, registered=False):
    """The data itself; going back, its distance from a target, whatever flows from above."""

    data = Input("Prediction.")
    target = Input("Target.", takes_gradient=False, any_dtype=True)

    def infer_shape(self, data: Shape) -> Shapes:
        return {"target": data, "output": data}

    def forward(self, data: Tensor) -> Tensor:
        return data.clone()

    def data_gradient(self, output: Tensor, target: Tensor) -> Tensor:
        return output - target


class Affine(Operator, registered=False):
    """data · slope + offset; offset may be left out."""

    data = Input("Input.")
    slope = Input("Factor.")
    offset = Input("Addend.", when=lambda op: op.shifted)
    shifted: bool = param("Whether there is an offset.", default=True)

    def infer_shape(self, data: Shape | None = None, slope: Shape | None = None) -> Shapes:
        known = data if data is not None else slope
        return {"data": known, "slope": known, "offset": known, "output": known}

    def forward(self, data: Tensor, slope: Tensor, offset: Tensor | None = None) -> Tensor:
        return data * slope if offset is None else data * slope + offset


logged, capped, chosen, bounds = map(operator_function, (Logged, Capped, Chosen, Bounds))
penalty, affine = map(operator_function, (Penalty, Affine))


@pytest.fixture(autouse=True)
def nothing_called() -> Iterator[None]:
    for log in (Logged.calls, Capped.calls, Bounds.seen):
        log.clear()


@pytest.mark.parametrize("wanted", [["a"], ["b"], ["a", "b"]])
def test_a_joint_rule_computes_what_is_wanted(wanted):
    symbol = logged(*variables("a", "b"))
    _, gradients = run(symbol, {"a": X, "b": Y}, HEAD, wanted=wanted)
    assert Logged.calls == [{{"a": "lhs", "b": "rhs"}[name] for name in wanted}]
    assert list(gradients) == wanted
    for name, expected in {"a": HEAD * np.exp(Y), "b": HEAD * X * np.exp(Y)}.items():
        if name in wanted:
            np.testing.assert_allclose(gradients[name], expected)


def test_a_gradient_of_something_else_calls_no_rule():
    """Only the addend is wanted: nothing flows through the operator."""
    symbol = logged(*variables("a", "b")) + mx.Variable("c")
    _, gradients = run(symbol, {"a": X, "b": Y, "c": X}, HEAD, wanted=["c"])
    np.testing.assert_array_equal(gradients["c"], HEAD)
    assert Logged.calls == []


def test_values_are_saved_for_the_way_back_only():
    symbol = capped(mx.Variable("x"), name="c")
    assert symbol.list_outputs() == ["c_output"]
    arrays = {"x": mx.array(X)}
    predict = mx.bind(symbol, mx.cpu(), arrays).forward()[0]
    np.testing.assert_array_equal(predict.asnumpy(), np.minimum(X, 1))
    assert Capped.calls == ["forward"]
    capped(arrays["x"])
    assert Capped.calls == ["forward", "forward"]
    Capped.calls.clear()
    (output,), gradients = run(symbol, {"x": X}, HEAD)
    np.testing.assert_array_equal(output, np.minimum(X, 1))
    np.testing.assert_array_equal(gradients["x"], HEAD * (X < 1) * 2 * X)
    assert Capped.calls == ["forward_saving", "data_gradient of torch.bool"]


def test_shapes_of_saved_values_need_no_rule():
    (output,), gradients = run(operator_function(Masked)(mx.Variable("x")), {"x": X}, HEAD)
    np.testing.assert_array_equal(output, np.minimum(X, 1))
    np.testing.assert_array_equal(gradients["x"], HEAD * (X < 1))


def test_a_rule_for_several_inputs_is_told_which():
    (output,), gradients = run(chosen(*variables("a", "b", "c")), {"a": X, "b": Y, "c": X}, HEAD)
    np.testing.assert_allclose(output, X + Y + X)
    for factor, name in enumerate(("a", "b", "c"), start=1):
        np.testing.assert_allclose(gradients[name], HEAD * factor * X)


@pytest.mark.parametrize(
    ("index", "seen"), [(0, [True, False]), (1, [False, True]), (None, [True, True])]
)
def test_a_rule_is_told_which_outputs_nothing_flows_from(index, seen):
    both = bounds(mx.Variable("x"), name="b")
    assert both.list_outputs() == ["b_least", "b_greatest"]
    heads = [np.array([1.0, 2.0]), np.array([10.0, 20.0])]
    symbol = both if index is None else both[index]
    _, gradients = run(symbol, {"x": X}, *(heads if index is None else [heads[index]]))
    assert Bounds.seen == [seen]
    expected = [np.array([[0, 1, 0], [0, 0, 2]]), np.array([[0, 0, 10], [20, 0, 0]])]
    np.testing.assert_array_equal(
        gradients["x"], sum(expected) if index is None else expected[index]
    )


def test_a_rule_that_asks_for_no_gradient_makes_a_loss():
    assert Penalty().is_loss()
    assert not any(op.is_loss() for op in (Capped(), Logged(), Bounds(), Affine()))
    symbol = penalty(*variables("x", "t"))
    _, gradients = run(symbol, {"x": X, "t": Y}, wanted=["x"])
    np.testing.assert_array_equal(gradients["x"], X - Y)
    _, gradients = run(symbol * 10, {"x": X, "t": Y}, HEAD, wanted=["x"])
    np.testing.assert_array_equal(gradients["x"], X - Y)


def test_an_input_may_be_of_any_type():
    symbol = penalty(*variables("x", "t"))
    assert symbol.infer_type(x="float64", t="int32")[0] == ["float64", "int32"]
    with pytest.raises(mx.DTypeError, match=r"Affine 'a': 'x' is float64, but 's' is float32"):
        affine(*variables("x", "s", "o"), name="a").infer_type(x="float64", s="float32")


def test_an_input_may_depend_on_parameters():
    data = mx.Variable("x")
    assert affine(data, name="a").list_arguments() == ["x", "a_slope", "a_offset"]
    without = affine(data, name="a", shifted=False)
    assert without.list_arguments() == ["x", "a_slope"]
    (output,), gradients = run(without, {"x": X, "a_slope": Y}, HEAD)
    np.testing.assert_allclose(output, X * Y)
    np.testing.assert_allclose(gradients["a_slope"], HEAD * X)
    with pytest.raises(mx.ArgumentError, match=r"no input 'offset'.*\(there are: data, slope\)"):
        affine(data=data, offset=data, shifted=False)


def test_what_has_a_default_in_infer_shape_is_not_required():
    symbol = affine(*variables("x", "s", "o"))
    for known in ("x", "s"):
        assert symbol.infer_shape(**{known: (2, 3)}) == ([(2, 3)] * 3, [(2, 3)], [])
    assert symbol.infer_shape(o=(2, 3)) == (None, None, None)


def test_a_signature_is_read_as_a_declaration():
    forward, backward = Affine.rules["forward"], Logged.rules["backward"]
    assert forward.tensors == ("data", "slope", "offset")
    assert forward.optional == {"offset"}
    assert not forward.takes_out
    assert backward.tensors == ("rhs", "output")
    assert backward.reserved == {"grad", "wants"}
    assert backward.asks_for_gradient
    assert Bounds.rules["data_gradient"].shapes == ("data_shape",)
    assert Bounds.rules["data_gradient"].tensors == ("data",)
    assert set(Capped.rules) == {"infer_shape", "forward", "forward_saving", "data_gradient"}
