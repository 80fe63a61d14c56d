"""Which names of MXNet there are: the page is current, and what is missing says so."""

import re

import pytest
from tool_modules import tool

import symnet.mxnet as mx

names = tool("mxnet_names")
generated = tool("generated")


def test_the_page_is_current() -> None:
    assert not generated.stale({names.PAGE: names.page()}), "run `make pages`"


def test_the_page_tells_every_namespace() -> None:
    text = names.PAGE.read_text(encoding="utf-8")
    namespaces, classes = names.coverage()
    for row in (*namespaces, *classes):
        assert re.search(rf"^\| `{re.escape(row.name)}` \| {row.count} \|", text, re.MULTILINE)


@pytest.mark.parametrize("namespace", ["mx.name", "mx.attribute", "mx.viz", "mx.random", "mx.log"])
def test_small_namespaces_are_whole(namespace: str) -> None:
    (row,) = (row for row in names.coverage()[0] if row.name == namespace)
    assert not row.missing


def test_what_is_missing_is_an_attribute_error() -> None:
    for row in names.coverage()[0]:
        owner = names._found(row.name)
        for name in row.missing if owner is not None else ():
            if row.name == "mx" and name in dir(mx):
                continue  # a module whose import fails, or is not written
            with pytest.raises((AttributeError, ImportError), match=re.escape(name)):
                getattr(owner, name)
