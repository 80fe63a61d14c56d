"""Layers with weights: products, convolutions, embeddings."""

from ...operators.definitions.convolution import Convolution
from ...operators.definitions.deconvolution import Deconvolution, UpSampling
from ...operators.definitions.elementwise import ElementWiseSum
from ...operators.definitions.images import Layout, has_channels_last, stretched
from ...operators.definitions.linear import FullyConnected, dot
from ...operators.definitions.sampling import Embedding
from .._lengths import Lengths
from ..emitter import Emitter
from ..registry import Refused, converter
from ..terms import Term
from ._indices import within
from .elements import element_wise_sum

__all__ = ["channels_first", "channels_last", "lengths_first"]


@converter(FullyConnected)
def fully_connected(
    op: FullyConnected, to: Emitter, data: Term, weight: Term, bias: Term | None = None
) -> Term:
    """Gemm of rows; a product where the axes before the last stay."""
    if op.flatten or data.rank == 2:
        rows = data if data.rank == 2 else to("Flatten", data, axis=1)
        return to("Gemm", rows, weight, bias, transB=1)
    found = data @ weight.transposed(1, 0)
    return found if bias is None else found + bias


@converter(dot)
def dotted(op: dot, to: Emitter, lhs: Term, rhs: Term) -> Term:
    """A product of matrices, with all axes that stay put together."""
    left = lhs.moved(0, -1) if op.transpose_a else lhs
    right = rhs.moved(-1, 0) if op.transpose_b else rhs
    rows = left if left.rank == 2 else to("Flatten", left, axis=left.rank - 1)
    columns = right if right.rank == 2 else to("Flatten", right, axis=1)
    return (rows @ columns).reshaped(to.result)


# -- images ----------------------------------------------------------------------------------------


def channels_first(term: Term, layout: Layout | None) -> Term:
    """Return images with their channels on axis 1."""
    return term.moved(-1, 1) if has_channels_last(layout) else term


def lengths_first(lengths: Lengths, layout: Layout | None) -> Lengths:
    """Return the shape of images, with the channels on axis 1."""
    return (lengths[0], lengths[-1], *lengths[1:-1]) if has_channels_last(layout) else lengths


def channels_last(term: Term, layout: Layout | None, lengths: Lengths) -> Term:
    """Undo `channels_first`, given the shape that comes out."""
    if not has_channels_last(layout):
        return term
    rank = len(lengths)
    return term.transposed(0, *range(2, rank), 1)


@converter(Convolution)
def convolution(
    op: Convolution, to: Emitter, data: Term, weight: Term, bias: Term | None = None
) -> Term:
    """Conv, with channels first."""
    stride, pad, dilate = op.window
    found = to(
        "Conv",
        channels_first(data, op.layout),
        channels_first(weight, op.layout),
        bias,
        kernel_shape=op.kernel,
        strides=stride,
        pads=(*pad, *pad),
        dilations=dilate,
        group=op.num_group,
    )
    return channels_last(found, op.layout, to.result)


@converter(Deconvolution)
def deconvolution(
    op: Deconvolution, to: Emitter, data: Term, weight: Term, bias: Term | None = None
) -> Term:
    """ConvTranspose, with channels first; target_shape becomes the padding that it implies."""
    images = channels_first(data, op.layout)
    count = len(op.kernel)
    size = tuple(images.length(axis) for axis in range(2, 2 + count)) if op.target_shape else ()
    pad, far = op.borders(size)
    found = to(
        "ConvTranspose",
        images,
        channels_first(weight, op.layout),
        bias,
        kernel_shape=op.kernel,
        strides=stretched(op.stride, count, 1),
        pads=(*pad, *pad),
        dilations=stretched(op.dilate, count, 1),
        output_padding=far,
        group=op.num_group,
    )
    return channels_last(found, op.layout, to.result)


@converter(UpSampling)
def up_sampling(op: UpSampling, to: Emitter, args: list[Term]) -> Term:
    """Resize of each input, or the Deconvolution that bilinear is."""
    if op.sample_type == "bilinear":
        return deconvolution(op.deconvolution, to, *args)
    height = to.result[2]
    if not isinstance(height, int):
        raise Refused("the size of its images follows the batch")
    large = [_enlarged(to, image, height // image.length(2)) for image in args]
    if len(large) == 1:
        return large[0]
    if op.multi_input_mode == "concat":
        return to("Concat", *large, axis=1)
    return element_wise_sum(ElementWiseSum(num_args=len(large)), to, large)


def _enlarged(to: Emitter, image: Term, times: int) -> Term:
    scales = to.constant([1.0, 1.0, float(times), float(times)])
    return to(
        "Resize",
        image,
        None,
        scales,
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )


@converter(Embedding)
def embedding(op: Embedding, to: Emitter, data: Term, weight: Term) -> Term:
    """Gather of rows; an index outside counts as the nearest inside."""
    return to("Gather", weight, within(to, data, op.input_dim), axis=0, dtype=weight.dtype)
