"""What operators that passes put in the place of a convolution share: windows, and shapes."""

from math import prod

from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["FilteringLayer", "Windowed"]


class Windowed(Operator, registered=False):
    """How filters go over an image."""

    floats_only = True

    kernel: tuple[int, ...] = param("Size of the filters: (height, width).", min=1)
    stride: tuple[int, ...] = param("Step between windows.", min=1)
    pad: tuple[int, ...] = param("Zeros added at each border.", min=0)
    dilate: tuple[int, ...] = param("Step between taps of a filter.", min=1)
    num_group: int = param("Number of groups that channels are split into.", min=1)


class FilteringLayer(Windowed, registered=False):
    """A convolution of images: its inputs, and their shapes."""

    family = "weighted"
    memory_order = "spatial"

    data = Input("Images of shape (batch, channels, height, width).")
    weight = Input("Filters of shape (num_filter, channels / num_group, *kernel).")
    bias = Input("Bias vector of shape (num_filter,).", when=lambda op: not op.no_bias)
    num_filter: int = param("Number of filters: channels of the output.", min=1)
    no_bias: bool = param("Leave the bias out.")

    def infer_shape(self, data: Shape) -> Shapes:
        """Return the shapes that the data's implies."""
        batch, channels, *size = data
        windows = zip(size, self.kernel, self.stride, self.pad, self.dilate, strict=True)
        lengths = [(length + 2 * p - d * (k - 1) - 1) // s + 1 for length, k, s, p, d in windows]
        output = (batch, self.num_filter, *lengths)
        return {
            "weight": (self.num_filter, channels // self.num_group, *self.kernel),
            "bias": (self.num_filter,),
            "output": output,
            **({"addend": output} if "addend" in self.inputs else {}),
        }

    def multiply_adds(self, shapes: Shapes) -> int:
        """One for each tap of the filter that an element of the output is made with."""
        return int(prod(shapes["output"]) * prod(shapes["weight"][1:]))
