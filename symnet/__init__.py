"""symnet: declare a network as a graph; have it checked, differentiated, planned and trained.

`import symnet as mx`: everything is in this one flat namespace, under the names of MXNet.jl's
documentation of 2016, which docstrings call the documents; docs/semantics says more of them.
"""

from . import data as _data
from . import model as _model
from .api import function_forms as _function_forms
from .api.function_forms import *
from .api.internal import *
from .core import context as _context
from .core.context import *
from .core.errors import (
    ArgumentError,
    DataError,
    DeviceError,
    DistributedError,
    DTypeError,
    FormatError,
    LabelError,
    MXError,
    ParameterError,
    ReadOnlyError,
    ShapeError,
)
from .core.naming import AttrScope, NameManager, PrefixNameManager
from .data import *
from .executor import GRAD_ADD, GRAD_NOP, GRAD_WRITE, Executor, bind, simple_bind
from .inspect import summary as _summary
from .inspect import visualize as _visualize
from .inspect.summary import *
from .inspect.visualize import *
from .model import *
from .ndarray import (
    NDArray,
    add_to,
    array,
    context,
    convert,
    copy,
    copyto,
    div_from,
    eltype,
    empty,
    from_dlpack,
    full,
    is_shared,
    length,
    mul_to,
    nd_as_numpy,
    ndims,
    ones,
    size,
    sub_from,
    try_get_shared,
    zeros,
)
from .ndarray import random as _random
from .ndarray.random import *
from .onnx import export_onnx
from .operators import functions
from .operators.functions import *
from .storage.safetensors_file import load_metadata
from .storage.saving import load, save
from .symbol import SymbolicNode, Variable, from_json
from .symbol import composition as _composition
from .symbol import custom_function as _custom_function
from .symbol import factory as _factory
from .symbol.composition import *
from .symbol.custom import (
    NDArrayOp,
    NumpyOp,
)
from .symbol.custom_classes import CustomOp, CustomOpProp, register_custom
from .symbol.custom_function import *
from .symbol.factory import *
from .training import callback as _callback
from .training import metric as _metric
from .training import optimizer as _optimizer
from .training.callback import *
from .training.initializer import (
    AbstractInitializer,
    BilinearInitializer,
    ConstantInitializer,
    LSTMBiasInitializer,
    NormalInitializer,
    OrthogonalInitializer,
    UniformInitializer,
    XavierInitializer,
    xv_avg,
    xv_gaussian,
    xv_in,
    xv_normal,
    xv_out,
    xv_uniform,
)
from .training.kvstore import (
    AbstractKVStore,
    KVStore,
    barrier,
    get_num_workers,
    get_rank,
    get_type,
    init,
    pull,
    push,
    set_optimizer,
    set_updater,
)
from .training.metric import *
from .training.optimizer import *
from .training.optimizer import stepwise as _stepwise
from .training.optimizer.stepwise import *

__version__ = "0.1.0"

# What folders offer is offered here: a metric or an optimizer is named in its folder alone.
__all__ = [
    "GRAD_ADD",
    "GRAD_NOP",
    "GRAD_WRITE",
    "AbstractInitializer",
    "AbstractKVStore",
    "ArgumentError",
    "AttrScope",
    "BilinearInitializer",
    "ConstantInitializer",
    "CustomOp",
    "CustomOpProp",
    "DTypeError",
    "DataError",
    "DeviceError",
    "DistributedError",
    "Executor",
    "FormatError",
    "KVStore",
    "LSTMBiasInitializer",
    "LabelError",
    "MXError",
    "NDArray",
    "NDArrayOp",
    "NameManager",
    "NormalInitializer",
    "NumpyOp",
    "OrthogonalInitializer",
    "ParameterError",
    "PrefixNameManager",
    "ReadOnlyError",
    "ShapeError",
    "SymbolicNode",
    "UniformInitializer",
    "Variable",
    "XavierInitializer",
    "add_to",
    "array",
    "barrier",
    "bind",
    "context",
    "convert",
    "copy",
    "copyto",
    "div_from",
    "eltype",
    "empty",
    "export_onnx",
    "from_dlpack",
    "from_json",
    "full",
    "get_num_workers",
    "get_rank",
    "get_type",
    "init",
    "is_shared",
    "length",
    "load",
    "load_metadata",
    "mul_to",
    "nd_as_numpy",
    "ndims",
    "ones",
    "pull",
    "push",
    "register_custom",
    "save",
    "set_optimizer",
    "set_updater",
    "simple_bind",
    "size",
    "sub_from",
    "try_get_shared",
    "xv_avg",
    "xv_gaussian",
    "xv_in",
    "xv_normal",
    "xv_out",
    "xv_uniform",
    "zeros",
]
__all__ += _callback.__all__
__all__ += _composition.__all__
__all__ += _context.__all__
__all__ += _custom_function.__all__
__all__ += _data.__all__
__all__ += _factory.__all__
__all__ += _function_forms.__all__
__all__ += _metric.__all__
__all__ += _model.__all__
__all__ += _optimizer.__all__
__all__ += _random.__all__
__all__ += _stepwise.__all__
__all__ += _summary.__all__
__all__ += _visualize.__all__
__all__ += functions.__all__

# Internal operators have functions too, as `_linalg_gemm`: outside __all__, for whoever knows them.
globals().update(
    {
        name: function
        for name, function in vars(functions).items()
        if hasattr(function, "operator") and name not in globals()
    }
)
