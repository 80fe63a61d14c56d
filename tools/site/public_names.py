"""A Sphinx extension: `mx.NDArray` in a text is a link to where the site documents it.

Blocks with an error are marked too, so that their text wraps.
"""

import re
from typing import TYPE_CHECKING, Any

import api_pages
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.util.nodes import make_refnode

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["setup"]

_NAME = re.compile(r"(?:mx|symnet)\.(\w+(?:\.\w+)*)(?:\(.*\))?", re.DOTALL)


def _link(app: "Sphinx", doctree: nodes.document, docname: str) -> None:
    """Make links of the literals that name something public."""
    objects = app.env.domains["py"].objects
    operators = api_pages.operator_pages()
    for literal in list(doctree.findall(nodes.literal)):
        found = _NAME.fullmatch(literal.astext())
        if found is None or isinstance(literal.parent, nodes.reference | pending_xref):
            continue
        name = found[1]
        entry = objects.get(f"symnet.{name}")
        if entry is not None:
            page, anchor = entry.docname, entry.node_id
        elif name in operators:
            page, anchor = operators[name], ""
        else:
            continue
        if page == docname and not anchor:
            continue
        link = make_refnode(app.builder, docname, page, anchor, literal.deepcopy(), f"mx.{name}")
        literal.replace_self(link)


def _wrap_errors(app: "Sphinx", doctree: nodes.document, docname: str) -> None:
    """Mark the blocks that show an error: its one line is long, and is there to be read."""
    for block in doctree.findall(nodes.literal_block):
        if "Traceback (most recent call last)" in block.astext():
            block["classes"].append("error")


def setup(app: "Sphinx") -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("doctree-resolved", _link)
    app.connect("doctree-resolved", _wrap_errors)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
