"""Tell what is on a photograph, with a network that was trained on ImageNet with MXNet.

python examples/imagenet/predict.py --help

Sources: MXNet.jl's notebook "Using Pretrained Model"; docs/semantics §10.4.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from smoke_files import write_smoke_files

import symnet as mx

try:
    import cv2
except ImportError:
    sys.exit("Reading images needs OpenCV: pip install opencv-python-headless")

SIZE = 224
ARCHIVE = "http://data.dmlc.ml/mxnet/models/imagenet/inception-bn.tar.gz"


def main() -> None:
    """Predict, and print the most probable classes."""
    options = read_options()
    with TemporaryDirectory() as folder:
        if options.smoke:
            vars(options).update(write_smoke_files(Path(folder), options.epoch))
        check_files(options)
        print_table(*predict(options), options.top)


def predict(options: argparse.Namespace) -> tuple[list[str], np.ndarray]:
    """Return the names of all classes, and their probabilities, of shape (classes,)."""
    names = options.synset.read_text(encoding="utf-8").splitlines()
    mean = mx.load(options.mean)["mean_img"].asnumpy()
    image = preprocess(read_image(options.image)) - mean
    model = mx.load_checkpoint(options.prefix, options.epoch, mx.FeedForward)
    probabilities = mx.predict(model, mx.ArrayDataProvider(image[None]))[0]
    if len(names) != len(probabilities):
        sys.exit(
            f"The network tells {len(probabilities)} classes apart, and {options.synset} has "
            f"{len(names)} lines; it should be the one that came with the network."
        )
    return names, probabilities


def read_image(path: Path) -> np.ndarray:
    """Return the pixels of an image file, uint8 of shape (height, width, 3), red first."""
    image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        sys.exit(f"{path} is no image that OpenCV can read; a JPEG or PNG file is expected.")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def preprocess(image: np.ndarray) -> np.ndarray:
    """Return the square in an image's middle as the network wants it, before the mean is taken off.

    Args:
        image: uint8 of shape (height, width, 3), red first.

    Returns float32 of shape (3, 224, 224), from 0 to 256.
    """
    height, width, _ = image.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side].astype(np.float32)
    resized = cv2.resize(square, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    # The notebook's library reads a pixel of 255 as 1.0, and the notebook multiplies by 256.
    return resized.transpose(2, 0, 1) * np.float32(256 / 255)


def print_table(names: list[str], probabilities: np.ndarray, top: int) -> None:
    """Print the most probable classes, the first one first."""
    # A line of the file is "n02123159 tiger cat".
    classes = [name.partition(" ")[2] or name for name in names]
    best = (-probabilities).argsort(kind="stable")[:top]
    width = max(len(classes[number]) for number in best)
    for number in best:
        print(f"{classes[number]:>{width}}  {probabilities[number]:.6f}")


def check_files(options: argparse.Namespace) -> None:
    """End the program where a file is missing, saying what it is and where it came from."""
    wanted = {
        Path(f"{options.prefix}-symbol.json"): "the network",
        Path(f"{options.prefix}-{options.epoch:04d}.params"): "its parameters",
        options.mean: "the mean image of its training data, as 'mean_img'",
        options.synset: "the names of its classes, one in a line",
        options.image: "the image to look at",
    }
    missing = [f"  {path}: {what}" for path, what in wanted.items() if not path.is_file()]
    if missing:
        way_out = (
            f"All but the image used to come together, as {ARCHIVE}; any copy of them, or another\n"
            "MXNet checkpoint for images of 224×224, will do. --smoke runs without files."
        )
        sys.exit("\n".join(("There is no file", *missing, way_out)))


def read_options() -> argparse.Namespace:
    """Return the command line's options; the files' names are those of the notebook."""
    parser = argparse.ArgumentParser(
        description="Tell what is on a photograph, with a network trained on ImageNet.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("image", type=Path, nargs="?", default=Path("cat.png"), help="the image file")
    add("--prefix", type=Path, default=Path("Inception_BN"), help="stem of the checkpoint's files")
    add("--epoch", type=int, default=39, help="number of the checkpoint")
    add("--mean", type=Path, default=Path("mean_224.nd"), help="file of the mean image")
    add("--synset", type=Path, default=Path("synset.txt"), help="file of the classes' names")
    add("--top", type=int, default=5, help="classes to print")
    add("--smoke", action="store_true", help="a small network with random weights, to see it run")
    return parser.parse_args()


if __name__ == "__main__":
    main()
