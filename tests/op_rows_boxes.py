"""Rows for operators on anchors and boxes; see `op_rows.py`.

The references look at one box after the other, as the definitions do in words.
"""

from itertools import product

import numpy as np
from op_testing import Row, given

__all__ = ["ROWS"]


def around(random, shape):
    """Corners of boxes of which many overlap, in units of an image."""
    middle, half = random.uniform(0.2, 0.8, (*shape[:-1], 2)), random.uniform(0.05, 0.3, shape)
    return np.concatenate([middle - half[..., :2], middle + half[..., :2]], -1)


def probabilities(random, shape):
    return random.uniform(0.01, 0.99, shape)


def common(one, other):
    """The area that two boxes have in common."""
    sizes = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    return np.prod(np.maximum(sizes, 0))


def quotient(one, other):
    covered = common(one, other)
    both = sum(np.prod(box[2:] - box[:2]) for box in (one, other)) - covered
    return covered / both if both > 0 else 0.0


def corners(box, form):
    return (
        np.concatenate([box[:2] - box[2:] / 2, box[:2] + box[2:] / 2]) if form == "center" else box
    )


def no_gradient(first, *_, **__):
    return np.zeros_like(first)


# -- boxes -----------------------------------------------------------------------------------------


def overlaps(lhs, rhs, *, format):
    lhs, rhs = (np.array([corners(box, format) for box in boxes]) for boxes in (lhs, rhs))
    return np.array([[quotient(one, other) for other in rhs] for one in lhs])


def suppressed(
    data, *, overlap_thresh=0.5, valid_thresh=0.0, topk=-1, id_index=-1, background_id=-1,
    force_suppress=False, in_format="corner", out_format="corner",
):  # fmt: skip
    output = np.full_like(data, -1)
    sources = np.full(data.shape[:2], -1)
    for image, rows in enumerate(data):
        order = sorted(range(len(rows)), key=lambda n: -rows[n, 1])
        order = [
            n
            for n in order
            if rows[n, 1] > valid_thresh and (id_index < 0 or rows[n, id_index] != background_id)
        ]
        kept: list[int] = []
        for n in order[: topk if topk > 0 else None]:
            box = corners(rows[n, 2:6], in_format)
            if not any(
                quotient(corners(rows[k, 2:6], in_format), box) > overlap_thresh
                and (force_suppress or id_index < 0 or rows[k, id_index] == rows[n, id_index])
                for k in kept
            ):
                kept.append(n)
        output[image, : len(kept)] = rows[kept]
        sources[image, : len(kept)] = kept
        if in_format != out_format:
            # What begins below 0 stays as it is: 1.9.1 takes it for a row that was left out.
            for row in (row for row in output[image, : len(kept)] if row[2] >= 0):
                low, high = row[2:4].copy(), row[4:6].copy()
                middles = [*(low + high) / 2, *high - low]
                row[2:6] = middles if out_format == "center" else corners(row[2:6].copy(), "center")
    return output, sources


def rows_kept(grad, data, **params):
    _, sources = suppressed(data, **params)
    gradient = np.zeros_like(data)
    for image, row in zip(*np.nonzero(sources >= 0), strict=True):
        gradient[image, sources[image, row]] = grad[image, row]
    return gradient


def many(random, shape):
    """Rows of class, score and place, as corners; all numbers are also good as middle and size."""
    kinds = random.integers(0, 3, (*shape[:-1], 1))
    return np.concatenate(
        [kinds, random.permutation(np.prod(shape[:-1])).reshape(kinds.shape) / 100 + 0.05,
         around(random, (*shape[:-1], 4))], -1
    )  # fmt: skip


def suppression(why="", **params) -> Row:
    return Row(
        "_contrib_box_nms",
        params,
        {"data": (2, 12, 6)},
        (2, 12, 6),
        lambda data, **given: suppressed(data, **given)[0],
        why,
        draws={"data": many},
        flows_back=rows_kept,
        names=("output0",),
    )


def encoded(samples, matches, anchors, refs, means, stds):
    targets, masks = np.zeros_like(anchors), np.zeros_like(anchors)
    for image, box in zip(*np.nonzero(samples > 0.5), strict=True):
        one, other = refs[image, int(matches[image, box])], anchors[image, box]
        size, extent = one[2:] - one[:2], other[2:] - other[:2]
        middle = (one[:2] + size / 2 - other[:2] - extent / 2) / extent
        code = np.concatenate([middle, np.log(size / extent)])
        targets[image, box], masks[image, box] = (code - means) / stds, 1
    return targets, masks


def decoded(data, anchors, *, std0, std1, std2, std3, clip=-1, format="center"):
    output = np.zeros_like(data)
    for image, box in np.ndindex(*data.shape[:2]):
        anchor = anchors[0, box]
        if format == "corner":
            anchor = np.array([*(anchor[:2] + anchor[2:]) / 2, *anchor[2:] - anchor[:2]])
        code = data[image, box] * [std0, std1, std2, std3]
        growth = np.minimum(code[2:], clip) if clip > 0 else code[2:]
        middle, half = code[:2] * anchor[2:] + anchor[:2], np.exp(growth) * anchor[2:] / 2
        output[image, box] = [*middle - half, *middle + half]
    return output


def matched(data, *, threshold, is_ascend=False, topk=-1):
    of_rows, of_columns = np.full(data.shape[:2], -1.0), np.full(data[:, 0].shape, -1.0)
    for image, scores in enumerate(data):
        order = sorted(
            np.ndindex(*scores.shape), key=lambda p: scores[p] * (1 if is_ascend else -1)
        )
        pairs = 0
        for row, column in order:
            score = scores[row, column]
            if of_rows[image, row] >= 0 or of_columns[image, column] >= 0:
                continue
            if not (score < threshold if is_ascend else score > threshold):
                break
            of_rows[image, row], of_columns[image, column] = column, row
            pairs += 1
            if 0 < topk < pairs:
                break
    return of_rows, of_columns


def matching(**params) -> Row:
    return Row(
        "_contrib_bipartite_matching",
        params,
        {"data": (2, 4, 3)},
        ((2, 4), (2, 3)),
        matched,
        draws={"data": probabilities},
        own_gradient=no_gradient,
        count=2,
        names=("output0", "output1"),
    )


STANDARD = {"std0": 0.1, "std1": 0.1, "std2": 0.2, "std3": 0.2}

ON_BOXES = (
    *(
        Row(
            "_contrib_box_iou",
            {"format": form},
            {"lhs": (3, 4), "rhs": (5, 4)},
            (3, 5),
            overlaps,
            known=("lhs", "rhs"),
            draws={"lhs": around, "rhs": around},
            own_gradient=no_gradient,
        )
        for form in ("corner", "center")
    ),
    suppression(overlap_thresh=0.3),
    suppression(overlap_thresh=0.2, id_index=0, background_id=1),
    suppression(overlap_thresh=0.2, id_index=0, force_suppress=True, topk=5, valid_thresh=0.08),
    suppression("to middles", overlap_thresh=0.4, out_format="center"),
    suppression("from middles", overlap_thresh=0.2, in_format="center"),
    Row(
        "_contrib_box_encode",
        {},
        {
            "samples": (2, 3),
            "matches": (2, 3),
            "anchors": (2, 3, 4),
            "refs": (2, 2, 4),
            "means": (4,),
            "stds": (4,),
        },
        (2, 3, 4),
        encoded,
        known=("anchors", "refs"),
        draws={
            "samples": given(1, 0, -1, 1, 1, 0),
            "matches": given(0, 1, 1, 1, 0, 0),
            "anchors": around,
            "refs": around,
            "stds": given(0.1, 0.1, 0.2, 0.2),
        },
        own_gradient=no_gradient,
        count=2,
        names=("output0", "output1"),
    ),
    *(
        Row(
            "_contrib_box_decode",
            {**STANDARD, **params},
            {"data": (2, 5, 4), "anchors": (1, 5, 4)},
            (2, 5, 4),
            decoded,
            draws={"anchors": around},
            own_gradient=no_gradient,
        )
        for params in ({}, {"format": "corner", "clip": 0.1})
    ),
    matching(threshold=0.1),
    matching(threshold=0.7, is_ascend=True),
    matching(threshold=0.1, topk=1),
)


# -- anchors ---------------------------------------------------------------------------------------


def prior(data, *, sizes, ratios, clip=False, steps=(-1, -1), offsets=(0.5, 0.5)):
    height, width = data.shape[2:]
    down, right = steps if min(steps) > 0 else (1 / height, 1 / width)
    shapes = [(s, ratios[0]) for s in sizes] + [(sizes[0], r) for r in ratios[1:]]
    boxes = []
    for y, x, (size, ratio) in product(range(height), range(width), shapes):
        middle = np.array([(x + offsets[1]) * right, (y + offsets[0]) * down])
        half = np.array([size * height / width * np.sqrt(ratio), size / np.sqrt(ratio)]) / 2
        boxes.append([*middle - half, *middle + half])
    return (np.clip(boxes, 0, 1) if clip else np.array(boxes))[None]


def target(
    anchor, label, cls_pred, *, overlap_threshold=0.5, ignore_label=-1.0,
    negative_mining_ratio=-1.0, negative_mining_thresh=0.5,
):  # fmt: skip
    anchors = anchor[0]
    places, masks = (np.zeros((len(label), len(anchors), 4)) for _ in range(2))
    kinds = np.full((len(label), len(anchors)), ignore_label)
    for image, labels in enumerate(label):
        labels = labels[: np.append(np.nonzero(labels[:, 0] == -1)[0], len(labels))[0]]  # noqa: PLW2901
        if not len(labels):
            continue
        table = np.array([[quotient(a, row[1:5]) for row in labels] for a in anchors])
        owner = dict.fromkeys(range(0))
        for a, k in sorted(np.ndindex(*table.shape), key=lambda place: -table[place]):
            if a not in owner and k not in owner.values() and table[a, k] > 1e-6:
                owner[a] = k
        for a in set(range(len(anchors))) - owner.keys():
            if table[a].max() > overlap_threshold > 0:
                owner[a] = int(table[a].argmax())
        others = [a for a in range(len(anchors)) if a not in owner]
        if negative_mining_ratio > 0:
            powers = np.exp(cls_pred[image])
            background = powers[0] / powers.sum(0)
            allowed = [a for a in others if table[a].max() < negative_mining_thresh]
            wanted = min(int(len(owner) * negative_mining_ratio), len(others))
            others = sorted(allowed, key=lambda a: background[a])[:wanted]
        kinds[image, others] = 0
        for a, k in owner.items():
            kinds[image, a], masks[image, a] = labels[k, 0] + 1, 1
            one, other = labels[k, 1:5], anchors[a]
            size, extent = one[2:] - one[:2], other[2:] - other[:2]
            middle = (one[:2] + one[2:] - other[:2] - other[2:]) / 2 / extent
            places[image, a] = [*middle / 0.1, *np.log(size / extent) / 0.2]
    return places.reshape(len(label), -1), masks.reshape(len(label), -1), kinds


def labels(random, shape):
    """Labels that end early, or at once."""
    found = np.concatenate(
        [random.integers(0, 2, (*shape[:2], 1)), around(random, (*shape[:2], 4))], 2
    )
    found[0, 2:] = -1
    found[-1] = -1
    return found


def targets(**params) -> Row:
    return Row(
        "_contrib_MultiBoxTarget",
        params,
        {"anchor": (1, 9, 4), "label": (3, 4, 5), "cls_pred": (3, 3, 9)},
        ((3, 36), (3, 36), (3, 9)),
        target,
        known=("anchor", "label", "cls_pred"),
        draws={"anchor": around, "label": labels},
        own_gradient=no_gradient,
        count=3,
        names=("loc_target", "loc_mask", "cls_target"),
        rtol=1e-4,
    )


def detected(
    cls_prob, loc_pred, anchor, *, threshold=0.01, nms_threshold=0.5, force_suppress=False,
    nms_topk=-1, clip=True,
):  # fmt: skip
    output = np.full((len(cls_prob), cls_prob.shape[2], 6), -1.0)
    for image, scores in enumerate(cls_prob):
        rows = []
        for a, box in enumerate(anchor[0]):
            kind = 1 + int(scores[1:, a].argmax())
            if scores[kind, a] < threshold:
                continue
            code = loc_pred[image, 4 * a : 4 * a + 4] * [0.1, 0.1, 0.2, 0.2]
            extent = box[2:] - box[:2]
            middle, half = (
                code[:2] * extent + (box[:2] + box[2:]) / 2,
                np.exp(code[2:]) * extent / 2,
            )
            place = np.array([*middle - half, *middle + half])
            rows.append([kind - 1, scores[kind, a], *(np.clip(place, 0, 1) if clip else place)])
        output[image, : len(rows)] = np.array(rows).reshape(-1, 6)
        if not 0 < nms_threshold <= 1:
            continue
        order = sorted(range(len(rows)), key=lambda n: -rows[n][1])
        if nms_topk > 0:
            output[image, nms_topk : len(rows), 0] = -1
            order = order[:nms_topk]
        kept = []
        for place, n in enumerate(order):
            output[image, place] = rows[n]
            if any(
                quotient(np.array(rows[k][2:]), np.array(rows[n][2:])) >= nms_threshold
                and (force_suppress or rows[k][0] == rows[n][0])
                for k in kept
            ):
                output[image, place, 0] = -1
            else:
                kept.append(n)
    return output


def detection(**params) -> Row:
    return Row(
        "_contrib_MultiBoxDetection",
        params,
        {"cls_prob": (2, 3, 10), "loc_pred": (2, 40), "anchor": (1, 10, 4)},
        (2, 10, 6),
        detected,
        draws={"cls_prob": probabilities, "anchor": around},
        own_gradient=no_gradient,
    )


WITH_ANCHORS = (
    Row(
        "_contrib_MultiBoxPrior",
        {"sizes": (0.5, 0.25), "ratios": (1.0, 2.25, 4.0)},
        {"data": (2, 3, 2, 4)},
        (1, 32, 4),
        prior,
        own_gradient=no_gradient,
    ),
    Row(
        "_contrib_MultiBoxPrior",
        {
            "sizes": (0.75,),
            "ratios": (4.0,),
            "clip": True,
            "steps": (0.25, 0.5),
            "offsets": (0.25, 0.75),
        },
        {"data": (1, 3, 2, 2)},
        (1, 4, 4),
        prior,
        own_gradient=no_gradient,
    ),
    targets(overlap_threshold=0.3),
    targets(overlap_threshold=0.0, ignore_label=-7.0),
    targets(negative_mining_ratio=1.5, negative_mining_thresh=0.9),
    detection(nms_threshold=0.3),
    detection(nms_threshold=0.2, force_suppress=True, nms_topk=6, threshold=0.4, clip=False),
    detection(nms_threshold=0.0, threshold=0.6),
)


# -- proposals -------------------------------------------------------------------------------------


def proposed(
    cls_prob, bbox_pred, im_info, *, scales, ratios, feature_stride, rpn_post_nms_top_n, threshold,
    rpn_min_size, rpn_pre_nms_top_n=6000, output_score=False, iou_loss=False,
):  # fmt: skip
    shapes = []
    for ratio, scale in product(ratios, scales):
        wide = np.floor(np.sqrt(np.floor(feature_stride**2 / ratio)) + 0.5)
        shapes.append(np.array([wide, np.floor(wide * ratio + 0.5)]) * scale)
    rows, points = [], []
    for image, (height, width, zoom) in enumerate(im_info):
        found = []
        for y, x, a in product(*map(range, cls_prob.shape[2:]), range(len(shapes))):
            code, size = bbox_pred[image, 4 * a : 4 * a + 4, y, x], shapes[a]
            middle = np.array([x, y]) * feature_stride + (feature_stride - 1) / 2
            if iou_loss:
                place = np.array([*middle - (size - 1) / 2, *middle + (size - 1) / 2]) + code
            else:
                middle, grown = middle + code[:2] * size, np.exp(code[2:]) * size
                place = np.array([*middle - (grown - 1) / 2, *middle + (grown - 1) / 2])
            place = np.clip(place, 0, np.array([width, height, width, height]) - 1)
            score = cls_prob[image, len(shapes) + a, y, x]
            least = rpn_min_size * zoom
            if (place[2:] - place[:2] + 1 < least).any():
                place, score = place + np.array([-1, -1, 1, 1]) * least / 2, -1
            if y >= height // feature_stride or x >= width // feature_stride:
                score = -1
            found.append((score, place))
        found.sort(key=lambda pair: -pair[0])
        kept = []
        for score, place in found[:rpn_pre_nms_top_n]:
            end = np.add(place, [0, 0, 1, 1])
            if all(quotient(np.add(other, [0, 0, 1, 1]), end) <= threshold for _, other in kept):
                kept.append((score, place))
        for n in range(rpn_post_nms_top_n):
            score, place = kept[n % min(len(kept), rpn_post_nms_top_n)]
            rows.append([image, *place])
            points.append([score])
    return (np.array(rows), np.array(points)) if output_score else np.array(rows)


PROPOSAL = {
    "scales": (2.0, 4.0),
    "ratios": (0.5, 1.0, 2.0),
    "feature_stride": 8,
    "rpn_post_nms_top_n": 8,
    "threshold": 0.6,
    "rpn_min_size": 6,
}


def proposal(op, batch, info, rows, **params) -> Row:
    several = params.get("output_score", False)
    return Row(
        op,
        {**PROPOSAL, **params},
        {"cls_prob": (batch, 12, 3, 4), "bbox_pred": (batch, 24, 3, 4), "im_info": (batch, 3)},
        ((rows, 5), (rows, 1)) if several else (rows, 5),
        proposed,
        draws={
            "cls_prob": probabilities,
            "bbox_pred": lambda random, shape: random.normal(size=shape) * 0.3,
            "im_info": given(*info),
        },
        own_gradient=no_gradient,
        count=2 if several else 1,
        names=("output", "score") if several else (),
        rtol=1e-3,
    )


PROPOSALS = (
    proposal("_contrib_Proposal", 1, (24, 30, 1), 8),
    proposal("_contrib_Proposal", 1, (20, 32, 1), 8, iou_loss=True, rpn_pre_nms_top_n=12),
    proposal("_contrib_MultiProposal", 2, (24, 30, 1, 16, 32, 1.5), 16, output_score=True),
)

ROWS = (*ON_BOXES, *WITH_ANCHORS, *PROPOSALS)
