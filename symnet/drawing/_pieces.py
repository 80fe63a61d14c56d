"""Putting parts of a network together that stand and belong together, until few enough are left."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..graph.node import Graph, Node
from ._repeats import find_repeats
from ._sequence import in_order, live_values

__all__ = ["FoldedNodes", "pieces_of"]

_LONGEST = 4  # operators of a chain: as many as a box can name one below the other
_FEWEST_NEIGHBOURS = 3


@dataclass(eq=False)
class FoldedNodes:
    """Nodes that are drawn as one box.

    Args:
        nodes: the nodes, inputs before users; those of one round after those of another.
        times: how many rounds there are.
        beside: whether the rounds stand side by side; else each follows the one before.
    """

    nodes: list[Node]
    times: int = 1
    beside: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """The operators, by name."""
        return tuple(type(node.op).__name__ for node in self.nodes)


def pieces_of(graph: Graph, operators: Sequence[Node], most: int) -> list[FoldedNodes]:
    """Return operators in pieces, if need be and if it helps not more than so many.

    1. Rounds that repeat become one piece.
    2. Chains that occur several times, as Convolution, BatchNorm, Activation, become one each.
    3. Branches that begin and end together become one.
    4. Pieces of one kind that are read by the same one become one, side by side.

    Args:
        graph: the network.
        operators: its operators, inputs before users.
        most: how many pieces there should be at most.
    """
    heads = {value.node: None for value in graph.outputs if value.node.op is not None}
    order = in_order(operators, heads)
    pieces: list[FoldedNodes] = []
    place = 0
    for repeat in find_repeats(order):
        pieces += [FoldedNodes([node]) for node in order[place : repeat.start]]
        pieces.append(FoldedNodes(order[repeat.start : repeat.end], repeat.times))
        place = repeat.end
    pieces += [FoldedNodes([node]) for node in order[place:]]
    while len(pieces) > most:
        joined = (
            _with_chains_joined(pieces, set(heads))
            or _with_branches_joined(pieces)
            or _with_neighbours_joined(pieces, set(heads))
        )
        if joined is None:
            break
        pieces = joined
    return pieces


def _with_chains_joined(
    pieces: Sequence[FoldedNodes], heads: set[Node]
) -> list[FoldedNodes] | None:
    """Join the pair of pieces that follows each other most often, wherever it does."""
    following = _following(pieces, heads)
    pairs = Counter((one.kinds, other.kinds) for one, other in following.items())
    kinds, count = max(pairs.items(), key=lambda item: item[1], default=((), 0))
    if count < 2:
        return None
    joined: dict[FoldedNodes, FoldedNodes] = {}
    before = {other: one for one, other in following.items()}
    gone: set[FoldedNodes] = set()
    for piece in pieces:
        one = before.get(piece)
        if one is not None and one not in joined and (one.kinds, piece.kinds) == kinds:
            joined[piece] = FoldedNodes([*one.nodes, *piece.nodes])
            gone.add(one)
    return [joined.get(piece, piece) for piece in pieces if piece not in gone]


def _following(pieces: Sequence[FoldedNodes], heads: set[Node]) -> dict[FoldedNodes, FoldedNodes]:
    """Return for each piece the one that alone reads it, if it reads nothing else."""
    read, users = _joined(pieces)
    found = {}
    for piece, user in _only_users(pieces, users, heads):
        short = len(piece.nodes) + len(user.nodes) <= _LONGEST
        if user.times == 1 and read[user] == {piece} and short:
            found[piece] = user
    return found


Neighbours = Mapping[FoldedNodes, set[FoldedNodes]]


def _joined(pieces: Sequence[FoldedNodes]) -> tuple[Neighbours, Neighbours]:
    """Return for each piece those that it reads, and those that read it."""
    of = {node: piece for piece in pieces for node in piece.nodes}
    read: dict[FoldedNodes, set[FoldedNodes]] = {piece: set() for piece in pieces}
    users: dict[FoldedNodes, set[FoldedNodes]] = {piece: set() for piece in pieces}
    for piece in pieces:
        for node in piece.nodes:
            for value in node.inputs:
                source = of.get(value.node, piece)
                if source is not piece:
                    read[piece].add(source)
                    users[source].add(piece)
    return read, users


def _only_users(
    pieces: Sequence[FoldedNodes], users: Neighbours, heads: set[Node]
) -> Iterator[tuple[FoldedNodes, FoldedNodes]]:
    """Yield the pieces of one round that one other alone reads, with that one."""
    for piece in pieces:
        if piece.times == 1 and len(users[piece]) == 1 and not heads.intersection(piece.nodes):
            (user,) = users[piece]
            yield piece, user


def _with_neighbours_joined(
    pieces: Sequence[FoldedNodes], heads: set[Node]
) -> list[FoldedNodes] | None:
    """Join pieces of one kind that the same one reads, which read nothing of each other."""
    alike: dict[tuple[FoldedNodes, tuple[str, ...]], list[FoldedNodes]] = {}
    for piece, user in _only_users(pieces, _joined(pieces)[1], heads):
        alike.setdefault((user, piece.kinds), []).append(piece)
    joined: dict[FoldedNodes, FoldedNodes] = {}
    gone: set[FoldedNodes] = set()
    for group in (group for group in alike.values() if len(group) >= _FEWEST_NEIGHBOURS):
        nodes = [node for piece in group for node in piece.nodes]
        joined[group[-1]] = FoldedNodes(nodes, len(group), beside=True)
        gone.update(group[:-1])
    return [joined.get(piece, piece) for piece in pieces if piece not in gone] if joined else None


def _with_branches_joined(pieces: Sequence[FoldedNodes]) -> list[FoldedNodes] | None:
    """Join the pieces between two places where one value passes, of the smallest such part."""
    live = live_values([piece.nodes for piece in pieces])
    cuts = [place for place in range(1, len(pieces)) if live[place] <= 1]
    parts = [
        (end - start, start)
        for start, end in zip([0, *cuts], [*cuts, len(pieces)], strict=True)
        if 1 < end - start <= len(pieces) // 2
    ]
    if not parts:
        return None
    length = min(parts)[0]
    joined: list[FoldedNodes] = []
    place = 0
    for _, start in sorted((part for part in parts if part[0] == length), key=lambda p: p[1]):
        joined += pieces[place:start]
        inside = pieces[start : start + length]
        joined.append(FoldedNodes([node for piece in inside for node in piece.nodes]))
        place = start + length
    return [*joined, *pieces[place:]]
