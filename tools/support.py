"""The page docs/operators/support.md: every operator of Apache MXNet 1.9.1, and what becomes of it.

`tools/reference.py` writes it with the pages of the operators.
"""

import json
from collections.abc import Iterator
from typing import Any

import generated

from symnet.graph.left_out import FAMILIES, LeftOut, family_of
from symnet.operators.contract import OPERATORS

__all__ = ["FIRST_RELEASE", "NAME", "page"]

NAME = "support.md"
_RECORDED = generated.ROOT / "tests" / "golden" / "operators_1.9.1.json"

_OF_FIRST_RELEASE = """
    Activation BatchNorm BlockGrad Cast Concat Convolution Crop Deconvolution Dropout ElementWiseSum
    Embedding Flatten FullyConnected IdentityAttachKLSparseReg LRN LeakyReLU LinearRegressionOutput
    LogisticRegressionOutput MAERegressionOutput Pooling Reshape SliceChannel Softmax
    SoftmaxActivation SoftmaxOutput SwapAxis UpSampling _CrossDeviceCopy _Div _DivScalar _Maximum
    _MaximumScalar _Minimum _MinimumScalar _Minus _MinusScalar _Mul _MulScalar _NDArray _Native
    _Plus _PlusScalar _Power _PowerScalar _RDivScalar _RMinusScalar _RPowerScalar _add _copy _div
    _div_scalar _maximum _maximum_scalar _minimum _minimum_scalar _minus _minus_scalar _mul
    _mul_scalar _onehot_encode _plus _plus_scalar _power _power_scalar _rdiv_scalar _rminus_scalar
    _rpower_scalar _sub abs add_n argmax_channel cast ceil choose_element_0index clip concat cos dot
    elemwise_add elemwise_div elemwise_mul elemwise_sub exp fill_element_0index flatten floor
    identity log max min norm pick reshape round rsqrt sign sin split sqrt square stop_gradient sum
    swapaxes
"""
FIRST_RELEASE = frozenset(_OF_FIRST_RELEASE.split())
"""Names of operators that 0.1.0 read."""

_TEXT = """# Operators of Apache MXNet 1.9.1

Every operator that 1.9.1 registers, under each of its names, and what symnet does with a symbol
file that holds it. Written by `make pages` from 1.9.1's own list,
`tests/golden/operators_1.9.1.json`, and from `symnet/graph/left_out.py`.

{read} names are read; {left} are left out, for a reason. Not listed are MXNet's own gradients,
`_backward_…`: no file needs them.

- **Read** means with every parameter of 1.9.1: it is implemented, or a hint at speed, or it has the
  value that changes nothing. Any other value is refused when the file is read, by file, node,
  operator, parameter and value.
- **Unknown parameters are refused**, also with operators for which 1.9.1 takes and ignores them.
- **What is left out is refused** when the file is read: all such operators at once, with how many
  nodes each has, those of subgraphs included.
"""


def page(linked: set[str]) -> str:
    """Return the text of the page.

    Args:
        linked: names of the operators that have a page of their own.
    """
    recorded: dict[str, Any] = json.loads(_RECORDED.read_text(encoding="utf-8"))
    of = {name: op for op, facts in recorded.items() for name in (op, *facts["aliases"])}
    listed = [name for name in sorted(of, key=str.lower) if family_of(name) is not FAMILIES[0]]
    read = [name for name in listed if name in OPERATORS]
    lines = [
        _TEXT.format(read=len(read), left=len(listed) - len(read)),
        "## What is left out\n",
        *(f"- **{family.title}**: {family.reason}." for family in FAMILIES[1:]),
        "\n## All names\n",
        "| name | what symnet does | since |",
        "| --- | --- | --- |",
        *(_row(name, of[name], linked) for name in listed),
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, canonical: str, linked: set[str]) -> str:
    return f"| `{name}` | {'; '.join(_said(name, canonical, linked))} | {_since(name)} |"


def _since(name: str) -> str:
    if name not in OPERATORS:
        return ""
    return "0.1.0" if name in FIRST_RELEASE else "Unreleased"


def _said(name: str, canonical: str, linked: set[str]) -> Iterator[str]:
    if name not in OPERATORS:
        family = family_of(canonical) or family_of(name)
        yield _left_out(family)
        if name != canonical:
            yield f"alias of `{canonical}`"
        return
    cls = OPERATORS[name]
    own = f"[`{cls.__name__}`]({cls.__name__}.md)" if cls.__name__ in linked else "yes"
    yield f"read: {own}" if own != "yes" else "read"
    if cls.name_in_files() != name:
        yield f"written as `{cls.name_in_files()}`"


def _left_out(family: LeftOut | None) -> str:
    return f"left out: {family.title}" if family else "unknown"
