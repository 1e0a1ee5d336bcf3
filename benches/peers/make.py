"""Make the data and train the models of the comparison, with fixed seeds, into a folder outside the repository.

    python make.py FOLDER              what is not there yet
    python make.py FOLDER xgb pdp      these sets again

Arrays are raw little-endian f64, row-major, every value representable in f32 (XGBoost and scikit-learn read f32).
`bench.json` names every array with its shape, every case with its model, and the models with their size.
"""

import json
import pathlib
import sys

import numpy as np

SEED = 20260
FEATURES = 30
MISSING = 0.01
NAMES = [f"x{j:02}" for j in range(FEATURES)]
CHUNK = 100_000
# Streams of random numbers, one for each use; never renumber.
STREAMS = {
    "xgb-train": 1, "xgb-rows": 2, "xgb-background": 3, "lgbm-train": 4, "lgbm-rows": 5, "forest-train": 6,
    "forest-rows": 7, "deep-train": 8, "deep-rows": 9, "deep-background": 10, "pdp-train": 11, "pdp-rows": 12,
}
# Values of the grid on which partial dependence is compared: quantiles of the explained rows.
GRID = [0.05, 0.25, 0.5, 0.75, 0.95]

CASES = {
    "xgb": {"task": "path-dependent", "model": "xgb.json", "rows": "xgb-rows"},
    "lgbm": {"task": "path-dependent", "model": "lgbm.txt", "rows": "lgbm-rows"},
    "forest": {"task": "path-dependent", "model": "forest.json", "rows": "forest-rows", "peers_model": "forest.joblib"},
    "interventional-1000": {
        "task": "interventional", "model": "xgb.json", "rows": "xgb-rows", "background": "xgb-background",
        "references": 1_000,
    },
    "interventional-10000": {
        "task": "interventional", "model": "xgb.json", "rows": "xgb-rows", "background": "xgb-background",
        "references": 10_000,
    },
    "interventional-deep": {
        "task": "interventional", "model": "deep.json", "rows": "deep-rows", "background": "deep-background",
        "references": 1_000_000,
    },
    "interactions": {"task": "interactions", "model": "xgb.json", "rows": "xgb-rows"},
    "pdp": {"task": "partial-dependence", "model": "pdp.json", "rows": "pdp-rows", "grid": "pdp-grid"},
    "importance": {
        "task": "permutation-importance", "model": "xgb.json", "rows": "xgb-rows", "target": "xgb-target",
        "repeats": 5, "metric": "mean squared error",
    },
}


def table(stream, rows, missing):
    """`rows` x 30: twenty normal columns (the first eight correlated in pairs), five uniform, five of few levels."""
    x = np.empty((rows, FEATURES))
    x[:, :20] = stream.standard_normal((rows, 20))
    x[:, 1:8:2] = 0.6 * x[:, 0:8:2] + 0.8 * x[:, 1:8:2]
    x[:, 20:25] = stream.random((rows, 5))
    x[:, 25:] = stream.integers(0, [2, 3, 5, 10, 20], (rows, 5))
    x = x.astype(np.float32)
    if missing:
        x[stream.random((rows, FEATURES), dtype=np.float32) < MISSING] = np.nan
    return x.astype("<f8")


def signal(x):
    """The target without noise; missing counts as 0. Every column matters, most of them through a partner."""
    x = np.nan_to_num(x)
    y = 2.0 * x[:, 0] * x[:, 1] + 1.5 * np.sin(2.0 * x[:, 2]) * x[:, 3] + np.abs(x[:, 4]) * (x[:, 5] > 0)
    y += x[:, 6] * x[:, 7] * (x[:, 8] > -0.5) + np.maximum(x[:, 9], x[:, 10]) - 0.5 * x[:, 11] ** 2
    y += np.exp(-(x[:, 12] ** 2)) * x[:, 13] + 0.7 * x[:, 14] * x[:, 25] + 0.4 * x[:, 15:20].sum(axis=1)
    y += 3.0 * x[:, 20] * x[:, 21] + 2.0 * (x[:, 22] > x[:, 23]) + x[:, 24] * x[:, 28] / 5.0
    return y + 0.5 * (x[:, 26] == 1) * x[:, 0] + 0.3 * x[:, 27] + 0.02 * x[:, 29] * x[:, 4]


def part(name, first, rows, missing):
    """Rows `first` .. `first + rows` of array `name`; they depend on the chunk number alone."""
    return table(np.random.default_rng([SEED, STREAMS[name], first // CHUNK]), rows, missing)


def training(name, rows, missing=True):
    """Rows and noisy target for training, f32-representable."""
    x = part(name, 0, rows, missing)
    noise = np.random.default_rng([SEED, STREAMS[name], 1_000_000]).standard_normal(rows)
    return x, (signal(x) + noise).astype(np.float32).astype(np.float64)


class Folder:
    """The folder and its `bench.json`."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)
        about = self.path / "bench.json"
        known = json.loads(about.read_text()) if about.exists() else {}
        self.arrays, self.models = known.get("arrays", {}), known.get("models", {})

    def save(self):
        about = {
            "seed": SEED, "features": NAMES, "arrays": self.arrays, "models": self.models,
            "cases": {name: case for name, case in CASES.items() if case["model"] in self.models},
        }
        (self.path / "bench.json").write_text(json.dumps(about, indent=1) + "\n")

    def array(self, name, values):
        values = np.ascontiguousarray(values, dtype="<f8")
        values.tofile(self.path / f"{name}.f64")
        self.arrays[name] = {"file": f"{name}.f64", "shape": list(values.shape)}

    def rows(self, name, rows, missing=True):
        """Writes an array of rows chunk by chunk, so that three million rows need no memory."""
        with open(self.path / f"{name}.f64", "wb") as file:
            for first in range(0, rows, CHUNK):
                part(name, first, min(CHUNK, rows - first), missing).tofile(file)
        self.arrays[name] = {"file": f"{name}.f64", "shape": [rows, FEATURES]}

    def read(self, name):
        shape = self.arrays[name]["shape"]
        return np.fromfile(self.path / self.arrays[name]["file"], dtype="<f8").reshape(shape)

    def model(self, file, library, leaves, depths):
        """Notes the size of a model: `leaves` and `depths` have one number a tree."""
        self.models[file] = {
            "library": library, "trees": len(leaves), "leaves": int(sum(leaves)),
            "leaves_of_a_tree": [int(min(leaves)), round(float(np.mean(leaves)), 1), int(max(leaves))],
            "depth": int(max(depths)),
        }


def xgboost_model(folder, name, trees, depth, train_rows):
    import xgboost as xgb

    x, y = training(f"{name}-train", train_rows)
    settings = {
        "max_depth": depth, "eta": 0.05, "min_child_weight": 1, "lambda": 1, "tree_method": "hist", "max_bin": 256,
        "seed": SEED, "nthread": 2, "objective": "reg:squarederror",
    }
    booster = xgb.train(settings, xgb.DMatrix(x, y, feature_names=NAMES), trees)
    booster.save_model(folder.path / f"{name}.json")
    leaves, depths = [], []
    for tree in booster.get_dump(dump_format="text"):
        lines = tree.splitlines()
        leaves.append(sum("leaf=" in line for line in lines))
        depths.append(max(len(line) - len(line.lstrip("\t")) for line in lines))
    folder.model(f"{name}.json", f"xgboost {xgb.__version__}", leaves, depths)


def make_xgb(folder):
    xgboost_model(folder, "xgb", 500, 6, 50_000)
    folder.rows("xgb-rows", 10_000)
    folder.rows("xgb-background", 10_000)
    x = folder.read("xgb-rows")
    folder.array("xgb-target", signal(x) + np.random.default_rng([SEED, 2, 1_000_000]).standard_normal(len(x)))


def make_lgbm(folder):
    import lightgbm as lgb

    x, y = training("lgbm-train", 20_000)
    settings = {
        "num_leaves": 31, "learning_rate": 0.05, "min_data_in_leaf": 20, "seed": SEED, "num_threads": 2,
        "deterministic": True, "force_row_wise": True, "objective": "regression", "verbosity": -1,
    }
    booster = lgb.train(settings, lgb.Dataset(x, y, feature_name=NAMES), 1000)
    booster.save_model(folder.path / "lgbm.txt")
    frame = booster.trees_to_dataframe()
    leaves = frame[frame.split_feature.isna()].groupby("tree_index").size()
    depths = frame.groupby("tree_index").node_depth.max() - 1
    folder.model("lgbm.txt", f"lightgbm {lgb.__version__}", list(leaves), list(depths))
    folder.rows("lgbm-rows", 10_000)


def make_forest(folder):
    import joblib
    import sklearn
    from sklearn.ensemble import RandomForestRegressor

    x, y = training("forest-train", 5_000, missing=False)
    forest = RandomForestRegressor(100, max_features=1.0, random_state=SEED, n_jobs=2).fit(x, y)
    joblib.dump(forest, folder.path / "forest.joblib")
    library = f"scikit-learn {sklearn.__version__}"
    write_native(forest, library, folder.path / "forest.json")
    trees = [estimator.tree_ for estimator in forest.estimators_]
    folder.model("forest.json", library, [t.n_leaves for t in trees], [t.max_depth for t in trees])
    folder.rows("forest-rows", 10_000, missing=False)


def write_native(forest, library, path):
    """The forest in Candor's own format: averaged trees, `x <= threshold` in f64, cover = weighted sample count."""
    none = 2**32 - 1
    with open(path, "w", encoding="utf-8") as file:
        card = {
            "name": "forest", "path": None, "sha256": "", "bytes": 0, "format": "Candor model", "library": library,
            "algorithm": "random forest", "objective": "squared_error", "task": "regression",
            "inputs": [{"name": name, "kind": "number"} for name in NAMES], "outputs": ["prediction"], "classes": [],
            "native_scale": "target", "scales": ["target", "margin"], "facts": [], "notes": [],
        }
        file.write('{"format":"candor-model","version":1,"card":' + json.dumps(card))
        file.write(',"body":{"trees":{"ensemble":{"trees":[')
        for number, estimator in enumerate(forest.estimators_):
            tree = estimator.tree_
            nodes, values = [], []
            for i in range(tree.node_count):
                leaf = tree.children_left[i] < 0
                nodes.append({
                    "feature": none if leaf else int(tree.feature[i]),
                    "left": len(values) if leaf else int(tree.children_left[i]),
                    "right": 0 if leaf else int(tree.children_right[i]), "set": none,
                    "threshold": 0.0 if leaf else float(tree.threshold[i]), "missing": "left",
                    "cover": float(tree.weighted_n_node_samples[i]),
                })
                if leaf:
                    values.append(float(tree.value[i, 0, 0]))
            whole = {"nodes": nodes, "leaf_values": values, "output": 0, "sets": []}
            file.write(("," if number else "") + json.dumps(whole, separators=(",", ":")))
        rest = {
            "inputs": FEATURES, "base": [0.0], "compare": "less-equal-f64", "accumulate": "f64",
            "divisor": float(len(forest.estimators_)),
        }
        file.write("]," + json.dumps(rest, separators=(",", ":"))[1:] + ',"link":"identity"}}}\n')


def make_deep(folder):
    xgboost_model(folder, "deep", 50, 8, 100_000)
    folder.rows("deep-rows", 3_000_000)
    folder.rows("deep-background", 1_000_000)


def make_pdp(folder):
    xgboost_model(folder, "pdp", 100, 6, 50_000)
    folder.rows("pdp-rows", 400_000)
    grid = np.nanquantile(folder.read("pdp-rows"), GRID, axis=0, method="nearest").T
    folder.array("pdp-grid", grid)


SETS = {"xgb": make_xgb, "lgbm": make_lgbm, "forest": make_forest, "deep": make_deep, "pdp": make_pdp}
MADE = {"xgb": "xgb.json", "lgbm": "lgbm.txt", "forest": "forest.json", "deep": "deep.json", "pdp": "pdp.json"}


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = Folder(sys.argv[1])
    wanted = sys.argv[2:] or [name for name, file in MADE.items() if file not in folder.models]
    for name in wanted:
        print(f"making {name}", flush=True)
        SETS[name](folder)
        folder.save()
    folder.save()


if __name__ == "__main__":
    main()
