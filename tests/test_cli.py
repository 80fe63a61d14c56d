"""The command `symnet`: its help, wrong use, errors, exit codes, and completion by shells."""

import os
import runpy
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from recordio_files import GOLDEN

import symnet as mx
from symnet import cli
from symnet.cli import main
from symnet.cli.completion import _parsers

ROOT = Path(__file__).parent.parent
PARSERS = dict(_parsers(cli.parser(), ""))


def stop(*arguments):
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return stopped.value.code


def test_the_script_is_declared():
    text = (ROOT / "pyproject.toml").read_text()
    module, _, name = tomllib.loads(text)["project"]["scripts"]["symnet"].partition(":")
    assert getattr(import_module(module), name) is main


def test_every_file_is_a_command():
    files = (ROOT / "symnet" / "cli").glob("[!_]*.py")
    assert {file.stem for file in files} == {path for path in PARSERS if path and " " not in path}


@pytest.mark.parametrize("command", PARSERS)
def test_help(command, capsys):
    assert stop(*command.split(), "--help") == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"usage: symnet {command}".rstrip())
    if command not in ("", "rec"):
        assert f"examples:\n  symnet {command} " in printed or command == "completion"


def test_version(capsys):
    assert stop("--version") == 0
    assert capsys.readouterr().out == f"symnet {mx.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["rec"], ["rec", "lsit", "x"], ["rec", "list"]])
def test_wrong_use(arguments, capsys):
    assert stop(*arguments) == 2
    assert "usage: symnet" in capsys.readouterr().err


def test_no_parser_waits_for_torch():
    code = """
import sys
from symnet.cli import parser
parser()
slow = {"torch", "numpy", "fsspec", "tqdm", "safetensors"} & sys.modules.keys()
assert not slow, f"help and wrong use would wait for {slow}"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_as_a_module(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["symnet", "rec", "verify", str(GOLDEN / "all.rec")])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_module("symnet", run_name="__main__")
    assert stopped.value.code == 0
    assert capsys.readouterr() == (f"{GOLDEN / 'all.rec'}: 10 records; no faults\n", "")


# -- errors ----------------------------------------------------------------------------------------


def test_a_file_that_is_not_there(symnet):
    code, out, err = symnet("rec", "list", "nowhere.rec")
    assert (code, out) == (2, [])
    assert err == ["symnet: cannot read nowhere.rec: No such file or directory"]


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (mx.FormatError("one line,\n  and another"), "symnet: one line, and another"),
        (MemoryError(), "symnet: MemoryError"),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to"),
            "symnet: there is not enough memory for this",
        ),
        (mx.FormatError("long " * 500), f"symnet: {'long ' * 160}…"),
    ],
)
def test_errors_are_one_line(problem, said, symnet, monkeypatch):
    def fail(options):
        raise problem

    monkeypatch.setattr("symnet.cli._rec_list.list_records", fail)
    assert symnet("rec", "list", "x.rec") == (2, [], [said])


def test_a_bug_is_one_line_too(symnet, monkeypatch):
    def fail(options):
        raise KeyError("nobody thought of this")

    monkeypatch.setattr("symnet.cli._rec_list.list_records", fail)
    code, out, (said,) = symnet("rec", "list", "x.rec")
    assert (code, out) == (2, [])
    assert said.startswith("symnet: this is a bug of symnet's: KeyError: 'nobody thought of this'")
    assert "test_cli.py, line " in said


def test_an_interrupt(symnet, monkeypatch):
    def interrupt(options):
        raise KeyboardInterrupt

    monkeypatch.setattr("symnet.cli._rec_list.list_records", interrupt)
    assert symnet("rec", "list", "x.rec") == (130, [], ["symnet: interrupted"])


def test_a_reader_of_a_pipe_may_go_away(monkeypatch):
    read_end, write_end = os.pipe()
    with os.fdopen(write_end, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        os.close(read_end)
        assert main(["rec", "list", str(GOLDEN / "all.rec")]) == 0


# -- completion ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("re", "rec"),
        ("rec ver", "verify"),
        ("rec index --k", "--key"),
        ("rec index --key ", "number id"),
        ("im2rec images --color ", "-1 0 1"),
        ("completion ", "bash zsh"),
        ("rec list ", ""),  # nothing: the shell completes files
    ],
)
def test_completion(typed, found, capsys):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    assert main(["completion", "bash"]) == 0
    words = " ".join(f"'{word}'" for word in ["symnet", *typed.split(" ")])
    script = f"""{capsys.readouterr().out}
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 )); _symnet
echo "${{COMPREPLY[*]}}" """
    done = subprocess.run([bash, "-c", script], check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{found}\n", "")


def test_completion_of_zsh_is_that_of_bash(symnet):
    _, bash, _ = symnet("completion", "bash")
    code, zsh, _ = symnet("completion", "zsh")
    assert code == 0
    assert zsh[2:] == bash
    assert "bashcompinit" in zsh[1]
