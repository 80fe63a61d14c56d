"""Every public name says what it is, names its arguments, and shows an example that runs.

The examples themselves run as doctests, with all of `symnet/`.
"""

import inspect
import re
from typing import Any

import pytest
from test_site import site  # noqa: F401  # a fixture

import symnet as mx

REFERENCE = re.compile(r"(?:[Ss]ee|is|as for|as|and) `(?:mx\.)?(\w+(?:\.\w+)?)`")
PLAIN = {name for name in mx.__all__ if not callable(getattr(mx, name))}
CALLABLE = [name for name in mx.__all__ if name not in PLAIN and name != "SlicedNDArray"]


def documentation(value: Any) -> str:
    return inspect.getdoc(value) or ""


def test_constants_are_documented(site):  # noqa: F811  # the fixture
    said = site["api_pages"].constants()
    assert not [name for name in (*PLAIN, "SlicedNDArray") if len(said.get(name, "")) < 20]


@pytest.mark.parametrize("name", CALLABLE)
def test_a_public_name_has_an_example(name):
    text = documentation(getattr(mx, name))
    assert text.splitlines()[0].rstrip().endswith((".", ":")), "one line first"
    assert ">>> " in text, f"{name} has no example"


@pytest.mark.parametrize("name", CALLABLE)
def test_a_public_name_documents_its_arguments(name):
    value = getattr(mx, name)
    if inspect.isclass(value) and issubclass(value, BaseException):
        return
    text = documentation(value)
    for place in REFERENCE.findall(text):  # "see `Executor.forward`": the arguments stand there
        other: Any = mx
        for part in place.split("."):
            other = getattr(other, part, None)
        text += documentation(other)
    explained = re.sub(r"^ *(?:>>>|\.\.\.) .*$", "", text, flags=re.MULTILINE)
    receiver = 1 if REFERENCE.search(documentation(value)) else 0
    parameters = list(inspect.signature(value).parameters.values())[receiver:]
    named = [each.name for each in parameters if each.kind is not each.VAR_POSITIONAL]
    missing = [
        each for each in named if each[0] != "_" and not re.search(rf"\b{each}\b", explained)
    ]
    assert not missing, f"{name} says nothing of {missing}"
