"""Export small networks with PyTorch, and trees with Hummingbird, and record what onnxruntime computes for them.

    python make_onnx_torch.py              every case
    python make_onnx_torch.py NAME ...     only these cases

Weights are drawn, not trained: what is recorded is the function, not its quality.
"""

import sys
import warnings

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from common import HERE, NAMES, classes, numbers, save, signal

FOLDER = "onnx-torch"
X = numbers(missing=False).astype(np.float32)


# Networks -----------------------------------------------------------------------------------------

def warm(model):
    """Batch normalization with statistics of its own."""
    with torch.no_grad():
        for part in model.modules():
            if isinstance(part, nn.BatchNorm1d):
                part.running_mean.normal_()
                part.running_var.uniform_(0.5, 2)
                part.weight.uniform_(0.5, 1.5)
                part.bias.normal_()
    return model.eval()


class Mixed(nn.Module):
    """Numbers and codes: an embedding for each code."""

    def __init__(self):
        super().__init__()
        self.town, self.colour = nn.Embedding(8, 3), nn.Embedding(3, 2)
        self.rest = nn.Sequential(nn.Linear(7, 6), nn.GELU(), nn.LayerNorm(6), nn.Linear(6, 1))

    def forward(self, numbers, town, colour):
        parts = [self.town(town.squeeze(1)), self.colour(colour.squeeze(1)), numbers]
        return torch.sigmoid(self.rest(torch.cat(parts, dim=1)))


class Columns(nn.Module):
    """One input for each column, and shapes that change."""

    def __init__(self):
        super().__init__()
        self.scale, self.rest = nn.Parameter(torch.randn(3)), nn.Linear(6, 3)

    def forward(self, a, b, c):
        x = torch.stack([a.squeeze(1), b.squeeze(1), c.squeeze(1)], dim=1)
        low = torch.where(x > 0, x, x * self.scale).clamp(-1.5, 2.5)
        wide = torch.cat([low[:, 1:], low[:, :1]], dim=1).unsqueeze(1)
        pair = torch.cat([wide, wide * wide], dim=1).reshape(-1, 6)
        return torch.log_softmax(self.rest(pair), dim=1)


class Machine(nn.Module):
    """A factorization machine: sums of squares and squares of sums."""

    def __init__(self):
        super().__init__()
        self.factors, self.first = nn.Parameter(torch.randn(4, 3) / 2), nn.Linear(4, 1)

    def forward(self, x):
        whole = torch.matmul(x, self.factors).pow(2)
        parts = torch.matmul(x.pow(2), self.factors.pow(2))
        return self.first(x) + 0.5 * (whole - parts).sum(dim=1, keepdim=True)


class Attention(nn.Module):
    """Every column is a token; tokens look at each other."""

    def __init__(self):
        super().__init__()
        self.lift, self.place = nn.Parameter(torch.randn(4, 5)), nn.Parameter(torch.randn(4, 5))
        self.q, self.k, self.v, self.out = (nn.Linear(5, n) for n in (5, 5, 5, 2))

    def forward(self, x):
        tokens = x.unsqueeze(2) * self.lift + self.place
        scores = self.q(tokens) @ self.k(tokens).transpose(1, 2) / 5 ** 0.5
        mixed = torch.softmax(scores, dim=2) @ self.v(tokens)
        return self.out(mixed.mean(dim=1))


ACTIVATIONS = [nn.SiLU(), nn.Mish(), nn.Hardswish(), nn.CELU(0.7), nn.SELU(), nn.Softsign(), nn.ReLU6(), nn.PReLU(), nn.Hardsigmoid(),
               nn.Softplus(), nn.LeakyReLU(0.2), nn.ELU(0.8), nn.Hardtanh(), nn.Tanhshrink(), nn.LogSigmoid(), nn.GELU("tanh")]


class Activations(nn.Module):
    def __init__(self):
        super().__init__()
        self.all, self.first = nn.ModuleList(ACTIVATIONS), nn.Linear(4, len(ACTIVATIONS))

    def forward(self, x):
        x = self.first(x)
        return torch.cat([f(x[:, i:i + 1]) for i, f in enumerate(self.all)], dim=1)


def plain(*layers, names=("x",), double=False):
    return lambda: (warm(nn.Sequential(*layers)), [X[:14].astype(np.float64 if double else np.float32)], list(names), NAMES, double)


def mixed():
    codes = np.random.default_rng(4).integers(0, 3, (14, 2))
    names = ["numbers_0", "numbers_1", "town", "colour"]
    return Mixed().eval(), [X[:14, :2], codes[:, :1] * 3, codes[:, 1:]], ["numbers", "town", "colour"], names, False


def columns():
    return Columns().eval(), [X[:14, i:i + 1] for i in range(3)], ["a", "b", "c"], ["a", "b", "c"], False


def network(make):
    def run(path):
        torch.manual_seed(5)
        model, inputs, names, features, double = make()
        if len(inputs) == 1:
            features = [f"f{i}" for i in range(inputs[0].shape[1])]
            extra = np.array([[0.0] * 4, [-0.0] * 4, [1e-3] * 4, [40.0, -40.0, 20.0, -9.0]])
            inputs = [np.concatenate([inputs[0], extra]).astype(inputs[0].dtype)]
        given = tuple(torch.from_numpy(np.ascontiguousarray(i)) for i in inputs)
        torch.onnx.export(model.double() if double else model, given, str(path), input_names=names, output_names=["y"],
                          dynamic_axes={n: {0: "n"} for n in [*names, "y"]}, opset_version=17)
        return dict(zip(names, inputs)), features
    return run


# Trees as tensors, and weights of 16 bits ---------------------------------------------------------

def birds(strategy, classifier, xgb=False):
    def run(path):
        import hummingbird.ml
        from sklearn import ensemble
        y = classes(X) if classifier else signal(X)
        if xgb:
            import xgboost
            model = xgboost.XGBClassifier(n_estimators=3, max_depth=3).fit(X, (signal(X) > 0).astype(int))
        else:
            kind = ensemble.RandomForestClassifier if classifier else ensemble.RandomForestRegressor
            model = kind(n_estimators=3, max_depth=3, random_state=5).fit(X, y)
        container = hummingbird.ml.convert(model, "torch", X[:1], extra_config={"tree_implementation": strategy})
        rows = np.concatenate([X[:14], [[0.0] * 4, [-0.0] * 4]]).astype(np.float32)
        names = ["label", "probabilities"] if classifier else ["y"]
        torch.onnx.export(container.model, torch.from_numpy(rows), str(path), input_names=["x"], output_names=names,
                          dynamic_axes={n: {0: "n"} for n in ["x", *names]}, opset_version=17)
        return {"x": rows}, [f"f{i}" for i in range(4)]
    return run


def halves(kind, packed):
    """Two layers whose weights are stored in 16 bits and widened before use."""
    def run(path):
        r = np.random.default_rng(7)
        nodes, stored, last = [], [], "x"
        for layer, (a, b) in enumerate([(4, 5), (5, 2)]):
            for name, shape in ((f"w{layer}", (a, b)), (f"b{layer}", (b,))):
                values = r.normal(size=shape).astype(np.float32)
                if kind == TensorProto.FLOAT16:
                    values = values.astype(np.float16)
                    bits = values.view(np.uint16)
                else:
                    bits = (values.view(np.uint32) >> 16).astype(np.uint16)
                if packed:
                    stored.append(helper.make_tensor(name + "h", kind, shape, bits.tobytes(), raw=True))
                else:
                    tensor = TensorProto(name=name + "h", data_type=kind, dims=shape)
                    tensor.int32_data.extend(bits.ravel().tolist())
                    stored.append(tensor)
                nodes.append(helper.make_node("Cast", [name + "h"], [name], to=TensorProto.FLOAT))
            nodes.append(helper.make_node("Gemm", [last, f"w{layer}", f"b{layer}"], [f"s{layer}"]))
            last = f"s{layer}"
            if layer == 0:
                nodes.append(helper.make_node("Tanh", [last], ["t"]))
                last = "t"
        nodes += [helper.make_node("Cast", [last], ["short"], to=kind), helper.make_node("Cast", ["short"], ["y"], to=TensorProto.FLOAT)]
        value = lambda name, width: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
        graph = helper.make_graph(nodes, "halves", [value("x", 4)], [value("y", 2)], stored)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
        onnx.save(model, str(path))
        return {"x": X[:14]}, [f"f{i}" for i in range(4)]
    return run


def functions(path):
    """Operators that no exporter above writes, each on all columns."""
    names = ["Tan", "Atan", "Sinh", "Cosh", "Asinh", "Gelu", "Celu", "HardSwish", "Mish", "ThresholdedRelu", "Shrink", "Softsign"]
    settings = {"Celu": {"alpha": 0.7}, "ThresholdedRelu": {"alpha": 0.3}, "Shrink": {"lambd": 0.25, "bias": 0.5}}
    nodes = [helper.make_node(n, ["x"], [n], **settings.get(n, {})) for n in names]
    stored = [numpy_helper.from_array(np.array(v, dtype=t), n) for n, v, t in (
        ("low", -1, np.float32), ("high", 1, np.float32), ("pads", [0, 1, 0, -1], np.int64), ("fill", 0.25, np.float32),
        ("scale", [1.5, -0.5, 2, 1], np.float32))]
    nodes += [helper.make_node("Gelu", ["x"], ["fast"], approximate="tanh"), helper.make_node("Clip", ["x", "low", "high"], ["inside"]),
              helper.make_node("Pad", ["x", "pads", "fill"], ["padded"]),
              helper.make_node("LayerNormalization", ["x", "scale"], ["layer"], axis=1, epsilon=0.01)]
    nodes += [helper.make_node(n, ["inside"], [n]) for n in ("Asin", "Acos")]
    last = [*names, "fast", "inside", "padded", "layer", "Asin", "Acos"]
    nodes.append(helper.make_node("Concat", last, ["y"], axis=1))
    value = lambda name, width: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
    graph = helper.make_graph(nodes, "functions", [value("x", 4)], [value("y", 4 * len(last))], stored)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), str(path))
    return {"x": np.concatenate([X[:14], [[0.0] * 4, [-0.0] * 4, [1.0, -1.0, 0.3, 0.25]]]).astype(np.float32)}, [f"f{i}" for i in range(4)]


CASES = {
    "linear": network(plain(nn.Linear(4, 1))),
    "linear_layers": network(plain(nn.Linear(4, 3), nn.Linear(3, 2))),
    "logistic": network(plain(nn.Linear(4, 1), nn.Sigmoid())),
    "softmax": network(plain(nn.Linear(4, 3), nn.Softmax(dim=1))),
    "double": network(plain(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1), double=True)),
    "layers": network(plain(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 5), nn.ELU(), nn.LayerNorm(5),
                            nn.Linear(5, 3), nn.Softmax(dim=1))),
    "activations": network(lambda: (Activations().eval(), [X[:14]], ["x"], NAMES, False)),
    "machine": network(lambda: (Machine().eval(), [X[:14]], ["x"], NAMES, False)),
    "attention": network(lambda: (Attention().eval(), [X[:14]], ["x"], NAMES, False)),
    "embeddings": network(mixed),
    "columns": network(columns),
    "bird_gemm": birds("gemm", True),
    "bird_walk": birds("tree_trav", True),
    "bird_perfect": birds("perf_tree_trav", False),
    "bird_boosted": birds("perf_tree_trav", True, xgb=True),
    "halves": halves(TensorProto.FLOAT16, True),
    "halves_listed": halves(TensorProto.FLOAT16, False),
    "functions": functions,
    "brains": halves(TensorProto.BFLOAT16, True),
}


# Recording ----------------------------------------------------------------------------------------

def make(case):
    (HERE / FOLDER).mkdir(exist_ok=True)
    path = HERE / FOLDER / f"{case}.model.onnx"
    inputs, features = CASES[case](path)
    model = onnx.load(path)
    for node in model.graph.node:
        node.ClearField("doc_string")
    onnx.save(model, str(path))
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = 1
    settings.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    output = session.get_outputs()[-1].name
    answer = session.run([output], inputs)[0]
    label = "probability" if output == "probabilities" or case in ("softmax", "layers") else "prediction"
    rows = np.concatenate([np.asarray(i, dtype=np.float64) for i in inputs.values()], axis=1)
    save(FOLDER, case, "onnxruntime", ort.__version__, "make_onnx_torch.py", "", path.name, features, rows,
         {"output": output, label: answer.reshape(len(answer), -1)})


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for case in sys.argv[1:] or CASES:
        try:
            make(case)
        except Exception as fault:
            print(case, "FAILED", type(fault).__name__, str(fault)[:300])
