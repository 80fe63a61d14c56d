"""Operators whose output has the shape of their input: either tells the other."""

from .contract import Input, Operator, Shape, Shapes

__all__ = ["SameShape"]


class SameShape(Operator, registered=False):
    """Base of operators of one input, ``data``, whose output has its shape.

    Shapes flow back through them, as in Apache MXNet: what the output is added to tells the
    input's.
    """

    data = Input("Input of any shape.")

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """The output has the data's shape."""
        known = data if data is not None else output
        return {"data": known, "output": known}
