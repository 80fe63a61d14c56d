"""Every error that symnet raises on purpose.

```
MXError                  base of all of them; also a RuntimeError
├── ParameterError       an operator or option parameter: unknown, missing, out of range, unreadable
├── ArgumentError        an input of a call: missing, unknown, given twice, of the wrong kind
│   └── ReadOnlyError    writing into an array that may only be read
├── ShapeError           shapes that do not fit each other
├── DTypeError           element types that do not fit each other
├── DeviceError          a device that does not exist, or arrays on different ones
├── DistributedError     another process of a training: lost, failed, or not to be met
├── LabelError           label values that a loss cannot use
├── DataError            a data provider, or what it read
└── FormatError          bytes or text of a file that are not what they should be
```
"""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "ArgumentError",
    "DTypeError",
    "DataError",
    "DeviceError",
    "DistributedError",
    "FormatError",
    "LabelError",
    "MXError",
    "ParameterError",
    "ReadOnlyError",
    "ShapeError",
    "shown",
    "suggest",
]


class MXError(RuntimeError):
    """Base class of every error raised by symnet.

    >>> import symnet as mx
    >>> try:
    ...     mx.ones(2) + mx.ones(3)
    ... except mx.MXError as error:
    ...     type(error).__name__
    'ShapeError'
    """


class ParameterError(MXError, ValueError):
    """A parameter is unknown, missing, out of range or unreadable.

    >>> import symnet as mx
    >>> mx.FullyConnected(mx.Variable("x"), num_hidden=-1)
    Traceback (most recent call last):
        ...
    symnet.core.errors.ParameterError: ...
    """


class ArgumentError(MXError, ValueError, TypeError):
    """An input of a call is missing, unknown, given twice or of the wrong kind.

    >>> import symnet as mx
    >>> mx.Variable("x")(y=mx.Variable("z"))
    Traceback (most recent call last):
        ...
    symnet.core.errors.ArgumentError: ...
    """


class ReadOnlyError(ArgumentError):
    """An array that may only be read was about to be written.

    >>> import numpy as np
    >>> import symnet as mx
    >>> fixed = np.ones(2, np.float32)
    >>> fixed.flags.writeable = False
    >>> mx.NDArray.wrap(mx.ones(2).torch, mx.cpu(), writable=False)[:] = 5
    Traceback (most recent call last):
        ...
    symnet.core.errors.ReadOnlyError: ...
    """


class ShapeError(MXError, ValueError):
    """Shapes do not fit each other.

    >>> import symnet as mx
    >>> mx.ones(2) + mx.ones(3)
    Traceback (most recent call last):
        ...
    symnet.core.errors.ShapeError: ...
    """


class DTypeError(MXError, TypeError):
    """Element types do not fit each other.

    >>> import symnet as mx
    >>> mx.ones(2) + mx.ones(2, dtype="int32")
    Traceback (most recent call last):
        ...
    symnet.core.errors.DTypeError: ...
    """


class ContractError(MXError, TypeError):
    """The class of an operator does not keep the contract of operators."""


class DeviceError(MXError):
    """A device does not exist, or arrays live on different ones.

    >>> import symnet as mx
    >>> mx.bind(mx.Variable("x") * 2, mx.cpu(0), args={"x": mx.ones(2, context=mx.gpu(99))})
    Traceback (most recent call last):
        ...
    symnet.core.errors.DeviceError: ...
    """


class DistributedError(MXError):
    """Another process of a training is lost, has failed, or cannot be met.

    >>> import symnet as mx
    >>> issubclass(mx.DistributedError, mx.MXError)
    True
    """


class LabelError(MXError, ValueError):
    """Label values lie outside what a loss can use.

    >>> import numpy as np
    >>> import symnet as mx
    >>> net = mx.SoftmaxOutput(mx.FullyConnected(mx.Variable("x"), num_hidden=2, name="fc"))
    >>> rows, labels = np.zeros((2, 3)), np.array([0, 7])
    >>> mx.FeedForward(net).fit("sgd", rows, labels, n_epoch=1, verbose=0)
    Traceback (most recent call last):
        ...
    symnet.core.errors.LabelError: ...
    """


class DataError(MXError, ValueError):
    """A data provider cannot deliver what was asked of it.

    >>> import symnet as mx
    >>> mx.CSVIter(data_csv="nowhere.csv", data_shape=(2,), batch_size=1)
    Traceback (most recent call last):
        ...
    symnet.core.errors.DataError: ...
    """


class FormatError(MXError, ValueError):
    """A file does not hold what its name or its header promises.

    >>> import symnet as mx
    >>> mx.from_json("no symbol")
    Traceback (most recent call last):
        ...
    symnet.core.errors.FormatError: ...
    """


def suggest(name: str, candidates: Iterable[str], *, nearness: float = 0.6) -> str:
    """Say what may have been meant by a name that is not among the candidates.

    Args:
        name: what was given.
        candidates: what there is.
        nearness: how alike two names must be, from 0 to 1, where 1 is equal.

    Returns the tail of an error message: ``"; did you mean 'fc1_weight'?"``, or nothing where no
    candidate is near.

    >>> suggest("fc1_weigth", ["data", "fc1_weight"])
    "; did you mean 'fc1_weight'?"
    >>> suggest("epochs", ["n_epoch", "batch_size"]), suggest("Adam", ["ADAM", "AdaMax"])
    ("; did you mean 'n_epoch'?", "; did you mean 'ADAM'?")
    """
    known = list(candidates)
    alike = [each for each in known if each.lower() == name.lower()]
    elsewhere = [each for each in known if each in _ELSEWHERE.get(name, ())]
    close = [*elsewhere, *alike, *get_close_matches(name, known, n=1, cutoff=nearness)]
    return f"; did you mean {close[0]!r}?" if close else ""


_ELSEWHERE = {
    "epochs": ("n_epoch",),
    "num_epoch": ("n_epoch",),
    "num_epochs": ("n_epoch",),
    "max_epochs": ("n_epoch",),
    "validation_data": ("eval_data",),
    "valid_data": ("eval_data",),
    "metric": ("eval_metric",),
    "metrics": ("eval_metric",),
    "learning_rate": ("lr",),
    "schedule": ("lr_scheduler",),
    "scheduler": ("lr_scheduler",),
    "wd": ("weight_decay",),
    "clip_gradient": ("grad_clip",),
    "gradient_clip_val": ("clip_norm",),
    "clipnorm": ("clip_norm",),
    "accumulate_grad_batches": ("accumulate",),
    "precision": ("dtype",),
    "sample_weights": ("sample_weight",),
    "units": ("num_hidden",),
    "out_features": ("num_hidden",),
    "filters": ("num_filter",),
    "out_channels": ("num_filter",),
    "kernel_size": ("kernel",),
    "strides": ("stride",),
    "padding": ("pad",),
    "dilation": ("dilate",),
    "dilation_rate": ("dilate",),
    "groups": ("num_group",),
    "use_bias": ("no_bias",),
    "activation": ("act_type",),
    "rate": ("p",),
    "negative_slope": ("slope",),
    "num_embeddings": ("input_dim",),
    "embedding_dim": ("output_dim",),
    "eps": ("eps", "epsilon"),
    "Dense": ("FullyConnected",),
    "Linear": ("FullyConnected",),
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D", "Conv1d", "Conv2d", "Conv3d"), ("Convolution",)),
    "Conv2DTranspose": ("Deconvolution",),
    "ConvTranspose2d": ("Deconvolution",),
    **dict.fromkeys(("MaxPooling2D", "AveragePooling2D", "MaxPool2d", "AvgPool2d"), ("Pooling",)),
    "GlobalAveragePooling2D": ("Pooling",),
    "AdaptiveAvgPool2d": ("AdaptiveAvgPooling2D",),
    "BatchNormalization": ("BatchNorm",),
    "BatchNorm1d": ("BatchNorm",),
    "BatchNorm2d": ("BatchNorm",),
    "LayerNormalization": ("LayerNorm",),
    "LSTM": ("RNN",),
    "GRU": ("RNN",),
    "Sequential": ("chain",),
    "Input": ("Variable",),
    "Model": ("FeedForward",),
    "Module": ("FeedForward",),
    "CrossEntropyLoss": ("SoftmaxOutput",),
    "MSELoss": ("LinearRegressionOutput",),
    "BCEWithLogitsLoss": ("LogisticRegressionOutput",),
    "tensor": ("array",),
    "Tensor": ("NDArray",),
    "NDArrayIter": ("ArrayDataProvider",),
    "DataLoader": ("ArrayDataProvider",),
    "load_model": ("load_checkpoint",),
    "plot_model": ("to_svg",),
    "manual_seed": ("srand",),
    "set_random_seed": ("srand",),
    "val_loss": ("validation_loss",),
    "val_accuracy": ("validation_accuracy",),
}
"""What other libraries call things, Keras, PyTorch, Lightning and Python-MXNet, and we do."""


def listed(names: Iterable[object]) -> str:
    """Say what there is, as the tail of an error message.

    >>> listed(["lr", "momentum"]), listed([])
    ('(there are: lr, momentum)', '(there are: none)')
    """
    return f"(there are: {', '.join(map(str, names)) or 'none'})"


def shown(value: object) -> str:
    """Say what was given, in the words of an error: arrays by their shapes, the rest cut short.

    >>> shown("abc"), shown([0] * 100)[:20], shown(dict)
    ("'abc'", '[0, 0, 0, 0, 0, 0, 0', 'the class dict')
    """
    if isinstance(value, type):
        return f"the class {value.__name__}"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"{type(value).__name__} of shape {tuple(shape)}"
    if isinstance(value, tuple | list) and any(hasattr(each, "shape") for each in value):
        return f"{type(value).__name__} of {', '.join(map(shown, value[:4]))}"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_LONGEST = 200  # characters of a value in an error


def not_installed(who: str, package: str) -> str:
    """Say which package somebody needs, and how it is installed: the message of an error.

    The package itself is named, not an extra of symnet: an environment made without symnet's
    package index would find a stranger's project under that name.

    >>> not_installed("ImageRecordIter", "simplejpeg")
    'ImageRecordIter needs simplejpeg, which is not installed: pip install simplejpeg'
    """
    return f"{who} needs {package}, which is not installed: pip install {package}"
