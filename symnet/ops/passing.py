"""Operators that hand their input on."""

from torch import Tensor

from ..op import Input, Operator, Shape, Shapes, view_of

__all__ = ["PASSING"]


def _class(name: str, doc: str, aliases: tuple[str, ...]) -> type[Operator]:
    @view_of("data")
    def forward(self: Operator, data: Tensor) -> Tensor:
        return data

    @view_of("grad")
    def data_gradient(self: Operator, grad: Tensor) -> Tensor:
        return grad

    def infer_shape(self: Operator, data: Shape) -> Shapes:
        return {"output": data}

    members = {
        "__doc__": doc,
        "aliases": aliases,
        "data": Input("Input of any shape."),
        "forward": forward,
        "infer_shape": infer_shape,
        "data_gradient": data_gradient,
    }
    return type(name, (Operator,), members)


PASSING = {
    name: _class(name, doc, aliases)
    for name, doc, aliases in (
        ("identity", "Pass the data on.", ("_copy",)),
        ("_CrossDeviceCopy", "Pass the data on to another device.", ()),
    )
}
