"""Operators that a program of torch.export cannot hold, each with the reason."""

from collections.abc import Mapping

from ..operators.contract import Operator

__all__ = ["CARRYING", "WITHOUT_PROGRAM", "reason_of"]

_REASONS: Mapping[str, tuple[str, ...]] = {
    "it is a user's Python, which only symnet runs": ("Custom", "_NDArray", "_Native"),
    "torch cannot write down the call that draws its numbers": ("_random_randint",),
    "what it does depends on numbers, of which torch has none as it traces": (
        "CTCLoss",
        "ROIPooling",
        "_cond",
        "_contrib_DeformablePSROIPooling",
        "_contrib_MultiBoxDetection",
        "_contrib_MultiBoxTarget",
        "_contrib_MultiProposal",
        "_contrib_PSROIPooling",
        "_contrib_Proposal",
        "_contrib_ROIAlign",
        "_contrib_bipartite_matching",
        "_contrib_box_encode",
        "_contrib_box_nms",
        "_image_random_color_jitter",
        "_sample_unique_zipfian",
        "_scatter_set_nd",
        "_while_loop",
        "gather_nd",
        "scatter_nd",
    ),
}

WITHOUT_PROGRAM: Mapping[str, str] = {
    name: reason for reason, names in _REASONS.items() for name in names
}
"""The reason for each operator that no program holds, by its class's name."""


CARRYING = frozenset({"RNN", "_TorchModule", "_cond", "_foreach", "_while_loop"})
"""Operators whose gradients want what torch remembers of a run, which stays Python's: traced, there
is nothing to remember yet. Here by their classes' names."""


def reason_of(op: Operator | type[Operator]) -> str | None:
    """Say why no program can hold an operator; None for one that it can."""
    cls = op if isinstance(op, type) else type(op)
    return WITHOUT_PROGRAM.get(cls.__name__)
