"""Definitions of the operators, and nothing but definitions.

Importing this package registers them all.
"""

from .activation import Activation
from .clip import clip
from .convolution import Convolution
from .crop import Crop
from .deconvolution import Deconvolution, UpSampling
from .elementwise import BINARY, SCALAR, UNARY, ElementWiseSum
from .indexing import _onehot_encode, choose_element_0index, fill_element_0index
from .join import Concat, SliceChannel
from .leaky import LeakyReLU, SoftmaxActivation
from .linear import FullyConnected, dot
from .loss import SoftmaxOutput
from .normalise import LRN, BatchNorm
from .passing import PASSING
from .pooling import Pooling
from .reduce import REDUCTIONS, argmax_channel
from .regression import (
    LinearRegressionOutput,
    LogisticRegressionOutput,
    MAERegressionOutput,
)
from .reshape import BlockGrad, Cast, Flatten, Reshape, SwapAxis
from .sampling import Dropout, Embedding, IdentityAttachKLSparseReg

__all__ = [
    "BINARY",
    "LRN",
    "PASSING",
    "REDUCTIONS",
    "SCALAR",
    "UNARY",
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
    "SoftmaxActivation",
    "SoftmaxOutput",
    "SwapAxis",
    "UpSampling",
    "_onehot_encode",
    "argmax_channel",
    "choose_element_0index",
    "clip",
    "dot",
    "fill_element_0index",
]
