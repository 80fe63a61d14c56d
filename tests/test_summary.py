"""The table of layers: its numbers against hand-computed ones and torch.nn, and its words."""

import json
from html.parser import HTMLParser

import pytest
import torch
from tool_modules import tool

import symnet as mx

pictures = tool("pictures")


def row(table: mx.Summary, name: str) -> mx.SummaryRow:
    (found,) = [each for each in table.rows if each.name == name]
    return found


# -- numbers ---------------------------------------------------------------------------------------


def test_lenet_by_hand_and_by_torch() -> None:
    network, shapes = pictures.lenet()
    table = mx.summary(network, **shapes)
    peer = torch.nn.Sequential(
        torch.nn.Conv2d(1, 20, 5),
        torch.nn.Conv2d(20, 50, 5),
        torch.nn.Linear(800, 500),
        torch.nn.Linear(500, 10),
    )
    assert table.parameters == sum(parameter.numel() for parameter in peer.parameters())
    assert table.parameter_bytes == 4 * table.parameters
    assert table.states == 0
    assert row(table, "conv1").multiply_adds == 100 * (24 * 24 * 20) * (5 * 5 * 1)
    assert row(table, "conv2").multiply_adds == 100 * (8 * 8 * 50) * (5 * 5 * 20)
    assert row(table, "fc1").multiply_adds == 100 * 800 * 500
    assert table.multiply_adds == 100 * (288_000 + 1_600_000 + 400_000 + 5_000)
    assert row(table, "pool1").shapes == ((100, 20, 12, 12),)
    assert row(table, "pool1").activation_bytes == 4 * 100 * 20 * 12 * 12
    assert table.inputs == {"data": (100, 1, 28, 28), "softmax_label": (100,)}


def test_states_are_counted_apart() -> None:
    network, shapes = pictures.inception()
    table = mx.summary(network, **shapes)
    batch_norm = torch.nn.BatchNorm2d(96)
    first = row(table, next(each.name for each in table.rows if each.operator == "BatchNorm"))
    assert first.parameters == sum(p.numel() for p in batch_norm.parameters())
    assert first.states == batch_norm.running_mean.numel() + batch_norm.running_var.numel()
    bound = mx.simple_bind(network, **{name: (1, *shape[1:]) for name, shape in shapes.items()})
    assert table.states == sum(len(a.asnumpy().ravel()) for a in bound.aux_dict.values())


def test_shared_weights_count_once() -> None:
    network, shapes = pictures.lstm(steps=3)
    table = mx.summary(network, **shapes)
    cell = torch.nn.LSTMCell(256, 256)
    around = [torch.nn.Linear(128, 256, bias=False), torch.nn.Linear(256, 128)]
    wanted = sum(p.numel() for module in (cell, *around) for p in module.parameters())
    assert table.parameters == wanted
    assert row(table, "ptb_lstm_2_i2h").parameters == 0
    network, shapes = pictures.lstm(steps=1)
    once = mx.summary(network, **shapes)
    assert table.multiply_adds == 3 * once.multiply_adds
    assert row(table, "ptb_lstm_1_gates").shapes == ((32, 256),) * 4


WORK = {
    # Each: the network, its shapes, and the multiply-adds worked out by hand.
    "grouped convolution": (
        lambda x: mx.Convolution(x, kernel=(3, 3), num_filter=8, num_group=2, pad=(1, 1)),
        {"x": (2, 4, 5, 5)},
        2 * 8 * 25 * (2 * 9),
    ),
    "deconvolution": (
        lambda x: mx.Deconvolution(x, kernel=(2, 2), stride=(2, 2), num_filter=6),
        {"x": (2, 3, 4, 4)},
        2 * 3 * 16 * (6 * 4),
    ),
    "bilinear": (
        lambda x: mx.UpSampling(
            x, mx.Variable("w"), scale=2, sample_type="bilinear", num_filter=3, num_args=2
        ),
        {"x": (1, 3, 4, 4)},
        3 * 16 * 16,
    ),
    "nearest": (lambda x: mx.UpSampling(x, scale=2, sample_type="nearest"), {"x": (1, 3, 4, 4)}, 0),
    "dot": (lambda x: mx.dot(x, mx.Variable("y")), {"x": (2, 3), "y": (3, 5)}, 2 * 3 * 5),
    "inner product": (lambda x: mx.dot(x, mx.Variable("y")), {"x": (7,), "y": (7,)}, 7),
    "embedding": (
        lambda x: mx.Embedding(x, input_dim=9, output_dim=4),
        {"x": (2, 3)},
        0,
    ),
    "flattening": (lambda x: mx.FullyConnected(x, num_hidden=5), {"x": (2, 3, 4)}, 2 * 12 * 5),
}


@pytest.mark.parametrize("case", WORK)
def test_multiply_adds(case: str) -> None:
    build, shapes, wanted = WORK[case]
    assert mx.summary(build(mx.Variable("x")), **shapes).multiply_adds == wanted


def test_bytes_follow_the_element_type() -> None:
    network = mx.Cast(mx.Variable("data"), dtype="float64", name="wide")
    assert row(mx.summary(network, data=(3, 5)), "wide").activation_bytes == 8 * 15


# -- words -----------------------------------------------------------------------------------------


def test_table() -> None:
    network = mx.FullyConnected(mx.Variable("data"), num_hidden=10, name="fc")
    text = str(mx.summary(network, data=(100, 784)))
    assert text.splitlines()[2] == (
        "fc    FullyConnected  (100, 10)       7,850       0        784,000  4,000"
    )
    assert repr(mx.summary(network, data=(100, 784))) == text
    assert "parameters: 7,850\nbytes of parameters: 31,400\n" in text


def test_without_shapes_it_says_what_to_give() -> None:
    network, _ = pictures.perceptron()
    table = mx.summary(network)
    assert [each.shapes for each in table.rows] == [(None,)] * 6
    assert (table.parameters, row(table, "relu1").parameters) == (None, 0)
    assert str(table).endswith("give them: mx.summary(network, data=(…))")
    assert "parameters: ?\n" in str(table)


def test_shapes_of_attributes_are_enough() -> None:
    data = mx.Variable("data", shape=(2, 3))
    table = mx.summary(mx.FullyConnected(data, num_hidden=4, name="fc"))
    assert (table.parameters, table.missing) == (16, ())
    assert "?" not in str(table)


def test_wrong_shapes_are_told() -> None:
    network, _ = pictures.perceptron()
    with pytest.raises(mx.ArgumentError, match=r"summary: no argument 'date'; did you mean 'data'"):
        mx.summary(network, date=(1, 2))
    with pytest.raises(mx.MXError, match=r"FullyConnected 'fc1': the shape of data .* not known"):
        mx.summary(network, softmax_label=(4,))
    with pytest.raises(mx.ShapeError, match="FullyConnected 'fc1': weight should have shape"):
        mx.summary(network, data=(1, 2), fc1_weight=(5, 5))
    with pytest.raises(mx.ArgumentError, match="that of a FeedForward is its arch"):
        mx.summary(mx.FeedForward(network))


def test_dict_is_plain() -> None:
    network, shapes = pictures.perceptron()
    table = mx.summary(network, **shapes)
    plain = json.loads(json.dumps(table.to_dict()))
    assert plain["parameters"] == table.parameters
    assert plain["rows"][0]["shapes"] == [[100, 128]]
    assert sum(each["activation_bytes"] for each in plain["rows"]) == plain["activation_bytes"]


def test_html_is_escaped_and_holds_every_row() -> None:
    class Cells(HTMLParser):
        """Collects the text of the cells, and the tags."""

        def __init__(self) -> None:
            super().__init__()
            self.tags: list[str] = []
            self.text: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.tags.append(tag)

        def handle_data(self, data: str) -> None:
            self.text.append(data)

    network = mx.exp(mx.Variable("data"), name="<script>alert(1)</script>")
    cells = Cells()
    cells.feed(mx.summary(network, data=(2, 3))._repr_html_())
    assert "script" not in cells.tags
    assert "<script>alert(1)</script>" in cells.text
    assert cells.tags.count("td") == 7 + 1
