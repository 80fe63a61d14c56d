"""`symnet im2rec`, held against the files of MXNet's im2rec.py."""

import shutil

import numpy as np
import pytest
from recordio_files import GOLDEN

import symnet as mx
from symnet.cli import main

IMAGES = GOLDEN / "images"


@pytest.fixture
def run(capsys):
    def run_it(*arguments):
        code = main(["im2rec", *map(str, arguments)])
        printed = capsys.readouterr()
        return code, printed.out.splitlines(), printed.err.splitlines()

    return run_it


def records(path):
    with mx.RecordReader(path) as reader:
        return [mx.unpack(payload) for payload in reader]


def decoded(path):
    with mx.RecordReader(path) as reader:
        return {mx.unpack(payload)[0].id: mx.unpack_img(payload)[1] for payload in reader}


# -- as MXNet's ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("all", []),
        ("split", ["--train-ratio", "0.6", "--test-ratio", "0.2"]),
        ("chunk", ["--no-shuffle", "--chunks", "3"]),
    ],
)
def test_lists_are_those_of_mxnet(run, tmp_path, name, options):
    assert run(tmp_path / name, IMAGES, "--list", "--recursive", *options)[0] == 0
    expected = {path.name: path.read_text() for path in GOLDEN.glob(f"{name}*.lst")}
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == expected


@pytest.mark.parametrize("threads", [1, 3])
def test_records_and_index_are_those_of_mxnet(run, tmp_path, threads):
    code, out, err = run(
        tmp_path / "all", IMAGES, "--recursive", "--pass-through", "--num-thread", threads
    )
    assert (code, err) == (0, [])
    assert out == [
        "a 0",
        "b 1",
        "c 2",
        f"{tmp_path / 'all.lst'}: 10 images",
        f"{tmp_path / 'all.rec'}: 10 images, 3724 bytes",
    ]
    for ending in ("lst", "rec", "idx"):
        name = f"all.{ending}"
        assert (tmp_path / name).read_bytes() == (GOLDEN / name).read_bytes()


# -- lists -----------------------------------------------------------------------------------------


def test_a_list_that_is_there_is_used(run, tmp_path):
    (tmp_path / "own.lst").write_text("7\t1.5\t2.5\ta/0.png\n3\t4\tb/4.jpg\n")
    (tmp_path / "owner.lst").write_text("not this one")
    assert run(tmp_path / "own", IMAGES, "--pass-through")[0] == 0
    (one, image), (other, _) = records(tmp_path / "own.rec")
    assert (one.id, one.label, other.id, other.label) == (7, 1.5, 3, 4)
    assert image == (IMAGES / "a" / "0.png").read_bytes()
    assert (tmp_path / "own.idx").read_text().startswith("7\t0\n3\t")
    assert not (tmp_path / "owner.rec").exists()


def test_several_labels(run, tmp_path):
    (tmp_path / "own.lst").write_text("7\t1.5\t2.5\ta/0.png\n3\t4\tb/4.jpg\n")
    assert run(tmp_path / "own.lst", IMAGES, "--pass-through", "--pack-label")[0] == 0
    (one, _), (other, _) = records(tmp_path / "own.rec")
    assert (one.label.tolist(), other.label) == ([1.5, 2.5], 4)


def test_images_of_one_folder_have_label_0(run, tmp_path):
    run(tmp_path / "a", IMAGES / "a", "--list", "--no-shuffle")
    assert (tmp_path / "a.lst").read_text() == (
        "0\t0.000000\t0.png\n1\t0.000000\t1.png\n2\t0.000000\t2.png\n"
    )


def test_the_seed_gives_another_order(run, tmp_path):
    lists = []
    for name, seed in (("x", 1), ("y", 1), ("z", 2)):
        run(tmp_path / name, IMAGES, "--list", "--recursive", "--shuffle", "--seed", seed)
        lists.append((tmp_path / f"{name}.lst").read_text())
    assert lists[0] == lists[1] != lists[2]
    assert sorted(lists[0]) == sorted(lists[2])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("0\ta/0.png\n", "line 1: expected a key, labels and a path with tabs between"),
        ("0\t1\ta/0.png\nx\t1\ta/0.png\n", "line 2: expected a key, labels"),
        ("0\t1\ta/0.png\n0\t1\ta/1.png\n", "line 2: the key 0 is there already"),
    ],
)
def test_a_list_that_is_none(run, tmp_path, text, problem):
    (tmp_path / "own.lst").write_text(text)
    code, _, err = run(tmp_path / "own", IMAGES, "--pass-through")
    assert code == 2
    assert f"{tmp_path / 'own.lst'}: {problem}" in err[0]
    assert not (tmp_path / "own.rec").exists()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nowhere"], "nowhere: no such folder of images"),
        ([IMAGES], "no file ends in .jpeg .jpg .png (with --recursive, folders inside count too)"),
        (
            [IMAGES, "--train-ratio", "0.9", "--test-ratio", "0.2"],
            "at most 1 together, got 0.9 and 0.2",
        ),
    ],
)
def test_what_cannot_be_done(run, tmp_path, arguments, problem):
    code, out, err = run(tmp_path / "x", *arguments)
    assert (code, out) == (2, [])
    assert problem in err[0]
    assert list(tmp_path.iterdir()) == []


def test_options_for_lists_do_not_go_unheard(run, tmp_path):
    (tmp_path / "own.lst").write_text("7\t1\ta/0.png\n")
    code, _, err = run(tmp_path / "own", IMAGES, "--recursive", "--pass-through")
    assert code == 2
    assert "own.lst is there and would be used as it is" in err[0]


# -- pixels ----------------------------------------------------------------------------------------


@pytest.fixture
def pictures(tmp_path):
    """A folder with one upright, one lying and one gray image, and their pixels."""
    cv2 = pytest.importorskip("cv2")
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(0)
    pixels = [random.integers(0, 256, shape, np.uint8) for shape in ((9, 6, 3), (6, 11, 4), (5, 5))]
    for number, image in enumerate(pixels):
        cv2.imwrite(str(folder / f"{number}.png"), image)
    return folder, pixels


def make(run, pictures, tmp_path, *options):
    folder, pixels = pictures
    code, _, err = run(tmp_path / "p", folder, "--encoding", ".png", "--quality", 1, *options)
    assert (code, err) == (0, [])
    return decoded(tmp_path / "p.rec"), pixels


def test_colours(run, pictures, tmp_path):
    found, pixels = make(run, pictures, tmp_path, "--color", -1)
    assert {number: image.shape for number, image in found.items()} == {
        number: image.shape for number, image in enumerate(pixels)
    }
    for number, image in found.items():
        np.testing.assert_array_equal(image, pixels[number])


def test_by_default_images_have_three_colours(run, pictures, tmp_path):
    found, pixels = make(run, pictures, tmp_path)
    np.testing.assert_array_equal(found[1], pixels[1][:, :, :3])
    np.testing.assert_array_equal(found[2], np.repeat(pixels[2][:, :, None], 3, 2))


def test_the_middle_is_cut_out(run, pictures, tmp_path):
    found, pixels = make(run, pictures, tmp_path, "--center-crop")
    np.testing.assert_array_equal(found[0], pixels[0][1:7])
    np.testing.assert_array_equal(found[1], pixels[1][:, 2:8, :3])


def test_the_shorter_edge_is_resized(run, pictures, tmp_path):
    found, _ = make(run, pictures, tmp_path, "--resize", 4)
    assert [found[number].shape for number in range(3)] == [(6, 4, 3), (4, 7, 3), (4, 4, 3)]


def test_first_cut_then_resized(run, pictures, tmp_path):
    cv2 = pytest.importorskip("cv2")
    found, pixels = make(run, pictures, tmp_path, "--resize", 4, "--center-crop")
    np.testing.assert_array_equal(found[0], cv2.resize(pixels[0][1:7], (4, 4)))


def test_jpeg_by_quality(run, pictures, tmp_path):
    sizes = []
    for name, quality in (("low", 20), ("high", 95)):
        run(tmp_path / name, pictures[0], "--quality", quality)
        images = [image for _, image in records(tmp_path / f"{name}.rec")]
        assert all(image.startswith(b"\xff\xd8\xff") for image in images)
        sizes.append(sum(map(len, images)))
    assert sizes[0] < sizes[1]


# -- damaged images --------------------------------------------------------------------------------


@pytest.fixture
def damaged(pictures):
    folder, _ = pictures
    (folder / "1.png").write_bytes(b"\x89PNG\r\n\x1a\nnot the rest")
    return folder


def test_damaged_images_are_named_and_skipped(run, damaged, tmp_path):
    code, out, err = run(tmp_path / "p", damaged, "--no-shuffle")
    assert code == 1
    assert out[-1].endswith("bytes, 1 skipped")
    assert out[-1].startswith(f"{tmp_path / 'p.rec'}: 2 images, ")
    assert len(err) == 1
    assert f"skipped: {damaged / '1.png'}: the image cannot be decoded" in err[0]
    assert [header.id for header, _ in records(tmp_path / "p.rec")] == [0, 2]
    assert (tmp_path / "p.idx").read_text().splitlines()[1].startswith("2\t")


def test_strictly_there_is_no_file(run, damaged, tmp_path):
    code, _, err = run(tmp_path / "p", damaged, "--strict")
    assert code == 2
    assert err[0].startswith(f"symnet: {damaged / '1.png'}: the image cannot be decoded")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.lst", "pictures"]


def test_an_image_that_is_not_there(run, tmp_path):
    (tmp_path / "own.lst").write_text("0\t1\ta/0.png\n1\t1\tgone.png\n")
    code, out, err = run(tmp_path / "own", IMAGES, "--pass-through")
    assert (code, len(out)) == (1, 1)
    assert err == [f"skipped: {IMAGES / 'gone.png'}: No such file or directory"]


def test_with_no_image_left_there_is_no_file(run, tmp_path):
    (tmp_path / "own.lst").write_text("1\t1\tgone.png\n")
    assert run(tmp_path / "own", IMAGES, "--pass-through")[0] == 2
    assert not (tmp_path / "own.rec").exists()


def test_what_is_extracted_is_packed_again(run, tmp_path):
    main(["rec", "extract", str(GOLDEN / "all.rec"), str(tmp_path / "out")])
    shutil.move(tmp_path / "out" / "all.lst", tmp_path)
    assert run(tmp_path / "all", tmp_path / "out", "--pass-through")[0] == 0
    assert (tmp_path / "all.rec").read_bytes() == (GOLDEN / "all.rec").read_bytes()


def test_labels_that_are_not_stored_are_told(run, tmp_path):
    (tmp_path / "own.lst").write_text("0\t1\t2\ta/0.png\n1\t1\ta/0.png\n")
    code, _, err = run(tmp_path / "own", IMAGES, "--pass-through")
    assert code == 0
    assert err == [
        f"{tmp_path / 'own.lst'}: 1 images have several labels, of which the first alone is "
        "stored; --pack-label stores all"
    ]
    assert run(tmp_path / "own", IMAGES, "--pass-through", "--pack-label")[2] == []
