"""Modules: networks that are trained and asked for predictions, ``mx.mod``.

>>> import symnet.mxnet as mx
>>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
>>> module = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"))
>>> module.bind([("data", (4, 3))], [("softmax_label", (4,))])
>>> module.init_params()
>>> module.forward(mx.io.DataBatch([mx.nd.zeros((4, 3))]), is_train=False)
>>> module.get_outputs()[0].asnumpy()[0]
array([0.5, 0.5], dtype=float32)
"""

from .base_module import BaseModule
from .bucketing_module import BucketingModule
from .module import Module
from .python_module import PythonLossModule, PythonModule
from .sequential_module import SequentialModule

__all__ = [
    "BaseModule",
    "BucketingModule",
    "Module",
    "PythonLossModule",
    "PythonModule",
    "SequentialModule",
]
