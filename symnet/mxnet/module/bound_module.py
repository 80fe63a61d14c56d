"""What a module is before it learns: parameters, and executors for shapes.

Source: Apache MXNet 1.9.1, ``mxnet.module.Module``.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from ...core.context import Context as CoreContext
from ...core.errors import ArgumentError
from .. import ndarray as nd
from ..context import cpu
from ..initializer import InitDesc, Uniform
from ..io import DataDesc
from .base_module import BaseModule
from .executor_group import Contents, DataParallelExecutorGroup
from .inputs import check_all_names, parse_data_desc
from .interface import Arrays
from .preparing import contexts_of_groups, gradient_requests
from .updating import Updating

__all__ = ["BoundModule"]


class BoundModule(BaseModule):
    """A network with its parameters and executors; see `Module` for the arguments."""

    def __init__(
        self,
        symbol: Any,
        data_names: Sequence[str] | None = ("data",),
        label_names: Sequence[str] | None = ("softmax_label",),
        logger: Any = logging,
        context: Any = None,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: Any = None,
    ) -> None:
        super().__init__(logger=logger)
        context = cpu() if context is None else context
        self._context = [context] if isinstance(context, CoreContext) else list(context)
        self._work_load_list = list(work_load_list or [1] * len(self._context))
        if len(self._work_load_list) != len(self._context):
            raise ArgumentError(
                f"work_load_list has {len(self._work_load_list)} numbers for "
                f"{len(self._context)} contexts"
            )
        self._group2ctxs = contexts_of_groups(group2ctxs, len(self._context))
        self._symbol = symbol
        self._data_names = list(data_names or ())
        self._label_names = list(label_names or ())
        self._state_names = list(state_names or ())
        self._fixed_param_names = list(fixed_param_names or ())
        inputs = self._data_names, self._label_names, self._state_names
        check_all_names(symbol, *inputs, self._fixed_param_names)
        given = {name for names in inputs for name in names}
        self._param_names = [name for name in symbol.list_arguments() if name not in given]
        self._aux_names = symbol.list_auxiliary_states()
        self._arg_params: Arrays | None = None
        self._aux_params: Arrays | None = None
        self._params_dirty = False
        self._compression_params = compression_params
        self._updating: Updating | None = None
        self._preload_opt_states: str | None = None
        self._group: DataParallelExecutorGroup | None = None
        self._data_shapes: list[DataDesc] | None = None
        self._label_shapes: list[DataDesc] | None = None
        self._shapes: tuple[Any, ...] = ()

    # -- names and shapes ------------------------------------------------------------------------

    @property
    def data_names(self) -> list[str]:
        """The names of the data."""
        return self._data_names

    @property
    def label_names(self) -> list[str]:
        """The names of the labels."""
        return self._label_names

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs."""
        names: list[str] = self._symbol.list_outputs()
        return names

    @property
    def param_names(self) -> list[str]:
        """The names of the parameters."""
        return self._param_names

    @property
    def device_count(self) -> int:
        """How many devices a batch is divided among."""
        return len(self._context)

    @property
    def data_shapes(self) -> Any:
        """Names and shapes of the data."""
        self._need("binded")
        return self._data_shapes

    @property
    def label_shapes(self) -> Any:
        """Names and shapes of the labels; None where there are none."""
        self._need("binded")
        return self._label_shapes

    @property
    def output_shapes(self) -> Any:
        """Names and shapes of the outputs."""
        return self._executors().output_shapes()

    @property
    def _exec_group(self) -> DataParallelExecutorGroup | None:
        return self._group

    def _executors(self) -> DataParallelExecutorGroup:
        if self._group is None:
            raise ArgumentError("Module: call bind(...) first")
        return self._group

    # -- parameters ------------------------------------------------------------------------------

    @property
    def parameters(self) -> Arrays:
        """The parameters as they were when they were last read from the devices."""
        return self._arg_params or {}

    def get_params(self) -> tuple[Arrays, Arrays]:
        """Return parameters and auxiliary states on the CPU, by name."""
        self._need("params_initialized")
        if self._params_dirty:
            self._sync_params_from_devices()
        return self._arg_params or {}, self._aux_params or {}

    def _sync_params_from_devices(self) -> None:
        """Read parameters and states from the devices; of several, the mean."""
        group = self._executors()
        for kind, held in (("arg_dict", self._arg_params), ("aux_dict", self._aux_params)):
            for name, array in (held or {}).items():
                (copies,) = group.arrays(kind, [name])
                array[:] = copies[0] if len(copies) == 1 else _mean(copies)
        self._params_dirty = False

    def init_params(
        self,
        initializer: Any = Uniform(0.01),  # noqa: B008 -- the default that MXNet's signature shows
        arg_params: Mapping[str, Any] | None = None,
        aux_params: Mapping[str, Any] | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Set what parameters and auxiliary states start from.

        Args:
            initializer: called with an `InitDesc` and an array.
            arg_params: parameters to start from instead.
            aux_params: auxiliary states to start from instead.
            allow_missing: whether the initializer may fill in what these lack.
            force_init: whether to do so where the parameters are initialised already.
            allow_extra: whether there may be arrays that the network does not have; they are
                ignored either way, as in MXNet.

        Raises RuntimeError where an array is missing, ArgumentError before `bind`.
        """
        if self._keeps_params("init_params", force_init):
            return
        self._need("binded")
        attributes = self._symbol.attr_dict()
        for held, given in ((self._arg_params, arg_params), (self._aux_params, aux_params)):
            for name, array in sorted((held or {}).items()):
                if given is not None and name in given:
                    if given[name] is not array:
                        given[name].copyto(array)
                elif given is not None and not allow_missing:
                    raise RuntimeError(f"{name} is not presented")
                elif initializer is not None:
                    initializer(InitDesc(name, attributes.get(name)), array)
        self.params_initialized = True
        self._params_dirty = False
        self._executors().set_params(self._arg_params, self._aux_params)

    def set_params(
        self,
        arg_params: Any,
        aux_params: Any,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set parameters and auxiliary states.

        Args:
            arg_params: the parameters, by name.
            aux_params: the auxiliary states, by name.
            allow_missing: whether those that are not given stay as they are.
            force_init: whether to do so where the parameters are initialised already.
            allow_extra: whether, with ``allow_missing``, there may be arrays that the network does
                not have.

        Raises RuntimeError where an array is missing, ValueError for one that is not allowed.
        """
        if not allow_missing:
            super().set_params(arg_params, aux_params, False, force_init, allow_extra)
            return
        if self._keeps_params("set_params", force_init):
            return
        self._executors().set_params(arg_params, aux_params, allow_extra)
        self._params_dirty = True
        self.params_initialized = True

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """Return for each state the arrays on the devices."""
        self._need("binded", "params_initialized")
        if merge_multi_context:
            raise ArgumentError("get_states: states are not merged, give merge_multi_context=False")
        return self._executors().arrays("arg_dict", self._state_names)

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states: to arrays, as `get_states` returns them, or all to a number."""
        self._need("binded", "params_initialized")
        if (states is None) == (value is None):
            raise ArgumentError("set_states: give either states or value")
        held = self._executors().arrays("arg_dict", self._state_names)
        for place, targets in enumerate(held):
            for device, target in enumerate(targets):
                target[:] = value if states is None else states[place][device]

    # -- binding ---------------------------------------------------------------------------------

    def bind(
        self,
        data_shapes: Any,
        label_shapes: Any = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: Any = None,
        grad_req: Any = "write",
    ) -> None:
        """Make executors for inputs of these shapes.

        Args:
            data_shapes: names and shapes of the data, as ``iterator.provide_data``.
            label_shapes: those of the labels.
            for_training: whether there will be gradients.
            inputs_need_grad: whether there will be gradients of the data.
            force_rebind: whether to do so where the module is bound already.
            shared_module: a module whose parameters are used.
            grad_req: ``"write"``, ``"add"`` or ``"null"`` for all parameters, in order or by name.
        """
        if force_rebind:
            self._reset_bind()
        if self.binded:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if inputs_need_grad and not for_training:
            raise ArgumentError("bind: inputs_need_grad=True needs for_training=True")
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self._take_shapes(data_shapes, label_shapes)
        shared = None
        if shared_module is not None:
            shared_module._need("binded", "params_initialized")
            shared = shared_module._executors()
        requests = gradient_requests(self, grad_req if for_training else "null")
        contents = Contents(
            self._symbol,
            self._context,
            self._work_load_list,
            self._param_names,
            self._state_names,
            requests,
            self._group2ctxs,
        )
        self._group = DataParallelExecutorGroup(
            contents, self._data_shapes or [], self._label_shapes, shared
        )
        self.binded = True
        self._bind_params(shared_module)

    def _bind_params(self, shared_module: Any) -> None:
        """Take over the parameters of another module, or those of before, or make zeros."""
        group = self._executors()
        if shared_module is not None:
            self.params_initialized = True
            self._arg_params = shared_module._arg_params
            self._aux_params = shared_module._aux_params
            if shared_module.optimizer_initialized:
                self.borrow_optimizer(shared_module)
        elif self.params_initialized:
            group.set_params(self._arg_params, self._aux_params)
        else:
            self._arg_params = _zeros(
                self._param_names, group.arrays("arg_dict", self._param_names)
            )
            self._aux_params = _zeros(self._aux_names, group.arrays("aux_dict", self._aux_names))

    def borrow_optimizer(self, shared_module: Any) -> None:
        """Use the optimizer of another module, with what it remembers."""
        shared_module._need("optimizer_initialized")
        self._updating = shared_module._updating
        self.optimizer_initialized = True

    def _reset_bind(self) -> None:
        if self._params_dirty:  # what was learned lives in the executors that go
            self._sync_params_from_devices()
        self.binded = False
        self._group = None
        self._data_shapes = self._label_shapes = None

    def _take_shapes(self, data_shapes: Any, label_shapes: Any) -> None:
        self._data_shapes, self._label_shapes = parse_data_desc(
            self._data_names, self._label_names, data_shapes, label_shapes
        )
        self._shapes = tuple(tuple(each.shape) for each in self._data_shapes)

    def reshape(self, data_shapes: Any, label_shapes: Any = None) -> None:
        """Go over to inputs of other shapes; the parameters stay."""
        self._need("binded")
        self._take_shapes(data_shapes, label_shapes)
        self._executors().reshape(self._data_shapes or [], self._label_shapes)


def _zeros(names: Sequence[str], arrays: Sequence[Sequence[Any]]) -> Arrays:
    return {
        name: nd.zeros(copies[0].shape, ctx=cpu(), dtype=copies[0].dtype)
        for name, copies in zip(names, arrays, strict=True)
    }


def _mean(copies: Sequence[Any]) -> Any:
    total = copies[0].copy(cpu())
    for copy in copies[1:]:
        total += copy.as_in_context(cpu())
    return total / len(copies)
