"""What a symbol file asks for that symnet does not have: all of it, before anything is built.

A parameter that is dropped makes a network that computes something else, so what is not understood
is refused. A reader who is told one missing operator at a time has to try again for each; here all
are found in one look over the file.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..core.errors import FormatError, suggest
from ..core.naming import bare_key
from ..operators.contract import OPERATORS, Operator
from ..operators.element_functions import ON_LEFT
from .left_out import LeftOut, family_of

__all__ = ["DEEPEST", "WRITTEN_BARE", "Refusal", "Survey", "ending_for_variables", "survey"]

WRITTEN_BARE = (
    *("ctx_group", "lr_mult", "wd_mult"),
    *("force_mirroring", "mirror_stage", "profiler_scope"),
)
"""Attributes that MXNet writes without underscores around them."""
_MOST_TEXT = 800
"""Characters that each part of a message may have: as many names as that are told."""
_LONGEST_WORD = 40
DEEPEST = 16
"""How deep subgraphs may lie in each other."""


class Refusal(NamedTuple):
    """One parameter of a node that symnet would have to ignore.

    Args:
        place: where the node stands in the file, as "node 3".
        node: the node's name.
        operator: name of its operator.
        parameter: name of the parameter.
        text: its value.
    """

    place: str
    node: str
    operator: str
    parameter: str
    text: str

    def __str__(self) -> str:
        value, known = _cut(self.text), OPERATORS[self.operator].params
        return (
            f"{self.place} ({_cut(self.node)!r}): {self.operator} with "
            f"{_cut(self.parameter)}={value!r}{suggest(_cut(self.parameter), known)}"
        )


class Survey(NamedTuple):
    """What a file's nodes ask for.

    Args:
        operators: how many nodes each operator has, by the name that the file gives it.
        missing: the same of the operators that symnet does not have.
        refused: the parameters that symnet does not have, with values that mean something.
    """

    operators: Counter[str]
    missing: Counter[str]
    refused: Sequence[Refusal]

    def check(self, source: str) -> None:
        """Raise FormatError, with all that is missing, where something is."""
        if not self.missing and not self.refused:
            return
        words = [*self._missing_in_words(), *self._refused_in_words()]
        raise FormatError(
            f"{source}: this network would compute something else here. It has "
            f"{'; and '.join(words)}. docs/operators/support.md lists what there is"
        )

    def _missing_in_words(self) -> Iterator[str]:
        """Yield what is said of the unknown operators, and of each family that is left out."""
        by_family: dict[LeftOut | None, list[str]] = {}
        for name, count in self.missing.most_common():
            family = family_of(name)
            word = f"{_cut(name)} ({count})" if family else f"{_named(name)} ({count})"
            by_family.setdefault(family, []).append(word)
        for family, names in by_family.items():
            if family is None:
                yield f"operators that symnet does not have: {_some(names)}"
            else:
                yield f"{family.title}, which are left out, for {family.reason}: {_some(names)}"

    def _refused_in_words(self) -> Iterator[str]:
        if self.refused:
            each = _some([str(refusal) for refusal in self.refused], "; ")
            yield f"parameters that symnet does not have: {each}"


def survey(nodes: Sequence[Any]) -> Survey:
    """Look over the nodes of a file, subgraphs included.

    What has not the form of a node is left to the reader.

    >>> found = survey([{"op": "null", "name": "x"}, {"op": "Frobnicate", "name": "f"}])
    >>> found.missing
    Counter({'Frobnicate': 1})
    """
    operators: Counter[str] = Counter()
    refused: list[Refusal] = []
    for place, node in _all_nodes(nodes, "node"):
        kind = node.get("op")
        if not isinstance(kind, str) or kind == "null":
            continue
        operators[kind] += 1
        if kind in OPERATORS:
            cls, name = OPERATORS[kind], str(node.get("name"))
            refused += [
                Refusal(place, name, cls.__name__, key, text)
                for key, text in _not_understood(cls, node)
            ]
    missing = Counter({kind: count for kind, count in operators.items() if kind not in OPERATORS})
    return Survey(operators, missing, refused)


def _all_nodes(
    nodes: Sequence[Any], called: str, depth: int = 0
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each node with its place, then those of its subgraphs, as deep as the reader goes."""
    for number, node in enumerate(nodes):
        if not isinstance(node, dict):
            continue
        place = f"{called} {number}"
        yield place, node
        roots = node.get("subgraphs")
        for root in roots if isinstance(roots, list) and depth < DEEPEST else ():
            inner = root.get("nodes") if isinstance(root, dict) else None
            if isinstance(inner, list):
                yield from _all_nodes(inner, f"{place}, node", depth + 1)


def ending_for_variables(key: str) -> str:
    """Return what an attribute says of a variable, as lr_mult in weight_lr_mult, or nothing."""
    return next((ending for ending in WRITTEN_BARE if key.endswith(ending)), "")


def _not_understood(cls: type[Operator], node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the parameters of a node that would have to be ignored, with their texts."""
    # Before 0.9 the parameters stood apart from what users attach to a node.
    groups = ("param",) if "param" in node else ("attr", "attrs")
    known = {*cls.params, *(about.also for about in cls.params.values() if about.also), ON_LEFT}
    for group in groups:
        texts = node.get(group)
        for key, value in texts.items() if isinstance(texts, dict) else ():
            text = value if isinstance(value, str) else repr(value)
            if (
                key == bare_key(key)
                and key not in known
                and not ending_for_variables(key)
                and not cls.free_parameters
                and not cls.means_nothing(key, text)
            ):
                yield key, text


def _cut(word: str) -> str:
    return word if len(word) <= _LONGEST_WORD else f"{word[: _LONGEST_WORD - 2]} …"


def _named(name: str) -> str:
    return f"{_cut(name)}{suggest(_cut(name), OPERATORS, nearness=0.8)}"


def _some(words: Sequence[str], separator: str = ", ") -> str:
    """Return as many of the words as a message has room for, and how many there are beyond."""
    length = 0
    for number, word in enumerate(words):
        length += len(word)
        if number and length > _MOST_TEXT:
            return separator.join([*words[:number], f"and {len(words) - number} more"])
    return separator.join(words)
