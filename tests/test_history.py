"""The history of a training, as it is returned, shown, drawn and written down."""

import json
import logging
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_helpers import Watched, class_data, class_model, line_data, line_model

import symnet as mx

ROWS = [
    {"epoch": 1, "MSE": 2.0, "learning_rate": 0.1, "samples_per_second": 1234.56, "seconds": 0.5},
    {"epoch": 2, "MSE": 0.25, "learning_rate": 0.05, "samples_per_second": 10.0, "seconds": 20.0},
]


def test_what_a_fit_returns() -> None:
    """The metrics as the log has them, and the learning rate of each epoch."""
    model, evaluation = line_model(), line_data(2)
    rates = mx.LearningRate.Exp(0.2, gamma=0.5)
    optimizer = mx.SGD(lr_scheduler=rates, weight_decay=0)
    history = model.fit(
        optimizer, line_data(), n_epoch=2, eval_data=evaluation, eval_metric=mx.MSE()
    )
    assert history is model.history
    assert history.names == [
        "epoch",
        "MSE",
        "loss",
        "learning_rate",
        "samples_per_second",
        "seconds",
        "validation_MSE",
        "validation_loss",
    ]
    assert history["epoch"] == [1, 2]
    assert history["learning_rate"] == [0.1, 0.05]
    # the first epoch is that of a rate of 0.1, worked out by hand in test_training.py
    assert history["MSE"][0] == pytest.approx(10.72265625)
    # validation comes after the epoch's updates: (2 - 2.28125)² · (1 + 4) / 2
    assert history["validation_MSE"][0] == pytest.approx((2 - 2.28125) ** 2 * 2.5, rel=1e-5)
    assert history.stopped is None
    for row in history:
        assert row["samples_per_second"] == pytest.approx(4 / row["seconds"])
    assert history[-1]["epoch"] == history[1]["epoch"] == 2
    assert [row["epoch"] for row in history[:1]] == [1]


def test_an_optimizer_without_a_rate_has_no_column() -> None:
    history = line_model().fit(Watched(lr=0.1), line_data(), n_epoch=1, eval_metric=mx.MSE())
    assert "learning_rate" not in history.names


def test_callbacks_see_the_epoch_and_its_validation() -> None:
    seen: list[tuple[int, float]] = []

    def look(model: mx.FeedForward, state: mx.OptimizationState, metric: Any) -> None:
        assert model.history is not None
        seen.append((len(model.history), model.history["validation_accuracy"][-1]))
        assert model.history["accuracy"][-1] == dict(metric)["accuracy"]

    data = class_data()
    callback = mx.every_n_epoch(look, 1)
    history = class_model().fit(
        mx.SGD(lr=0.5), data, n_epoch=3, eval_data=data, callbacks=[callback]
    )
    assert seen == list(enumerate(history["validation_accuracy"], start=1))


def test_metrics_are_measured_over_whole_epochs_whatever_callbacks_do() -> None:
    """A speedometer neither reads nor resets them."""
    plain, watched = class_model(), class_model()
    expected = plain.fit(mx.SGD(lr=0.5), class_data(), n_epoch=2)
    found = watched.fit(
        mx.SGD(lr=0.5), class_data(), n_epoch=2, callbacks=[mx.speedometer(1), mx.speedometer(3)]
    )
    assert found["accuracy"] == expected["accuracy"]


# -- looks -----------------------------------------------------------------------------------------


def test_a_table_of_text() -> None:
    assert repr(mx.History(ROWS)) == (
        "epoch     MSE  learning_rate  samples_per_second  seconds\n"
        "    1  2.0000            0.1              1234.6     0.50\n"
        "    2  0.2500           0.05                10.0    20.00"
    )
    assert repr(mx.History()) == "History of no epochs"


def test_a_table_of_html() -> None:
    html = mx.History([{"epoch": 1, "<b>": 0.5}, {"epoch": 2}])._repr_html_()
    assert html == (
        '<div style="overflow-x:auto">'
        "<table><thead><tr><th>epoch</th><th>&lt;b&gt;</th></tr></thead><tbody>"
        "<tr><td>1</td><td>0.5000</td></tr><tr><td>2</td><td></td></tr></tbody></table></div>"
    )


def test_validation_stands_beside_training() -> None:
    row = {"epoch": 1, "a": 0.5, "loss": 2.0, "seconds": 1.0, "validation_a": 0.25}
    history = mx.History([{**row, "validation_loss": 3.0}])
    assert repr(history).split("\n")[0].split() == [
        *("epoch", "a", "validation_a", "loss", "validation_loss", "seconds")
    ]
    assert history._repr_html_().index("validation_<wbr>a<") < history._repr_html_().index(">loss")


def test_columns() -> None:
    history = mx.History([{"epoch": 1, "a": 1.0}, {"epoch": 2, "b": 2.0}])
    np.testing.assert_equal(
        history.to_dict(), {"epoch": [1, 2], "a": [1.0, np.nan], "b": [np.nan, 2.0]}
    )
    with pytest.raises(
        mx.ArgumentError, match=r"the history has no 'bb'; did you mean 'b'\? \(there are: epoch"
    ):
        history["bb"]
    with pytest.raises(mx.ArgumentError, match=r"\(there are: none\)"):
        mx.History()["a"]
    with pytest.raises(IndexError):
        history[2]


def test_curves() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    axes = mx.History(ROWS).plot()
    (line,) = axes.get_lines()
    assert line.get_label() == "MSE"
    np.testing.assert_array_equal(line.get_xydata(), [[1, 2.0], [2, 0.25]])
    assert mx.History(ROWS).plot("seconds", "learning_rate", axes=axes) is axes
    assert [each.get_label() for each in axes.get_lines()] == ["MSE", "seconds", "learning_rate"]
    axes.figure.clear()


def test_each_kind_of_metric_has_its_axes() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    rows = [
        {"epoch": 1, "accuracy": 0.5, "loss": 1.5, "MSE": 30.0, "seconds": 1.0},
        {"epoch": 2, "accuracy": 0.8, "loss": 0.5, "MSE": 20.0, "seconds": 1.0},
    ]
    rows = [
        row | {"AUC": 0.9} | {f"validation_{n}": row[n] for n in ("accuracy", "loss")}
        for row in rows
    ]
    panels = mx.History(rows).plot()
    assert [[line.get_label() for line in axes.get_lines()] for axes in panels] == [
        ["accuracy", "validation_accuracy", "AUC"],
        ["loss", "validation_loss"],
        ["MSE"],
    ]
    told = [text.get_text() for text in panels[1].get_legend().get_texts()]
    assert told == ["training", "validation"]
    assert [axes.get_title() for axes in panels] == ["accuracy, AUC", "loss", "MSE"]
    training, validation, _ = panels[0].get_lines()
    assert training.get_color() == validation.get_color()
    assert training.get_linestyle() != validation.get_linestyle()
    panels[0].figure.canvas.draw()
    assert all(float(tick).is_integer() for tick in panels[0].get_xticks())
    assert panels._ipython_display_() is None
    panels[0].figure.clear()


@pytest.mark.parametrize(
    ("module", "use", "package"),
    [
        ("matplotlib", lambda: mx.History(ROWS).plot(), "matplotlib"),
        ("torch.utils.tensorboard", lambda: mx.TensorBoard("runs"), "tensorboard"),
    ],
)
def test_a_missing_package_is_named(
    module: str, use: Any, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(mx.ArgumentError, match=f"needs {package}, .*: pip install {package}$"):
        use()


# -- what is said ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verbose", "level"), [(False, 0), (0, 0), (1, 1), (2, 2), (True, 2)], ids=str
)
def test_how_much_is_said(verbose: Any, level: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="symnet")
    data = class_data()
    class_model().fit(mx.SGD(lr=0.5), data, n_epoch=2, eval_data=data, verbose=verbose)
    first = [message.split()[0] for message in caplog.messages]
    if level == 2:
        assert first.count("Start") == 2
        assert first.count("accuracy") == 4
    else:
        assert first == ["Epoch"] * 2 * level
    for message in caplog.messages if level == 1 else ():
        assert message.startswith("Epoch 00")
        for part in (" accuracy 0.", ", validation_accuracy ", ", lr 0.5, ", " samples/s, "):
            assert part in message


def test_a_learning_rate_that_changes_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="symnet")
    optimizer = mx.SGD(lr_scheduler=mx.LearningRate.Exp(0.2, gamma=0.5))
    line_model().fit(optimizer, line_data(), n_epoch=3, eval_metric=mx.MSE())
    assert [m for m in caplog.messages if "learning" in m] == [
        "     learning rate = 0.05",
        "     learning rate = 0.025",
    ]


@pytest.mark.parametrize("verbose", [3, -1, "yes", None])
def test_verbose_is_one_of_three(verbose: Any) -> None:
    with pytest.raises(mx.ParameterError, match=r"verbose must be 0 .* 1 .* or 2 .* got"):
        line_model().fit(mx.SGD(), line_data(), verbose=verbose)


# -- elsewhere -------------------------------------------------------------------------------------


def test_lines_of_json(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    for _ in range(2):
        history = class_model().fit(
            mx.SGD(), class_data(), n_epoch=2, callbacks=[mx.JSONLines(path)]
        )
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["epoch"] for row in rows] == [1, 2, 1, 2]
    assert rows[2:] == list(history)


@pytest.mark.filterwarnings("default")  # of tensorboard's own dependencies
@pytest.mark.long
def test_tensorboard_reads_what_is_written(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    data = class_data()
    history = class_model().fit(
        mx.SGD(lr=0.5), data, n_epoch=2, eval_data=data, callbacks=[mx.TensorBoard(tmp_path)]
    )
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    for chart, column in {
        "accuracy/training": "accuracy",
        "accuracy/validation": "validation_accuracy",
        "learning_rate": "learning_rate",
    }.items():
        found = [(event.step, event.value) for event in events.Scalars(chart)]
        assert found == [
            (epoch, pytest.approx(value))
            for epoch, value in zip(history["epoch"], history[column], strict=True)
        ]
