"""The chapters of the operators' index: which files of `definitions/` belong together."""

__all__ = ["chapters"]

_CHAPTERS = {
    "Layers": (
        "linear convolution deconvolution deformable pooling pooling_v1 rnn sampling attention"
    ),
    "Activation functions": "activation leaky softmax special_functions clip",
    "Normalisation": "batch_norm norms normalise",
    "Losses": "loss regression made_loss sequence_loss",
    "Arithmetic and functions of elements": (
        "elementwise broadcasting scalar comparisons elementary trigonometry where passing"
    ),
    "Reductions and sorting": "reduce extreme_places moments sorting histogram",
    "Shape": "reshape axes join slicing repeating rearrange pad crop likenesses creation",
    "Indexing": "indexing indexing_nd",
    "Sequences": "sequence",
    "Linear algebra": "batch_dot linalg_products linalg_factors linalg_parts",
    "Random numbers": "random_draws random_samples random_choices",
    "Images and sampling": (
        "resizing sampling_grids columns correlation image_transforms image_colors image_sizes"
    ),
    "Object detection": ("anchors detections boxes box_nms proposals regions region_samples"),
}
_REST = "Further operators"


def chapters(files: list[str]) -> dict[str, list[str]]:
    """Return the files by chapter, in a reader's order; those without one come last.

    Args:
        files: the names of the files that define public operators, without their ending.
    """
    found = {
        title: [name for name in names.split() if name in files]
        for title, names in _CHAPTERS.items()
    }
    named = {name for names in found.values() for name in names}
    found[_REST] = [name for name in files if name not in named]
    return {title: names for title, names in found.items() if names}
