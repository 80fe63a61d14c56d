"""The type stub of the operators' functions: it is current, and says what it should."""

import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import get_overloads

import pytest
from mypy import api
from tool_modules import tool

from symnet.operators import functions
from symnet.operators.dispatch import forms_of

HERE = Path(__file__).parent

# Without torch's and NumPy's types mypy takes seconds, not a minute.
CONFIGURATION = """
[mypy]
strict = True
follow_imports = silent
[mypy-torch.*,numpy.*]
follow_imports = skip
"""

Check = Callable[[Path], tuple[str, int]]


@pytest.fixture(scope="module")
def stubs() -> ModuleType:
    return tool("stubs")


def test_stub_is_current(stubs):
    assert stubs.STUB.read_text(encoding="utf-8") == stubs.stub(), "run `make stubs`"


@pytest.fixture(scope="module")
def stubbed(stubs):
    """The names that the stub defines; it runs as a module of its own, which has its overloads."""
    names = {"__name__": "stub_of_functions", "__package__": "symnet.operators"}
    exec(compile(stubs.STUB.read_text(encoding="utf-8"), str(stubs.STUB), "exec"), names)
    return names


def signatures_of(stubbed, name):
    """The signatures of a function's overloads, or its only one."""
    only = stubbed[name]
    exec(f"def {name}(): ...", stubbed)  # overloads are found by module and name
    forms = get_overloads(stubbed[name])
    stubbed[name] = only
    return [inspect.signature(form) for form in forms or [only]]


@pytest.mark.parametrize("name", functions.__all__)
def test_forms_have_the_parameters_of_the_function(stubbed, name):
    function = getattr(functions, name)
    actual = inspect.signature(function).parameters
    forms = signatures_of(stubbed, name)
    forms = forms[: len(forms) - len(forms_of(function.operator))]
    assert len(forms) == (1 if function.operator.states or not function.operator.inputs else 2)
    for form, result in zip(forms, ("SymbolicNode", "NDArray"), strict=False):
        assert result in str(form.return_annotation)
        assert set(form.parameters) | {"out"} == set(actual)
        assert ("out" in form.parameters) is (result == "NDArray")
        for parameter in function.operator.required():
            # How many inputs there are is counted where it is left out.
            assert form.parameters[parameter].default is (
                ... if parameter == "num_args" else inspect.Parameter.empty
            )
        for parameter in set(function.operator.params) - set(function.operator.required()):
            assert form.parameters[parameter].default == actual[parameter].default


# -- what mypy makes of it -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def check(tmp_path_factory) -> Check:
    folder = tmp_path_factory.mktemp("types")
    (folder / "mypy.ini").write_text(CONFIGURATION)
    options = ["--config-file", str(folder / "mypy.ini"), "--cache-dir", str(folder / "cache")]

    def run(path: Path) -> tuple[str, int]:
        said, wrong, status = api.run([*options, str(path)])
        assert not wrong, wrong
        return said, status

    return run


@pytest.mark.parametrize("file", ["typing_operators.py", "typing_training.py"])
def test_results_and_mistakes_are_known(check, file):
    said, status = check(HERE / file)
    assert status == 0, said


def test_a_mistake_is_named(check, tmp_path):
    path = tmp_path / "mistake.py"
    path.write_text("import symnet as mx\nmx.FullyConnected(num_hiden=3)\n")
    said, status = check(path)
    assert status == 1
    assert 'mistake.py:2: error: Unexpected keyword argument "num_hiden"' in said
    assert 'did you mean "num_hidden"?' in said
