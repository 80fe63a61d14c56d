"""im2rec and rec extract: names and links that must not lead anywhere else."""

import os

import pytest

import symnet as mx
from symnet.cli import main

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(JPEG)
    return folder


def run(*arguments):
    return main([str(argument) for argument in arguments])


def test_a_link_to_its_own_folder_is_not_followed(images, tmp_path):
    for name in ("x", "y"):
        (images / name).symlink_to(".")
    assert run("im2rec", tmp_path / "p", images, "--recursive", "--list") == 0
    assert (tmp_path / "p.lst").read_text() == "0\t0.000000\ta.jpg\n"


def test_a_link_to_another_folder_is_followed(images, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.jpg").write_bytes(JPEG)
    (images / "more").symlink_to(tmp_path / "more")
    assert run("im2rec", tmp_path / "p", images, "--recursive", "--list", "--no-shuffle") == 0
    assert (tmp_path / "p.lst").read_text() == "0\t0.000000\ta.jpg\n1\t1.000000\tmore/b.jpg\n"


@pytest.mark.parametrize("line", ["nonsense", "0\ta.jpg", "x\t1\ta.jpg", "0\tnan\ta.jpg"])
def test_a_line_that_is_none_is_named(images, tmp_path, capsys, line):
    (tmp_path / "l.lst").write_text(f"1\t1\ta.jpg\n{line}\n")
    assert run("im2rec", tmp_path / "l.lst", images, "--pass-through") == 2
    assert "line 2: expected a key, labels and a path" in capsys.readouterr().err


def test_a_name_that_is_not_utf_8_keeps_its_bytes(images, tmp_path):
    with open(os.fsencode(images) + b"/b\xff.jpg", "wb") as file:
        file.write(JPEG + b"b")
    assert run("im2rec", tmp_path / "p", images, "--pass-through", "--no-shuffle") == 0
    assert b"1\t0.000000\tb\xff.jpg\n" in (tmp_path / "p.lst").read_bytes()
    payloads = [bytes(mx.unpack(record)[1]) for record in mx.RecordReader(tmp_path / "p.rec")]
    assert payloads == [JPEG, JPEG + b"b"]


@pytest.mark.parametrize("name", ["a\tb.jpg", "a\nb.jpg", "a\rb.jpg"])
def test_a_name_that_a_list_cannot_hold_is_refused(images, tmp_path, capsys, name):
    (images / name).write_bytes(JPEG)
    assert run("im2rec", tmp_path / "p", images, "--list") == 2
    assert "a list cannot hold a name with a tab or a line break" in capsys.readouterr().err


@pytest.mark.parametrize("outside", ["../secret", "x/../../secret", "{root}/secret"])
def test_a_name_does_not_lead_outside_the_root(images, tmp_path, capsys, outside):
    (tmp_path / "secret").write_text("password")
    line = outside.format(root=tmp_path)
    (tmp_path / "l.lst").write_text(f"0\t1\ta.jpg\n1\t1\t{line}\n")
    assert run("im2rec", tmp_path / "l.lst", images, "--pass-through") == 1
    assert "leads outside" in capsys.readouterr().err
    assert len(mx.RecordReader(tmp_path / "l.rec")) == 1


def records(path, *keys):
    with mx.RecordWriter(path, index=path.with_suffix(".idx")) as writer:
        for number, key in enumerate(keys):
            header = mx.IRHeader(0, float(number), key, 0)
            writer.write(mx.pack(header, JPEG), key=number)


def test_extract_does_not_write_through_a_link(tmp_path, capsys):
    records(tmp_path / "a.rec", 0)
    (tmp_path / "mine").write_text("keep me")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "0.jpg").symlink_to(tmp_path / "mine")
    assert run("rec", "extract", tmp_path / "a.rec", tmp_path / "out") == 2
    assert (tmp_path / "mine").read_text() == "keep me"
    assert "is a link" in capsys.readouterr().err
