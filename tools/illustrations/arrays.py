"""How values move: a value that only moves has the colour of the place it came from."""

from collections.abc import Callable
from typing import Any

import numpy as np

import symnet as mx

from ._measured import run
from .pieces import PASTEL, PLAIN, Piece, beside, cells, colours_of, flow, grid, stacked, titled
from .registry import illustrates

__all__ = ["moved", "numbers"]


def numbers(*shape: int, start: int = 1) -> np.ndarray:
    """Return the numbers from 1 on in a shape."""
    return np.arange(start, start + np.prod(shape), dtype=float).reshape(shape)


def moved(title: str, result: np.ndarray, *data: np.ndarray) -> Piece:
    """Return a result, coloured by the places that its values have in the data."""
    origins = np.concatenate([each.ravel() for each in data])
    return titled(title, cells(result, colours_of(result, origins)))


def given(title: str, data: np.ndarray, before: int = 0) -> Piece:
    """Return data, coloured from some place of the palette on."""
    colours = [PASTEL[(before + place) % len(PASTEL)] for place in range(data.size)]
    return titled(title, cells(data, colours))


def plain(title: str, data: Any) -> Piece:
    """Return numbers that tell what is done, without colours."""
    return titled(title, cells(np.asarray(data, float)))


def by_row(title: str, data: np.ndarray) -> Piece:
    """Return data with one colour for each row."""
    colours = [PASTEL[row] for row in range(len(data)) for _ in range(data[row].size)]
    return titled(title, cells(data, colours))


def by_column(title: str, data: np.ndarray, origins: np.ndarray) -> Piece:
    """Return data with the colours that the origins have: one for each of their columns."""
    place = {value: at[1] for at, value in np.ndenumerate(origins)}
    colours = [PASTEL[place[value]] if value in place else PLAIN for value in data.flat]
    return titled(title, cells(data, colours))


# -- looking up ------------------------------------------------------------------------------------


@illustrates("take", "Embedding", says="Rows of a matrix, looked up by indices.")
def looking_up() -> Piece:
    """Rows may come twice."""
    data, index = numbers(4, 2), np.array([3.0, 0.0, 3.0])
    return _rows_chosen(data, index, run(mx.take, data, index))


def _rows_chosen(data: np.ndarray, index: np.ndarray, result: np.ndarray) -> Piece:
    place = {value: at[0] for at, value in np.ndenumerate(data)}
    colours = [PASTEL[place[value]] for value in result.flat]
    output = titled("output", cells(result, colours))
    return flow(by_row("data", data), plain("indices", index[:, None]), "→", output)


def _of_each_row(operator: Callable[..., Any], **options: Any) -> Piece:
    data, index = numbers(3, 4), np.array([1.0, 3.0, 0.0])
    result = run(operator, data, index, **options)
    return flow(
        given("data", data),
        plain("index", index[:, None]),
        "→",
        moved("output", result[:, None], data),
    )


@illustrates(
    "pick", "batch_take", "choose_element_0index", says="One value of each row, by an index for it."
)
def picking() -> Piece:
    """All three do the same to a matrix."""
    return _of_each_row(mx.pick)


@illustrates("gather_nd", says="Values of a matrix, each looked up by a column of two indices.")
def gathering() -> Piece:
    """Row and column of each."""
    data, index = numbers(3, 4), np.array([[0.0, 2, 1], [3, 0, 1]])
    result = run(mx.gather_nd, data, index)
    return flow(given("data", data), plain("indices", index), "→", moved("output", result, data))


@illustrates("scatter_nd", says="Values placed in zeros, each by a column of two indices.")
def scattering() -> Piece:
    """What gather_nd reads, backwards."""
    data, index = numbers(3), np.array([[0.0, 2, 1], [3, 0, 1]])
    result = run(mx.scatter_nd, data, index, shape=(3, 4))
    return flow(given("data", data), plain("indices", index), "→", moved("output", result, data))


@illustrates("one_hot", says="Each index as a row with a one at its place.")
def one_hot() -> Piece:
    """Four classes."""
    index = np.array([2.0, 0.0, 3.0])
    result = run(mx.one_hot, index, depth=4)
    colours = [PASTEL[1] if value else PLAIN for value in result.flat]
    output = titled("output, depth=4", cells(result, colours))
    return flow(plain("indices", index[:, None]), "→", output)


@illustrates("where", says="Values of one array where the condition holds, of another elsewhere.")
def choosing() -> Piece:
    """By a condition for each place."""
    condition = np.array([[1.0, 0, 0], [0, 1, 1]])
    first, second = numbers(2, 3), numbers(2, 3, start=7)
    result = run(mx.where, condition, first, second)
    return flow(
        plain("condition", condition), given("x", first), given("y", second, 6), "→",
        moved("output", result, first, second),
    )  # fmt: skip


# -- joining, splitting, repeating -----------------------------------------------------------------


@illustrates("Concat", "stack", says="Two matrices joined along axis 0 and 1, and stacked.")
def joining() -> Piece:
    """Concat joins along an axis that is there, stack makes one."""
    first, second = numbers(2, 2), numbers(2, 2, start=5)

    def joined(operator: Callable[..., Any], axis: str, at: int) -> np.ndarray:
        return run(operator, first, second, **{axis: at})

    apart = joined(mx.stack, "axis", 0)
    layers = beside(*(cells(each, colours_of(each, numbers(2, 2, 2))) for each in apart), gap=6)
    results = [
        moved("Concat, dim=0", joined(mx.Concat, "dim", 0), first, second),
        moved("Concat, dim=1", joined(mx.Concat, "dim", 1), first, second),
        titled("stack, axis=0: (2, 2, 2)", layers),
    ]
    return flow(given("first", first), given("second", second, 4), "→", beside(*results, gap=20))


@illustrates("SliceChannel", says="A matrix cut into three parts along axis 1.")
def splitting() -> Piece:
    """The parts are outputs of their own."""
    data = numbers(2, 6)
    parts = mx.SliceChannel(mx.array(data, dtype="float64"), num_outputs=3)
    shown = [moved(f"output {at}", part.asnumpy(), data) for at, part in enumerate(parts)]
    return flow(given("data", data), "→", beside(*shown, gap=20))


def _ways(data: np.ndarray, ways: dict[str, np.ndarray], columns: int = 3) -> Piece:
    """Return data, and what several calls make of them."""
    shown = [moved(title, result, data) for title, result in ways.items()]
    return flow(given("data", data), "→", grid(shown, columns, gap=20))


@illustrates("repeat", "tile", says="repeat doubles each value, tile the whole array.")
def repeating() -> Piece:
    """Along axis 1."""
    data = numbers(2, 2)
    ways = {
        "repeat(2, axis=1)": run(mx.repeat, data, repeats=2, axis=1),
        "tile((1, 2))": run(mx.tile, data, reps=(1, 2)),
    }
    return _ways(data, ways)


@illustrates("reverse", "transpose", "SwapAxis", says="A matrix reversed and transposed.")
def turning() -> Piece:
    """For a matrix, SwapAxis(0, 1) is transpose."""
    data = numbers(2, 3)
    ways = {
        "reverse(axis=0)": run(mx.reverse, data, axis=0),
        "reverse(axis=1)": run(mx.reverse, data, axis=1),
        "transpose()": run(mx.transpose, data),
    }
    return _ways(data, ways)


@illustrates("slice", "slice_axis", says="Parts of a matrix by begin, end and step.")
def slicing() -> Piece:
    """The end is left out."""
    data = numbers(3, 4)
    ways = {
        "slice_axis(axis=1, begin=1, end=3)": run(mx.slice_axis, data, axis=1, begin=1, end=3),
        "slice(begin=(0, 0), end=(3, 4), step=(2, 3))": run(
            mx.slice, data, begin=(0, 0), end=(3, 4), step=(2, 3)
        ),
    }
    return _ways(data, ways, columns=1)


@illustrates("depth_to_space", "space_to_depth", says="Four channels become blocks of pixels.")
def blocks() -> Piece:
    """And back."""
    data = np.repeat(numbers(4), 4).reshape(1, 4, 2, 2)
    pixels = run(mx.depth_to_space, data, block_size=2)[0, 0]
    channels = beside(*(cells(each, colours_of(each, numbers(4))) for each in data[0]), gap=6)
    image = titled("(1, 1, 4, 4)", cells(pixels, colours_of(pixels, numbers(4))))
    ways = stacked(*(titled(f"{name}_to_{other} {sign}", Piece(0, 0, ())) for name, other, sign in (
        ("depth", "space", "→"), ("← space", "depth", ""),
    )), gap=0)  # fmt: skip
    return flow(titled("(1, 4, 2, 2)", channels), ways, image)


@illustrates("diag", says="A matrix with a vector on its diagonal, and the diagonal of a matrix.")
def diagonals() -> Piece:
    """And one above the main diagonal."""
    vector, data = numbers(3), numbers(3, 3)
    made = flow(given("data", vector), "→", moved("diag()", run(mx.diag, vector), vector))
    ways = {"diag()": run(mx.diag, data), "diag(k=1)": run(mx.diag, data, k=1)}
    return stacked(made, _ways(data, ways), gap=16, left=True)


# -- order -----------------------------------------------------------------------------------------


@illustrates("sort", "argsort", "topk", says="Numbers in order, their places, the three greatest.")
def ordering() -> Piece:
    """Ascending by default; topk descends."""
    data = np.array([30.0, 10, 50, 20, 40])
    both = run(mx.topk, data, k=3)
    shown = [
        moved("sort()", run(mx.sort, data), data),
        moved("topk(k=3, ret_typ='value')", run(mx.topk, data, k=3, ret_typ="value"), data),
        plain("argsort()", run(mx.argsort, data)),
        plain("topk(k=3)", both),
    ]
    return flow(given("data", data), "→", grid(shown, 2, gap=20))


# -- broadcasting ----------------------------------------------------------------------------------

BROADCAST = (
    "broadcast_add", "broadcast_sub", "broadcast_mul", "broadcast_div", "broadcast_mod",
    "broadcast_power", "broadcast_maximum", "broadcast_minimum", "broadcast_hypot",
    "broadcast_equal", "broadcast_not_equal", "broadcast_greater", "broadcast_greater_equal",
    "broadcast_lesser", "broadcast_lesser_equal",
    "broadcast_logical_and", "broadcast_logical_or", "broadcast_logical_xor",
)  # fmt: skip


@illustrates(*BROADCAST, says="A column and a row, each repeated to the shape of both, and added.")
def broadcasting() -> Piece:
    """The sum as an example of all."""
    column, row = numbers(3, 1) * 10, numbers(1, 4)
    rows = run(mx.broadcast_to, column, shape=(3, 4))
    columns = run(mx.broadcast_to, row, shape=(3, 4))
    total = run(mx.broadcast_add, column, row)
    above = flow(given("(3, 1)", column), "+", given("(1, 4)", row, 3))
    shown = flow(
        moved("repeated", rows, column),
        "+",
        titled("repeated", cells(columns, colours_of(columns, [0, 0, 0, *row.flat]))),
        "=",
        titled("(3, 4)", cells(total)),
    )
    return stacked(above, shown, gap=14, left=True)


@illustrates(
    "broadcast_to", "broadcast_axis", "broadcast_like", says="A column repeated to three more."
)
def widening() -> Piece:
    """By a shape, or by an axis and its size; broadcast_like takes the shape of another input."""
    column = numbers(3, 1)
    ways = {
        "broadcast_to((3, 4))": run(mx.broadcast_to, column, shape=(3, 4)),
        "broadcast_axis(axis=1, size=4)": run(mx.broadcast_axis, column, axis=1, size=4),
    }
    return _ways(column, ways, columns=2)


# -- sequences -------------------------------------------------------------------------------------


@illustrates(
    "SequenceMask", "SequenceLast", "SequenceReverse",
    says="Three sequences in columns, of 2, 4 and 1 steps, and what three operators make of them.",
)  # fmt: skip
def sequences() -> Piece:
    """Time runs down, as axis 0; the lengths stand below."""
    data, lengths = numbers(4, 3), np.array([2.0, 4.0, 1.0])

    def result(operator: Callable[..., Any]) -> np.ndarray:
        return run(operator, data, lengths, use_sequence_length=True)

    before = stacked(
        by_column("data", data, data), plain("sequence_length", lengths),
        gap=8, left=True,
    )  # fmt: skip
    after = [
        by_column(name, np.atleast_2d(result(getattr(mx, name))), data)
        for name in ("SequenceMask", "SequenceReverse", "SequenceLast")
    ]
    return flow(before, "→", grid(after, 3, gap=20))


@illustrates("cumsum", says="Sums of all numbers up to each one, along both axes.")
def sums() -> Piece:
    """A matrix has two."""
    data = np.array([[1.0, 2, 3], [4, 5, 6]])
    shown = [plain(f"cumsum(axis={axis})", run(mx.cumsum, data, axis=axis)) for axis in (0, 1)]
    return flow(plain("data", data), "→", beside(*shown, gap=20))


@illustrates("im2col", "col2im", says="Windows of an image as columns.")
def columns() -> Piece:
    """Kernel (2, 2) over an image of (3, 3)."""
    data = numbers(1, 1, 3, 3)
    result = run(mx.im2col, data, kernel=(2, 2))
    return flow(given("data", data[0, 0]), "→", moved("im2col(kernel=(2, 2))", result[0], data))
