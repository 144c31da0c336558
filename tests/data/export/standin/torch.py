"""What examples/python/toy_model.py uses of PyTorch, in numpy: modules with hooks, whose tensors are arrays. So tests export a model
where PyTorch is not installed."""
from types import SimpleNamespace
import numpy as np

tensor, arange, triu, einsum = np.array, np.arange, np.triu, np.einsum


def full(shape, x):
    return np.full(shape, x, "f4")


def relu(x):
    return np.maximum(x, 0)


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


class Module:
    def __init__(self):
        self.training, self.before, self.after = True, [], []

    def __call__(self, *inputs):
        for hook in self.before:
            hook(self, inputs)
        output = self.forward(*inputs)
        for hook in self.after:
            hook(self, inputs, output)
        return output

    def register_forward_pre_hook(self, hook):
        self.before.append(hook)
        return SimpleNamespace(remove=lambda: self.before.remove(hook))

    def register_forward_hook(self, hook):
        self.after.append(hook)
        return SimpleNamespace(remove=lambda: self.after.remove(hook))

    def state_dict(self):
        out = {}
        for name, x in vars(self).items():
            if isinstance(x, np.ndarray):
                out[name] = x
            elif isinstance(x, Module):
                out.update({f"{name}.{key}": y for key, y in x.state_dict().items()})
        return out

    def load_state_dict(self, weights):
        for name, x in self.state_dict().items():
            x[...] = weights[name]

    def double(self):
        return self

    def float(self):
        for name, x in vars(self).items():
            if isinstance(x, np.ndarray):
                setattr(self, name, x.astype("f4"))
            elif isinstance(x, Module):
                x.float()
        return self

    def eval(self):
        self.training = False
        return self


class ModuleList(Module):
    def __init__(self, modules):
        super().__init__()
        self.modules = modules
        vars(self).update({str(i): x for i, x in enumerate(modules)})

    def __getitem__(self, i):
        return self.modules[i]


class Embedding(Module):
    def __init__(self, rows, width):
        super().__init__()
        self.weight = np.zeros((rows, width))

    def forward(self, ids):
        return self.weight[ids]


class Linear(Module):
    def __init__(self, inputs, outputs, bias=True):
        super().__init__()
        self.weight, self.bias = np.zeros((outputs, inputs)), np.zeros(outputs) if bias else None

    def forward(self, x):
        return x @ self.weight.T + (0 if self.bias is None else self.bias)


class LayerNorm(Module):
    def __init__(self, width, eps=1e-5):
        super().__init__()
        self.weight, self.bias, self.eps = np.ones(width), np.zeros(width), eps

    def forward(self, x):
        x = x - x.mean(-1, keepdims=True)
        return self.weight * x / np.sqrt((x * x).mean(-1, keepdims=True) + self.eps) + self.bias


nn = SimpleNamespace(Module=Module, ModuleList=ModuleList, Embedding=Embedding, Linear=Linear, LayerNorm=LayerNorm)
