"""What users give that is none of what is wanted: an error of symnet's, before anything runs."""

import os

import numpy as np
import pytest
import torch

import symnet as mx
import symnet.mxnet

X = np.random.default_rng(0).standard_normal((8, 3)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.float32)


PIXELS = np.zeros((2, 3, 3), np.uint8)


def network():
    layer = mx.FullyConnected(mx.Variable("data"), num_hidden=2, name="fc")
    return mx.SoftmaxOutput(layer, name="softmax")


def fit(*data, **options):
    model = mx.FeedForward(network())
    model.fit(mx.SGD(lr=0.1), *(data or (X, Y)), n_epoch=1, verbose=0, **options)
    return model


class Wrong(mx.AbstractDataProvider):
    """A provider whose batches are no batches."""

    def __init__(self, batch):
        self.batch = batch

    def get_batch_size(self):
        return 4

    def provide_data(self):
        return [("data", (4, 3))]

    def provide_label(self):
        return [("softmax_label", (4,))]

    def eachbatch(self):
        yield self.batch


def updater():
    optimizer = mx.SGD(lr=0.1)
    optimizer.state = mx.OptimizationState(1)
    return mx.get_updater(optimizer)


def backward(heads):
    executor = mx.simple_bind(network(), data=(2, 3))
    executor.forward(is_train=True)
    executor.backward(heads)


REFUSED = {
    "types of no argument": (
        lambda: mx.simple_bind(network(), data=(2, 3), dtypes={"date": "float16"}),
        "dtypes names 'date', which is no argument of the network; did you mean 'data'",
    ),
    "no network": (lambda: mx.simple_bind(None, data=(2, 3)), "a network is wanted, got None"),
    "a model to bind": (
        lambda: mx.bind(mx.FeedForward(network()), args={}),
        "bind: a network is wanted, got FeedForward",
    ),
    "no request": (
        lambda: mx.simple_bind(network(), data=(2, 3), grad_req=None),
        "grad_req of all arguments must be 'write', 'add' or 'null', got None",
    ),
    "text as a head gradient": (
        lambda: backward("x"),
        "head gradient of 'softmax_output' must be an NDArray, got str",
    ),
    "a number as a head gradient": (lambda: backward([1.0]), "must be an NDArray, got float"),
    "a sparse tensor": (
        lambda: fit(torch.from_numpy(X).to_sparse(), Y),
        "fit: data 'data': it is sparse, quantized or nested; call .to_dense()",
    ),
    "a tensor without numbers": (
        lambda: fit(torch.from_numpy(X).to("meta"), Y),
        "fit: data 'data': it is on torch's meta device, which holds no numbers",
    ),
    "a number as a layer's name": (
        lambda: mx.FullyConnected(mx.Variable("x"), num_hidden=2, name=3),
        "the name of a node must be text, got 3",
    ),
    "0 as a layer's name": (
        lambda: mx.FullyConnected(mx.Variable("x"), num_hidden=2, name=0),
        "the name of a node must be text, got 0",
    ),
    "an array for a module": (
        lambda: mx.to_module(mx.Variable("x") * 2)(X),
        "the module takes tensors of torch, got ndarray",
    ),
    "the end of a file as a record": (
        lambda: mx.unpack(None),
        "the payload of a record is bytes, got None; a reader gives None at the end of its file",
    ),
    "text as a record of an image": (lambda: mx.unpack_img("x"), "record is bytes, got 'x'"),
    "text as a record to look at": (lambda: mx.is_image_record("x"), "record is bytes, got 'x'"),
    "no header": (lambda: mx.pack(None, b""), "its four values are wanted, got None"),
    "pixels in words": (
        lambda: mx.unpack_img(mx.pack_img(mx.IRHeader(0, 1.0, 0, 0), PIXELS), max_pixels="x"),
        "max_pixels must be a whole number or None, got 'x'",
    ),
    "a file for a prefix": (
        lambda: fit(resume="run/net-0002.params"),
        "'run/net-0002.params' is one file of a checkpoint, whose prefix is 'run/net'",
    ),
    "a file for a prefix to write": (
        lambda: mx.do_checkpoint("net-symbol.json"), "a checkpoint, whose prefix is 'net'",
    ),
    "an epoch before the first": (
        lambda: fit(resume=("net", -1)), "resume must be the prefix of checkpoints, or",
    ),
    "batches that are tuples": (
        lambda: fit(Wrong((mx.zeros(4, 3), mx.zeros(4)))),
        "Wrong: eachbatch must yield batches, as mx.DataBatch(data, label, count), got tuple",
    ),
    "batches that are nothing": (
        lambda: fit(Wrong(None)), "Wrong: eachbatch must yield batches, as mx.DataBatch",
    ),
    "an array of NumPy's as a gradient": (
        lambda: updater()(0, np.ones(3), mx.ones(3)),
        "SGD: weight and gradient are NDArrays, got ndarray",
    ),
    "a number as an optimizer": (
        lambda: mx.get_updater(3), "get_updater: an optimizer is wanted, as mx.SGD(lr=0.1), got 3",
    ),
    "bytes as a symbol": (
        lambda: mx.SymbolicNode.from_json(b"{}"), "from_json takes the text of a symbol, got b'{}'",
    ),
    "JSON that was read as a symbol": (
        lambda: mx.SymbolicNode.from_json({"nodes": []}), "from_json takes the text of a symbol",
    ),
    "a number as a title": (
        lambda: mx.to_graphviz(network(), title=3), "title must be text, got 3",
    ),
    "text as a constant": (
        lambda: mx.ConstantInitializer("x"), "value must be a number or an array of numbers, got",
    ),
    "an infinite scale": (
        lambda: mx.UniformInitializer(float("inf")), "scale must be finite, got inf",
    ),
    "bytes as a record file": (lambda: mx.RecordReader(b"x"), "a path is wanted, got b'x'"),
    "a number as a record file": (lambda: mx.RecordReader(7), "a path is wanted, got 7"),
    "the weight of no class": (
        lambda: fit(mx.ArrayDataProvider(X, Y, batch_size=4), class_weight={5: 1.0}),
        "class_weight has a weight for the class 5, but the network has the 2 classes 0 to 1",
    ),
    "a decay in words": (lambda: mx.EMA("x"), "EMA: decay must be float, got 'x'"),
    "a difference in words": (
        lambda: mx.EarlyStopping(min_delta="x"), "EarlyStopping: min_delta must be float, got 'x'",
    ),
    "a factor in words": (
        lambda: mx.ReduceLROnPlateau(0.1, factor="x"),
        "ReduceLROnPlateau: factor must be float, got 'x'",
    ),
    "a rate in words": (
        lambda: mx.find_learning_rate(mx.FeedForward(network()), "sgd", X, Y, least="x"),
        "find_learning_rate: least must be float, got 'x'",
    ),
    "batches of nothing": (
        lambda: mx.mxnet.io.NDArrayIter(X, Y, batch_size=0),
        "NDArrayIter: batch_size must be at least 1, got 0",
    ),
    "bools to an operator of numbers": (
        lambda: mx.mxnet.nd.argmax(mx.mxnet.nd.ones(3).astype("bool")),
        "torch does not compute this for bool",
    ),
    "no table of sparse rows": (
        lambda: mx.mxnet.io.LibSVMIter(data_libsvm="none", data_shape=(3,), batch_size=1),
        "cannot read none: No such file or directory",
    ),
    "a URL for a table of epochs": (
        lambda: mx.CSVLogger("memory://x"), "CSVLogger: a path of this machine is wanted",
    ),
    "a NUL in a table's path": (lambda: mx.JSONLines("a\0b"), "cannot hold a NUL character"),
    "a URL for a folder of data": (
        lambda: mx.find_mnist("memory://x"), "data_dir: a path of this machine is wanted",
    ),
    "a full disk under a table": (
        lambda: fit(callbacks=[mx.CSVLogger("/dev/full")]),
        "CSVLogger: cannot write /dev/full: No space left on device",
    ),
    "a full disk under lines": (
        lambda: fit(callbacks=[mx.JSONLines("/dev/full")]),
        "JSONLines: cannot write /dev/full: No space left on device",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_none_of_it_is_told(name):
    use, told = REFUSED[name]
    if "disk" in name and not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    with pytest.raises(mx.MXError) as caught:
        use()
    assert told in str(caught.value)


def test_tables_of_epochs_go_to_devices_without_being_read():
    fit(callbacks=[mx.CSVLogger(os.devnull), mx.JSONLines(os.devnull)])


def test_a_table_with_a_long_first_line_is_told(tmp_path):
    path = tmp_path / "epochs.csv"
    path.write_text("x" * 1_000_000)
    with pytest.raises(
        mx.ArgumentError, match=r"has the columns x+, this training epoch, "
    ) as told:
        fit(callbacks=[mx.CSVLogger(path)])
    assert len(str(told.value)) < 500


def test_every_path_may_begin_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "data").mkdir()
    fit(callbacks=[mx.CSVLogger("~/epochs.csv"), mx.JSONLines("~/epochs.jsonl")])
    mx.write_idx("~/data/t10k-labels-idx1-ubyte", np.arange(3))
    assert [*mx.find_mnist("~/data")] == ["test_label"]
    symbol = mx.mxnet.sym.Variable("data") * 2
    symbol.save("~/symbol.json")
    assert mx.mxnet.sym.load("~/symbol.json").list_arguments() == ["data"]
    (tmp_path / "rows").write_text("1 0:2\n")
    mx.mxnet.io.LibSVMIter(data_libsvm="~/rows", data_shape=(3,), batch_size=1)
    store = mx.mxnet.kv.create("local")
    store.set_optimizer(mx.mxnet.optimizer.SGD())
    store.save_optimizer_states("~/store.states")
    store.load_optimizer_states("~/store.states")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"data", "epochs.csv", "epochs.jsonl", "rows", "store.states", "symbol.json"}


def test_damaged_symbols_are_told_with_their_file(tmp_path):
    path = tmp_path / "symbol.json"
    path.write_bytes(b"\xff{")
    with pytest.raises(mx.FormatError, match=r"symbol\.json: not a symbol: byte 0 is not UTF-8"):
        mx.mxnet.sym.load(path)
