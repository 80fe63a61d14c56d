"""The contract is checked when the class of an operator is made: every slip is an error there."""

import pytest
from torch import Tensor

import symnet as mx
from symnet.core.errors import ContractError
from symnet.operators.contract import OPERATORS, Input, Inputs, Operator, State, param
from symnet.operators.dispatch import apply


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """What a test registers is gone after it."""
    kept = dict(OPERATORS)
    yield
    OPERATORS.clear()
    OPERATORS.update(kept)


def forward(self, data: Tensor) -> Tensor:
    return data


def made(name="Fresh", bases=(Operator,), registered=True, **members):
    members = {"data": Input("Input."), "forward": forward, **members}
    return type(
        name, bases, {k: v for k, v in members.items() if v is not None}, registered=registered
    )


def rule(*names):
    """A method that asks for these names."""
    space = {}
    exec(f"def asks(self, {', '.join(names)}): ...", space)
    return space["asks"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"dat_gradient": rule("grad")},
            r"rule 'dat_gradient' is for no input; did you mean 'data'\? \(there are: data\)",
        ),
        (
            {"forward": rule("date")},
            r"'forward' asks for 'date', which the operator does not have; did you mean 'data'",
        ),
        ({"data_gradient": rule("grad", "outptu")}, "'data_gradient' asks for 'outptu'.*'output'"),
        ({"infer_shape": rule("data", "lable")}, "'infer_shape' asks for 'lable'"),
        ({"data_gradient": rule("grad", "dada_shape")}, "asks for 'dada', which"),
        ({"backward": rule("grad", "index")}, "'backward' cannot ask for 'index'"),
        ({"forward": rule("data", "grad")}, "'forward' cannot ask for 'grad'"),
        ({"data_gradient": rule("grad", "index")}, "'data_gradient' cannot ask for 'index'"),
        ({"forward": None}, "there is no rule `forward`; a base .* registered=False"),
        ({"grad": Input("A name that rules know.")}, "the input 'grad' has a name that rules"),
        ({"out": State("A name that calls know.")}, "the state 'out' has a name"),
        ({"data_shape": Input("What a rule asks for.")}, "the input 'data_shape' has a name"),
        ({"run": Input("A member.")}, "the input 'run' hides a member of Operator"),
        (
            {"memory_order": "NCHW"},
            "memory_order must be one of contiguous, spatial, follows, kept, got 'NCHW'",
        ),
        ({"family": "weight"}, "family must be one of weighted, .*, other, got 'weight'"),
        ({"more": Inputs("Many.", count="coutn")}, "counted by the parameter 'coutn'"),
        (
            {"aliases": ("FullyConnected",)},
            "the name 'FullyConnected' is taken by symnet.operators",
        ),
    ],
)
def test_a_slip_is_told(members, message):
    with pytest.raises(ContractError, match=message):
        made(**members)
    assert "Fresh" not in OPERATORS


def test_a_parameter_has_no_name_of_calls():
    with pytest.raises(ContractError, match="the parameter 'out' has a name that rules"):

        class Twice(Operator, registered=False):
            scale = Input("Input.")
            out: float = param("A name that calls know.", default=1.0)

            def forward(self, scale: Tensor) -> Tensor:
                return scale


def test_a_built_in_is_not_replaced():
    before = OPERATORS["FullyConnected"]
    with pytest.raises(ContractError, match="'FullyConnected' is taken"):
        made("FullyConnected")
    assert OPERATORS["FullyConnected"] is before


def test_a_cell_that_runs_twice_replaces_its_class():
    first, second = made(), made()
    assert OPERATORS["Fresh"] is second is not first


def test_no_class_derives_from_a_whole_operator():
    with pytest.raises(ContractError, match="derives from the operator FullyConnected, which is"):
        made(bases=(OPERATORS["FullyConnected"],))


def test_a_base_gives_all_that_it_declares():
    class Base(Operator, registered=False):
        data = Input("Input.")
        scale: float = param("Factor.", default=2.0)

        def infer_shape(self, data):
            return {"output": data}

    class Scaled(Base):
        def forward(self, data: Tensor) -> Tensor:
            return data * self.scale

    assert list(Scaled.inputs) == ["data"]
    assert set(Scaled.rules) == {"infer_shape", "forward"}
    assert Scaled(scale=3.0).scale == 3.0


def test_results_that_an_operator_names_itself_are_checked_with_it():
    cls = made(outputs=lambda self: ("left", "right"), data_gradient=rule("grad", "lef"))
    with pytest.raises(ContractError, match=r"asks for 'lef'.*did you mean 'left'"):
        _ = apply(cls(), [mx.Variable("x")], {}).graph.nodes[-1].results
