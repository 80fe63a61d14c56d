"""Random networks for images, as people build them: every value may be read again, and again."""

import numpy as np

import symnet as mx

__all__ = ["random_network"]

Shape = tuple[int, ...]


class _Builder:
    """Layers over values that are remembered by their shapes."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.count = 0
        self.values: list[tuple[mx.SymbolicNode, Shape]] = []

    def name(self) -> str:
        self.count += 1
        return f"layer{self.count}"

    def pick(self, *options: object) -> object:
        return options[self.random.integers(len(options))]

    def recent(self) -> tuple[mx.SymbolicNode, Shape]:
        """One of the last values; mostly the last one."""
        back = min(int(self.random.geometric(0.6)), len(self.values))
        return self.values[-back]

    def put(self, symbol: mx.SymbolicNode) -> None:
        shape = symbol.infer_shape(data=self.values[0][1])[1][0]
        if min(shape) > 0:
            self.values.append((symbol, tuple(shape)))

    def step(self) -> None:
        data, shape = self.recent()
        kinds = [self.convolve, self.convolve, self.normalise, self.activate, self.combine]
        kinds += [self.combine, self.pool, self.scale, self.join, self.drop]
        kind = kinds[self.random.integers(len(kinds))]
        kind(data, shape)

    def convolve(self, data: mx.SymbolicNode, shape: Shape) -> None:
        size = int(self.pick(1, 3, 3))
        stride = int(self.pick(1, 1, 1, 2))
        channels = shape[1]
        depthwise = bool(self.random.random() < 0.2)
        filters = channels if depthwise or self.random.random() < 0.6 else int(self.pick(4, 8, 16))
        options = {"num_group": channels} if depthwise else {}
        if min(shape[2:]) < size:
            return
        name = self.name()
        self.put(
            mx.Convolution(
                data,
                kernel=(size, size),
                pad=(size // 2,) * 2,
                stride=(stride, stride),
                num_filter=filters,
                no_bias=bool(self.pick(True, False)),
                name=name,
                **options,
            )
        )

    def normalise(self, data: mx.SymbolicNode, shape: Shape) -> None:
        fixed = bool(self.pick(True, False))
        self.put(mx.BatchNorm(data, fix_gamma=fixed, name=self.name()))

    def activate(self, data: mx.SymbolicNode, shape: Shape) -> None:
        if self.random.random() < 0.2:
            self.put(mx.LeakyReLU(data, act_type="leaky", slope=0.2, name=self.name()))
        else:
            kind = str(self.pick("relu", "relu", "relu", "sigmoid", "tanh"))
            self.put(mx.Activation(data, act_type=kind, name=self.name()))

    def combine(self, data: mx.SymbolicNode, shape: Shape) -> None:
        others = [symbol for symbol, own in self.values[:-7:-1] if own == shape]
        other = others[self.random.integers(len(others))]
        kind = str(self.pick("+", "+", "+", "-", "*"))
        left, right = (data, other) if self.random.random() < 0.5 else (other, data)
        self.put({"+": left + right, "-": left - right, "*": left * right * 0.3}[kind])

    def pool(self, data: mx.SymbolicNode, shape: Shape) -> None:
        if min(shape[2:]) < 3:
            return
        kind = str(self.pick("max", "avg"))
        stride = int(self.pick(1, 2))
        self.put(
            mx.Pooling(
                data,
                kernel=(3, 3),
                pad=(1, 1),
                stride=(stride, stride),
                pool_type=kind,
                name=self.name(),
            )
        )

    def scale(self, data: mx.SymbolicNode, shape: Shape) -> None:
        kind = int(self.pick(0, 1, 2))
        if kind == 2:
            gate = mx.Pooling(data, kernel=(1, 1), global_pool=True, pool_type="avg")
            self.put(mx.broadcast_mul(data, mx.Activation(gate, act_type="sigmoid")))
        else:
            self.put(data * 0.7 if kind else data + 0.3)

    def join(self, data: mx.SymbolicNode, shape: Shape) -> None:
        others = [s for s, own in self.values[:-7:-1] if own[2:] == shape[2:]]
        other = others[self.random.integers(len(others))]
        self.put(mx.Concat(data, other, dim=1, name=self.name()))

    def drop(self, data: mx.SymbolicNode, shape: Shape) -> None:
        self.put(mx.Dropout(data, p=0.0, name=self.name()))

    def head(self) -> mx.SymbolicNode:
        data, _ = self.values[-1]
        if self.random.random() < 0.5:
            data = mx.Pooling(data, kernel=(1, 1), global_pool=True, pool_type="avg")
        net = mx.FullyConnected(mx.Flatten(data), num_hidden=5, name="classes")
        heads = [mx.SoftmaxOutput(net, name="softmax")]
        if self.random.random() < 0.3:
            extra, _ = self.recent()
            heads.append(mx.make_loss(mx.mean(extra * extra), name="extra"))
        return heads[0] if len(heads) == 1 else mx.Group(*heads)


def random_network(seed: int, data: Shape, layers: int) -> mx.SymbolicNode:
    """Return a network of so many layers at most, for images of this shape."""
    builder = _Builder(seed)
    builder.values.append((mx.Variable("data"), data))
    for _ in range(layers):
        builder.step()
    return builder.head()
