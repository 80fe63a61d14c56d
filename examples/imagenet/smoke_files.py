"""Files as the prediction wants them, of a small network that has learned nothing."""

from pathlib import Path

import numpy as np

import symnet as mx

NAMES = (
    "tiger cat",
    "tabby, tabby cat",
    "Egyptian cat",
    "lynx, catamount",
    "Persian cat",
    "cougar",
)


def write_smoke_files(folder: Path, epoch: int) -> dict[str, Path]:
    """Write a checkpoint, a mean image, names of classes and an image.

    Returns their paths, by the names of the options that they are for.
    """
    import cv2

    names = ("Inception_BN", "mean_224.nd", "synset.txt", "cat.png")
    prefix, mean, synset, image = (folder / name for name in names)
    mx.srand(0)
    model = mx.FeedForward(build_network(len(NAMES)))
    model.init_model(mx.NormalInitializer(0, 0.05), data=(1, 3, 224, 224), softmax_label=(1,))
    mx.save_checkpoint(model, prefix, epoch)
    mx.save(mean, {"mean_img": mx.full((3, 224, 224), 117)})
    lines = (f"n{number:08d} {name}" for number, name in enumerate(NAMES))
    synset.write_text("\n".join(lines), encoding="utf-8")
    across, down = np.meshgrid(np.arange(256, dtype=np.uint8), np.arange(240, dtype=np.uint8))
    cv2.imwrite(str(image), np.stack([across, down, 255 - across], axis=2))
    return {"prefix": prefix, "mean": mean, "synset": synset, "image": image}


def build_network(classes: int) -> mx.SymbolicNode:
    """Return one Inception module between a coarse convolution and the scores."""
    stem = _convolution(mx.Variable("data"), 8, (7, 7), stride=(8, 8))
    both = mx.Concat(_convolution(stem, 8, (1, 1)), _convolution(stem, 8, (3, 3), pad=(1, 1)))
    return mx.chain(
        mx.Pooling(data=both, kernel=(1, 1), global_pool=True, pool_type="avg"),
        mx.Flatten(),
        mx.FullyConnected(num_hidden=classes, name="fc1"),
        mx.Softmax(name="softmax"),  # as the stored Inception network has it
    )


def _convolution(
    data: mx.SymbolicNode,
    filters: int,
    kernel: tuple[int, int],
    stride: tuple[int, int] = (1, 1),
    pad: tuple[int, int] = (0, 0),
) -> mx.SymbolicNode:
    return mx.chain(
        data,
        mx.Convolution(kernel=kernel, num_filter=filters, stride=stride, pad=pad),
        mx.BatchNorm(),
        mx.Activation(act_type="relu"),
    )
