"""Functions of one number, with their derivatives."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import symnet as mx

from ._measured import Function, slopes
from .pieces import GREY, STRONG, Piece, beside, grid, path, stacked, text, titled
from .registry import illustrates

__all__ = ["Frame", "plot"]

Points = tuple[np.ndarray, np.ndarray]


class Frame(NamedTuple):
    """What part of the plane is shown, and how large.

    Args:
        left: the least x.
        right: the greatest.
        low: the least y.
        high: the greatest.
        width: of the picture of it.
        height: likewise.
    """

    left: float
    right: float
    low: float
    high: float
    width: float = 160
    height: float = 110

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point is drawn."""
        across = (x - self.left) / (self.right - self.left)
        down = (self.high - y) / (self.high - self.low)
        return across * self.width, down * self.height


def plot(frame: Frame, *curves: Points, dashed: bool = True) -> Piece:
    """Return curves over axes; all but the first are dashed, unless that is unwanted."""
    parts = [*_axes(frame)]
    for order, (xs, ys) in enumerate(curves):
        for piece in _within(frame, xs, ys):
            points = [frame.at(x, y) for x, y in piece]
            parts.append(path(points, STRONG[order % len(STRONG)], bool(order) and dashed))
    return Piece(frame.width, frame.height + 14, tuple(parts))


def _axes(frame: Frame) -> Iterator[str]:
    """Yield lines through 0, and the numbers where they end."""
    base = min(max(0.0, frame.low), frame.high)
    stem = min(max(0.0, frame.left), frame.right)
    ends = [frame.at(frame.left, base), frame.at(frame.right, base)]
    yield path(ends, GREY, width=0.8)
    yield path([frame.at(stem, frame.low), frame.at(stem, frame.high)], GREY, width=0.8)
    for tick in range(int(frame.low), int(frame.high) + 1):
        x, y = frame.at(stem, tick)
        yield path([(x - 2, y), (x + 2, y)], GREY, width=0.8)
    for tick in range(int(frame.left), int(frame.right) + 1):
        x, y = frame.at(tick, base)
        yield path([(x, y - 2), (x, y + 2)], GREY, width=0.8)
    below = frame.height + 12
    yield text(0, below, _said(frame.left), anchor="start")
    yield text(frame.width, below, _said(frame.right), anchor="end")
    beside_stem = frame.at(stem, 0)[0] + 4
    yield text(beside_stem, 10, _said(frame.high), anchor="start")
    if frame.low < 0:
        yield text(beside_stem, frame.height, _said(frame.low), anchor="start")


def _said(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _within(frame: Frame, xs: np.ndarray, ys: np.ndarray) -> Iterator[list[tuple[float, float]]]:
    """Yield the parts of a curve that the frame shows, broken where it jumps."""
    part: list[tuple[float, float]] = []
    slack = 1e-6
    jump = 0.12 * (frame.high - frame.low)
    for x, y in zip(xs, ys, strict=True):
        shown = frame.low - slack <= y <= frame.high + slack
        if part and (not shown or abs(y - part[-1][1]) > jump):
            yield part
            part = []
        if shown:
            part.append((float(x), float(y)))
    if part:
        yield part


# -- values and derivatives ------------------------------------------------------------------------


def panel(title: str, function: Function, frame: Frame) -> Piece:
    """Return a function's curve and its derivative's."""
    steps = 160
    # No step meets a kink or a jump: there, derivatives are a matter of taste.
    xs = frame.left + (np.arange(steps) + 0.5) * (frame.right - frame.left) / steps
    values, derivatives = slopes(function, xs)
    return titled(title, plot(frame, (xs, values), (xs, derivatives)))


def panels(functions: dict[str, Function], frame: Frame, columns: int = 3) -> Piece:
    """Return the curves of several functions, with a legend."""
    drawn = [panel(title, function, frame) for title, function in functions.items()]
    return stacked(grid(drawn, columns), legend("value", "derivative"), gap=12, left=True)


def legend(*names: str, dashed: bool = True) -> Piece:
    """Return what the lines of a plot are."""
    entries = []
    for order, name in enumerate(names):
        line = path([(0, 8), (26, 8)], STRONG[order], bool(order) and dashed)
        width = 32 + 7 * len(name)
        entries.append(Piece(width, 16, (line, text(32, 12, name, anchor="start"))))
    return beside(*entries, gap=18)


def with_options(operator: Callable[..., Any], **options: Any) -> Function:
    """Return an operator as a function of its data alone."""
    return partial(operator, **options)


@illustrates("Activation", says="Activation functions and their derivatives, from −4 to 4.")
def activations() -> Piece:
    """relu, sigmoid, tanh, softrelu, softsign."""
    kinds = ("relu", "sigmoid", "tanh", "softrelu", "softsign")
    functions = {kind: with_options(mx.Activation, act_type=kind) for kind in kinds}
    return panels(functions, Frame(-4, 4, -1, 2))


@illustrates("LeakyReLU", says="Leaky, elu, selu and gelu with their derivatives, from −4 to 4.")
def leaky() -> Piece:
    """Those without parameters that are learned or drawn."""
    kinds = ("leaky", "elu", "selu", "gelu")
    functions = {kind: with_options(mx.LeakyReLU, act_type=kind) for kind in kinds}
    return panels(functions, Frame(-4, 4, -2, 2), columns=2)


def _of_one(name: str, frame: Frame, **options: Any) -> Callable[[], Piece]:
    """Return what draws a function that has a page of its own."""
    said = ", ".join(f"{key}={value}" for key, value in options.items())

    def draw() -> Piece:
        function = with_options(getattr(mx, name), **options)
        return panels({f"{name}({said})" if said else name: function}, frame)

    draw.__name__ = f"curve_{name}"
    return draw


ONES: dict[str, tuple[Frame, dict[str, Any]]] = {
    "relu": (Frame(-4, 4, -1, 2), {}),
    "sigmoid": (Frame(-4, 4, -1, 2), {}),
    "softsign": (Frame(-4, 4, -1, 2), {}),
    "tanh": (Frame(-4, 4, -1, 2), {}),
    "hard_sigmoid": (Frame(-4, 4, -1, 2), {}),
    "smooth_l1": (Frame(-2, 2, -1, 2), {"scalar": 1.0}),
    "clip": (Frame(-2, 2, -2, 2), {"a_min": -1.0, "a_max": 1.0}),
    "erf": (Frame(-3, 3, -1, 2), {}),
    "erfinv": (Frame(-1, 1, -3, 3), {}),
    "gamma": (Frame(-3, 5, -6, 6), {}),
    "gammaln": (Frame(-3, 5, -6, 6), {}),
    "cbrt": (Frame(-2, 2, -2, 2), {}),
    "rcbrt": (Frame(-2, 2, -3, 3), {}),
    "rsqrt": (Frame(0, 4, -2, 3), {}),
    "arcsinh": (Frame(-3, 3, -2, 2), {}),
    "arccosh": (Frame(0, 4, -1, 3), {}),
    "arctanh": (Frame(-1, 1, -3, 3), {}),
}
"""Functions whose shape not everyone has before his eyes: what is shown, and parameters."""

for _name, (_frame, _options) in ONES.items():
    illustrates(_name, says=f"The curve of {_name} and its derivative.")(
        _of_one(_name, _frame, **_options)
    )


@illustrates(
    "round", "rint", "fix", "floor", "ceil", "trunc",
    says="Six ways to round, from −3 to 3: they differ below zero and at halves.",
)  # fmt: skip
def rounding() -> Piece:
    """As steps, and what becomes of halves."""
    frame = Frame(-3, 3, -3, 3)
    xs = frame.left + (np.arange(240) + 0.5) * 6 / 240
    halves = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    drawn = []
    for name in ("floor", "ceil", "round", "rint", "fix", "trunc"):
        function = getattr(mx, name)
        values = slopes(function, xs)[0]
        at_halves = slopes(function, halves)[0]
        steps = plot(frame, (xs, values))
        dots = tuple(_dot(*frame.at(x, y)) for x, y in zip(halves, at_halves, strict=True))
        drawn.append(titled(name, Piece(steps.width, steps.height, steps.parts + dots)))
    return grid(drawn, 3)


def _dot(x: float, y: float) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="3" fill="{STRONG[1]}"/>'


@illustrates(
    "LinearRegressionOutput", "MAERegressionOutput", "LogisticRegressionOutput",
    says="What flows back from three losses, over the value they are given, where the label is 1.",
)  # fmt: skip
def losses() -> Piece:
    """Gradients of one sample of one value."""
    frame = Frame(-3, 4, -2, 2)
    xs = frame.left + (np.arange(112) + 0.5) * 7 / 112
    rows = xs[:, None]
    drawn = []
    for name in ("LinearRegressionOutput", "MAERegressionOutput", "LogisticRegressionOutput"):
        loss = with_options(getattr(mx, name), name="loss")
        flows = slopes(loss, rows, loss_label=np.ones_like(rows))[1][:, 0]
        drawn.append(titled(name, plot(frame, (xs, flows))))
    return grid(drawn, 3)
