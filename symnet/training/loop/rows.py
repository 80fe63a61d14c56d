"""Batches with fewer rows than the others: executors for them, over the same parameters."""

from collections.abc import Collection, Mapping

from ...core.errors import DataError, ShapeError
from ...data import AbstractDataBatch, AbstractDataProvider
from ...data.taken_rows import length_of
from ...executor import Executor, bind
from ...ndarray import NDArray, zeros
from ...operators.contract import Shape
from ...program.facts import Facts

__all__ = ["for_shapes", "rows_in"]


def rows_in(provider: AbstractDataProvider, batch: AbstractDataBatch, batch_size: int) -> int:
    """Return how many rows the arrays of a batch have, padding included.

    Raises DataError where a batch has more rows than the provider's batch size.
    """
    arrays = provider.get_data(batch) or provider.get_label(batch)
    rows = length_of(arrays) if arrays else batch_size
    if rows > batch_size:
        raise DataError(
            f"{type(provider).__name__} gave a batch of {rows} rows, but its batch size is "
            f"{batch_size}; only fewer rows are possible"
        )
    return rows


def for_shapes(
    executor: Executor, inputs: Mapping[str, Shape], labels: Collection[str] = ()
) -> Executor:
    """Return an executor for inputs of other shapes, over the same parameters and states.

    Args:
        executor: the executor for the usual shapes; gradients go into its arrays.
        inputs: the shapes of the inputs, by name.
        labels: names of labels whose shapes follow from those of the inputs.

    Raises ShapeError where a parameter would need another shape, because the network does not take
    any number of rows.
    """
    dtypes = {name: array.torch.dtype for name, array in executor.arg_dict.items()}
    facts = Facts.infer(executor.symbol.graph, inputs, dtypes)
    shapes = {v.node.name: shape for v, shape in facts.shapes.items() if not v.node.op}
    arguments: dict[str, NDArray] = {}
    for name, array in executor.arg_dict.items():
        is_input = name in inputs or name in labels
        if not is_input and shapes[name] != array.shape:
            raise ShapeError(
                f"the parameter {name!r} has shape {array.shape}, but inputs of {dict(inputs)} "
                f"need {shapes[name]}: the network is made for one batch size only; "
                "have the provider pad or leave out its last batch"
            )
        arguments[name] = (
            zeros(shapes[name], context=executor.context, dtype=array.dtype) if is_input else array
        )
    other = bind(
        executor.symbol,
        executor.context,
        arguments,
        args_grad=executor.grad_dict,
        aux_states=executor.aux_dict,
        grad_req=dict.fromkeys(executor.grad_dict, "write"),
    )
    other.hold_constant(executor.constants)
    if executor.differentiates_once:
        other.differentiate_once(executor.takers)
    return other
