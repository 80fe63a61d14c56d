"""The reference pages: they are current, complete, and their examples run."""

import doctest
import inspect
import re
from collections import Counter
from pathlib import Path

import pytest
import torch
from tool_modules import tool
from torch import Tensor

import symnet as mx
from symnet.operators import documentation as reference
from symnet.operators import functions
from symnet.operators.contract import Input, Operator, State, param
from symnet.operators.dispatch import operator_function

pages = tool("reference")
generated = tool("generated")

PUBLIC = {public.cls.__name__: public for public in pages.operators()}
SECTION = re.compile(r"^## (.*?)\n\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
SESSION = re.compile(r"```pycon\n(.*?)```", re.DOTALL)

every_page = pytest.mark.parametrize("name", PUBLIC)


def sections(name: str) -> dict[str, str]:
    text = (pages.FOLDER / f"{name}.md").read_text(encoding="utf-8")
    return {title: body.strip() for title, body in SECTION.findall(text)}


def test_pages_are_current():
    files = {pages.FOLDER / name: text for name, text in pages.pages().items()}
    stale = generated.stale(files, pages.FOLDER.glob("*"))
    assert not stale, f"run `make pages`: {[path.name for path in stale]}"


def test_stale_files_are_found(tmp_path: Path):
    paths = [tmp_path / name for name in ("same", "other", "absent", "gone")]
    same, other, absent, gone = paths
    for path in (same, other, gone):
        path.write_text("text")
    wanted = {same: "text", other: "new text", absent: "text"}
    assert generated.stale(wanted, tmp_path.glob("*")) == [other, absent, gone]


def test_index_leads_to_every_function():
    index = (pages.FOLDER / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((.*?)\)", index)
    assert {path.name for path in pages.FOLDER.glob("*")} == {"README.md", *links}
    rows = re.findall(r"^\| (\[.*?) \|", index, re.MULTILINE)
    named = Counter(name for row in rows for name in re.findall(r"\w+(?=\]|,|$)", row))
    assert named == Counter(functions.__all__)


@every_page
def test_example_runs(name: str):
    found = SESSION.findall((pages.FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    assert len(found) == 1, "its class docstring needs an example, in paragraphs that begin >>>"
    session = doctest.DocTestParser().get_doctest(found[0], {}, name, f"{name}.md", 0)
    names = (name, *PUBLIC[name].cls.aliases)  # an internal operator is public by an alias
    assert any(f"mx.{each}(" in part.source for part in session.examples for each in names)
    assert any(part.want for part in session.examples)
    said: list[str] = []
    failed, _ = doctest.DocTestRunner(verbose=False).run(session, out=said.append)
    assert not failed, "".join(said)


@every_page
def test_page_tells_all_inputs_parameters_and_shapes(name: str):
    cls, told = PUBLIC[name].cls, sections(name)
    for title, names in (
        ("Inputs", cls.inputs),
        ("Auxiliary states", cls.states),
        ("Parameters", cls.params),
        ("Gradient", cls.inputs),
    ):
        rows = re.findall(r"^\| `(.*?)` \|", told.get(title, ""), re.MULTILINE)
        assert rows == list(names), title
    assert re.search(r"^\| output \| `.*` \| \(.*\) \|$", told["Shapes"], re.MULTILINE)
    assert all(f"`{alias}`" in told["Names"] for alias in (name, *cls.aliases))


@every_page
def test_help_shows_the_same(name: str):
    text = inspect.getdoc(PUBLIC[name].function)
    cls = PUBLIC[name].cls
    assert text.startswith(reference.description(cls))
    assert text.endswith(reference.example(cls))
    assert all(f"    {key}: {said}" in text for key, said in reference.inputs(cls).items())
    assert all(f"    {key}: {said}" in text for key, said in reference.gradients(cls).items())


def test_words_of_a_page():
    told = sections("Convolution")
    assert "| `kernel` | tuple of int | required | >= 1 | Size of the filters" in told["Parameters"]
    assert "| int | required | >= 1, <= 100000 | Number of filters" in told["Parameters"]
    assert "| `no_bias` | bool | False |  | Leave the bias out. |" in told["Parameters"]
    assert "| input | `weight` | (20, 1, 5, 5) |" in told["Shapes"]
    assert "| output | `output` | (100, 20, 24, 24) |" in told["Shapes"]
    assert "mean 'valid'. |" in sections("Pooling")["Parameters"]
    assert "A loss: needs no head gradient." in sections("SoftmaxOutput")["Gradient"]
    assert "| `label` | None flows into it. |" in sections("SoftmaxOutput")["Gradient"]
    assert "A loss" not in told["Gradient"]


# -- what a class says, in words -------------------------------------------------------------------


class Sample(Operator, registered=False):
    """Draw a sample.

    From the data.

    >>> import symnet as mx

    >>> mx.cpu()
    CPU0
    """

    data = Input("Where from.", also="src")
    index = Input("Which.", takes_gradient=False, any_dtype=True)
    scale = Input("How large.", when=lambda op: op.scaled)
    count = State("How many so far.")
    rate: float = param("How fast.", default=0.5, min=0, max=1)
    scaled: bool = param("Whether scaled.", default=False, mxnet_default=True)

    def forward(self, data: Tensor, index: Tensor) -> Tensor:
        return torch.take(data, index.long())


def test_a_class_in_words():
    assert reference.description(Sample) == "Draw a sample.\n\nFrom the data."
    assert reference.example(Sample) == ">>> import symnet as mx\n\n>>> mx.cpu()\nCPU0"
    assert reference.gradients(Sample) == {
        "data": "Derived from forward.",
        "index": "None flows into it.",
        "scale": "Derived from forward.",
    }
    assert reference.kind_of_loss(Sample) == ""


def test_help_of_a_class():
    text = operator_function(Sample).__doc__
    for line in (
        "data: Where from. As a keyword also src.",
        "index: Which. Of any element type.",
        "scale: How large. Some parameters leave it out.",
        "rate: How fast. (float, >= 0, <= 1, default 0.5)",
        "scaled: Whether scaled. Files of Apache MXNet that leave it out mean True. "
        "(bool, default False)",
        "count: How many so far.",
    ):
        assert f"    {line}\n" in text
    assert "Auxiliary states:\n    count: How many so far.\n" in text


def test_a_barrier_in_words():
    class Barrier(Operator, registered=False):
        data = Input("Input.", takes_gradient=False)

        def forward(self, data: Tensor) -> Tensor:
            return data

    assert reference.kind_of_loss(Barrier) == "A barrier: no gradient passes it."
    assert reference.kind_of_loss(mx.SoftmaxOutput.operator) == "A loss: needs no head gradient."
