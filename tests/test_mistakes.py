"""Mistakes that beginners make: each is told in words of ours, before anything is computed."""

import copy
import importlib
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import symnet as mx
from symnet.core.errors import shown
from symnet.core.hinted import MODULES_OF_MXNET

X, Y = np.random.default_rng(0).random((8, 4), np.float32), np.zeros(8)
v, a = mx.Variable("v"), mx.ones((2, 2))


def network() -> mx.SymbolicNode:
    hidden = mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc")
    return mx.SoftmaxOutput(hidden, name="softmax")


def data(x: Any = X, y: Any = Y, **options: Any) -> mx.ArrayDataProvider:
    return mx.ArrayDataProvider(x, y, **{"batch_size": 4, **options})


def model() -> mx.FeedForward:
    return mx.FeedForward(network())


def fit(provider: Any = None, optimizer: Any = None, **options: Any) -> mx.FeedForward:
    made = model()
    given = {"n_epoch": 1, "verbose": 0, **options}
    made.fit(optimizer or mx.SGD(lr=0.1), provider or data(), **given)
    return made


def compose_twice() -> mx.SymbolicNode:
    inner = mx.FullyConnected(v, num_hidden=2, name="same")
    return mx.FullyConnected(inner, num_hidden=3, name="same")


plateau = mx.ReduceLROnPlateau(mx.LearningRate.Fixed(0.1), monitor="validation_accuracy")

Mistake = tuple[Callable[[], object], type[Exception], str]

ARITHMETIC: dict[str, Mistake] = {
    f"{name} {sign}": (call, mx.ArgumentError, words)
    for sign in ("+", "-", "*", "/")
    for name, call, words in [
        (name, lambda left=left, right=right, sign=sign: OPERATIONS[sign](left, right), words)
        for name, left, right, words in [
            (
                "array numpy",
                a,
                np.ones((2, 2)),
                "NDArray . ndarray: the other .*; mx.array",
            ),
            (
                "numpy array",
                np.ones((2, 2)),
                a,
                "NDArray . ndarray: the other .*; mx.array",
            ),
            (
                "array list",
                a,
                [[1, 2], [3, 4]],
                "NDArray . list: the other .*; mx.array",
            ),
            (
                "list array",
                [[1, 2], [3, 4]],
                a,
                "NDArray . list: the other .*; mx.array",
            ),
            (
                "array tensor",
                a,
                torch.ones(2, 2),
                "NDArray . Tensor: the other .*; mx.array",
            ),
            (
                "tensor array",
                torch.ones(2, 2),
                a,
                "NDArray . Tensor: the other .*; mx.array",
            ),
            ("array text", a, "1", "NDArray . str: the other operand must"),
            ("array none", a, None, "NDArray . NoneType: the other operand must"),
            ("symbol array", v, a, "SymbolicNode . NDArray: .*; a symbol has no numbers yet: take"),
            ("array symbol", a, v, "NDArray . SymbolicNode: .*; a symbol has no numbers yet: take"),
            ("symbol numpy", v, np.ones(2), "SymbolicNode . ndarray: .*; a symbol has no numbers"),
            ("numpy symbol", np.ones(2), v, "SymbolicNode . ndarray: .*; a symbol has no numbers"),
            ("symbol text", v, "1", "SymbolicNode . str: the other operand must"),
            ("symbol none", v, None, "SymbolicNode . NoneType: the other operand must"),
        ]
    ]
}
OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
}


def in_place(other: object) -> Any:
    own: Any = mx.ones((2, 2))
    own += other
    return own


OPTIONS: dict[str, Mistake] = {
    "callbacks of a function": (
        lambda: fit(callbacks=print), mx.ArgumentError, "must be callbacks, got <built-in.*every_n",
    ),
    "a class of callbacks": (
        lambda: fit(callbacks=[mx.EarlyStopping]), mx.ArgumentError,
        r"got the class EarlyStopping; make one of the class: mx.EarlyStopping\(…\)",
    ),
    "initializer by name": (
        lambda: fit(initializer="xavier"), mx.ParameterError,
        r"must be an initializer, as mx.XavierInitializer\(\), got 'xavier'",
    ),
    "a class of initializers": (
        lambda: fit(initializer=mx.XavierInitializer), mx.ParameterError,
        r"must be an initializer, .*, got the class XavierInitializer",
    ),
    "validation data without labels": (
        lambda: fit(eval_data=mx.ArrayDataProvider(X, batch_size=4)), mx.ArgumentError,
        "eval_data provides no labels to measure with",
    ),
    "a forgotten label": (
        lambda: fit(mx.ArrayDataProvider(X, batch_size=4)), mx.ArgumentError,
        "^the training data gives no 'softmax_label', the label that the loss 'softmax' compares",
    ),
    "an optimizer of no name": (
        lambda: fit(optimizer="adamm"), mx.ArgumentError, "'adamm'; did you mean 'adam'?.*lr=0.1",
    ),
    "optimizer and data exchanged": (
        lambda: fit(mx.SGD(), data()), mx.ArgumentError, "the optimizer must be",
    ),
    "force_init in words": (
        lambda: fit(force_init="no"), mx.ParameterError, "force_init must be bool, got 'no'",
    ),
    "epochs as text": (lambda: fit(n_epoch="3"), mx.ParameterError, "n_epoch must be int, got '3'"),
    "an optimizer's class": (
        lambda: fit(optimizer=mx.SGD), mx.ArgumentError, r"make one of the class: mx.SGD\(\)",
    ),
    "a metric of no name": (
        lambda: fit(eval_metric="acuracy"), mx.ArgumentError,
        r"'acuracy'; did you mean 'accuracy'\? \(there are: accuracy, auc, .*as mx.Accuracy\(\)",
    ),
    "a metric's class": (lambda: fit(eval_metric=mx.Accuracy), mx.ArgumentError, "make one of it"),
    "a store of no type": (lambda: fit(kvstore="lokal"), mx.ParameterError, "did you mean 'local'"),
    "a rate by position": (
        lambda: mx.SGD(0.1), mx.ArgumentError, "SGD: options are given by keyword, got 0.1",
    ),
    "a rate's other name": (
        lambda: mx.SGD(learning_rate=0.1), mx.ParameterError, r"unknown .*'learning_rate'.*\blr\b",
    ),
    "a schedule that is a number": (
        lambda: mx.SGD(lr=0.1, lr_scheduler=0.1), mx.ParameterError, "lr_scheduler must be of type",
    ),
    "watching what is not measured": (
        lambda: fit(callbacks=[mx.EarlyStopping("f1")]), mx.ArgumentError,
        r"EarlyStopping watches 'f1', which the history will not have \(there are: accuracy,",
    ),
    "watching without validation": (
        lambda: fit(callbacks=plateau), mx.ArgumentError,
        "ReduceLROnPlateau watches 'validation_accuracy', which the history will not have",
    ),
    "a callback that is none": (
        lambda: mx.every_n_batch("print", 1), mx.ArgumentError, "must be a function, got 'print'",
    ),
    "every 0 batches": (lambda: mx.every_n_batch(print, 0), mx.ArgumentError, "n must be a whole"),
    "resume by number": (lambda: fit(resume=3), mx.ParameterError, "must be the prefix of check"),
}  # fmt: skip

NETWORKS: dict[str, Mistake] = {
    "a shape as text": (
        lambda: mx.infer_shape(network(), data="4,20"), mx.ShapeError,
        "variable 'data': a shape is a tuple of whole numbers, got '4,20'",
    ),
    "a shape as text at bind": (
        lambda: mx.simple_bind(network(), data="4,20"), mx.ShapeError, "a tuple of whole numbers",
    ),
    "an array for a shape": (
        lambda: mx.simple_bind(network(), data=X), mx.ShapeError, r"got ndarray of shape \(8, 4\)$",
    ),
    "fractions in a shape": (
        lambda: mx.infer_shape(network(), data=(4.0, 20)), mx.ShapeError, r"got \(4.0, 20\)",
    ),
    "a device's name": (
        lambda: mx.simple_bind(network(), "cpu", data=(2, 4)), mx.ArgumentError,
        r"a context is mx.cpu\(i\) or mx.gpu\(i\), got 'cpu'",
    ),
    "a device's name for arrays": (
        lambda: mx.bind(v * 2, "cpu", {"v": a}), mx.ArgumentError, "a context is",
    ),
    "a device's name for a model": (
        lambda: mx.FeedForward(network(), "gpu"), mx.ArgumentError, "context must be a Context",
    ),
    "no shape at all": (
        lambda: mx.simple_bind(network()), mx.MXError, "shape of data .* is not known",
    ),
    "two layers of a name": (
        lambda: mx.simple_bind(compose_twice(), v=(2, 2)), mx.ArgumentError,
        "several variables are called 'same_weight', of the layers 'same', 'same'; give each layer",
    ),
    "a layer of an array": (
        lambda: mx.FullyConnected(X, num_hidden=3), mx.ArgumentError,
        r"input 0 must be a symbol or an array, got ndarray of shape \(8, 4\)",
    ),
    "a layer called with an array": (
        lambda: mx.FullyConnected(num_hidden=3)(X), mx.ArgumentError,
        "an input must be a symbol, got ndarray of shape .*; bind takes numbers",
    ),
    "a group of a list": (
        lambda: mx.Group([v, v]), mx.ArgumentError, r"give them one by one, as mx.Group\(a, b\)",
    ),
    "a misspelt activation": (
        lambda: mx.Activation(v, act_type="rely"), mx.ParameterError, "must be one of 'relu'",
    ),
    "an array for a network": (
        lambda: mx.FeedForward(X), mx.ArgumentError, r"arch must be a symbol, got ndarray of shape",
    ),
    "a model for a network": (
        lambda: mx.to_graphviz(model()), mx.ArgumentError, "that of a FeedForward is its arch",
    ),
    "more than memory holds": (
        lambda: mx.FeedForward(mx.FullyConnected(v, num_hidden=10**18)).init_model(
            mx.UniformInitializer(), v=(1, 5)
        ),
        mx.DeviceError,
        r"no room for an array of shape \(1000000000000000000, 5\), float32: 20,000,000,",
    ),
    "an initializer by name": (
        lambda: model().init_model("xavier", data=(1, 4)), mx.ArgumentError,
        r"an initializer is wanted, as mx.XavierInitializer\(\), got 'xavier'",
    ),
}  # fmt: skip

PREDICTIONS: dict[str, Mistake] = {
    "before training": (lambda: model().predict(X), mx.MXError, "call fit or init_model, or load"),
    "of another width": (
        lambda: fit().predict(np.ones((2, 5))), mx.ShapeError,
        r"the data to predict, 'data' of shape \(2, 5\), is not shaped like the data that the "
        r"model was trained with: its parameter 'fc_weight' should have shape \(3, 5\)",
    ),
    "of a list": (lambda: fit().predict([[1, 2], [3]]), mx.DataError, "rows are not all alike"),
    "of text": (lambda: fit().predict("x.csv"), mx.DataError, "must be an array"),
}  # fmt: skip

OTHERS: dict[str, Mistake] = {
    "a seed as text": (lambda: mx.srand("a"), mx.ArgumentError, "srand: a seed is a whole .* 'a'"),
    "half a seed": (lambda: mx.srand(1.5), mx.ArgumentError, "srand: a seed is a whole .* got 1.5"),
    "a huge seed": (lambda: mx.srand(2**64), mx.ArgumentError, "srand: a seed is a whole number"),
    "no path to load": (lambda: mx.load(None), mx.ArgumentError, "a path is wanted, got None"),
    "no path to save": (lambda: mx.save(7, {"a": a}), mx.ArgumentError, "a path is wanted, got 7"),
    "no prefix": (lambda: mx.do_checkpoint(None), mx.ArgumentError, "a path is wanted, got None"),
    "adding in place": (lambda: in_place(np.ones((2, 2))), mx.ArgumentError, "NDArray .= ndarray"),
    "what is no array": (lambda: mx.save("x", 5), mx.ArgumentError, "can be saved, not 5"),
    "labels as text": (lambda: data(y=["a"] * 8), mx.DataError, "must hold real numbers"),
    "labels too few": (lambda: data(y=Y[:3]), mx.DataError, "3 samples, but data 'data' has 8"),
    "objects": (lambda: data(np.array([None] * 8)), mx.DataError, "real numbers, not object"),
}  # fmt: skip

MISTAKES = ARITHMETIC | OPTIONS | NETWORKS | PREDICTIONS | OTHERS


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told(name):
    call, error, words = MISTAKES[name]
    with pytest.raises(error, match=words) as caught:
        call()
    assert isinstance(caught.value, mx.MXError)
    assert len(str(caught.value)) < 700


# -- what is meant, and can be done ----------------------------------------------------------------


def test_one_callback_alone_and_none():
    seen: list[int] = []
    fit(callbacks=mx.every_n_batch(lambda state: seen.append(state.curr_batch), 1))
    assert seen == [1, 2]
    fit(callbacks=None)


def test_numpy_numbers_are_numbers():
    mx.srand(np.int64(3))
    assert mx.copy(a + np.float32(1)).tolist() == [[2, 2], [2, 2]]
    assert (np.float32(2) * v).list_arguments() == ["v"]


class Doubling:
    """A stranger that knows what to do with an array."""

    def __radd__(self, other: object) -> str:
        return "mine"


@pytest.mark.parametrize("value", [a, v])
def test_a_stranger_that_knows_us_is_asked(value):
    assert value + Doubling() == "mine"


# -- folders that cannot be written ----------------------------------------------------------------


@pytest.mark.parametrize("make", [mx.JSONLines, mx.do_checkpoint])
def test_what_cannot_be_written_is_told_before_training(make, tmp_path: Path):
    folder = tmp_path / "gone"
    folder.mkdir()
    callback = make(folder / "run")
    folder.rmdir()
    trained = model()
    words = f"{make.__name__}: cannot write .*gone.*: No such file or directory"
    with pytest.raises(mx.ArgumentError, match=words):
        trained.fit(mx.SGD(), data(), n_epoch=1, verbose=0, callbacks=[callback])
    assert len(trained.history or ()) == 0


# -- values in errors ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, "3"),
        (np.ones((2, 3)), "ndarray of shape (2, 3)"),
        (torch.ones(2), "Tensor of shape (2,)"),
        (a, "NDArray of shape (2, 2)"),
        ([np.ones(2), 3], "list of ndarray of shape (2,), 3"),
        (int, "the class int"),
        ("x" * 500, "'" + "x" * 199 + "…"),
    ],
)
def test_values_in_errors(value, words):
    assert shown(value) == words


@pytest.mark.parametrize(
    ("thing", "name", "said"),
    [
        (mx.ones(2), "sum", r"NDArray has no attribute 'sum'; mx.sum\(…\) is a function$"),
        (mx.Variable("x"), "T", r"SymbolicNode has no attribute 'T'; mx.transpose\(…\) is a fun"),
        (mx.ones(2), "numpy", r"no attribute 'numpy'; use .asnumpy\(\)$"),
        (mx.Variable("x"), "numpy", r"no attribute 'numpy'$"),
        (mx.ones(2), "_Plus", r"no attribute '_Plus'$"),
    ],
)
def test_attributes_of_other_libraries(thing: object, name: str, said: str) -> None:
    with pytest.raises(AttributeError, match=said) as caught:
        getattr(thing, name)
    assert (caught.value.name, caught.value.obj) == (name, thing)


def test_two_variables_of_one_name_are_told_as_that() -> None:
    """Not as several inputs, which a dict by name could not feed either."""
    halves = [mx.FullyConnected(mx.Variable("x"), num_hidden=2, name=name) for name in "ab"]
    model = mx.FeedForward(mx.SoftmaxOutput(halves[0] + halves[1], name="softmax"))
    with pytest.raises(mx.ArgumentError, match="several variables are called 'x'"):
        model.fit("sgd", np.ones((4, 2)), np.zeros(4), n_epoch=1)


# -- what other libraries call it ------------------------------------------------------------------

ELSEWHERE: list[tuple[Callable[[], Any], str]] = [
    (lambda: mx.Dense, "did you mean 'FullyConnected'"),
    (lambda: mx.Conv2d, "did you mean 'Convolution'"),
    (lambda: mx.Sequential, "did you mean 'chain'"),
    (lambda: mx.nd.array, "module of Python-MXNet.*import symnet.mxnet as mx"),
    (lambda: mx.FullyConnected(units=3), "did you mean 'num_hidden'"),
    (lambda: mx.Convolution(filters=3, kernel=(1, 1)), "did you mean 'num_filter'"),
    (lambda: mx.Dropout(rate=0.5), "did you mean 'p'"),
    (lambda: mx.SGD(0.1), r"given by keyword, got 0.1 alone; say SGD\(lr=0.1\)"),
    (lambda: mx.Variable("x").bind, r"use mx.bind\(network"),
    (lambda: mx.Variable("x").fit, r"use mx.FeedForward\(network\)"),
    (lambda: mx.ones(2).cuda, r"use .copy\(mx.gpu\(\)\)"),
    (lambda: mx.ones(2).permute, r"mx.transpose\(…\) is a function"),
    (lambda: mx.FeedForward(mx.Variable("x")).compile, r"options of fit"),
    (lambda: mx.FeedForward(mx.Variable("x")).summary, r"use mx.summary\(model.arch"),
    (lambda: mx.FeedForward(mx.Variable("x")).nothing, "has no attribute 'nothing'$"),
    (
        lambda: mx.Convolution(mx.Variable("x"), kernel=(3, 3), num_filter=2, name="c").infer_shape(
            x=(8, 28, 28, 1)
        ),
        r"channels come first here, as in \(8, 1, 28, 28\)",
    ),
]


@pytest.mark.parametrize(("mistake", "said"), ELSEWHERE)
def test_what_is_here_instead_is_told(mistake: Callable[[], Any], said: str) -> None:
    with pytest.raises((mx.MXError, AttributeError), match=said):
        mistake()


def test_a_model_is_pickled_and_copied_all_the_same() -> None:
    model = mx.FeedForward(mx.Variable("x") * 2)
    assert pickle.loads(pickle.dumps(model)).arch.list_outputs() == model.arch.list_outputs()
    assert copy.deepcopy(model).ctx == model.ctx
    assert not hasattr(model, "score")


def test_every_name_that_is_hinted_at_is_there() -> None:
    from symnet.model._other_names import OtherNames
    from symnet.operators import attribute_hints

    texts = [*OtherNames._instead.values(), *attribute_hints._OF_NETWORKS.values()]
    names = {name for text in texts for name in re.findall(r"mx\.(\w+)", text)}
    assert {name for name in names if not hasattr(mx, name)} == set()
    modules = importlib.import_module("symnet.mxnet")
    absent = {"gluon", "autograd", "np", "npx", "opt"}
    assert {name for name in MODULES_OF_MXNET if not hasattr(modules, name)} <= absent


# -- data that is no array -------------------------------------------------------------------------

SIX, NONE = np.ones((6, 2), np.float32), np.zeros(6)


class Sparse:
    def toarray(self) -> np.ndarray:
        return SIX


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (Sparse(), r"got Sparse, which is sparse; .toarray\(\) makes an array of it"),
        ({"data": Sparse()}, r"which is sparse; .toarray\(\)"),
        (((SIX[i], NONE[i]) for i in range(6)), "got generator; batches come from a data provider"),
        ([(SIX, NONE)], r"is a list of tuples of arrays, as of batches: np.concatenate"),
    ],
)
def test_data_that_is_no_array_is_told_how_to_become_one(data: object, said: str) -> None:
    model = mx.FeedForward(mx.SoftmaxOutput(mx.MLP(mx.Variable("data"), [2]), name="softmax"))
    with pytest.raises(mx.DataError, match=said):
        model.fit("sgd", data, NONE, n_epoch=1)
