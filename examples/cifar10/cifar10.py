"""Train the documents' small Inception network with batch normalization on images of 10 classes.

python examples/cifar10/cifar10.py --help

Sources: MXNet.jl's example "cifar10", docs/semantics §10.2; Ioffe, Szegedy, Batch normalization:
accelerating deep network training by reducing internal covariate shift, 2015.
"""

import argparse
from pathlib import Path

from cifar10_data import CLASSES, SHAPE, find_files

import symnet as mx


def conv_factory(
    data: mx.SymbolicNode,
    num_filter: int,
    kernel: tuple[int, int],
    stride: tuple[int, int] = (1, 1),
    pad: tuple[int, int] = (0, 0),
) -> mx.SymbolicNode:
    """Return a convolution, batch normalization, and ReLU."""
    return mx.chain(
        data,
        mx.Convolution(kernel=kernel, num_filter=num_filter, stride=stride, pad=pad),
        mx.BatchNorm(),
        mx.Activation(act_type="relu"),
    )


def downsample_factory(data: mx.SymbolicNode, ch_3x3: int) -> mx.SymbolicNode:
    """Return a module that halves height and width: a convolution beside a maximum."""
    convolved = conv_factory(data, ch_3x3, (3, 3), stride=(2, 2), pad=(1, 1))
    largest = mx.Pooling(data=data, kernel=(3, 3), stride=(2, 2), pool_type="max")
    return mx.Concat(convolved, largest)


def simple_factory(data: mx.SymbolicNode, ch_1x1: int, ch_3x3: int) -> mx.SymbolicNode:
    """Return a module of two convolutions side by side."""
    narrow = conv_factory(data, ch_1x1, (1, 1))
    wide = conv_factory(data, ch_3x3, (3, 3), pad=(1, 1))
    return mx.Concat(narrow, wide)


def build_inception() -> mx.SymbolicNode:
    """Return the network, for images of 3×28×28.

    MXNet.jl's script fed 4d from 4b, so that nothing read 4c. Here 4d reads 4c, as in the script
    of MXNet's Python binding that it follows.
    """
    in1 = conv_factory(mx.Variable("data"), 96, (3, 3), pad=(1, 1))
    in3a = simple_factory(in1, 32, 32)
    in3b = simple_factory(in3a, 32, 48)
    in3c = downsample_factory(in3b, 80)
    in4a = simple_factory(in3c, 112, 48)
    in4b = simple_factory(in4a, 96, 64)
    in4c = simple_factory(in4b, 80, 80)
    in4d = simple_factory(in4c, 48, 96)
    in4e = downsample_factory(in4d, 96)
    in5a = simple_factory(in4e, 176, 160)
    in5b = simple_factory(in5a, 176, 160)
    return mx.chain(
        mx.Pooling(data=in5b, pool_type="avg", kernel=(7, 7), name="global_pool"),
        mx.Flatten(name="flatten1"),
        mx.FullyConnected(num_hidden=len(CLASSES), name="fc1"),
        mx.SoftmaxOutput(name="loss"),
    )


def main() -> None:
    """Train, and print the accuracy on the test images."""
    options = read_options()
    mx.srand(options.seed)
    contexts = [mx.gpu(i) for i in range(options.gpus)] or [mx.cpu(i) for i in range(options.cpus)]
    with find_files(options.data_dir, options.images) as files:
        common = {
            "label_name": "loss_label",
            "data_shape": SHAPE,
            "batch_size": options.batch_size,
            "mean_img": str(files.mean),
        }
        train = mx.ImageRecordProvider(
            path_imgrec=str(files.train), rand_crop=True, rand_mirror=True, shuffle=True, **common
        )
        test = mx.ImageRecordProvider(path_imgrec=str(files.test), round_batch=False, **common)
        history = mx.fit(
            mx.FeedForward(build_inception(), context=contexts),
            mx.SGD(lr=options.lr, momentum=0.9, weight_decay=0.0001),
            train,
            eval_data=test,
            n_epoch=options.epochs,
            initializer=mx.UniformInitializer(0.07),
            callbacks=[mx.speedometer()],
        )
        train.close()
        test.close()
    print(f"Accuracy on test set: {100 * history[-1]['validation_accuracy']:.2f}%")


def read_options() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        description="Train a small Inception network on CIFAR-10.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--epochs", type=int, default=10, help="passes through the data")
    add("--batch-size", type=int, default=128, help="images per batch, over all devices")
    add("--lr", type=float, default=0.05, help="learning rate")
    add("--seed", type=int, default=0, help="seed of the random numbers")
    add("--gpus", type=int, default=0, help="GPUs to train on; the tutorial took 8")
    add("--cpus", type=int, default=1, help="parts of each batch, without GPUs")
    add("--data-dir", type=Path, help="folder of cifar/train.rec and test.rec (or SYMNET_DATA)")
    add("--images", type=int, default=2000, help="images to draw where there is no CIFAR-10")
    add("--smoke", action="store_true", help="a few images, to see that it runs")
    options = parser.parse_args()
    if options.smoke:
        options.epochs, options.batch_size, options.images = 1, 4, 8
    return options


if __name__ == "__main__":
    main()
