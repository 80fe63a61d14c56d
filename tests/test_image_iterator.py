"""Passes of ImageRecordIter: which records, in which order, however they are made."""

import json
import logging
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import broken, noise, payload, write_records

import symnet as mx
from symnet.core.errors import DataError, FormatError
from symnet.data.image.image_record import IRHeader, pack, pack_img

ALL = {"data_shape": (3, 8, 8), "verbose": False, "preprocess_threads": 2}
RANDOM = {
    "rand_crop": True, "rand_mirror": True, "max_rotate_angle": 20, "random_h": 20,
    "max_random_contrast": 0.3, "max_random_illumination": 5, "inter_method": 10,
}  # fmt: skip


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_records(tmp_path_factory.mktemp("ten") / "ten.rec", map(payload, range(10)))


def provider(path: str, size: int = 4, **parameters: Any) -> mx.ImageRecordIter:
    return mx.ImageRecordIter(path_imgrec=path, batch_size=size, **{**ALL, **parameters})


def one_pass(it: mx.ImageRecordIter) -> list[tuple[list[int], int]]:
    """The labels of each batch of a pass, padding included, and how many are samples."""
    return [
        (batch.get_label()[0].asnumpy().astype(int).tolist(), batch.count_samples()) for batch in it
    ]


def samples(it: mx.ImageRecordIter) -> list[int]:
    return [label for labels, count in one_pass(it) for label in labels[:count]]


def pixels(it: mx.ImageRecordIter) -> np.ndarray:
    return np.concatenate([batch.get_data()[0].asnumpy().copy() for batch in it])


# -- batches ---------------------------------------------------------------------------------------


def test_round_batch_is_the_trace_of_mxnet(ten: str) -> None:
    it = provider(ten)
    first = [([0, 1, 2, 3], 4), ([4, 5, 6, 7], 4), ([8, 9, 0, 1], 2)]
    assert [one_pass(it) for _ in range(3)] == [
        first,
        [([2, 3, 4, 5], 4), ([6, 7, 8, 9], 4)],
        first,
    ]


def test_last_batch_by_policy(ten: str) -> None:
    full = [([0, 1, 2, 3], 4), ([4, 5, 6, 7], 4)]
    for parameters, last in (
        ({"round_batch": False}, [([8, 9, 9, 9], 2)]),
        ({"last_batch": "pad"}, [([8, 9, 9, 9], 2)]),
        ({"last_batch": "keep"}, [([8, 9], 2)]),
        ({"last_batch": "discard"}, []),
    ):
        it = provider(ten, **parameters)
        assert one_pass(it) == one_pass(it) == full + last


@settings(max_examples=40, deadline=None)
@given(
    size=st.integers(1, 10),
    threads=st.sampled_from([1, 2, 5]),
    ahead=st.integers(0, 5),
    parts=st.integers(1, 3),
    shuffle=st.booleans(),
    policy=st.sampled_from(["pad", "keep"]),
)
def test_every_sample_is_there_once(
    ten: str, size: int, threads: int, ahead: int, parts: int, shuffle: bool, policy: str
) -> None:
    found = [
        samples(
            provider(
                ten, size, preprocess_threads=threads, prefetch_buffer=ahead, num_parts=parts,
                part_index=part, shuffle=shuffle, last_batch=policy,
            )
        )
        for part in range(parts)
    ]  # fmt: skip
    assert sorted(chain.from_iterable(found)) == list(range(10))


@settings(max_examples=25, deadline=None)
@given(size=st.integers(1, 10), shuffle=st.booleans())
def test_rolling_over_loses_nothing(ten: str, size: int, shuffle: bool) -> None:
    it = provider(ten, size, shuffle=shuffle)
    borrowed: list[int] = []
    for _ in range(4):
        batches = one_pass(it)
        counted = [label for labels, count in batches for label in labels[:count]]
        assert sorted(borrowed + counted) == list(range(10))
        labels, count = batches[-1]
        borrowed = labels[count:]


def test_batches_have_the_shapes_that_were_promised(ten: str) -> None:
    it = provider(ten, data_name="x", label_name="y")
    assert (it.provide_data(), it.provide_label()) == ([("x", (4, 3, 8, 8))], [("y", (4,))])
    batch = next(iter(it))
    assert batch.get_data()[0].shape == (4, 3, 8, 8)
    assert not batch.get_data()[0].writable
    target = mx.zeros(4, 3, 8, 8)
    it.load_data(batch, [target])
    wanted = [noise(number)[1:9, 2:10, ::-1].transpose(2, 0, 1) for number in range(4)]
    np.testing.assert_array_equal(target.asnumpy(), wanted)
    assert provider(ten, label_name=None).provide_label() == []
    assert next(iter(provider(ten, label_name=None))).get_label() == []


def test_shuffling_is_global_and_new_in_each_pass(tmp_path: Path) -> None:
    path = write_records(tmp_path / "a.rec", map(payload, range(64)))
    it = provider(path, 8, shuffle=True, seed=5)
    first, second = samples(it), samples(it)
    assert sorted(first) == sorted(second) == list(range(64))
    assert first != second
    assert samples(provider(path, 8, shuffle=True, seed=5)) == first
    assert samples(provider(path, 8, shuffle=True, seed=6)) != first
    # Half of the first half of a pass comes from the second half of the file, give or take.
    assert 8 < sum(label >= 32 for label in first[:32]) < 24


@pytest.mark.parametrize("threads", [3, 16])
def test_number_of_threads_changes_nothing(ten: str, threads: int) -> None:
    alone = provider(ten, shuffle=True, preprocess_threads=1, prefetch_buffer=0, **RANDOM)
    many = provider(ten, shuffle=True, preprocess_threads=threads, **RANDOM)
    for _ in range(3):
        np.testing.assert_array_equal(pixels(many), pixels(alone))


def test_a_record_is_augmented_alike_wherever_it_lies(ten: str) -> None:
    def by_label(**parameters: Any) -> dict[float, bytes]:
        return {
            label: data.tobytes()
            for batch in provider(ten, last_batch="keep", **parameters, **RANDOM)
            for label, data in zip(
                batch.get_label()[0].asnumpy().tolist(), batch.get_data()[0].asnumpy(), strict=True
            )
        }

    wanted = by_label()
    assert by_label(shuffle=True) == by_label(size=3) == wanted
    part = by_label(num_parts=2, part_index=1)
    assert part == {label: wanted[label] for label in part}


def test_random_choices_are_new_in_each_pass_and_by_seed(ten: str) -> None:
    it = provider(ten, 10, **RANDOM)
    first, second, other = pixels(it), pixels(it), pixels(provider(ten, 10, seed=1, **RANDOM))
    for image in range(10):
        assert (first[image] != second[image]).any()
        assert (first[image] != other[image]).any()


@pytest.mark.parametrize("shuffle", [False, True])
def test_fewer_images_than_a_batch(ten: str, shuffle: bool) -> None:
    it = provider(ten, 25, shuffle=shuffle)
    for number in range(3):
        ((labels, count),) = one_pass(it)
        assert count == 10
        assert sorted(labels[:10]) == list(range(10))
        assert labels == [labels[row % 10] for row in range(25)]
        assert it.position() == {"epoch": number + 1, "batch": 0}
    model = mx.FeedForward(mx.Flatten(mx.Variable("data")))
    model.init_model(mx.UniformInitializer(), data=(1, 3, 8, 8))
    assert model.predict(it).shape == (10, 3 * 8 * 8)


# -- positions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["roll_over", "pad"])
@pytest.mark.parametrize("batches", range(9))
def test_a_run_goes_on_where_it_stopped(ten: str, policy: str, batches: int) -> None:
    parameters = {"shuffle": True, "last_batch": policy, **RANDOM}

    def run(it: mx.ImageRecordIter, passes: int) -> list[np.ndarray]:
        return [each.get_data()[0].asnumpy().copy() for _ in range(passes) for each in it]

    whole = run(provider(ten, **parameters), 4)
    stopped, taken = provider(ten, **parameters), 0
    while taken < batches:
        for _ in stopped:
            taken += 1
            if taken == batches:
                break
    position = json.loads(json.dumps(stopped.position()))
    resumed = provider(ten, **parameters)
    resumed.seek(position)
    assert resumed.position() == position
    rest = run(resumed, 4)
    for found, wanted in zip(rest, whole[batches:], strict=False):
        np.testing.assert_array_equal(found, wanted)


def test_positions_are_counted(ten: str) -> None:
    it = provider(ten)
    assert it.position() == {"epoch": 0, "batch": 0}
    for number, _ in enumerate(it, 1):
        assert it.position() == {"epoch": 0, "batch": number}
    assert it.position() == {"epoch": 1, "batch": 0, "borrowed": [0, 1]}


def test_abandoning_a_pass_begins_the_next_one(ten: str) -> None:
    it, other = provider(ten, shuffle=True), provider(ten, shuffle=True)
    next(iter(it))
    assert it.position() == {"epoch": 0, "batch": 1}
    one_pass(other)
    other.seek({"epoch": 1, "batch": 0})
    assert one_pass(it) == one_pass(other)


@pytest.mark.parametrize(
    "position",
    [{}, {"epoch": 0}, {"epoch": -1, "batch": 0}, {"epoch": 0, "batch": 4},
     {"epoch": 0, "batch": 0, "seed": 1}, {"epoch": 0, "batch": 0, "borrowed": [10]}],
)  # fmt: skip
def test_what_is_no_position_changes_nothing(ten: str, position: dict[str, Any]) -> None:
    it = provider(ten)
    it.seek({"epoch": 0, "batch": 1})
    with pytest.raises(DataError, match="this is no position"):
        it.seek(position)
    assert it.position() == {"epoch": 0, "batch": 1}
    assert one_pass(it)[0] == ([4, 5, 6, 7], 4)


# -- labels ----------------------------------------------------------------------------------------


def test_labels_come_from_the_list_by_id(ten: str, tmp_path: Path) -> None:
    lines = [f"{number}\t{number + 0.5} -{number}\tpath {number}.jpg\n" for number in range(10)]
    (tmp_path / "a.lst").write_text("\n".join(reversed(lines)), encoding="utf-8")
    it = provider(ten, label_width=2, path_imglist=tmp_path / "a.lst")
    assert it.provide_label() == [("softmax_label", (4, 2))]
    found = next(iter(it)).get_label()[0].asnumpy()
    np.testing.assert_array_equal(found, [[0.5, 0], [1.5, -1], [2.5, -2], [3.5, -3]])


@pytest.mark.parametrize(
    ("text", "error", "complaint"),
    [
        ("0 1\n1 x", FormatError, r"Bad ImageList format: .*a.lst, line 2: label_width=1 labels"),
        ("0 1\n\n1", FormatError, r"line 3: label_width=1 labels are expected, got 0"),
        ("cat 1", FormatError, r"line 1: an id is expected first, got b'cat'"),
        ("1 1", DataError, r"record 0 at byte 0: fail to find imagelabel for id 0 in .*a.lst"),
    ],
)
def test_bad_lists_are_named(
    ten: str, tmp_path: Path, text: str, error: type[Exception], complaint: str
) -> None:
    (tmp_path / "a.lst").write_text(text, encoding="utf-8")
    with pytest.raises(error, match=complaint):
        provider(ten, path_imglist=str(tmp_path / "a.lst"))


def test_several_labels_in_a_record_need_their_label_width(tmp_path: Path) -> None:
    record = pack_img(IRHeader(0, [3, 4], 0, 0), noise(0), img_fmt=".png")
    path = write_records(tmp_path / "a.rec", [record])
    assert next(iter(provider(path, 1, label_width=2))).get_label()[0].asnumpy().tolist() == [
        [3, 4]
    ]
    with pytest.raises(DataError, match=r"has 2 labels, but label_width is 1; say label_width=2"):
        provider(path, 1)


# -- records that cannot be used -------------------------------------------------------------------


@pytest.fixture
def damaged(tmp_path: Path) -> str:
    records = [broken(n) if n in {2, 5, 6, 7, 4} else payload(n) for n in range(10)]
    return write_records(tmp_path / "a.rec", records)


def test_a_broken_image_is_named(damaged: str) -> None:
    it = provider(damaged, 2)
    batches = iter(it)
    next(batches)
    with pytest.raises(
        FormatError, match=r"a.rec, record 2 at byte \d+: the image cannot be"
    ) as info:
        next(batches)
    assert info.value.__cause__ is not None


def test_broken_images_are_left_out(damaged: str, caplog: pytest.LogCaptureFixture) -> None:
    it = provider(damaged, on_error="skip")
    with caplog.at_level(logging.WARNING, "symnet"):
        found = [one_pass(it), it.skipped, samples(it)]
    assert found == [[([0, 1, 3, 3], 3), ([8, 9, 0, 1], 2)], 5, [3, 8, 9]]
    assert [record.getMessage()[:56] for record in caplog.records] == [
        "ImageRecordIter: epoch 0: 5 records were skipped; the fi",
        "ImageRecordIter: epoch 1: 5 records were skipped; the fi",
    ]


def test_a_pass_may_be_resumed_before_broken_images_only(tmp_path: Path) -> None:
    records = [*map(payload, range(4)), *map(broken, range(4))]
    it = provider(write_records(tmp_path / "a.rec", records), on_error="skip")
    it.seek({"epoch": 0, "batch": 1})
    assert (one_pass(it), it.skipped) == ([], 4)


def test_nothing_but_broken_images_is_an_error(tmp_path: Path) -> None:
    path = write_records(tmp_path / "a.rec", map(broken, range(4)))
    with pytest.raises(DataError, match=r"none of 4 records could be used; the first: .*record 0"):
        one_pass(provider(path, on_error="skip"))
    with pytest.raises(FormatError, match="record 0 at byte 0"):
        provider(path)


def test_records_without_image_are_left_out(tmp_path: Path) -> None:
    meta = pack(IRHeader(0, [3, 4], 0, 0), b"")
    records = [meta, payload(1), payload(2), pack(IRHeader(0, [1, 3], 3, 0), b"")]
    it = provider(write_records(tmp_path / "a.rec", records), 2)
    assert one_pass(it) == [([1, 2], 2)]


def test_empty_files_and_parts_are_errors(ten: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there are no records in"):
        provider(write_records(tmp_path / "a.rec", []))
    with pytest.raises(DataError, match=r"there are no images in part 98 of 99"):
        provider(ten, num_parts=99, part_index=98)
    with pytest.raises(DataError, match=r"10 samples do not fill one batch of 11"):
        provider(ten, 11, last_batch="discard")
    with pytest.raises(DataError, match=r"none\.rec"):
        provider(str(tmp_path / "none.rec"))


def test_several_files_are_one(ten: str, tmp_path: Path) -> None:
    more = write_records(tmp_path / "more.rec", map(payload, range(10, 13)))
    it = provider(f"{ten};{more}", last_batch="keep")
    assert samples(it) == list(range(13))


# -- the mean image --------------------------------------------------------------------------------


def test_mean_image_is_computed_once(ten: str, tmp_path: Path) -> None:
    path = tmp_path / "mean.bin"
    shape = {"mean_img": path, "num_parts": 2, "part_index": 0, "round_batch": False}
    it = provider(ten, mirror=True, scale=0.5, **shape)
    wanted = np.mean([noise(n)[1:9, 2:10, ::-1].transpose(2, 0, 1) for n in range(10)], 0)
    (name, found), *more = mx.load(path).items()
    assert (name, more) == ("mean_img", [])
    np.testing.assert_allclose(found.asnumpy(), wanted, rtol=1e-6)
    first = noise(0)[1:9, 2:10, ::-1].transpose(2, 0, 1)
    np.testing.assert_allclose(pixels(it)[0], ((first - wanted) * 0.5)[..., ::-1], atol=1e-4)
    written = path.stat().st_mtime_ns
    provider(ten, **shape)
    assert path.stat().st_mtime_ns == written
    assert sorted(each.name for each in tmp_path.iterdir()) == ["mean.bin"]


def test_mean_image_of_another_shape_is_refused(ten: str, tmp_path: Path) -> None:
    mx.save(tmp_path / "mean.bin", [mx.zeros(3, 9, 9)])
    with pytest.raises(DataError, match=r"Invalid mean image.*\(3, 8, 8\).*\[\(3, 9, 9\)\]"):
        provider(ten, mean_img=tmp_path / "mean.bin")
