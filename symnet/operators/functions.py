"""The operators' public functions: `mx.FullyConnected`, `mx.exp`, …

Each is made of the operator's class alone; see `frontend.operator_function`.
"""

from functools import cache

from ..core.logs import logger
from . import definitions as ops
from .dispatch import operator_function

__all__ = [
    "LRN",
    "Activation",
    "BatchNorm",
    "BlockGrad",
    "Cast",
    "Concat",
    "Convolution",
    "Crop",
    "Deconvolution",
    "Dropout",
    "ElementWiseSum",
    "Embedding",
    "Flatten",
    "FullyConnected",
    "IdentityAttachKLSparseReg",
    "LeakyReLU",
    "LinearRegressionOutput",
    "LogisticRegressionOutput",
    "MAERegressionOutput",
    "Pooling",
    "Reshape",
    "SliceChannel",
    "Softmax",
    "SoftmaxActivation",
    "SoftmaxOutput",
    "SwapAxis",
    "UpSampling",
    "abs",
    "argmax_channel",
    "ceil",
    "choose_element_0index",
    "clip",
    "cos",
    "dot",
    "exp",
    "fill_element_0index",
    "floor",
    "log",
    "max",
    "min",
    "norm",
    "round",
    "rsqrt",
    "sign",
    "sin",
    "sqrt",
    "square",
    "sum",
]

BatchNorm = operator_function(ops.BatchNorm)
BlockGrad = operator_function(ops.BlockGrad)
Cast = operator_function(ops.Cast)
Concat = operator_function(ops.Concat)
Crop = operator_function(ops.Crop)
Deconvolution = operator_function(ops.Deconvolution)
Dropout = operator_function(ops.Dropout)
Embedding = operator_function(ops.Embedding)
IdentityAttachKLSparseReg = operator_function(ops.IdentityAttachKLSparseReg)
LRN = operator_function(ops.LRN)
LeakyReLU = operator_function(ops.LeakyReLU)
LinearRegressionOutput = operator_function(ops.LinearRegressionOutput)
LogisticRegressionOutput = operator_function(ops.LogisticRegressionOutput)
MAERegressionOutput = operator_function(ops.MAERegressionOutput)
Reshape = operator_function(ops.Reshape)
SliceChannel = operator_function(ops.SliceChannel)
SoftmaxActivation = operator_function(ops.SoftmaxActivation)
SwapAxis = operator_function(ops.SwapAxis)
UpSampling = operator_function(ops.UpSampling)
Activation = operator_function(ops.Activation)
Convolution = operator_function(ops.Convolution)
ElementWiseSum = operator_function(ops.ElementWiseSum)
Flatten = operator_function(ops.Flatten)
FullyConnected = operator_function(ops.FullyConnected)
Pooling = operator_function(ops.Pooling)
SoftmaxOutput = operator_function(ops.SoftmaxOutput)

abs = operator_function(ops.UNARY["abs"])
ceil = operator_function(ops.UNARY["ceil"])
cos = operator_function(ops.UNARY["cos"])
exp = operator_function(ops.UNARY["exp"])
floor = operator_function(ops.UNARY["floor"])
log = operator_function(ops.UNARY["log"])
round = operator_function(ops.UNARY["round"])
rsqrt = operator_function(ops.UNARY["rsqrt"])
sign = operator_function(ops.UNARY["sign"])
sin = operator_function(ops.UNARY["sin"])
sqrt = operator_function(ops.UNARY["sqrt"])
square = operator_function(ops.UNARY["square"])

# The documents' functions of arrays; they make symbols too.
argmax_channel = operator_function(ops.argmax_channel)
choose_element_0index = operator_function(ops.choose_element_0index)
clip = operator_function(ops.clip)
dot = operator_function(ops.dot)
fill_element_0index = operator_function(ops.fill_element_0index)
max = operator_function(ops.REDUCTIONS["max"])
min = operator_function(ops.REDUCTIONS["min"])
norm = operator_function(ops.REDUCTIONS["norm"])
sum = operator_function(ops.REDUCTIONS["sum"])


@cache
def _say_deprecated() -> None:
    logger.info("Softmax is deprecated, please use SoftmaxOutput")


Softmax = operator_function(ops.SoftmaxOutput, name="Softmax", on_call=_say_deprecated)
_CrossDeviceCopy = operator_function(ops.PASSING["_CrossDeviceCopy"])
