"""Write docs/images/: networks as symnet draws them, and what operators do (`illustrations`).

With ``--check``, name the pictures that are stale instead, and fail.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import generated
import illustrations

import symnet as mx

__all__ = ["FOLDER", "NETWORKS", "files", "pictures"]

FOLDER = generated.ROOT / "docs" / "images"

Shapes = dict[str, tuple[int, ...]]


def perceptron() -> tuple[mx.SymbolicNode, Shapes]:
    """Return the documents' perceptron for MNIST."""
    network = mx.Variable("data")
    for number, units in enumerate((128, 64), start=1):
        network = mx.FullyConnected(network, name=f"fc{number}", num_hidden=units)
        network = mx.Activation(network, name=f"relu{number}", act_type="relu")
    network = mx.FullyConnected(network, name="fc3", num_hidden=10)
    return mx.SoftmaxOutput(network, name="softmax"), {"data": (100, 784)}


def lenet() -> tuple[mx.SymbolicNode, Shapes]:
    """Return the documents' LeNet for MNIST."""
    network = mx.Variable("data")
    for number, filters in enumerate((20, 50), start=1):
        network = mx.Convolution(network, name=f"conv{number}", kernel=(5, 5), num_filter=filters)
        network = mx.Activation(network, name=f"tanh{number}", act_type="tanh")
        network = mx.Pooling(
            network, name=f"pool{number}", pool_type="max", kernel=(2, 2), stride=(2, 2)
        )
    network = mx.Flatten(network, name="flatten")
    network = mx.FullyConnected(network, name="fc1", num_hidden=500)
    network = mx.Activation(network, name="tanh3", act_type="tanh")
    network = mx.FullyConnected(network, name="fc2", num_hidden=10)
    return mx.SoftmaxOutput(network, name="softmax"), {"data": (100, 1, 28, 28)}


# -- the LSTM of the tutorial, one layer ----------------------------------------------------------


class State(NamedTuple):
    """What one step of an LSTM hands to the next."""

    cell: mx.SymbolicNode
    hidden: mx.SymbolicNode


def lstm(steps: int = 2, hidden: int = 256, classes: int = 128) -> tuple[mx.SymbolicNode, Shapes]:
    """Return the documents' LSTM of one layer, unfolded over a few steps."""
    weights = {
        name: mx.Variable(f"ptb_{name}")
        for name in (
            "embed_weight",
            "pred_weight",
            "pred_bias",
            "l1_i2h_weight",
            "l1_i2h_bias",
            "l1_h2h_weight",
            "l1_h2h_bias",
        )
    }
    state = State(mx.Variable("ptb_l1_init_c"), mx.Variable("ptb_l1_init_h"))
    outputs = []
    for step in range(1, steps + 1):
        data = mx.FullyConnected(
            data=mx.Variable(f"ptb_data_{step}"),
            weight=weights["embed_weight"],
            no_bias=True,
            num_hidden=hidden,
            name=f"ptb_embed_{step}",
        )
        state = lstm_cell(data, state, weights, hidden, f"ptb_lstm_{step}")
        prediction = mx.FullyConnected(
            data=state.hidden,
            weight=weights["pred_weight"],
            bias=weights["pred_bias"],
            num_hidden=classes,
            name=f"ptb_pred_{step}",
        )
        label = mx.Variable(f"ptb_label_{step}")
        outputs.append(mx.SoftmaxOutput(data=prediction, label=label, name=f"ptb_softmax_{step}"))
    outputs.append(mx.BlockGrad(state.cell, name="ptb_l1_last_c"))
    outputs.append(mx.BlockGrad(state.hidden, name="ptb_l1_last_h"))
    shapes: Shapes = {f"ptb_data_{step}": (32, classes) for step in range(1, steps + 1)}
    shapes |= {"ptb_l1_init_c": (32, hidden), "ptb_l1_init_h": (32, hidden)}
    return mx.Group(*outputs), shapes


def lstm_cell(
    data: mx.SymbolicNode,
    before: State,
    weights: dict[str, mx.SymbolicNode],
    hidden: int,
    name: str,
) -> State:
    """Return the state after one step."""
    sums = [
        mx.FullyConnected(
            data=value,
            weight=weights[f"l1_{way}_weight"],
            bias=weights[f"l1_{way}_bias"],
            num_hidden=4 * hidden,
            name=f"{name}_{way}",
        )
        for way, value in (("i2h", data), ("h2h", before.hidden))
    ]
    gates = mx.SliceChannel(sums[0] + sums[1], num_outputs=4, name=f"{name}_gates")
    in_gate = mx.Activation(gates[0], act_type="sigmoid")
    transform = mx.Activation(gates[1], act_type="tanh")
    forget_gate = mx.Activation(gates[2], act_type="sigmoid")
    out_gate = mx.Activation(gates[3], act_type="sigmoid")
    cell = forget_gate * before.cell + in_gate * transform
    return State(cell, out_gate * mx.Activation(cell, act_type="tanh"))


# -- the small Inception-BN of the CIFAR example --------------------------------------------------


def convolved(data: mx.SymbolicNode, filters: int, size: int, stride: int = 1) -> mx.SymbolicNode:
    """Return data convolved, normalised and rectified."""
    kernel, pad = (size, size), (size // 2, size // 2)
    network = mx.Convolution(
        data, kernel=kernel, stride=(stride, stride), pad=pad, num_filter=filters
    )
    return mx.Activation(mx.BatchNorm(network), act_type="relu")


def widened(data: mx.SymbolicNode, ones: int, threes: int) -> mx.SymbolicNode:
    """Return two convolutions of the data side by side."""
    return mx.Concat(convolved(data, ones, 1), convolved(data, threes, 3))


def halved(data: mx.SymbolicNode, filters: int) -> mx.SymbolicNode:
    """Return a convolution and a pooling of the data side by side, at half its size."""
    pooled = mx.Pooling(data, kernel=(3, 3), stride=(2, 2), pool_type="max")
    return mx.Concat(convolved(data, filters, 3, stride=2), pooled)


def inception() -> tuple[mx.SymbolicNode, Shapes]:
    """Return the small Inception-BN of the CIFAR example."""
    network = convolved(mx.Variable("data"), 96, 3)
    for block in (
        (32, 32),
        (32, 48),
        80,
        (112, 48),
        (96, 64),
        (48, 96),
        96,
        (176, 160),
        (176, 160),
    ):
        network = widened(network, *block) if isinstance(block, tuple) else halved(network, block)
    network = mx.Pooling(network, kernel=(7, 7), pool_type="avg", name="global_pool")
    network = mx.FullyConnected(mx.Flatten(network, name="flatten1"), num_hidden=10, name="fc1")
    return mx.SoftmaxOutput(network, name="loss"), {"data": (128, 3, 28, 28)}


def residual(units: int = 30) -> tuple[mx.SymbolicNode, Shapes]:
    """Return a residual network of one stage."""
    network = mx.Convolution(
        mx.Variable("data"), kernel=(3, 3), pad=(1, 1), num_filter=16, name="conv0"
    )
    for unit in range(1, units + 1):
        before = network
        for half in (1, 2):
            prefix = f"stage1_unit{unit}_"
            network = mx.BatchNorm(network, name=f"{prefix}bn{half}")
            network = mx.Activation(network, act_type="relu", name=f"{prefix}relu{half}")
            network = mx.Convolution(
                network, kernel=(3, 3), pad=(1, 1), num_filter=16, name=f"{prefix}conv{half}"
            )
        network = network + before
    network = mx.FullyConnected(network, num_hidden=10, name="fc1")
    return mx.SoftmaxOutput(network, name="softmax"), {"data": (128, 3, 32, 32)}


def bottleneck(data: mx.SymbolicNode, filters: int, stride: int, name: str) -> mx.SymbolicNode:
    """Return a unit of ResNet-50 over data that a convolution may have to fit."""
    first = rectified(data, name, 1)
    inner = convolution(first, filters // 4, 1, f"{name}conv1")
    inner = convolution(rectified(inner, name, 2), filters // 4, 3, f"{name}conv2", stride)
    inner = convolution(rectified(inner, name, 3), filters, 1, f"{name}conv3")
    return inner + (convolution(first, filters, 1, f"{name}sc", stride) if stride else data)


def rectified(data: mx.SymbolicNode, name: str, number: int) -> mx.SymbolicNode:
    """Return data normalised and rectified."""
    network = mx.BatchNorm(data, name=f"{name}bn{number}")
    return mx.Activation(network, act_type="relu", name=f"{name}relu{number}")


def convolution(
    data: mx.SymbolicNode, filters: int, size: int, name: str, stride: int = 0
) -> mx.SymbolicNode:
    """Return data convolved, without a bias."""
    return mx.Convolution(
        data,
        kernel=(size, size),
        stride=(stride or 1, stride or 1),
        pad=(size // 2, size // 2),
        num_filter=filters,
        no_bias=True,
        name=name,
    )


def resnet() -> tuple[mx.SymbolicNode, Shapes]:
    """Return ResNet-50, He et al. 2016."""
    network = convolution(mx.Variable("data"), 64, 7, "conv0", 2)
    network = rectified(network, "", 0)
    network = mx.Pooling(
        network, kernel=(3, 3), stride=(2, 2), pad=(1, 1), pool_type="max", name="pool0"
    )
    for stage, units in enumerate((3, 4, 6, 3), start=1):
        for unit in range(1, units + 1):
            stride = 0 if unit > 1 else 1 if stage == 1 else 2
            network = bottleneck(network, 128 << stage, stride, f"stage{stage}_unit{unit}_")
    network = rectified(network, "", 1)
    network = mx.Pooling(network, kernel=(7, 7), global_pool=True, pool_type="avg", name="pool1")
    network = mx.FullyConnected(mx.Flatten(network, name="flat"), num_hidden=1000, name="fc1")
    return mx.SoftmaxOutput(network, name="softmax"), {"data": (32, 3, 224, 224)}


class Drawn(NamedTuple):
    """A network, the title above its picture, and where its data flows."""

    build: Callable[[], tuple[mx.SymbolicNode, Shapes]]
    title: str
    direction: Literal["up", "right"] = "up"


NETWORKS = {
    "perceptron": Drawn(perceptron, "Perceptron for MNIST"),
    "perceptron-right": Drawn(perceptron, "Perceptron for MNIST", "right"),
    "lenet": Drawn(lenet, "LeNet for MNIST"),
    "lstm": Drawn(lstm, "LSTM, 1 layer, 2 steps"),
    "lstm35": Drawn(lambda: lstm(steps=35), "LSTM, 1 layer, 35 steps"),
    "inception": Drawn(inception, "Small Inception-BN for CIFAR"),
    "unit": Drawn(lambda: residual(units=1), "One residual unit"),
    "resnet": Drawn(resnet, "ResNet-50"),
}


def pictures(names: Sequence[str] = tuple(NETWORKS)) -> dict[str, str]:
    """Return the text of every picture, by file name."""
    return {f"{name}.svg": picture(NETWORKS[name]) for name in names}


def picture(drawn: Drawn) -> str:
    """Return one picture; automatic names are numbered from 0 in each."""
    with mx.NameManager():
        network, shapes = drawn.build()
    return mx.to_svg(network, drawn.title, shapes, direction=drawn.direction)


def files() -> dict[Path, str]:
    """Return what every file of the folder holds."""
    networks = {FOLDER / name: text for name, text in pictures().items()}
    drawn = illustrations.PICTURES.items()
    return networks | {FOLDER / "operators" / name: picture.svg() for name, picture in drawn}


if __name__ == "__main__":
    generated.main(files(), FOLDER.rglob("*.svg"), f"python {sys.argv[0]}")
