"""What every public object says of itself: its class, and what it was made with or holds."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import symnet as mx

ROWS, LABELS = np.ones((4, 2)), np.array([0, 1, 0, 1])


def network() -> mx.SymbolicNode:
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=2, name="fc")
    return mx.SoftmaxOutput(net, name="softmax")


def trained() -> mx.FeedForward:
    model = mx.FeedForward(network())
    model.fit("sgd", ROWS, LABELS, n_epoch=2, verbose=0)
    return model


def provider() -> mx.ArrayDataProvider:
    return mx.ArrayDataProvider(ROWS, LABELS, batch_size=2)


class Rate(mx.AbstractLearningRateScheduler):
    def get_learning_rate(self, state: mx.OptimizationState) -> float:
        return 0.5


class Size(mx.AbstractInitializer):
    def __init__(self, size: float) -> None:
        self._size = size


class Descent(mx.AbstractOptimizer):
    def create_state(self, index: int, weight: mx.NDArray) -> None: ...
    def update(self, index: int, weight: mx.NDArray, grad: mx.NDArray, state: Any) -> None: ...


class Square(mx.CustomOp): ...


class SquareProp(mx.CustomOpProp): ...


class Source(mx.AbstractDataProvider):
    def provide_data(self) -> list[Any]:
        return [("data", (2, 3))]

    def provide_label(self) -> list[Any]:
        return []


class Seen(mx.AbstractEpochCallback):
    def __init__(self, path: str, often: int = 1) -> None:
        self.path, self.often = path, often

    def __call__(self, *arguments: Any) -> None: ...


def record_file(kind: Callable[..., Any], flag: str = "") -> Any:
    with mx.RecordWriter("memory://reprs.rec", index="memory://reprs.idx") as writer:
        writer.write(b"one")
    return kind("memory://reprs.rec", *([flag] if flag else []))


def matched() -> mx.Matched[Any]:
    found = []

    @mx.rewrite_rule(lambda data, act: act(data))
    def keep(data: mx.SymbolicNode, act: mx.Matched[mx.Activation]) -> mx.SymbolicNode | None:
        found.append(act)
        return None

    keep(mx.Activation(mx.Variable("x"), act_type="relu", name="act"))
    return found[0]


SAID: dict[str, tuple[Callable[[], Any], str]] = {
    "AttrScope": (lambda: mx.AttrScope(ctx_group="a"), "AttrScope(ctx_group='a')"),
    "NameManager": (mx.NameManager, "NameManager()"),
    "PrefixNameManager": (
        lambda: mx.PrefixNameManager("a_"),
        "PrefixNameManager(prefix='a_')",
    ),
    "SymbolicNode": (network, "SymbolicNode(softmax_output)"),
    "many outputs": (
        lambda: mx.Group(*(mx.Variable(f"v{n}") for n in range(9))),
        "SymbolicNode(v0, v1, v2, v3, … 5 more)",
    ),
    "NDArray": (lambda: mx.ones(2), "NDArray([1., 1.], float32, CPU0)"),
    "Executor": (
        lambda: mx.simple_bind(network(), data=(4, 2)),
        "Executor(softmax_output: 4 arguments, 1 output, 104 bytes, CPU0)",
    ),
    "FeedForward": (trained, "FeedForward(softmax_output: 2 parameters of 6 numbers, CPU0)"),
    "without weights": (
        lambda: mx.FeedForward(network(), [mx.cpu(0), mx.cpu(1)]),
        "FeedForward(softmax_output: without weights, CPU0, CPU1)",
    ),
    "Predictor": (
        lambda: trained().predictor(data=(4, 2)),
        "Predictor(softmax_output: data (4, 2), CPU0)",
    ),
    "ArrayDataProvider": (
        provider,
        "ArrayDataProvider(data (2, 2), softmax_label (2,), 2 batches)",
    ),
    "AbstractDataProvider": (Source, "Source(data (2, 3))"),
    "DataBatch": (
        lambda: next(iter(provider())),
        "DataBatch(data (2, 2), label (2,), 2 samples)",
    ),
    "AbstractDataProviderState": (
        lambda: iter(provider()),
        "pass 1 over ArrayDataProvider(data (2, 2), softmax_label (2,), 2 batches)",
    ),
    "RecordReader": (
        lambda: record_file(mx.RecordReader),
        "RecordReader('memory://reprs.rec', 1 records)",
    ),
    "RecordWriter": (
        lambda: mx.RecordWriter("memory://new.rec"),
        "RecordWriter('memory://new.rec', 0 records, open)",
    ),
    "MXRecordIO": (
        lambda: record_file(mx.MXRecordIO, "r"),
        "MXRecordIO('memory://reprs.rec', 'r', open)",
    ),
    "Accuracy": (mx.Accuracy, "Accuracy(accuracy=nan)"),
    "MultiMetric": (
        lambda: mx.MultiMetric([mx.MSE(), mx.MAE()]),
        "MultiMetric(MSE=nan, MAE=nan)",
    ),
    "EarlyStopping": (
        lambda: mx.EarlyStopping("accuracy", patience=2),
        "EarlyStopping(monitor='accuracy', patience=2)",
    ),
    "AbstractCallback": (lambda: Seen("a.log", 3), "Seen(path='a.log', often=3)"),
    "AbstractEpochCallback": (lambda: Seen("a.log"), "Seen(path='a.log')"),
    "every_n_epoch": (
        lambda: mx.every_n_epoch(provider, 3),
        "every_n_epoch(provider, 3)",
    ),
    "speedometer": (mx.speedometer, "every_n_batch(speedometer, 50)"),
    "EMA": (lambda: mx.EMA(0.9), "EMA(decay=0.9)"),
    "StopOnNaN": (mx.StopOnNaN, "StopOnNaN()"),
    "AbstractLearningRateScheduler": (Rate, "Rate()"),
    "LearningRate": (lambda: mx.LearningRate.Exp(0.1), "LearningRate.Exp(base_lr=0.1, gamma=0.9)"),
    "Momentum": (mx.Momentum.Null, "Momentum.Null()"),
    "AbstractInitializer": (lambda: Size(3), "Size(size=3)"),
    "AbstractOptimizer": (Descent, "Descent()"),
    "Updater": (
        lambda: mx.get_updater(mx.SGD(lr=0.5)),
        "Updater(SGD(lr=0.5, momentum=0.0, weight_decay=0.0001), states of 0 weights)",
    ),
    "CustomOp": (Square, "Square()"),
    "CustomOpProp": (SquareProp, "SquareProp()"),
    "Matched": (matched, "Matched('act', Activation(act_type='relu'))"),
    "History": (mx.History, "History of no epochs"),
    "AbstractModel": (mx.AbstractModel, "AbstractModel()"),
}


@pytest.mark.parametrize(("make", "said"), SAID.values(), ids=SAID)
def test_what_an_object_says(make: Callable[[], Any], said: str) -> None:
    assert repr(make()) == said


# -- those that are made of options ---------------------------------------------------------------

MADE_OF_OPTIONS: list[tuple[Callable[[], Any], str]] = [
    (mx.SGD, "SGD(lr=0.01, momentum=0.0, weight_decay=0.0001)"),
    (lambda: mx.ADAM(grad_clip=5), "ADAM(lr=0.001, weight_decay=1e-05, grad_clip=5.0)"),
    (
        lambda: mx.SGD(lr_scheduler="cosine"),
        "SGD(lr=0.01, momentum=0.0, weight_decay=0.0001, lr_scheduler='cosine')",
    ),
    (mx.UniformInitializer, "UniformInitializer(scale=0.07)"),
    (lambda: mx.NormalInitializer(sigma=0.1), "NormalInitializer(mu=0.0, sigma=0.1)"),
    (
        lambda: mx.XavierInitializer(magnitude=2),
        "XavierInitializer(distribution='uniform', regularization='avg', magnitude=2.0)",
    ),
    (mx.EMA, "EMA(decay=0.999)"),
    (lambda: mx.ReduceLROnPlateau(0.1), "ReduceLROnPlateau(lr=0.1)"),
    (
        lambda: mx.ReduceLROnPlateau(mx.LearningRate.Exp(0.1), monitor="loss"),
        "ReduceLROnPlateau(lr=LearningRate.Exp(base_lr=0.1, gamma=0.9), monitor='loss')",
    ),
    (
        lambda: mx.EarlyStopping("loss", min_delta=0.1, mode="min"),
        "EarlyStopping(monitor='loss', min_delta=0.1, mode='min')",
    ),
    (lambda: mx.do_checkpoint("a"), "do_checkpoint('a')"),
    (lambda: mx.do_checkpoint("a", frequency=2), "do_checkpoint('a', frequency=2)"),
    (lambda: mx.ModelCheckpoint("a", "loss"), "ModelCheckpoint(prefix='a', monitor='loss')"),
]


@pytest.mark.parametrize(("make", "said"), MADE_OF_OPTIONS)
def test_it_says_the_essentials_and_what_differs(make: Callable[[], Any], said: str) -> None:
    assert repr(make()) == said
    assert repr(eval(said, vars(mx))) == said  # true, if it is read as a call


# -- all public classes ----------------------------------------------------------------------------


def images(tmp_path: Path) -> mx.ImageRecordIter:
    path = str(tmp_path / "one.rec")
    with mx.RecordWriter(path) as writer:
        writer.write(mx.pack_img(mx.IRHeader(0, 1, 0, 0), np.zeros((8, 8, 3), np.uint8)))
    return mx.ImageRecordIter(path_imgrec=path, data_shape=(3, 8, 8), batch_size=1)


def rows(tmp_path: Path) -> mx.CSVIter:
    path = tmp_path / "rows.csv"
    path.write_text("1,2\n3,4\n")
    return mx.CSVIter(data_csv=str(path), data_shape=(2,), batch_size=2)


def loader() -> mx.TorchDataProvider:
    data = TensorDataset(torch.ones(4, 2), torch.zeros(4))
    return mx.TorchDataProvider(DataLoader(data, batch_size=2))


def curve() -> mx.LearningRateCurve:
    return mx.LearningRateCurve((0.1, 0.2), (1.0, 2.0))


MADE: dict[str, Callable[[Path], Any]] = {
    "CSVLogger": lambda folder: mx.CSVLogger(folder / "a.csv"),
    "JSONLines": lambda folder: mx.JSONLines(folder / "a.jsonl"),
    "TensorBoard": lambda folder: mx.TensorBoard(folder / "runs"),
    "ModelCheckpoint": lambda folder: mx.ModelCheckpoint(str(folder / "net")),
    "ImageRecordIter": images,
    "ImageRecordProvider": images,
    "CSVIter": rows,
    "CSVProvider": rows,
    "MXDataProvider": rows,
    "TorchDataProvider": lambda _: loader(),
    "MXIndexedRecordIO": lambda folder: mx.MXIndexedRecordIO(
        folder / "a.idx", folder / "a.rec", "w"
    ),
    "KVStore": lambda _: mx.KVStore(),
    "AbstractKVStore": lambda _: mx.KVStore(),
    "AbstractDataBatch": lambda _: next(iter(provider())),
    "AbstractStepCallback": lambda _: mx.StopOnNaN(),
    "AbstractBatchCallback": lambda _: mx.speedometer(),
    "AbstractAveraging": lambda _: mx.EMA(),
    "AbstractMomentumScheduler": lambda _: mx.Momentum.Fixed(0.9),
    "AbstractEvalMetric": lambda _: mx.Accuracy(),
    "CustomMetric": lambda _: mx.CustomMetric(lambda label, pred: 0.5),
    "MultiACE": lambda _: mx.MultiACE(3),
    "SWA": lambda _: mx.SWA(2),
    "NamedMetric": lambda _: mx.NamedMetric("error", mx.MSE()),
    "OutputMetrics": lambda _: mx.OutputMetrics(
        {"softmax_output": mx.Accuracy()}, ["softmax_output"]
    ),
    "Classifier": lambda _: mx.Classifier(8),
    "Regressor": lambda _: mx.Regressor(8),
    "ConstantInitializer": lambda _: mx.ConstantInitializer(1),
    "Context": lambda _: mx.cpu(),
    "OptimizationState": lambda _: mx.OptimizationState(8),
    "Summary": lambda _: mx.summary(network(), data=(2, 2)),
    "SummaryRow": lambda _: mx.summary(network(), data=(2, 2)).rows[0],
    "LearningRateCurve": lambda _: curve(),
    "ReduceLROnPlateau": lambda _: mx.ReduceLROnPlateau(0.1, monitor="loss"),
    "Monitor": lambda _: mx.Monitor(10),
}
LEFT_OUT = {
    "AbstractOptimizerOptions": "a record of options, as all optimizers have one",
    "DeviceMemory": "of a GPU",
    "IRHeader": "a tuple",
    "MonitorRecord": "a tuple",
    "MNISTIter": "needs files",
    "MNISTProvider": "needs files",
    "NDArrayOp": "says its class, as users' operators always did",
    "NumpyOp": "says its class, as users' operators always did",
    "Step": "holds executors",
    "StepwiseOptimizer": "the base of optimizers that are listed",
    "StopTraining": "an exception",
    "UpdateStep": "an array's part of a step",
    "WandB": "needs an account",
    "MLflow": "needs a server",
}


def classes() -> list[str]:
    found = {name: getattr(mx, name) for name in mx.__all__}
    return [
        name
        for name, kind in found.items()
        if inspect.isclass(kind) and not issubclass(kind, Exception) and name not in LEFT_OUT
    ]


@pytest.mark.parametrize("name", classes())
def test_every_public_class_has_a_repr_that_helps(name: str, tmp_path: Path) -> None:
    if name in SAID:
        made = SAID[name][0]()
    else:
        made = MADE[name](tmp_path) if name in MADE else getattr(mx, name)()
    said = repr(made)
    assert not re.search(r"object at 0x|^<", said), said
    assert len(said) < 700


# -- notebooks -------------------------------------------------------------------------------------


def well_formed(html: str) -> None:
    ElementTree.fromstring(f"<p>{html.replace('<wbr>', '')}</p>")


def test_what_notebooks_show() -> None:
    model = trained()
    html = model._repr_html_()
    assert html.count("<details>") == 3
    assert "<td>fc_weight</td><td>(2, 2)</td><td>4</td>" in html
    assert "training, 2 epochs" in html
    executor = mx.simple_bind(network(), data=(4, 2))
    row = "<td>fc_bias</td><td>argument</td><td>(2,)</td><td>float32</td><td>CPU0</td><td>write"
    assert row in executor._repr_html_()
    for each in (model, executor, network(), mx.FeedForward(network())):
        well_formed(each._repr_html_())


def test_names_are_escaped() -> None:
    model = mx.FeedForward(mx.Variable("<b>") * 2)
    assert "<b></b>" not in model._repr_html_().replace("<b>FeedForward", "")
    well_formed(model._repr_html_())
