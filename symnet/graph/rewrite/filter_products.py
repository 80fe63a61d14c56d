"""On a CPU, a convolution of few windows is a product of matrices."""

from collections.abc import Mapping
from math import prod

from ...operators.contract import Operator, Shape
from ...operators.definitions.filter_products import FilterProduct
from ...operators.meaning import Filtered
from ..node import Graph, Node, Value, substitute

__all__ = ["multiply_filters"]

_WINDOWS_FOR_A_FILTER = 2
"""With up to so many windows for each filter, the product is faster: it has to copy what windows
see, and the convolution its filters. Measured with kernels of 3 × 3 over 64 to 512 channels."""


def multiply_filters(graph: Graph, shapes: Mapping[Value, Shape]) -> Graph:
    """Return a graph in which convolutions are products where these are faster on a CPU.

    Args:
        graph: the network.
        shapes: the shapes of its values, by the values of this graph.
    """
    found = {value.node: shapes[value] for value in shapes if value.number == 0}

    def replaced(node: Node, inputs: tuple[Value, ...]) -> Node | None:
        meant = node.op.meaning() if isinstance(node.op, Operator) else None
        if not isinstance(meant, Filtered) or not _pays(meant, found[node]):
            return None
        product = FilterProduct(
            kernel=meant.kernel,
            stride=meant.stride,
            pad=meant.pad,
            dilate=meant.dilate,
            num_group=1,
            num_filter=meant.count,
            no_bias=len(inputs) == 2,
        )
        return Node(product, node.name, inputs, node.attributes)

    outputs = substitute(graph.outputs, replaced)
    # Of a graph that stays, what is known of it stays too.
    return graph if outputs == graph.outputs else Graph(outputs)


def _pays(meant: Filtered, output: Shape) -> bool:
    if meant.groups > 1 or len(meant.kernel) != 2:
        return False
    if prod(meant.kernel) == prod(meant.stride) == 1 and not any(meant.pad):
        return True
    windows = output[0] * prod(output[2:])
    return bool(windows <= _WINDOWS_FOR_A_FILTER * meant.count)
