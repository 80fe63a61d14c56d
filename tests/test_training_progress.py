"""How far a training is, on a terminal, in a notebook and in a log."""

import sys
from html import unescape
from io import StringIO
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from training_helpers import class_data, class_model

import symnet as mx
from symnet.core.notebook import cell_number, in_notebook
from symnet.training.loop import _progress


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What a notebook shows, in order: HTML and text; cell 7 runs."""
    found: list[tuple[str, str]] = []

    def display(content: dict[str, str], *, raw: bool, display_id: bool = False) -> Any:
        assert raw
        found.append((content["text/html"], content["text/plain"]))
        return SimpleNamespace(update=display)

    shell = SimpleNamespace(kernel=None, execution_count=7)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    monkeypatch.setattr(_progress, "_PAUSE", 0.0)
    monkeypatch.setattr(_progress, "_SHARE", 0)
    return found


def fitted(**options: Any) -> mx.FeedForward:
    data = class_data()
    model = class_model()
    model.fit(mx.SGD(lr=0.5), data, n_epoch=2, eval_data=data, **options)
    return model


# -- notebooks -------------------------------------------------------------------------------------


def test_what_a_notebook_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not in_notebook()
    terminal = SimpleNamespace(execution_count=3)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: terminal))
    assert not in_notebook()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert not in_notebook()
    assert cell_number() is None


@pytest.mark.parametrize("verbose", [True, 1])
def test_a_notebook_gets_one_table_that_fills(
    verbose: Any, shown: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    model = fitted(verbose=verbose)
    running = [html.split("</progress>")[1] for html, _ in shown if "<progress" in html]
    batches = class_data().count_batches()
    assert unescape(running[0]).startswith(f" epoch 1 of 2, training, 1 of {batches} batches, acc")
    assert any("epoch 1 of 2, validation, " in line for line in running)
    assert model.history is not None
    assert shown[-1] == (f"<div>{model.history.to_html()}</div>", repr(model.history))
    assert [html.count("<tr>") for html, _ in shown if "epoch 2 of 2" in html][-1] == 2
    assert capsys.readouterr() == ("", "")


def test_the_cell_does_not_show_the_table_again(shown: list[tuple[str, str]]) -> None:
    history = fitted().history
    assert history is not None
    assert history._repr_html_() == (
        "<div>History of 2 epochs; .plot() draws it, .to_dict() gives the numbers</div>"
    )
    sys.modules["IPython"].get_ipython().execution_count = 8
    assert history._repr_html_() == history.to_html()


def test_why_it_stopped_stands_below_the_table(shown: list[tuple[str, str]]) -> None:
    stop = mx.every_n_epoch(lambda *_: (_ for _ in ()).throw(mx.StopTraining("<enough>")), 1)
    fitted(callbacks=[stop])
    assert "Training stopped: &lt;enough&gt;" in shown[-1][0]
    assert "Training stopped: <enough>" in shown[-1][1]


@pytest.mark.parametrize("verbose", [0, 2])
def test_a_notebook_gets_no_table_where_none_was_asked_for(
    verbose: int, shown: list[tuple[str, str]]
) -> None:
    fitted(verbose=verbose)
    assert [html for html, _ in shown if "<table" in html] == []


# -- terminals and logs ----------------------------------------------------------------------------


class Terminal(StringIO):
    """Standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_with_metrics_and_totals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_progress, "_PAUSE", 0.0)
    monkeypatch.setattr(_progress, "_SHARE", 0)
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TQDM_MININTERVAL", "0")
    fitted(verbose=1)
    bars = terminal.getvalue().replace("\r", "\n").splitlines()
    batches = class_data().count_batches()
    assert any("Epoch 1/2 training" in bar and f"/{batches} " in bar for bar in bars)
    assert any("Epoch 2/2 validation" in bar for bar in bars)


def test_elsewhere_metrics_are_not_looked_at_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: object) -> None:
        raise AssertionError

    monkeypatch.setattr("symnet.training.loop.measures.Measures.so_far", fail)
    monkeypatch.setattr(sys, "stderr", log := StringIO())
    fitted(verbose=1)
    assert "batch" not in log.getvalue()


def test_looking_changes_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    mx.srand(3)
    expected = fitted(verbose=0)
    monkeypatch.setattr(_progress, "_PAUSE", 0.0)
    monkeypatch.setattr(_progress, "_SHARE", 0)
    monkeypatch.setattr(sys, "stderr", Terminal())
    mx.srand(3)
    found = fitted(verbose=1)
    for name in expected.history.names[1:]:
        if "second" not in name:
            assert found.history[name] == expected.history[name]
    for name, array in expected.arg_params.items():
        np.testing.assert_array_equal(found.arg_params[name].asnumpy(), array.asnumpy())
