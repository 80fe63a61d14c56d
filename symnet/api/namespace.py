"""The flat namespace: what symnet offers under its own name, as `mx.Variable`.

What is imported here is offered, by `symnet/__init__.py`, once a name is asked for; what folders
offer, all of it: a metric or an optimizer is named in its folder alone.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..core.context import *
from ..core.errors import (
    ArgumentError as ArgumentError,
)
from ..core.errors import (
    DataError as DataError,
)
from ..core.errors import (
    DeviceError as DeviceError,
)
from ..core.errors import (
    DistributedError as DistributedError,
)
from ..core.errors import (
    DTypeError as DTypeError,
)
from ..core.errors import (
    FormatError as FormatError,
)
from ..core.errors import (
    LabelError as LabelError,
)
from ..core.errors import (
    MXError as MXError,
)
from ..core.errors import (
    ParameterError as ParameterError,
)
from ..core.errors import (
    ReadOnlyError as ReadOnlyError,
)
from ..core.errors import (
    ShapeError as ShapeError,
)
from ..core.naming import (
    AttrScope as AttrScope,
)
from ..core.naming import (
    NameManager as NameManager,
)
from ..core.naming import (
    PrefixNameManager as PrefixNameManager,
)
from ..data import *
from ..executor import (
    GRAD_ADD as GRAD_ADD,
)
from ..executor import (
    GRAD_NOP as GRAD_NOP,
)
from ..executor import (
    GRAD_WRITE as GRAD_WRITE,
)
from ..executor import (
    Executor as Executor,
)
from ..executor import (
    bind as bind,
)
from ..executor import (
    simple_bind as simple_bind,
)
from ..inspect.summary import *
from ..inspect.visualize import *
from ..model import *
from ..ndarray import (
    NDArray as NDArray,
)
from ..ndarray import (
    add_to as add_to,
)
from ..ndarray import (
    array as array,
)
from ..ndarray import (
    context as context,
)
from ..ndarray import (
    convert as convert,
)
from ..ndarray import (
    copyto as copyto,
)
from ..ndarray import (
    div_from as div_from,
)
from ..ndarray import (
    empty as empty,
)
from ..ndarray import (
    from_dlpack as from_dlpack,
)
from ..ndarray import (
    full as full,
)
from ..ndarray import (
    is_shared as is_shared,
)
from ..ndarray import (
    length as length,
)
from ..ndarray import (
    mul_to as mul_to,
)
from ..ndarray import (
    nd_as_numpy as nd_as_numpy,
)
from ..ndarray import (
    ndims as ndims,
)
from ..ndarray import (
    ones as ones,
)
from ..ndarray import (
    size as size,
)
from ..ndarray import (
    sub_from as sub_from,
)
from ..ndarray import (
    try_get_shared as try_get_shared,
)
from ..ndarray import (
    zeros as zeros,
)
from ..ndarray.random import *
from ..operators import (
    functions as functions,
)
from ..storage.safetensors_file import (
    load_metadata as load_metadata,
)
from ..storage.saving import (
    load as load,
)
from ..storage.saving import (
    save as save,
)
from ..symbol import (
    SymbolicNode as SymbolicNode,
)
from ..symbol import (
    Variable as Variable,
)
from ..symbol import (
    from_json as from_json,
)
from ..symbol.composition import *
from ..symbol.custom import (
    NDArrayOp as NDArrayOp,
)
from ..symbol.custom import (
    NumpyOp as NumpyOp,
)
from ..symbol.custom_classes import (
    CustomOp as CustomOp,
)
from ..symbol.custom_classes import (
    CustomOpProp as CustomOpProp,
)
from ..symbol.custom_classes import (
    register_custom as register_custom,
)
from ..symbol.custom_function import *
from ..symbol.factory import *
from ..symbol.rewriting import (
    Matched as Matched,
)
from ..symbol.rewriting import (
    apply_passes as apply_passes,
)
from ..symbol.rewriting import (
    rewrite_rule as rewrite_rule,
)
from ..training.callback import *
from ..training.initializer import (
    AbstractInitializer as AbstractInitializer,
)
from ..training.initializer import (
    BilinearInitializer as BilinearInitializer,
)
from ..training.initializer import (
    ConstantInitializer as ConstantInitializer,
)
from ..training.initializer import (
    LSTMBiasInitializer as LSTMBiasInitializer,
)
from ..training.initializer import (
    NormalInitializer as NormalInitializer,
)
from ..training.initializer import (
    OrthogonalInitializer as OrthogonalInitializer,
)
from ..training.initializer import (
    UniformInitializer as UniformInitializer,
)
from ..training.initializer import (
    XavierInitializer as XavierInitializer,
)
from ..training.initializer import (
    xv_avg as xv_avg,
)
from ..training.initializer import (
    xv_gaussian as xv_gaussian,
)
from ..training.initializer import (
    xv_in as xv_in,
)
from ..training.initializer import (
    xv_normal as xv_normal,
)
from ..training.initializer import (
    xv_out as xv_out,
)
from ..training.initializer import (
    xv_uniform as xv_uniform,
)
from ..training.kvstore import (
    AbstractKVStore as AbstractKVStore,
)
from ..training.kvstore import (
    KVStore as KVStore,
)
from ..training.kvstore import (
    barrier as barrier,
)
from ..training.kvstore import (
    get_num_workers as get_num_workers,
)
from ..training.kvstore import (
    get_rank as get_rank,
)
from ..training.kvstore import (
    get_type as get_type,
)
from ..training.kvstore import (
    init as init,
)
from ..training.kvstore import (
    pull as pull,
)
from ..training.kvstore import (
    push as push,
)
from ..training.kvstore import (
    set_optimizer as set_optimizer,
)
from ..training.kvstore import (
    set_updater as set_updater,
)
from ..training.metric import *
from ..training.optimizer import *
from ..training.optimizer.stepwise import *
from ._function_forms import *
from ._internal import *
from ._several_forms import *

if TYPE_CHECKING:
    from ..onnx import export_onnx as export_onnx
    from ..operators.functions import *
    from ..pytorch import export_program as export_program
    from ..pytorch import from_module as from_module
    from ..pytorch import module_params as module_params
    from ..pytorch import to_module as to_module

_LATE = {
    "onnx": ("export_onnx",),
    "pytorch": ("export_program", "from_module", "module_params", "to_module"),
}
"""What folders offer that are imported when they are asked for, since few programs do."""

_FUNCTIONS = frozenset(dir(functions))
"""The operators' functions, which are made when they are asked for."""


def _offered() -> dict[str, Any]:
    """Return the names that are there with what they name; `__all__` are all public ones.

    Those of `_late` come when they are asked for.
    """
    own = {name: value for name, value in globals().items() if name not in _NOT_OFFERED}
    public = {name for name, value in own.items() if not isinstance(value, ModuleType)}
    public.update(functions.__all__, *_LATE.values())
    return {**own, "__all__": sorted(name for name in public if name[0] != "_")}


def _late(name: str) -> Any:
    """Return what a name names that is not among those of `_offered`.

    Internal operators have functions too, as `_linalg_gemm`, for whoever knows them. Raises
    AttributeError where nothing has the name.
    """
    for folder, names in _LATE.items():
        if name == folder or name in names:
            found = import_module(f"...{folder}", __name__)
            return found if name == folder else getattr(found, name)
    if name not in _FUNCTIONS:
        raise AttributeError(name)
    return getattr(functions, name)


def _late_names() -> set[str]:
    """Return the names that `_late` knows."""
    return {*_LATE, *(name for names in _LATE.values() for name in names), *_FUNCTIONS}


_NOT_OFFERED = {"Any", "ModuleType", "TYPE_CHECKING", "import_module"}
_NOT_OFFERED |= {"_FUNCTIONS", "_LATE", "_NOT_OFFERED", "_late", "_late_names", "_offered"}
