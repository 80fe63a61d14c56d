"""The small networks' training in Keras, in an environment of its own.

    KERAS_BACKEND=jax PYTHON benchmarks/_keras_fit.py mlp|lenet SAMPLES BATCH EPOCHS

Makes one whole call of `fit` for each line on the standard input, and answers ``done``. `fit.py`
starts it.
"""

import sys

import keras
import numpy as np
from keras import layers


def model_of(name):
    if name == "mlp":
        inner = [layers.Dense(128, activation="relu"), layers.Dense(64, activation="relu")]
    else:
        inner = [layers.Conv2D(20, 5, activation="tanh"), layers.MaxPooling2D(2)]
        inner += [layers.Conv2D(50, 5, activation="tanh"), layers.MaxPooling2D(2)]
        inner += [layers.Flatten(), layers.Dense(500, activation="tanh")]
    model = keras.Sequential([*inner, layers.Dense(10, activation="softmax")])
    model.compile(
        keras.optimizers.SGD(0.1 if name == "mlp" else 0.05, momentum=0.9, weight_decay=1e-5),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def main():
    name, samples, batch, epochs = sys.argv[1], *map(int, sys.argv[2:])
    shape = (784,) if name == "mlp" else (28, 28, 1)
    draw = np.random.default_rng(0)
    images = draw.random((samples, *shape), dtype=np.float32)
    labels = draw.integers(0, 10, samples)
    for _ in sys.stdin:
        model_of(name).fit(images, labels, batch_size=batch, epochs=epochs, verbose=0)
        print("done", flush=True)


if __name__ == "__main__":
    main()
