"""`symnet rec`: what it prints, writes and returns."""

import json
import shutil

import pytest
from recordio_files import GOLDEN, PAYLOADS, piece

import symnet as mx
from symnet.data.records.record_index import read_index

BAD = piece(b"good") + b"rubbish!" + piece(b"after")


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "bad.rec"
    path.write_bytes(BAD)
    return path


# -- list ------------------------------------------------------------------------------------------


def test_list(symnet):
    code, out, err = symnet("rec", "list", GOLDEN / "faces.rec", "--limit", 2)
    assert (code, err) == (0, [])
    assert [line.split() for line in out] == [
        ["number", "key", "offset", "length", "flag", "id", "image", "label"],
        ["0", "0", "0", "32", "2", "0", "-", "4", "6"],
        ["1", "1", "40", "292", "0", "1", "png", "8x8x3", "0"],
        ["...", "and", "4", "more"],
    ]
    assert (
        len({line.index(word) for line, word in zip(out, ("image", "-", "png"), strict=False)}) == 1
    )


def test_list_of_records_that_are_no_images(symnet):
    _, out, _ = symnet("rec", "list", GOLDEN / "plain.rec")
    lengths = [int(line.split()[3]) for line in out[1:]]
    assert lengths == [len(payload) for payload in PAYLOADS]


def test_list_names_what_is_damaged(symnet, bad):
    code, out, _ = symnet("rec", "list", bad)
    assert code == 1
    assert "damaged" in out[2]
    assert "record 1 at offset 12: no record begins here" in out[2]


def test_list_as_json(symnet, bad):
    _, out, _ = symnet("rec", "list", GOLDEN / "all.rec", "--json", "--limit", 1)
    assert [json.loads(line) for line in out] == [
        {
            "number": 0,
            "key": 4,
            "offset": 0,
            "length": 802,
            "flag": 0,
            "label": [1.0],
            "id": 4,
            "image": "jpeg",
            "height": 9,
            "width": 8,
            "channels": 3,
            "problem": None,
        }
    ]
    code, out, _ = symnet("rec", "list", bad, "--json")
    problems = [json.loads(line)["problem"] for line in out]
    assert (code, [problem is None for problem in problems]) == (1, [True, False, True])


# -- index -----------------------------------------------------------------------------------------


def test_index(symnet, tmp_path):
    shutil.copy(GOLDEN / "plain.rec", tmp_path)
    (tmp_path / "plain.idx").write_text("a wrong one")
    code, out, err = symnet("rec", "index", tmp_path / "plain.rec")
    assert (code, out, err) == (0, [f"{tmp_path / 'plain.idx'}: 9 records"], [])
    expected = read_index(GOLDEN / "plain.idx")
    assert read_index(tmp_path / "plain.idx") == dict(enumerate(expected.values()))


def test_index_by_id_is_that_of_mxnet(symnet, tmp_path):
    code, _, _ = symnet(
        "rec", "index", GOLDEN / "all.rec", "--key", "id", "--output", tmp_path / "i"
    )
    assert code == 0
    assert (tmp_path / "i").read_bytes() == (GOLDEN / "all.idx").read_bytes()


def test_index_of_a_damaged_file(symnet, bad):
    code, out, err = symnet("rec", "index", bad)
    assert (code, out) == (1, [f"{bad.with_suffix('.idx')}: 2 records, 1 damaged left out"])
    assert len(err) == 1
    assert f"{bad}: record 1 at offset 12: no record begins here" in err[0]
    assert read_index(bad.with_suffix(".idx")) == {0: 0, 2: 20}


def test_ids_that_are_no_keys(symnet, tmp_path):
    path = tmp_path / "same.rec"
    with mx.RecordWriter(path) as writer:
        for _ in range(2):
            writer.write(mx.pack(mx.IRHeader(0, 1, 7, 0), b"x"))
    code, _, err = symnet("rec", "index", path, "--key", "id")
    assert code == 2
    assert "the records 0 and 1 both have the id 7" in err[0]
    assert not path.with_suffix(".idx").exists()


# -- verify ----------------------------------------------------------------------------------------


def test_verify_of_sound_files(symnet):
    files = [GOLDEN / "plain.rec", GOLDEN / "faces.rec"]
    assert symnet("rec", "verify", *files) == (
        0,
        [f"{files[0]}: 9 records; no faults", f"{files[1]}: 6 records; no faults"],
        [],
    )


def test_verify_names_every_fault(symnet, bad):
    bad.write_bytes(BAD + piece(b"swallow!", length=20) + piece(b"four"))
    bad.with_suffix(".idx").write_text("7\t0\n8\t24\n9\t36\n")
    code, out, err = symnet("rec", "verify", bad)
    assert (code, out) == (1, [f"{bad}: 3 records; 4 faults"])
    assert f"{bad}: record 1 at offset 12: no record begins here" in err[0]
    assert f"{bad}: record 3 at offset 36: its length is wrong: another record is inside" in err[1]
    index = bad.with_suffix(".idx")
    assert err[2] == f"{index}: the key 8 has offset 24, where no record of {bad} begins"
    assert err[3] == f"{index}: names no key for record 2 at offset 20 of {bad}"


def test_verify_decodes_images(symnet, tmp_path):
    pytest.importorskip("cv2")
    path = tmp_path / "images.rec"
    image = (GOLDEN / "images" / "a" / "0.png").read_bytes()
    with mx.RecordWriter(path) as writer:
        for content in (image, b"no image", b""):
            writer.write(mx.pack(mx.IRHeader(0, 1, 7, 0), content))
    assert symnet("rec", "verify", path)[0] == 0
    code, out, err = symnet("rec", "verify", "--decode", "--num-thread", 2, path)
    assert (code, out) == (1, [f"{path}: 3 records, their images decoded; 1 fault"])
    assert len(err) == 1
    assert f"{path}: record 1 at offset" in err[0]
    assert "the image cannot be decoded" in err[0]


# -- extract and pack ------------------------------------------------------------------------------


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_extract_images_and_their_labels(symnet, tmp_path):
    code, out, _ = symnet("rec", "extract", GOLDEN / "faces.rec", tmp_path / "out")
    image = (GOLDEN / "images" / "a" / "0.png").read_bytes()
    assert (code, out) == (0, [f"{tmp_path / 'out'}: 3 written; 3 without an image, left out"])
    assert contents(tmp_path / "out") == {
        "1.png": image,
        "2.png": image,
        "3.png": image,
        "faces.lst": b"1\t0.000000\t1.png\n2\t0.000000\t2.png\n3\t1.000000\t3.png\n",
    }


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--key", 80, 10], ["80.bin", "10.bin"]),
        (["--range", "2:4"], ["20.bin", "30.bin"]),
        (["--range", ":1"], ["0.bin"]),
        (["--raw", "--range", "8:"], ["80.bin"]),
    ],
)
def test_extract_some(symnet, tmp_path, options, names):
    code, _, _ = symnet("rec", "extract", GOLDEN / "plain.rec", tmp_path, *options)
    assert code == 0
    assert contents(tmp_path) == {name: PAYLOADS[int(name[:-4]) // 10] for name in names}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--key", 5], "no record has the key 5"),
        (["--range", "3"], "--range A:B with 0 <= A <= B <= 9 is expected, got '3'"),
        (["--range", "3:12"], "<= 9 is expected, got '3:12'"),
    ],
)
def test_extract_what_is_not_there(symnet, tmp_path, options, problem):
    code, _, err = symnet("rec", "extract", GOLDEN / "plain.rec", tmp_path / "out", *options)
    assert code == 2
    assert problem in err[0]
    assert not (tmp_path / "out").exists()


def test_extract_of_a_damaged_file_writes_the_rest(symnet, bad, tmp_path):
    code, out, err = symnet("rec", "extract", bad, tmp_path / "out")
    assert (code, out) == (1, [f"{tmp_path / 'out'}: 2 written; 1 damaged"])
    assert "record 1 at offset 12" in err[0]
    assert contents(tmp_path / "out") == {"0.bin": b"good", "2.bin": b"after"}


def test_raw_payloads_are_packed_into_the_same_file(symnet, tmp_path):
    symnet("rec", "extract", GOLDEN / "plain.rec", tmp_path, "--raw")
    files = [tmp_path / f"{key}.bin" for key in range(0, 90, 10)]
    code, out, _ = symnet("rec", "pack", tmp_path / "again.rec", *files)
    assert (code, out) == (0, [f"{tmp_path / 'again.rec'}: 9 records, 420 bytes"])
    assert (tmp_path / "again.rec").read_bytes() == (GOLDEN / "plain.rec").read_bytes()
    assert list(read_index(tmp_path / "again.idx")) == list(range(9))


def test_pack_with_a_file_that_is_not_there_writes_nothing(symnet, tmp_path):
    (tmp_path / "a").write_bytes(b"a")
    code, _, err = symnet("rec", "pack", tmp_path / "out.rec", tmp_path / "a", tmp_path / "b")
    assert code == 2
    assert str(tmp_path / "b") in err[0]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
