"""The contract of one operator: what its class declares, and what is derived from it.

An operator is a frozen dataclass: its fields are its parameters, so two operators with the same
parameters are equal. Subclassing `Operator` is all the ceremony; it collects the inputs, reads the
rules' signatures and registers the class under its name.

**The signature is the declaration.** The engine reads the names of a rule's parameters. A rule may
ask for the operator's own inputs, states, outputs and saved values by name, and for these:

| name | what it is given |
| --- | --- |
| ``grad`` | gradient of the first output; a rule that does not ask for it belongs to a loss |
| ``grads`` | gradients of all outputs, None where nothing flowed back |
| ``outputs`` | in `backward`: all outputs, for an operator that names them itself |
| ``out`` | a tensor (a tuple for several results) to write the result into and return |
| ``is_train`` | whether the program trains |
| ``wants`` | in `backward`: names of the inputs whose gradients are wanted |
| ``index`` | in the gradient of a variable number of inputs: which of them |
| ``NAME_shape`` | the shape of NAME (of each, for `Inputs`), without keeping NAME alive |
| ``NAME_dtype`` | the element type of NAME |

The rules are `infer_shape`, `forward`, `forward_saving` (as `forward`, but also returns the saved
values) and, for each input that has a gradient, ``NAME_gradient``; or one `backward` that returns
a dict of all wanted gradients, and is given such a dict where it asks for ``out``. Without any of
them the gradient is derived from `forward`.
"""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import MISSING
from typing import Any, ClassVar, Self, dataclass_transform

import torch
from torch import Tensor

from ..core.errors import ParameterError, suggest
from ..core.parameters import Param, Parameters, param
from ._declarations import (
    Family,
    Fault,
    Input,
    Inputs,
    MemoryOrder,
    Rule,
    Shape,
    Shapes,
    State,
    overwrites,
    remembered,
    told_parameters,
    view_of,
)
from .meaning import Meaning, OutputChannels
from .verification import is_rule, verify_class, verify_unused_names

__all__ = [
    "OPERATORS",
    "Family",
    "Input",
    "Inputs",
    "MemoryOrder",
    "Operator",
    "Param",
    "Rule",
    "Shape",
    "Shapes",
    "State",
    "find_operator",
    "overwrites",
    "param",
    "view_of",
]

OPERATORS: dict[str, type["Operator"]] = {}
"""Every registered operator, under its name and under each of its aliases."""


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(param,))
class Operator(Parameters):
    """Base class of all operators: abstract, subclassed once per operator.

    See the module's text for what a subclass declares. The class is checked when it is made:
    ContractError says what in it does not hold, before any network can use it. With
    ``registered=False`` a class is known by no name; it may lack a `forward`, and is then a base
    for others, with all that it declares. No class derives from one that is whole.
    """

    texts = True

    aliases: ClassVar[tuple[str, ...]] = ()
    """Other names under which files know the operator."""
    written_name: ClassVar[str | None] = None
    """Name that files are given, as Apache MXNet 1.9.1 writes it; default the class's."""
    hint: ClassVar[str | None] = None
    """Stem of automatic names; default the lower-cased class name."""
    memory_order: ClassVar[MemoryOrder] = "contiguous"
    """Memory order of results: ``contiguous``, ``spatial``, ``follows`` (as the first input, or as
    those want it who read it) or ``kept`` (as the first input, whoever reads it)."""
    nondecreasing: ClassVar[bool] = False
    """Whether it is a function of each element of its one input that never falls, is NaN for NaN
    alone, and has gradient 0 where it is flat: a maximum may as well be taken before it."""
    floats_only: ClassVar[bool] = False
    """Whether the shared element type of its inputs must be a float."""
    pure: ClassVar[bool] = True
    """Whether equal inputs give equal results: False for what draws random numbers."""
    family: ClassVar[Family] = "other"
    """What kind of layer it is: drawings give each family a colour."""
    speed_hints: ClassVar[tuple[str, ...]] = ()
    """Parameters of MXNet that change speed or memory only: files may give them any value."""
    fixed_parameters: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Parameters of MXNet that have no field here, each with the texts that change nothing: a file
    that gives another value is refused."""
    without_effect: ClassVar[tuple[str, ...]] = ()
    """Parameters that Apache MXNet 1.9.1 takes and does nothing with: files may give any value."""
    crosses: ClassVar[bool] = False
    """Whether the result may be made on another device than the input."""
    foreign: ClassVar[bool] = False
    """Whether the rules run a user's Python: a failure inside is told with the node's name."""
    registered: ClassVar[bool] = False
    """Whether the operator is found by its name, and so is whole."""
    free_parameters: ClassVar[bool] = False
    """Whether files may give it parameters of any name, which `from_text` takes."""
    subgraph_names: ClassVar[tuple[str, ...]] = ()
    """What the graphs are for, in order, that files give it as parameter ``subgraphs``."""

    inputs: ClassVar[Mapping[str, Input | Inputs]]
    states: ClassVar[Mapping[str, State]]
    rules: ClassVar[Mapping[str, Rule]]

    def __init_subclass__(cls, *, registered: bool = True) -> None:
        declared = cls._declared()
        super().__init_subclass__()
        cls.inputs = {n: v for n, v in declared.items() if isinstance(v, Input | Inputs)}
        cls.states = {n: v for n, v in declared.items() if isinstance(v, State)}
        cls.rules = {
            name: Rule.read(value, cls.inputs)
            for name, value in declared.items()
            if is_rule(name) and inspect.isfunction(value)
        }
        cls.registered = registered
        verify_class(cls, Operator)
        if registered:
            names = (cls.__name__, *cls.aliases)
            verify_unused_names(cls, names, OPERATORS)
            OPERATORS.update(dict.fromkeys(names, cls))

    @classmethod
    def _declared(cls) -> dict[str, Any]:
        """Return what the class and its abstract bases declare, in order; the class has the say."""
        # Bases first: what the class says itself overrules them, and inputs keep their order.
        own = [each for each in reversed(cls.__mro__) if issubclass(each, Operator)]
        return {name: value for each in own[1:] for name, value in vars(each).items()}

    @classmethod
    def name_hint(cls) -> str:
        """Return the stem of automatic names."""
        return cls.hint or cls.__name__.lower()

    @classmethod
    def name_in_files(cls) -> str:
        """Return the name under which files are written."""
        return cls.written_name or cls.__name__

    @classmethod
    def means_nothing(cls, parameter: str, text: str) -> bool:
        """Tell whether a parameter without a field here may be left out, with this value.

        It is so for what only changes speed, for what MXNet itself does nothing with, and for
        values that are MXNet's own default.
        """
        neutral = cls.fixed_parameters.get(parameter, ())
        free = (*cls.speed_hints, *cls.without_effect)
        return parameter in free or _plain(text) in map(_plain, neutral)

    # -- names -----------------------------------------------------------------------------------

    @remembered
    def slots(self) -> Mapping[str, int | tuple[int, ...]]:
        """Return where each declared input stands among a node's inputs; absent ones are left out.

        States come after the inputs. A variable number of inputs has a tuple of positions.
        """
        places: dict[str, int | tuple[int, ...]] = {}
        position = 0
        for name, declared in {**self.inputs, **self.states}.items():
            if isinstance(declared, Inputs):
                count = getattr(self, declared.count)
                places[name] = tuple(range(position, position + count))
                position += count
            elif not isinstance(declared, Input) or declared.when is None or declared.when(self):
                places[name] = position
                position += 1
        return places

    @remembered
    def arguments(self) -> tuple[str, ...]:
        """Return the names of the inputs, in order: ``("data", "weight", "bias")``."""
        names: list[str] = []
        for name, place in self.slots().items():
            if name in self.inputs:
                names += [f"arg{i}" for i in place] if isinstance(place, tuple) else [name]
        return tuple(names)

    def state_names(self) -> tuple[str, ...]:
        """Return the names of the auxiliary states, in order."""
        return tuple(self.states)

    def outputs(self) -> tuple[str, ...]:
        """Return the names of the visible outputs, in order."""
        return ("output",)

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """Return the hidden results that gradients need: name, and type, None for the output's."""
        return {}

    @remembered
    def results(self) -> tuple[str, ...]:
        """Return the names of the visible outputs and of the saved values."""
        return (*self.outputs(), *self.saved())

    # -- rules -----------------------------------------------------------------------------------

    def gradient_rule(self, name: str) -> Rule | None:
        """Return the rule stated for the gradient of one input alone, if there is one."""
        return self.rules.get(f"{name}_gradient")

    @remembered
    def is_loss(self) -> bool:
        """Tell whether the gradients need nothing from above: a loss, or a barrier."""
        stated = [r for n, r in self.rules.items() if n == "backward" or n.endswith("_gradient")]
        barred = not any(isinstance(i, Inputs) or i.takes_gradient for i in self.inputs.values())
        return barred or (bool(stated) and not any(rule.asks_for_gradient for rule in stated))

    def loss_sum(
        self, output: Tensor, label: Tensor | None, weight: Tensor | None = None
    ) -> tuple[Tensor, Tensor | int] | None:
        """Return a batch's loss, samples weighed, and the number of summands; None for no loss."""
        return None

    def shape_hint(self, argument: str, expected: Shape, found: Shape) -> str:
        """Return advice for an input of the wrong shape, or nothing."""
        return ""

    def completed(self, partial: Sequence[int | None]) -> Shape | None:
        """Return the output's shape, of which a reader knows some lengths; None for not enough."""
        return None

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """Return the element type of the outputs, given the one that the inputs share."""
        return shared

    def output_dtypes(self, shared: torch.dtype) -> tuple[torch.dtype, ...]:
        """Return the element type of each visible output; default: all have `infer_dtype`'s."""
        return (self.infer_dtype(shared),) * len(self.outputs())

    def inner_graphs(self) -> tuple[Any, ...]:
        """Return the graphs that it runs, in the order of `subgraph_names`."""
        return ()

    def infer_types(
        self, inputs: Sequence[torch.dtype | None]
    ) -> tuple[Sequence[torch.dtype], Sequence[torch.dtype]] | None:
        """Return the element types of all inputs and states, and of all outputs.

        Default: None, which means that all inputs share one type.
        """
        return None

    def meaning(self) -> Meaning | None:
        """Return what it computes, in a word that passes know: see `meaning`; None for no word."""
        return None

    def output_channels(self) -> OutputChannels | None:
        """Return how channels of the result depend on the weight, for a layer; None for others."""
        return None

    def row_inputs(self) -> tuple[str, ...]:
        """Return the inputs that are worked on row by row, where the operator does that.

        Applied to several of them put one below the other, it then gives its results put one below
        the other: what passes join.
        """
        return ()

    def rows_apart(self, *shapes: Shape) -> bool:
        """Tell whether inputs of these shapes, those of `row_inputs`, have rows of their own.

        A vector has none for an operator that works along the last axis.
        """
        return True

    def filter_inputs(self) -> tuple[str, ...]:
        """Return the inputs that hold filters of images, read channels-last on a CPU."""
        return ()

    def multiply_adds(self, shapes: Shapes) -> int:
        """Return how many products are added up on the way forward: those of matrices, filters.

        Args:
            shapes: those of the inputs and outputs by name, as `infer_shape` names them.
        """
        return 0

    def details(self) -> dict[str, object]:
        """Return what drawings say beside the name, by parameter; default: what is not usual."""
        return told_parameters(self)

    def is_identity(self, *, is_train: bool) -> bool:
        """Tell whether the first input passes through as it is, gradients included."""
        return False

    def next_states(self, tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Return the states that a step of training moves, as it leaves them; default: none.

        Rules move states themselves, on the way back; this is for who goes back otherwise.

        Args:
            tensors: all inputs, states and results, by name.
        """
        return {}

    def check_values(self, values: Mapping[str, Tensor], output_shape: Shape) -> Fault | None:
        """Return where a value of the inputs is wrong, and how, where an operator can tell.

        Args:
            values: the real samples of the inputs that are known, by name.
            output_shape: the shape of the first output.
        """
        return None

    def run(self, *, out: Any = None, is_train: bool = False, **tensors: Any) -> Any:
        """Compute the outputs at once from tensors given by input name.

        Args:
            out: a tensor (a tuple for several outputs) to write into.
            is_train: whether to compute as in training.

        Returns the output, a tuple for several.
        """
        rule = self.rules["forward"]
        given = {name: tensors[name] for name in rule.tensors if name in tensors}
        if "is_train" in rule.reserved:
            given["is_train"] = is_train
        for name in rule.shapes:
            of = tensors[name.removesuffix("_shape")]
            given[name] = [t.shape for t in of] if isinstance(of, list) else tuple(of.shape)
        if out is None or rule.takes_out:
            return rule.function(self, **given, **({} if out is None else {"out": out}))
        results = rule.function(self, **given)
        pairs = zip(out, results, strict=True) if isinstance(results, tuple) else [(out, results)]
        for target, result in pairs:
            target.copy_(result)
        return out

    # -- text ------------------------------------------------------------------------------------

    @classmethod
    def from_text(cls, texts: Mapping[str, str], *, mxnet_defaults: bool) -> Self:
        """Return the operator that a symbol file describes."""
        filled: dict[str, Any] = dict(texts)
        if mxnet_defaults:
            for name, about in cls.params.items():
                if about.mxnet_default is not MISSING:
                    filled.setdefault(name, about.mxnet_default)
            return cls.make(filled).meant_in_mxnet()
        return cls.make(filled)

    def meant_in_mxnet(self) -> Self:
        """Return the operator that Apache MXNet 1.9.1 means by the same parameters."""
        return self

    def to_text(self) -> dict[str, str]:
        """Return the parameters that a symbol file needs: all but MXNet 1.x's defaults."""
        return {
            name: self.kinds[name].write(getattr(self, name))
            for name, about in sorted(self.params.items())
            if about.mxnet_default is MISSING or getattr(self, name) != about.mxnet_default
        }


def _plain(text: str) -> str:
    """Return a text in the one form of all that mean the same: ``"False"`` is ``"0"``."""
    words = {"false": "0", "true": "1", "[]": "()"}
    word = text.strip().lower()
    return words.get(word, word)


def find_operator(name: str) -> type[Operator]:
    """Return the operator class of a name.

    Raises ParameterError where no operator has it.

    >>> import symnet.operators.definitions
    >>> find_operator("FullyConnected").__name__
    'FullyConnected'
    """
    if name not in OPERATORS:
        raise ParameterError(f"no operator {name!r}{suggest(name, OPERATORS)}")
    return OPERATORS[name]
