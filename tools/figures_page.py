"""Write benchmarks/results/README.md, the page of all figures, and its picture.

Both are made of benchmarks/results/figures/, where scripts that `make bench` and `make gpu` run
keep their comparisons. With ``--check``, tell whether one is stale instead, and fail if so.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import log2
from typing import Any

import generated

__all__ = ["FIGURES", "PAGE", "PICTURE", "files"]

RESULTS = generated.ROOT / "benchmarks" / "results"
FIGURES = RESULTS / "figures"
PAGE = RESULTS / "README.md"
PICTURE = RESULTS / "figures.svg"
DRAWN = ("fit", "training", "prediction", "mnist_step", "char_lstm")
"""Scripts whose figures are in the picture: whole trainings, predictions and steps."""

_HEAD = """# All figures

Written by `python tools/figures_page.py` from what `make bench` measured; how each script measures,
and what was tried, stands in its own page beside this one. A ratio is the time of symnet over the
time of the peer, so that less than 1 is faster: the median over turns in one process, and the
quarters around it. **Bold** is slower than the peer. Figures of different lines come from different
hours of a machine whose speed drifts; only ratios within a line count.

![Ratios to peers](figures.svg)
"""
_NO_GPU = """
## GPU

`make gpu` runs the tests that need a GPU, and the scripts that take `--gpu`, and keeps their
figures in `figures/gpu/`. It has never been run: no GPU was at hand. Nothing on this page was
measured on one.
"""


@dataclass(frozen=True)
class Line:
    """One workload beside one peer."""

    script: str
    workload: str
    milliseconds: float
    peer: str
    ratio: float
    low: float
    high: float

    @property
    def cells(self) -> list[str]:
        """The cells of its row."""
        ratio = f"{self.ratio:.2f}"
        shown = f"**{ratio}**" if self.ratio > 1 else ratio
        spread = f"{self.low:.2f} to {self.high:.2f}"
        time = (
            f"{self.milliseconds:,.0f}" if self.milliseconds >= 100 else f"{self.milliseconds:.3g}"
        )
        return [self.workload, self.peer, time, shown, spread]


def files() -> dict[Any, str]:
    """Return what the page and the picture should hold, by path."""
    runs = {
        path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FIGURES.glob("*.json"))
    }
    gpu = sorted((FIGURES / "gpu").glob("*.json"))
    on_gpu = {path.stem: json.loads(path.read_text("utf-8")) for path in gpu}
    lines = {script: list(lines_of(script, run)) for script, run in runs.items()}
    drawn = [line for script in DRAWN for line in lines.get(script, [])]
    parts = [_HEAD, _slower([line for each in lines.values() for line in each])]
    parts += [_section(script, runs[script], own) for script, own in lines.items()]
    parts.append(_of_gpu(on_gpu) if on_gpu else _NO_GPU)
    return {PAGE: "".join(parts), PICTURE: picture(drawn)}


def lines_of(script: str, run: dict[str, Any]) -> Iterator[Line]:
    """Yield the lines of what a script kept."""
    for each in run["comparisons"]:
        for peer, ratios in each["over"].items():
            yield Line(script, each["workload"], each["milliseconds"], peer, *ratios)


def _slower(lines: Sequence[Line]) -> str:
    slower = [line for line in lines if line.ratio > 1]
    told = [f"- {line.workload}: {line.ratio:.2f} of {line.peer}" for line in slower]
    head = f"\nOf {len(lines)} comparisons, symnet is slower in {len(slower)}"
    return "\n".join([f"{head}{':' if told else '.'}\n", *told, ""]) if told else f"{head}.\n"


def _section(script: str, run: dict[str, Any], lines: Sequence[Line]) -> str:
    rows = ["| | peer | ms | ratio | quarters |", "| --- | --- | ---: | ---: | --- |"]
    rows += [f"| {' | '.join(line.cells)} |" for line in lines]
    threads = f"{run['threads']} thread{'s' if run['threads'] != 1 else ''}"
    about = (
        f"`{run['command']}`, on {run['date']}: {run['machine']}, torch {run['torch']}, {threads}."
    )
    page = RESULTS / f"{script}.md"
    more = f" See [{page.name}]({page.name})." if page.exists() else ""
    return "\n".join([f"\n## {script}\n", f"{about}{more}\n", *rows, ""])


def _of_gpu(runs: dict[str, Any]) -> str:
    sections = (_section(name, run, list(lines_of(name, run))) for name, run in runs.items())
    return "\n## GPU\n" + "".join(each.replace("\n## ", "\n### ") for each in sections)


# -- the picture -----------------------------------------------------------------------------------

_ROW, _LEFT, _WIDTH, _TOP, _SPAN = 18, 290, 760, 46, 2.5
"""Pixels, and how many doublings the axis shows to each side of 1."""
_STYLE = (
    "text{font:12px sans-serif;fill:#333}.p{fill:#777}.f{fill:#2a7f62}.s{fill:#c0392b}"
    "line{stroke:#ccc}.one{stroke:#333}"
)


def picture(lines: Sequence[Line]) -> str:
    """Return a picture of ratios: a line for each workload and peer, with a bar from 1."""
    height = _TOP + _ROW * max(len(lines), 1) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img">',
        f"<title>symnet's time over that of peers</title><style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="16">time of symnet / time of the peer (left of 1: faster)</text>',
    ]
    for power in range(-2, 3):
        x, name = _place(2.0**power), f"{2.0**power:g}"
        kind = ' class="one"' if power == 0 else ""
        parts.append(f'<line x1="{x}" y1="{_TOP - 8}" x2="{x}" y2="{height - 8}"{kind}/>')
        parts.append(f'<text x="{x}" y="{_TOP - 12}" text-anchor="middle">{name}</text>')
    before = ""
    for number, line in enumerate(lines):
        y = _TOP + _ROW * number
        if line.workload != before:
            parts.append(f'<text x="4" y="{y + 12}">{escape(line.workload)}</text>')
            before = line.workload
        start, end = sorted((_place(1), _place(line.ratio)))
        kind = "s" if line.ratio > 1 else "f"
        width = max(end - start, 1)
        parts.append(
            f'<rect x="{start}" y="{y + 3}" width="{width:g}" height="{_ROW - 6}" class="{kind}"/>'
        )
        text = f"{line.ratio:.2f} of {line.peer}"
        parts.append(f'<text x="{_WIDTH - 4}" y="{y + 12}" text-anchor="end">{escape(text)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _place(ratio: float) -> float:
    """Return where a ratio stands, on a scale of doublings."""
    middle = _LEFT + (_WIDTH - _LEFT - 190) / 2
    step = (_WIDTH - _LEFT - 190) / 2 / _SPAN
    return round(middle + step * max(-_SPAN, min(_SPAN, log2(ratio))), 1)


if __name__ == "__main__":
    generated.main(files(), [], "make figures")
