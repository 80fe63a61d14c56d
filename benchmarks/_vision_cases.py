"""Operators of vision and their inputs, for symnet and Apache MXNet: NumPy alone is imported."""

import numpy as np

__all__ = ["CASES", "inputs_of", "steps_of"]

CASES = {
    "ROIPooling, 128 regions": {
        "operator": "ROIPooling",
        "parameters": {"pooled_size": (7, 7), "spatial_scale": 0.0625},
        "shapes": {"data": (2, 256, 38, 50), "rois": (128, 5)},
        "wanted": ("data",),
    },
    "ROIPooling, 16 regions": {
        "operator": "ROIPooling",
        "parameters": {"pooled_size": (7, 7), "spatial_scale": 0.0625},
        "shapes": {"data": (1, 64, 38, 50), "rois": (16, 5)},
        "wanted": ("data",),
    },
    "ROIAlign, 128 regions": {
        "operator": "_contrib_ROIAlign",
        "parameters": {"pooled_size": (7, 7), "spatial_scale": 0.0625, "sample_ratio": 2},
        "shapes": {"data": (2, 256, 38, 50), "rois": (128, 5)},
        "wanted": ("data",),
    },
    "ROIAlign, 16 regions": {
        "operator": "_contrib_ROIAlign",
        "parameters": {"pooled_size": (7, 7), "spatial_scale": 0.0625, "sample_ratio": 2},
        "shapes": {"data": (1, 64, 38, 50), "rois": (16, 5)},
        "wanted": ("data",),
    },
    "Correlation": {
        "operator": "Correlation",
        "parameters": {"max_displacement": 10, "stride2": 2, "pad_size": 10},
        "shapes": {"data1": (2, 64, 40, 56), "data2": (2, 64, 40, 56)},
        "wanted": (),
    },
    "Correlation with gradients": {
        "operator": "Correlation",
        "parameters": {"max_displacement": 10, "stride2": 2, "pad_size": 10},
        "shapes": {"data1": (2, 64, 40, 56), "data2": (2, 64, 40, 56)},
        "wanted": ("data1", "data2"),
    },
    "Correlation, patches of 3": {
        "operator": "Correlation",
        "parameters": {"kernel_size": 3, "max_displacement": 4, "pad_size": 4},
        "shapes": {"data1": (2, 16, 40, 40), "data2": (2, 16, 40, 40)},
        "wanted": (),
    },
    "Correlation, differences": {
        "operator": "Correlation",
        "parameters": {"max_displacement": 4, "pad_size": 4, "is_multiply": False},
        "shapes": {"data1": (2, 16, 40, 40), "data2": (2, 16, 40, 40)},
        "wanted": (),
    },
    "box_nms, 2 x 400": {
        "operator": "_contrib_box_nms",
        "parameters": {"id_index": 0},
        "shapes": {"data": (2, 400, 6)},
        "wanted": (),
    },
    "box_nms, 2 x 4000": {
        "operator": "_contrib_box_nms",
        "parameters": {"id_index": 0, "topk": 400},
        "shapes": {"data": (2, 4000, 6)},
        "wanted": (),
    },
    "box_nms, 16 x 400": {
        "operator": "_contrib_box_nms",
        "parameters": {"id_index": 0},
        "shapes": {"data": (16, 400, 6)},
        "wanted": (),
    },
    "MultiProposal, 2 x 22800 anchors": {
        "operator": "_contrib_MultiProposal",
        "parameters": {"rpn_pre_nms_top_n": 6000, "rpn_post_nms_top_n": 300},
        "shapes": {
            "cls_prob": (2, 24, 38, 50),
            "bbox_pred": (2, 48, 38, 50),
            "im_info": (2, 3),
        },
        "wanted": (),
    },
    "MultiBoxTarget, 8732 anchors": {
        "operator": "_contrib_MultiBoxTarget",
        "parameters": {"negative_mining_ratio": 3.0},
        "shapes": {"anchor": (1, 8732, 4), "label": (2, 10, 5), "cls_pred": (2, 21, 8732)},
        "wanted": (),
    },
    "MultiBoxDetection, 8732 anchors": {
        "operator": "_contrib_MultiBoxDetection",
        "parameters": {"nms_topk": 400},
        "shapes": {"cls_prob": (2, 21, 8732), "loc_pred": (2, 34928), "anchor": (1, 8732, 4)},
        "wanted": (),
    },
    "MultiBoxDetection, 400 anchors": {
        "operator": "_contrib_MultiBoxDetection",
        "parameters": {},
        "shapes": {"cls_prob": (2, 4, 400), "loc_pred": (2, 1600), "anchor": (1, 400, 4)},
        "wanted": (),
    },
}


def _boxes(random, shape):
    low = random.uniform(0, 0.8, (*shape[:-1], 2))
    return np.concatenate([low, low + random.uniform(0.05, 0.2, low.shape)], -1)


def _rows(random, shape):
    kinds = random.integers(0, 3, (*shape[:-1], 1))
    return np.concatenate([kinds, random.uniform(size=kinds.shape), _boxes(random, shape)], -1)


def _regions(random, shape):
    image = random.integers(0, 1, (shape[0], 1))
    corners = random.uniform([0, 0], [500, 400], (shape[0], 2))
    return np.concatenate([image, corners, corners + random.uniform(50, 300, corners.shape)], -1)


def _shares(random, shape):
    powers = np.exp(3 * random.normal(size=shape))
    return powers / powers.sum(1, keepdims=True)


def _labels(random, shape):
    return _rows(random, (*shape[:-1], 6))[..., [0, 2, 3, 4, 5]]


def _sizes(random, shape):
    return np.tile([608.0, 800.0, 1.0], (shape[0], 1))


def _moves(random, shape):
    return 0.2 * random.normal(size=shape)


def inputs_of(case):
    """Return the inputs of a case by name, the same in every process."""
    random = np.random.default_rng(7)
    draws = {"rois": _regions, "anchor": _boxes, "cls_prob": _shares, "label": _labels}
    draws |= {"im_info": _sizes, "bbox_pred": _moves}
    if case["operator"] == "_contrib_box_nms":
        draws["data"] = _rows
    found = {}
    for name, shape in case["shapes"].items():
        scale = 0.5 if name == "loc_pred" else 1.0
        draw = draws.get(name, lambda random, shape: random.normal(size=shape))
        found[name] = (scale * draw(random, shape)).astype("float32")
    return found


def steps_of(seconds):
    """Return how many steps a turn has."""
    return max(1, min(20, round(0.1 / max(seconds, 1e-6))))
