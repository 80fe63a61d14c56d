"""Losses as predictions, and what passes its input on: labels are not asked for."""

import torch

from ...operators.definitions.loss import SoftmaxOutput
from ...operators.definitions.made_loss import MakeLoss, SVMOutput, make_loss
from ...operators.definitions.passing import _CrossDeviceCopy, amp_cast, identity
from ...operators.definitions.regression import (
    LinearRegressionOutput,
    LogisticRegressionOutput,
    MAERegressionOutput,
)
from ...operators.definitions.reshape import BlockGrad, Cast
from ...operators.definitions.sampling import Dropout, IdentityAttachKLSparseReg
from ..emitter import Emitter
from ..registry import Refused, converter
from ..terms import Term

__all__: list[str] = []


@converter(
    BlockGrad,
    IdentityAttachKLSparseReg,
    LinearRegressionOutput,
    MAERegressionOutput,
    MakeLoss,
    SVMOutput,
    _CrossDeviceCopy,
    identity,
    make_loss,
)
def passed_on(op: object, to: Emitter, data: Term) -> Term:
    """Nothing happens in prediction."""
    return data


@converter(Dropout)
def dropout(op: Dropout, to: Emitter, data: Term) -> Term:
    """Nothing is dropped in prediction, unless mode says always."""
    if op.is_identity(is_train=False):
        return data
    if op.axes:
        raise Refused("ONNX's Dropout drops no whole axes together (axes, with mode='always')")
    return to("Dropout", data, to.constant(op.p, data.dtype), to.constant(True))


@converter(LogisticRegressionOutput)
def logistic(op: LogisticRegressionOutput, to: Emitter, data: Term) -> Term:
    """The sigmoid is the prediction."""
    return to("Sigmoid", data)


@converter(SoftmaxOutput)
def softmax_output(op: SoftmaxOutput, to: Emitter, data: Term) -> Term:
    """The probabilities are the prediction: over channels, the last axis, or all features."""
    if op.multi_output or op.preserve_shape or data.rank == 2:
        return to("Softmax", data, axis=op.axis)
    if data.rank == 1:
        return to("Softmax", data, axis=0)
    return to("Softmax", to("Flatten", data, axis=1), axis=1).reshaped(data.lengths)


@converter(Cast)
def cast(op: Cast, to: Emitter, data: Term) -> Term:
    """Cast; small whole numbers wrap around, as from int64."""
    if data.dtype.is_floating_point and op.dtype in ("uint8", "int8"):
        data = data.cast(torch.int64)
    return data.cast(to.dtype)


@converter(amp_cast)
def mixed_cast(op: amp_cast, to: Emitter, data: Term) -> Term:
    """Cast of floats alone."""
    return data.cast(to.dtype)
