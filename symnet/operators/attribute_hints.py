"""What to use for an attribute that arrays of other libraries have."""

import re
from typing import TYPE_CHECKING, Never

from .contract import OPERATORS

__all__ = ["AttributeHints"]

_FUNCTIONS = {
    "T": "transpose",
    "permute": "transpose",
    "unsqueeze": "expand_dims",
    "matmul": "dot",
    "pow": "broadcast_power",
}
_METHODS = {
    "numpy": "asnumpy()",
    "tolist": "asnumpy().tolist()",
    "device": "context",
    "ctx": "context",
    "type": "astype(…)",
    "view": "reshape(…)",
    "numel": "size",
    "cuda": "copy(mx.gpu())",
    "cpu": "copy(mx.cpu())",
    "to": "copy(…), with a context",
    "as_in_context": "copy(…), with a context",
    "detach": "torch, which is a tensor",
}
_OF_NETWORKS = {
    "bind": "mx.bind(network, …)",
    "simple_bind": "mx.simple_bind(network, …), with shapes",
    "eval": "mx.simple_bind(network, …), with shapes",
    "fit": "mx.FeedForward(network).fit(…)",
    "predict": "mx.FeedForward(network), once it is trained",
    "summary": "mx.summary(network, …), with shapes",
    "save": "mx.save(path, network)",
    "tojson": "to_json()",
    "attr": "get_attr(…)",
}
"""What there is of networks, which NDArrays are none of."""


class AttributeHints:
    """Tells, of an attribute that is missing, which function or attribute there is instead."""

    __slots__ = ()

    if not TYPE_CHECKING:  # which would take any attribute for one that there is

        def __getattr__(self, name: str) -> Never:
            """Raise AttributeError: the attribute is missing."""
            raise AttributeError(
                f"{type(self).__name__} has no attribute {name!r}{_hint(type(self), name)}",
                name=name,
                obj=self,
            )


def _hint(kind: type, name: str) -> str:
    function = _FUNCTIONS.get(name, name)
    if function in OPERATORS and not name.startswith("_"):
        return f"; mx.{function}(…) is a function"
    if name in _OF_NETWORKS and hasattr(kind, "list_arguments"):
        return f"; use {_OF_NETWORKS[name]}"
    method = _METHODS.get(name, "")
    known = method and hasattr(kind, re.split(r"\W", method)[0])
    return f"; use .{method}" if known else ""
