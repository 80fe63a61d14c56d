"""Iterators of the Python-MXNet face against Apache MXNet 1.9.1."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

import symnet.mxnet as mx
from symnet.core.errors import ArgumentError, DataError, MXError, ParameterError
from symnet.data.arrays.idx import write_idx

CASES = json.loads(
    (Path(__file__).parent.parent / "golden" / "python_mxnet" / "iterators.json").read_text()
)
EPOCHS = 3


def numbers(*shape):
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def arrays_of(value):
    """Return what JSON has as lists as arrays; a list of several arrays has unequal parts."""
    if isinstance(value, dict):
        return {key: arrays_of(part) for key, part in value.items()}
    if value is None:
        return None
    try:
        return np.array(value, np.float32)
    except ValueError:
        return [np.array(part, np.float32) for part in value]


def over_arrays(case, _):
    given = dict(case["arguments"])
    return mx.io.NDArrayIter(arrays_of(given.pop("data")), arrays_of(given.pop("label")), **given)


def over_iterator(case, _):
    given = dict(case["arguments"])
    inner = given.pop("inner")
    rows = inner.pop("rows")
    source = mx.io.NDArrayIter(numbers(rows, 1), numbers(rows), **inner)
    return getattr(mx.io, case["class"])(source, **given)


def over_text(case, folder):
    given = {}
    for key, value in case["arguments"].items():
        given[key] = tuple(value) if isinstance(value, list) else value
        if isinstance(value, str):
            given[key] = str(folder / f"{key}.txt")
            Path(given[key]).write_text(value)
    return getattr(mx.io, case["class"])(**given)


def over_images(case, folder):
    count, (height, width) = case["count"], case["pixels"]
    pixels = np.repeat(np.arange(count) * 10, height * width).reshape(count, height, width)
    write_idx(folder / "images", pixels.astype(np.uint8))
    write_idx(folder / "labels", np.arange(count, dtype=np.uint8))
    files = {"image": str(folder / "images"), "label": str(folder / "labels")}
    return mx.io.MNISTIter(**files, **case["arguments"], silent=True)


def over_sentences(case, _):
    random.seed(1)
    np.random.seed(1)
    given = dict(case["arguments"])
    found = mx.rnn.BucketSentenceIter(given.pop("sentences"), **given)
    assert found.default_bucket_key == case["default"]
    return found


MAKERS = {
    "NDArrayIter": over_arrays,
    "ResizeIter": over_iterator,
    "PrefetchingIter": over_iterator,
    "CSVIter": over_text,
    "LibSVMIter": over_text,
    "MNISTIter": over_images,
    "BucketSentenceIter": over_sentences,
}
NAMES = [name for name in CASES if "class" in CASES[name]]


def contents(batch, undefined):
    stop = len(batch.data[0]) - batch.pad if undefined else None
    return {
        "data": [array.asnumpy()[:stop].tolist() for array in batch.data],
        "label": [array.asnumpy()[:stop].tolist() for array in batch.label or ()],
        "pad": batch.pad,
        "index": None if batch.index is None else np.asarray(batch.index)[:stop].tolist(),
        "bucket": batch.bucket_key,
    }


def described(rows):
    return [
        {
            "name": row.name,
            "shape": list(row.shape),
            "dtype": np.dtype(row.dtype).name,
            "layout": row.layout,
        }
        for row in rows
    ]


@pytest.mark.parametrize("name", NAMES)
def test_batches_are_those_of_mxnet(name, tmp_path):
    case = CASES[name]
    if name == "CSVIter-3-5-True":  # MXNet gives one batch, and then an error at every reset
        ((batch,), (again,)) = (list(MAKERS["CSVIter"](case, tmp_path)) for _ in range(2))
        assert batch.pad == again.pad == 2
        assert batch.index.tolist() == [0, 1, 2, 0, 1]
        return
    if case["epochs"] is None:
        with pytest.raises(MXError):
            list(MAKERS[case["class"]](case, tmp_path))
        return
    iterator = MAKERS[case["class"]](case, tmp_path)
    assert iterator.batch_size == case["batch_size"]
    assert described(iterator.provide_data) == case["provide_data"]
    assert described(iterator.provide_label) == case["provide_label"]
    undefined = case["arguments"].get("round_batch") is False
    for expected in case["epochs"]:
        assert [contents(batch, undefined) for batch in iterator] == expected
        iterator.reset()


def test_sentences_are_encoded_as_by_mxnet():
    case = CASES["encode_sentences"]
    codes, vocabulary = mx.rnn.encode_sentences(case["words"], invalid_label=0, start_label=1)
    assert codes == case["codes"]
    assert vocabulary == case["vocabulary"]


# -- step by step ----------------------------------------------------------------------------------


def test_an_iterator_can_be_asked_piece_by_piece():
    iterator = mx.io.NDArrayIter(numbers(3, 1), numbers(3), batch_size=2)
    seen = []
    while iterator.iter_next():
        data, label = iterator.getdata()[0].asnumpy(), iterator.getlabel()[0].asnumpy()
        assert data[:, 0].tolist() == label.tolist()
        seen.append((label.tolist(), iterator.getpad(), iterator.getindex()))
    assert seen == [([0, 1], 0, None), ([2, 0], 1, None)]


def test_a_file_can_be_asked_piece_by_piece(tmp_path):
    (tmp_path / "a.csv").write_text("1\n2\n3\n")
    iterator = mx.io.CSVIter(data_csv=str(tmp_path / "a.csv"), data_shape=(1,), batch_size=2)
    with pytest.raises(ParameterError, match="call iter_next"):
        iterator.getdata()
    assert iterator.iter_next()
    assert iterator.getdata().asnumpy().tolist() == [[1], [2]]
    assert iterator.getlabel().asnumpy().tolist() == [0, 0]
    assert iterator.getindex().tolist() == [0, 1]
    assert iterator.iter_next()
    assert iterator.getpad() == 1
    assert not iterator.iter_next()


def test_a_batch_is_a_copy():
    data = mx.nd.zeros((4, 2))
    for batch in mx.io.NDArrayIter(data, batch_size=2):
        batch.data[0][:] = 1
    assert data.asnumpy().sum() == 0


# -- shuffling -------------------------------------------------------------------------------------


def test_shuffling_keeps_data_and_labels_together():
    np.random.seed(3)
    iterator = mx.io.NDArrayIter(numbers(20, 1), numbers(20), batch_size=4, shuffle=True)
    orders = []
    for _ in range(2):
        rows = [batch.label[0].asnumpy() for batch in iterator]
        iterator.reset()
        assert sorted(np.concatenate(rows).tolist()) == list(range(20))
        orders.append(np.concatenate(rows).tolist())
    assert orders[0] != orders[1] != sorted(orders[1])
    for batch in iterator:
        assert batch.data[0].asnumpy()[:, 0].tolist() == batch.label[0].asnumpy().tolist()


def test_what_rolls_over_is_seen_once_though_shuffled():
    np.random.seed(3)
    iterator = mx.io.NDArrayIter(
        numbers(10), batch_size=4, shuffle=True, last_batch_handle="roll_over"
    )
    first = np.concatenate([batch.data[0].asnumpy() for batch in iterator])
    iterator.reset()
    second = next(iterator)
    left = sorted(set(range(10)) - set(first.tolist()))
    assert sorted(second.data[0].asnumpy()[:2].tolist()) == left
    assert second.pad == 2


def test_hard_reset_forgets_what_was_left_over():
    iterator = mx.io.NDArrayIter(numbers(5), batch_size=4, last_batch_handle="roll_over")
    assert len(list(iterator)) == 1
    iterator.hard_reset()
    assert next(iterator).data[0].asnumpy().tolist() == [0, 1, 2, 3]


# -- layouts ---------------------------------------------------------------------------------------


def test_the_batch_is_the_axis_n():
    iterator = mx.io.NDArrayIter(numbers(2, 5), numbers(5), batch_size=2, layout="TN")
    assert iterator.provide_data[0].shape == (2, 2)
    batches = list(iterator)
    assert batches[0].data[0].asnumpy().tolist() == [[0, 1], [5, 6]]
    assert batches[2].data[0].asnumpy().tolist() == [[4, 0], [9, 5]]
    assert batches[2].label[0].asnumpy().tolist() == [4, 0]


def test_a_description_is_a_pair():
    description = mx.io.DataDesc("data", (2, 3), "float16", layout="NTC")
    assert tuple(description) == ("data", (2, 3))
    assert mx.io.DataDesc.get_batch_axis(description.layout) == 0
    assert mx.io.DataDesc.get_list([("a", (1,))], [("a", "int32")])[0].dtype == "int32"


# -- several iterators -----------------------------------------------------------------------------


def test_iterators_are_put_side_by_side():
    both = mx.io.PrefetchingIter(
        [
            mx.io.NDArrayIter({"a": numbers(4, 1)}, batch_size=2),
            mx.io.NDArrayIter({"b": numbers(4, 2)}, {"c": numbers(4)}, batch_size=2),
        ]
    )
    assert [each.name for each in both.provide_data] == ["a", "b"]
    for _ in range(2):
        shapes = [[array.shape for array in batch.data] for batch in both]
        assert shapes == [[(2, 1), (2, 2)]] * 2
        both.reset()


def test_iterators_of_different_lengths_do_not_go_together():
    both = mx.io.PrefetchingIter(
        [mx.io.NDArrayIter(numbers(4), batch_size=2), mx.io.NDArrayIter(numbers(2), batch_size=2)]
    )
    with pytest.raises(DataError, match="must end together"):
        list(both)


def test_a_pass_that_is_given_up_begins_anew():
    ahead = mx.io.PrefetchingIter(mx.io.NDArrayIter(numbers(6), batch_size=2))
    next(ahead)
    ahead.reset()
    assert next(ahead).data[0].asnumpy().tolist() == [0, 1]


# -- errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: mx.io.NDArrayIter(numbers(4), numbers(3)), "different lengths"),
        (lambda: mx.io.NDArrayIter([]), "there is no data"),
        (lambda: mx.io.NDArrayIter(numbers(4), last_batch_handle="drop"), "last_batch_handle"),
        (lambda: mx.io.NDArrayIter(numbers(4), layout="TC"), "no axis N"),
        (lambda: mx.io.NDArrayIter({"a": "text"}), "a must be an NDArray"),
        (lambda: mx.io.DataBatch(numbers(4)), "data must be a list"),
        (lambda: mx.io.PrefetchingIter([]), "at least one"),
    ],
)
def test_what_makes_no_sense_is_refused(make, text):
    with pytest.raises(ArgumentError, match=text):
        make()


@pytest.mark.parametrize(
    ("line", "text"),
    [("1 4:2", "outside 0 to 3"), ("1 0-2", "no row"), ("x 0:2", "no row"), ("1 0:y", "no row")],
)
def test_a_line_that_is_no_row_is_named(tmp_path, line, text):
    (tmp_path / "a").write_text(f"0 1:1\n{line}\n")
    with pytest.raises(DataError, match=f"line 2.*{text}"):
        mx.io.LibSVMIter(data_libsvm=str(tmp_path / "a"), data_shape=(4,), batch_size=1)


def test_labels_of_a_file_of_their_own(tmp_path):
    (tmp_path / "a").write_text("9 0:1\n9 1:1\n")
    (tmp_path / "b").write_text("0 0:5 1:6\n0 0:7\n")
    iterator = mx.io.LibSVMIter(
        data_libsvm=str(tmp_path / "a"),
        data_shape=(2,),
        label_libsvm=str(tmp_path / "b"),
        label_shape=(2,),
        batch_size=2,
    )
    assert next(iterator).label[0].asnumpy().tolist() == [[5, 6], [7, 0]]


def test_a_parameter_without_a_use_has_one_value(tmp_path):
    (tmp_path / "a").write_text("9 0:1\n")
    given = {"data_libsvm": str(tmp_path / "a"), "data_shape": 2, "batch_size": 1}
    mx.io.LibSVMIter(**given, ctx="cpu", dtype="float32", num_parts=1, prefetch_buffer=7)
    with pytest.raises(ParameterError, match=r"no dtype.*float64"):
        mx.io.LibSVMIter(**given, dtype="float64")
    with pytest.raises(ParameterError, match="unknown parameter 'shuffle'"):
        mx.io.LibSVMIter(**given, shuffle=True)


# -- images ----------------------------------------------------------------------------------------


def test_images_of_records_by_the_names_of_1_x(tmp_path):
    pytest.importorskip("cv2")
    path = str(tmp_path / "a.rec")
    records = mx.recordio.MXRecordIO(path, "w")
    for label in range(3):
        image = np.full((6, 6, 3), 50 * label, np.uint8)
        header = mx.recordio.IRHeader(0, label, label, 0)
        records.write(mx.recordio.pack_img(header, image, img_fmt=".png"))
    records.close()
    given = {"path_imgrec": path, "data_shape": (3, 4, 4), "batch_size": 2}
    iterator = mx.io.ImageRecordIter(
        **given, preprocess_threads=1, shuffle_chunk_size=4, dtype="float32", brightness=0
    )
    batches = [(b.data[0].asnumpy()[:, 0, 0, 0], b.label[0].asnumpy(), b.pad) for b in iterator]
    assert [label.tolist() for _, label, _ in batches] == [[0, 1], [2, 0]]
    assert [data.tolist() for data, _, _ in batches] == [[0, 50], [100, 0]]
    assert [pad for _, _, pad in batches] == [0, 1]
    with pytest.raises(ParameterError, match="no random_resized_crop"):
        mx.io.ImageRecordIter(**given, random_resized_crop=True)
