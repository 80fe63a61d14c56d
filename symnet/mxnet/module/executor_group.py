"""The executors of a module: one for each device and each set of shapes, over the same weights.

Source: Apache MXNet 1.9.1, ``mxnet.module.executor_group``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...core.errors import ArgumentError, ShapeError
from .. import ndarray as nd
from ..executor import Executor, bind
from ..executor_manager import _split_input_slice
from ..io import DataDesc

__all__ = ["Bound", "Contents", "DataParallelExecutorGroup", "Trained"]

_KEPT = 16
"""How many sets of shapes have executors at a time, beside the first."""


class Contents(NamedTuple):
    """What a group of executors runs, and where.

    Args:
        symbol: the network.
        contexts: the devices.
        workload: how much of a batch each takes, in proportion.
        param_names: the arguments that are parameters.
        state_names: the arguments that are kept from batch to batch.
        requests: what backward does with each gradient.
        group2ctxs: for each device, the contexts of groups of nodes.
    """

    symbol: Any
    contexts: Sequence[Any]
    workload: Sequence[float]
    param_names: Sequence[str]
    state_names: Sequence[str]
    requests: Mapping[str, str]
    group2ctxs: Sequence[Mapping[str, Any] | None]


class Trained(NamedTuple):
    """A parameter that learns: its name, and for each device its array and that of its gradient."""

    name: str
    weights: list[Any]
    gradients: list[Any]


class Bound(NamedTuple):
    """Executors for one set of shapes.

    Args:
        data: names, shapes, types and layouts of the data.
        labels: those of the labels; None where there are none.
        batch_size: how many samples there are.
        slices: those that each device takes.
        executors: one for each device.
        trained: the parameters that learn.
    """

    data: Sequence[DataDesc]
    labels: Sequence[DataDesc] | None
    batch_size: int
    slices: Sequence[slice]
    executors: Sequence[Executor]
    trained: Sequence[Trained]


def _axis(described: DataDesc) -> int:
    """Return the axis of the samples, -1 where there is none."""
    return DataDesc.get_batch_axis(described.layout)


class DataParallelExecutorGroup:
    """Executors of one network over parts of a batch.

    Args:
        contents: what runs, and where.
        data: descriptions of the data.
        labels: descriptions of the labels, or None.
        shared: a group whose weights, gradients and states are used.
    """

    def __init__(
        self,
        contents: Contents,
        data: Sequence[DataDesc],
        labels: Sequence[DataDesc] | None,
        shared: "DataParallelExecutorGroup | None" = None,
    ) -> None:
        self.contents = contents
        symbol = contents.symbol
        self._arguments = symbol.list_arguments()
        self._names = symbol.list_outputs()
        self._axes = [
            DataDesc.get_batch_axis(symbol[place].attr("__layout__"))
            for place in range(len(self._names))
        ]
        self._monitors: list[Any] = []
        self._bounds: dict[Any, Bound] = {}
        self._first = self.now = self._bind(data, labels, shared)
        self._bounds[_key(data, labels)] = self.now

    # -- executors -------------------------------------------------------------------------------

    @property
    def execs(self) -> Sequence[Executor]:
        """The executors of the shapes as they are now, one for each device."""
        return self.now.executors

    @property
    def batch_size(self) -> int:
        """How many samples a batch has now."""
        return self.now.batch_size

    def _bind(
        self,
        data: Sequence[DataDesc],
        labels: Sequence[DataDesc] | None,
        shared: "DataParallelExecutorGroup | None" = None,
    ) -> Bound:
        size = _batch_size([*data, *(labels or ())])
        slices = _split_input_slice(size, self.contents.workload)
        inputs = [each for each in (*data, *(labels or ())) if each.name in self._arguments]
        executors = [
            self._executor(
                place, _parts(inputs, part), shared.execs[place] if shared is not None else None
            )
            for place, part in enumerate(slices)
        ]
        trained = [
            Trained(name, [e.arg_dict[name] for e in executors], gradients)
            for name in self.contents.param_names
            if (gradients := [e.grad_dict[name] for e in executors])[0] is not None
        ]
        return Bound(data, labels, size, slices, executors, trained)

    def _executor(self, place: int, inputs: Sequence[DataDesc], shared: Any) -> Executor:
        contents = self.contents
        if shared is not None:
            return self._beside(place, inputs, shared)
        if self._bounds:
            shapes: Any = {each.name: each.shape for each in inputs}
            return self._first.executors[place].reshape(allow_up_sizing=True, **shapes)
        made: Executor = contents.symbol.simple_bind(
            contents.contexts[place],
            grad_req=contents.requests,
            type_dict={each.name: each.dtype for each in inputs},
            group2ctx=contents.group2ctxs[place],
            **{each.name: each.shape for each in inputs},
        )
        return made

    def _beside(self, place: int, inputs: Sequence[DataDesc], shared: Executor) -> Executor:
        """Return an executor of this network over the weights of another network's."""
        contents = self.contents
        symbol, context = contents.symbol, contents.contexts[place]
        shapes = symbol.infer_shape(**{each.name: each.shape for each in inputs})
        types = symbol.infer_type(**{each.name: each.dtype for each in inputs})
        if shapes[0] is None:
            raise ShapeError("bind: the shapes of the inputs tell too little to infer all others")
        arguments: dict[str, Any] = {}
        gradients: dict[str, Any] = {}
        for name, shape, dtype in zip(self._arguments, shapes[0], types[0], strict=True):
            if name in contents.param_names:
                arguments[name] = _shared(name, shape, shared.arg_dict)
                gradients[name] = shared.grad_dict[name]
                continue
            arguments[name] = nd.zeros(shape, ctx=context, dtype=dtype)
            if contents.requests[name] != "null":
                gradients[name] = nd.zeros(shape, ctx=context, dtype=dtype)
        states = {
            name: _shared(name, shape, shared.aux_dict)
            for name, shape in zip(symbol.list_auxiliary_states(), shapes[2], strict=True)
        }
        given = {name: each for name, each in gradients.items() if each is not None}
        group2ctx = contents.group2ctxs[place]
        return bind(symbol, context, arguments, given, contents.requests, states, group2ctx)

    def reshape(self, data: Sequence[DataDesc], labels: Sequence[DataDesc] | None) -> None:
        """Go over to executors for other shapes; they are made once and kept."""
        key = _key(data, labels)
        if key not in self._bounds:
            bound = self._bind(data, labels)
            for monitor in self._monitors:
                for executor in bound.executors:
                    monitor.watch(executor)
            if len(self._bounds) > _KEPT:
                self._bounds.pop(next(old for old, b in self._bounds.items() if b != self._first))
            self._bounds[key] = bound
        self.now = self._bounds[key]

    def install_monitor(self, monitor: Any) -> None:
        """Have a monitor measure what is computed."""
        self._monitors.append(monitor)
        for executor in self.execs:
            monitor.install(executor)

    # -- running ---------------------------------------------------------------------------------

    def forward(self, batch: Any, is_train: bool) -> None:
        """Compute the outputs of a batch, or of a list of batches, one for each device."""
        now = self.now
        self._load(now.data, [each.data for each in batch] if _is_list(batch) else batch.data)
        if now.labels is not None:
            first = batch[0] if _is_list(batch) else batch
            if getattr(first, "label", None):
                labels = [each.label for each in batch] if _is_list(batch) else batch.label
                self._load(now.labels, labels)
        for executor in now.executors:
            executor.forward(is_train)

    def _load(self, described: Sequence[DataDesc], arrays: Any) -> None:
        """Copy a batch into the executors' arrays, each device its part."""
        executors, slices = self.now.executors, self.now.slices
        if arrays and isinstance(arrays[0], list | tuple):  # divided already
            for executor, parts in zip(executors, arrays, strict=True):
                _copy_all(executor, described, parts)
            return
        if len(executors) == 1:
            _copy_all(executors[0], described, arrays)
            return
        for executor, part in zip(executors, slices, strict=True):
            cut = [
                _cut(array, _axis(each), part)
                for each, array in zip(described, arrays, strict=False)
            ]
            _copy_all(executor, described, cut)

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients, given those of the outputs where these are no losses."""
        given = [out_grads] if isinstance(out_grads, nd.NDArray) else [*(out_grads or ())]
        now = self.now
        for executor, part in zip(now.executors, now.slices, strict=True):
            own = [
                _cut(each, axis, part).as_in_context(executor._ctx)
                for each, axis in zip(given, self._axes, strict=False)
            ]
            executor.backward(own)

    def outputs(self, merge: bool) -> list[Any]:
        """Return the outputs: whole ones, or for each a list of the devices' parts."""
        executors = self.now.executors
        if len(executors) == 1:
            return list(executors[0].outputs) if merge else [[o] for o in executors[0].outputs]
        parts = [list(each) for each in zip(*(e.outputs for e in executors), strict=True)]
        return [_merged(*each) for each in zip(parts, self._axes, strict=True)] if merge else parts

    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Return names and shapes of the outputs of a whole batch."""
        found = []
        for name, output, axis in zip(self._names, self.execs[0].outputs, self._axes, strict=True):
            shape = list(output.shape)
            if axis >= 0 and len(self.execs) > 1:
                shape[axis] = self.batch_size
            found.append((name, tuple(shape)))
        return found

    def input_grads(self, merge: bool) -> list[Any]:
        """Return the gradients of the data: whole ones, or lists of the devices' parts."""
        parts = [[e.grad_dict[each.name] for e in self.execs] for each in self.now.data]
        if not merge:
            return parts
        axes = [_axis(each) for each in self.now.data]
        return [_merged(*each) for each in zip(parts, axes, strict=True)]

    def update_metric(self, metric: Any, labels: Any, pre_sliced: bool) -> None:
        """Have a metric take in the outputs of the last batch, device by device."""
        now = self.now
        described = now.labels or ()
        for place, (executor, part) in enumerate(zip(now.executors, now.slices, strict=True)):
            if pre_sliced:
                own = labels[place]
            elif len(now.executors) == 1:
                own = labels
            else:
                own = [_cut(a, _axis(d), part) for d, a in zip(described, labels, strict=False)]
            named = dict(zip((each.name for each in described), own or (), strict=False))
            metric.update_dict(named, dict(zip(self._names, executor.outputs, strict=True)))

    # -- arrays ----------------------------------------------------------------------------------

    def arrays(self, kind: str, names: Sequence[str]) -> list[list[Any]]:
        """Return for each name the arrays on the devices.

        Args:
            kind: ``"arg_dict"``, ``"grad_dict"`` or ``"aux_dict"``.
            names: the names.
        """
        return [[getattr(executor, kind)[name] for executor in self.execs] for name in names]

    def set_params(self, arguments: Any, states: Any, allow_extra: bool = False) -> None:
        """Copy parameters and states to all devices."""
        for executor in self._first.executors:
            executor.copy_params_from(arguments, states, allow_extra_params=allow_extra)


def _is_list(batch: Any) -> bool:
    """Tell whether a batch is a list of batches. (A batch may be a named tuple.)"""
    return isinstance(batch, list)


def _key(data: Sequence[DataDesc], labels: Sequence[DataDesc] | None) -> Any:
    """Return what tells sets of shapes apart."""
    return tuple(
        None if part is None else tuple((each.name, tuple(each.shape)) for each in part)
        for part in (data, labels)
    )


def _batch_size(described: Sequence[DataDesc]) -> int:
    """Return the number of samples. Raises ShapeError where inputs do not agree on it."""
    sizes = {each.name: each.shape[_axis(each)] for each in described if _axis(each) >= 0}
    if not sizes:
        raise ArgumentError("bind: none of the inputs has an axis of samples")
    if len(set(sizes.values())) > 1:
        raise ShapeError(f"bind: all data must have the same batch size, got {sizes}")
    return int(next(iter(sizes.values())))


def _parts(inputs: Sequence[DataDesc], part: slice) -> list[DataDesc]:
    """Return the descriptions of some samples of a batch."""
    found = []
    for each in inputs:
        shape, axis = list(each.shape), _axis(each)
        if axis >= 0:
            shape[axis] = part.stop - part.start
        found.append(DataDesc(each.name, tuple(shape), each.dtype, each.layout))
    return found


def _cut(array: Any, axis: int, part: slice) -> Any:
    """Return some samples of an array."""
    if axis < 0 or (part.start == 0 and array.shape[axis] == part.stop):
        return array
    return array[part] if axis == 0 else array.slice_axis(axis, part.start, part.stop)


def _merged(parts: Sequence[Any], axis: int) -> Any:
    """Return the parts of an array as one, on the context of the first."""
    if len(parts) == 1 or axis < 0:
        return parts[0]
    concat: Any = nd.concat
    return concat(*(part.as_in_context(parts[0].context) for part in parts), dim=axis)


def _copy_all(executor: Executor, described: Sequence[DataDesc], arrays: Sequence[Any]) -> None:
    targets = executor.arg_dict
    for each, array in zip(described, arrays, strict=False):
        target = targets.get(each.name)
        if target is None:  # a label that the network does not have
            continue
        if target.shape != array.shape:
            raise ShapeError(
                f"the input {each.name!r} was bound with shape {target.shape}, but the batch has "
                f"one of {array.shape}"
            )
        target[:] = array


def _shared(name: str, shape: Sequence[int], arrays: Mapping[str, Any]) -> Any:
    """Return the array of a parameter that another network has too."""
    if name not in arrays:
        raise ArgumentError(
            f"bind: the parameter {name!r} is none of the shared module's, so that nothing "
            f"initialises it (there are: {', '.join(arrays)}); have the default bucket's network "
            "use all parameters"
        )
    if arrays[name].shape != tuple(shape):
        raise ShapeError(
            f"bind: {name!r} should have shape {tuple(shape)}, but that of the shared module has "
            f"{arrays[name].shape}; parameters must not depend on the bucket"
        )
    return arrays[name]
