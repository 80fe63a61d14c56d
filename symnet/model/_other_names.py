"""What other libraries call what a model can do."""

from typing import ClassVar

from ..core.hinted import Hinted

__all__ = ["OtherNames"]


class OtherNames(Hinted):
    """Tells, of methods that models of other libraries have, what there is instead."""

    _instead: ClassVar = {
        "compile": "the options of fit(…): the optimizer, eval_metric=, callbacks=",
        "summary": "mx.summary(model.arch, data=(…)), with the shape of a batch",
        "save": "mx.save_checkpoint(model, prefix, 0)",
        "save_weights": "mx.save_checkpoint(model, prefix, 0)",
        "load": "mx.load_checkpoint(prefix, 0, mx.FeedForward)",
        "load_weights": "mx.load_checkpoint(prefix, 0, mx.FeedForward)",
        "load_state_dict": "arg_params and aux_params, dicts of arrays",
        "state_dict": "arg_params and aux_params, dicts of arrays",
        "parameters": "arg_params, a dict of arrays",
        "get_params": "arg_params and aux_params, dicts of arrays",
        "set_params": "arg_params and aux_params, dicts of arrays",
        "weights": "arg_params, a dict of arrays",
        "eval": "predict(…), which is in predict mode always",
        "forward": "predict(…), or an executor, as mx.simple_bind(…) makes one",
        "predict_proba": "predict(…), which gives probabilities",
        "score": "evaluate(X, y)",
        "to": "FeedForward(net, mx.gpu()), which says where it runs",
        "cuda": "FeedForward(net, mx.gpu()), which says where it runs",
        "bind": "mx.bind(model.arch, …), or predictor(…)",
    }
