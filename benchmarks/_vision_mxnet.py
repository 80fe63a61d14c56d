"""What `vision.py` runs under the interpreter of Apache MXNet: times cases by their names."""

import sys
import time

import mxnet as mx
from _vision_cases import CASES, inputs_of, steps_of


def step_of(case):
    inputs = {name: mx.nd.array(value) for name, value in inputs_of(case).items()}
    function = getattr(mx.symbol, case["operator"], None) or getattr(
        mx.symbol.contrib, case["operator"].replace("_contrib_", "")
    )
    symbol = function(*[mx.symbol.Variable(name) for name in inputs], **case["parameters"])
    gradients = {name: mx.nd.zeros(inputs[name].shape) for name in case["wanted"]}
    requests = {name: "write" if name in gradients else "null" for name in inputs}
    executor = symbol.bind(mx.cpu(), inputs, args_grad=gradients, grad_req=requests)
    heads = [mx.nd.ones(output.shape) for output in executor.forward(is_train=bool(gradients))]

    def step():
        executor.forward(is_train=bool(gradients))
        if gradients:
            executor.backward(heads)
        mx.nd.waitall()

    return step


def main():
    steps, counts = {}, {}
    for name in map(str.strip, sys.stdin):
        if name not in steps:
            steps[name] = step_of(CASES[name])
            steps[name]()
            start = time.process_time()
            steps[name]()
            counts[name] = steps_of(time.process_time() - start)
        start = time.process_time()
        for _ in range(counts[name]):
            steps[name]()
        print((time.process_time() - start) / counts[name], flush=True)


main()
