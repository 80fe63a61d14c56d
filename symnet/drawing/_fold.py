"""Folding a large network: nodes that stand and belong together become one box.

How a network is built decides, so that names play no part: see `_pieces`. Names have their say
where that is not enough, and they name what was found.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from ..graph.node import Graph, Node
from ..operators.contract import Operator
from ._pieces import FoldedNodes, pieces_of

__all__ = ["NodeGroup", "fold"]


class NodeGroup(NamedTuple):
    """Nodes that are drawn as one box; one node alone is drawn as itself.

    Args:
        name: what the box is called.
        nodes: the nodes, inputs before users.
        times: in how many rounds of one kind they come.
        beside: whether the rounds stand side by side; else each follows the one before.
    """

    name: str
    nodes: Sequence[Node]
    times: int = 1
    beside: bool = False


def fold(graph: Graph, nodes: Sequence[Node], most: int | None) -> list[NodeGroup]:
    """Return nodes in at most so many groups.

    Where there are too many, repeats, chains and branches are put together, as `pieces_of` says.
    Where that is not enough, neighbours whose names begin with the same words share a box:
    ``stage1_unit1_conv1`` and ``stage1_unit1_bn1`` become ``stage1_unit1``, or ``stage1``. Words
    end at an underscore. Where that does not do either, or puts more than half of all into one
    box, the first and the last are drawn, and one box for all between.

    Args:
        graph: the network.
        nodes: what is to be drawn of it, inputs before users.
        most: how many boxes there may be, at least 3; None for any number.
    """
    if most is None or len(nodes) <= most:
        return [NodeGroup(node.name, (node,)) for node in nodes]
    operators = [node for node in nodes if node.op is not None]
    variables = [node for node in nodes if node.op is None]
    inputs = len(variables)
    while True:
        pieces = pieces_of(graph, operators, max(1, most - inputs))
        gathered = _gathered(variables, pieces)
        if len(gathered) >= inputs:
            break
        inputs = len(gathered)
    if len(pieces) + len(gathered) <= most:
        return [*_in_front(gathered, pieces)]
    return _by_names(nodes, most) or _ends([*_in_front(gathered, pieces)], most)


# -- variables -------------------------------------------------------------------------------------


def _gathered(variables: Sequence[Node], pieces: Sequence[FoldedNodes]) -> list[NodeGroup]:
    """Put variables together that rounds of one kind read at one place."""
    at: dict[Node, tuple[object, ...]] = {}
    for piece in pieces:
        length = len(piece.nodes) // piece.times
        for number, node in enumerate(piece.nodes):
            for position, value in enumerate(node.inputs):
                key = (id(piece), number % length, position) if piece.times > 1 else (value.node,)
                # One that stands elsewhere, too, is on its own.
                at[value.node] = key if at.get(value.node, key) == key else (value.node,)
    groups: dict[tuple[object, ...], list[Node]] = {}
    for variable in variables:
        groups.setdefault(at.get(variable, (variable,)), []).append(variable)
    return [NodeGroup(_from_to(own), own) for own in groups.values()]


def _in_front(variables: Sequence[NodeGroup], pieces: Sequence[FoldedNodes]) -> Iterator[NodeGroup]:
    """Yield variables and pieces, each variable in front of the first piece that reads it."""
    left = list(variables)
    for piece, name in zip(pieces, _names_of(pieces), strict=True):
        read = {value.node for node in piece.nodes for value in node.inputs}
        for group in [each for each in left if read.intersection(each.nodes)]:
            left.remove(group)
            yield group
        yield NodeGroup(name, piece.nodes, piece.times, piece.beside)
    yield from left


# -- names -----------------------------------------------------------------------------------------


def _names_of(pieces: Sequence[FoldedNodes]) -> list[str]:
    """Return what boxes are called: what their names begin with, or else the first and the last."""
    stems = [_stem_of(piece) for piece in pieces]
    uses = Counter(stems)
    return [
        stem if stem and uses[stem] == 1 else _from_to(piece.nodes)
        for stem, piece in zip(stems, pieces, strict=True)
    ]


def _stem_of(piece: FoldedNodes) -> str:
    length = len(piece.nodes) // piece.times
    first, last = (_shared_words(nodes) for nodes in (piece.nodes[:length], piece.nodes[-length:]))
    if piece.times == 1:
        return "_".join(first)
    return f"{'_'.join(first)} … {'_'.join(last)}" if first and last and first != last else ""


def _shared_words(nodes: Sequence[Node]) -> list[str]:
    """Return the words that all names begin with that somebody gave."""
    given = [_words(node) for node in nodes if not _is_automatic(node)]
    together = zip(*given, strict=False)
    return [words[0] for words in takewhile(lambda words: len(set(words)) == 1, together)]


def _from_to(nodes: Sequence[Node]) -> str:
    """Return the first and the last name, without what they share: ``unit1_conv1 … relu1``."""
    own = [node for node in nodes if not _is_automatic(node)] or list(nodes)
    first, last = own[0], own[-1]
    if first is last:
        return first.name
    shared = len(_shared_words([first, last]))
    return f"{first.name} … {'_'.join(_words(last)[shared:]) if shared else last.name}"


def _words(node: Node) -> list[str]:
    return [word for word in node.name.split("_") if word]


def _is_automatic(node: Node) -> bool:
    """Tell whether a name is the operator's and a number: ``activation3``."""
    return isinstance(node.op, Operator) and node.name.rstrip("0123456789") == node.op.name_hint()


# -- where structure is not enough -----------------------------------------------------------------


def _by_names(nodes: Sequence[Node], most: int) -> list[NodeGroup] | None:
    longest = max(len(_words(node)) for node in nodes)
    for length in range(longest - 1, 0, -1):
        groups = _by_prefix(nodes, length)
        if len(groups) <= most and max(len(group.nodes) for group in groups) <= len(nodes) // 2:
            return groups
    return None


def _by_prefix(nodes: Sequence[Node], length: int) -> list[NodeGroup]:
    """Put neighbours together whose names have the same words in front.

    A variable keeps its box. It reads nothing, so it can stand before the group that it came up in,
    and does not break that group apart.
    """
    found: list[tuple[str, list[Node]]] = []
    for node in nodes:
        if node.op is None:
            found.insert(max(0, len(found) - 1), ("", [node]))
            continue
        words = _words(node)
        prefix = "_".join(words[: min(length, len(words) - 1)])
        group = found[-1][0] if found else ""
        if group and (prefix == group or _is_automatic(node)):
            found[-1][1].append(node)
        else:
            found.append((prefix, [node]))
    return [NodeGroup(prefix if len(own) > 1 else own[0].name, own) for prefix, own in found]


def _ends(groups: Sequence[NodeGroup], most: int) -> list[NodeGroup]:
    first = most // 2
    last = most - 1 - first
    middle = [node for group in groups[first : len(groups) - last] for node in group.nodes]
    more = NodeGroup(f"… {len(middle):,} more", middle)
    return [*groups[:first], more, *groups[len(groups) - last :]]
