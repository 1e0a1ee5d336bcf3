"""Train small XGBoost models and record what the library itself computes for them.

    python make_xgboost.py              every case for the installed version
    python make_xgboost.py NAME ...     only these cases

XGBoost 1.7 and 2.1 make only the cases marked OLD, in folders of their own; targets_vector and category_codes_onehot
are recorded with 2.1, too, category_codes with 3.0, and all three category_codes cases with 1.6, which sends unseen codes
elsewhere than all other versions.
"""

import json
import sys

import numpy as np
import pandas as pd
import xgboost as xgb

from common import (HERE, LEVELS, NAMES, categories, classes, codes, columns, enumerate_shapley, numbers, save, signal)

VERSION = xgb.__version__
MINOR = tuple(int(v) for v in VERSION.split(".")[:2])
NEW = MINOR >= (3, 1)
FOLDER = "xgboost" if NEW else "xgboost-" + ".".join(VERSION.split(".")[:2])
SAME = {"nthread": 1, "seed": 5, "max_depth": 3, "eta": 0.3, "verbosity": 0, "tree_method": "hist"}
OLD = True
PROBABILITY = ("binary:logistic", "reg:logistic", "multi:softprob")


# Kinds of training data: each returns features, labels and DMatrix settings ---------------------

def plain(target, **options):
    def make():
        x = numbers(**options)
        return x, target(x), {}
    return make


def positive(x):
    return np.exp(0.5 * signal(x))


def yes(x):
    return (signal(x) > 0).astype(int)


def three(x):
    s = signal(x)
    return np.column_stack([s, np.abs(s), np.nan_to_num(x[:, 2]) - s])


def ranking():
    x = numbers()
    return x, classes(x), {"qid": np.repeat(np.arange(30), 10)}


def cox():
    x = numbers()
    t = positive(x)
    return x, np.where(np.arange(len(t)) % 4 == 0, -t, t), {}


def aft():
    x = numbers()
    t = positive(x)
    upper = np.where(np.arange(len(t)) % 4 == 0, np.inf, t)
    return x, None, {"label_lower_bound": t, "label_upper_bound": upper}


def coded():
    table, score = categories()
    return codes(table), (score > 0).astype(int), {}


def wide():
    """Codes of more than one word of 32 and of 64 bits, few of each."""
    r = np.random.default_rng(16)
    x = np.column_stack([r.integers(0, 100, 400), r.integers(0, 70, 400), np.round(r.normal(size=(400, 2)) * 16) / 16])
    x[r.random(400) < 0.1, 0] = np.nan
    return x, (np.sin(np.nan_to_num(x[:, 0], nan=50)) + np.cos(2 * x[:, 1]) + 0.5 * x[:, 2] > 0).astype(int), {}


def levelled():
    table, score = categories()
    return table, (score > 0).astype(int), {}


def edge():
    """Many exact zeros, both signs of zero, and denormal f32 values."""
    x = numbers(missing=False)
    r = np.random.default_rng(9)
    x[:, 0] = r.choice([0.0, -0.0, 1e-45, -1e-45, 1e-40, 1.0, -1.0], len(x))
    x[:, 1] = np.where(r.random(len(x)) < 0.5, 0.0, x[:, 1])
    return x, ((x[:, 0] > 0) ^ (x[:, 1] > 0) ^ (x[:, 2] > 1)).astype(int), {}


def forest(**more):
    return {"num_parallel_tree": 4, "subsample": 0.7, "colsample_bynode": 0.6, **more}


DART = {"booster": "dart", "rate_drop": 0.4, "skip_drop": 0.2, "one_drop": 1}
LINEAR = {"booster": "gblinear", "updater": "coord_descent", "tree_method": None, "max_depth": None, "eta": 0.5}
SOFTPROB = {"objective": "multi:softprob", "num_class": 3}
BINARY = {"objective": "binary:logistic"}
SQUARED = {"objective": "reg:squarederror"}

# name: (data, parameters, rounds, options, note). Options: ext, nameless, old, stop, exact, rows.
CASES = {
    "binary_logistic": (plain(yes), BINARY, 10, {"old": OLD, "exact": True, "interactions": True}, "missing values, inputs exact in f32"),
    "binary_logistic_ubj": (plain(yes), BINARY, 10, {"ext": "ubj"}, "the model of binary_logistic saved as UBJSON"),
    "binary_logistic_f64": (plain(yes, coarse=False), BINARY, 10, {}, "full f64 inputs; the library casts them to f32"),
    "binary_base_score": (plain(yes), {**BINARY, "base_score": 0.2}, 6, {}, "base_score fixed by the user"),
    "binary_logitraw": (plain(yes), {"objective": "binary:logitraw"}, 6, {}, "the prediction is the margin"),
    "binary_hinge": (plain(yes), {"objective": "binary:hinge"}, 6, {}, "the prediction is 0 or 1"),
    "binary_nameless": (plain(yes), BINARY, 4, {"nameless": True}, "the model file has no feature names; features holds f0, f1, ..."),
    "binary_stump": (plain(yes), {**BINARY, "gamma": 1e9}, 3, {}, "every tree is one leaf"),
    "binary_forest": (plain(yes), {**BINARY, **forest(eta=1)}, 2, {}, "num_parallel_tree 4, two rounds"),
    "binary_lossguide": (plain(yes), {**BINARY, "grow_policy": "lossguide", "max_leaves": 7, "max_depth": 0}, 6, {}, "unbalanced trees, max_leaves 7"),
    "binary_early_stop": (plain(yes), {**BINARY, "eta": 0.9, "max_depth": 5}, 20, {"stop": 3}, "margin, probability and contributions use every tree in the file; best_rounds uses rounds 0 to best_iteration"),
    "binary_dart": (plain(yes), {**BINARY, **DART}, 15, {"old": OLD, "exact": True}, "real dropped trees, weight_drop is not all 1"),
    "binary_linear": (plain(yes), {**BINARY, **LINEAR}, 10, {}, "gblinear; a missing value adds nothing"),
    "binary_edge": (edge, BINARY, 8, {"rows": "edge"}, "exact zeros, minus zero, f32 and f64 denormals, values on thresholds and next to them"),
    "squared_error": (plain(signal), SQUARED, 10, {"exact": True}, "inputs exact in f32"),
    "squared_error_f64": (plain(signal, coarse=False), SQUARED, 10, {}, "full f64 inputs; the library casts them to f32"),
    "squared_log_error": (plain(positive), {"objective": "reg:squaredlogerror"}, 6, {}, ""),
    "pseudo_huber": (plain(signal), {"objective": "reg:pseudohubererror"}, 6, {}, ""),
    "absolute_error": (plain(signal), {"objective": "reg:absoluteerror"}, 6, {}, "leaves are changed after growing; base_weights is not the leaf value"),
    "quantile_error": (plain(signal), {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.9]}, 5, {}, "one output per quantile"),
    "reg_logistic": (plain(lambda x: 1 / (1 + np.exp(-signal(x)))), {"objective": "reg:logistic"}, 6, {}, "labels between 0 and 1"),
    "poisson": (plain(lambda x: np.floor(positive(x) * 2)), {"objective": "count:poisson"}, 6, {}, ""),
    "gamma": (plain(positive), {"objective": "reg:gamma"}, 6, {}, ""),
    "tweedie": (plain(lambda x: np.maximum(positive(x) - 0.8, 0)), {"objective": "reg:tweedie", "tweedie_variance_power": 1.3}, 6, {}, ""),
    "cox": (cox, {"objective": "survival:cox"}, 6, {}, "the prediction is a hazard ratio"),
    "aft": (aft, {"objective": "survival:aft", "aft_loss_distribution": "normal"}, 6, {}, "the prediction is a time"),
    "rank_ndcg": (ranking, {"objective": "rank:ndcg"}, 6, {}, "30 groups of 10 rows"),
    "multi_softprob": (plain(classes), SOFTPROB, 5, {"old": OLD, "exact": True, "interactions": True}, ""),
    "multi_softmax": (plain(classes), {"objective": "multi:softmax", "num_class": 3}, 4, {}, "the prediction is the class number"),
    "multi_forest": (plain(classes), {**SOFTPROB, **forest()}, 1, {}, "num_parallel_tree 4, three classes"),
    "multi_dart": (plain(classes), {**SOFTPROB, **DART}, 6, {}, ""),
    "multi_linear": (plain(classes), {**SOFTPROB, **LINEAR}, 8, {}, "gblinear; weights are stored feature by feature, then one bias per class"),
    "targets_per_tree": (plain(three), SQUARED, 4, {}, "three targets, one tree per target"),
    "targets_vector": (plain(three), {**SQUARED, "multi_strategy": "multi_output_tree"}, 6, {}, "three targets, vector leaves"),
    "multi_vector": (plain(classes), {**SOFTPROB, "multi_strategy": "multi_output_tree"}, 6, {}, "three classes, vector leaves"),
    "category_onehot": (levelled, {**BINARY, "max_cat_to_onehot": 100}, 8, {"rows": "levels"}, "one category per split; levels are in the model file, null is missing"),
    "category_partition": (levelled, {**BINARY, "max_cat_to_onehot": 1}, 8, {"rows": "levels", "exact": True}, "category sets; levels are in the model file, null is missing"),
    "category_codes_onehot": (coded, {**BINARY, "max_cat_to_onehot": 100}, 8, {"rows": "codes"}, "categories given as code numbers, with unseen, negative, fractional and huge codes"),
    "category_codes": (coded, {**BINARY, "max_cat_to_onehot": 1}, 8, {"rows": "codes", "old": OLD}, "categories given as code numbers, with unseen, negative, fractional and huge codes"),
    "category_codes_wide": (wide, {**BINARY, "max_cat_to_onehot": 1, "max_depth": 2}, 4, {"rows": "wide"}, "sets of one to four words of 32 bits, with codes at the ends of the words and behind the last"),
}


# Rows to record --------------------------------------------------------------------------------

def thresholds(booster, feature):
    frame = booster.trees_to_dataframe()
    return frame.loc[frame.Feature == feature, "Split"].dropna().unique()


def rows_of(kind, x, booster):
    if kind == "levels":
        gone = pd.DataFrame([[None, "Oslo", 0.5, 1.0], ["red", None, 0.5, 1.0], [None, None, np.nan, np.nan]], columns=x.columns)
        head = pd.concat([x.head(27).astype(object), gone.astype(object)], ignore_index=True)
        for c, levels in LEVELS.items():
            head[c] = pd.Categorical(head[c], levels)
        return head.astype({"a": float, "c": float})
    if kind == "codes":
        odd = [[3, 8], [7, 40], [2.5, 6.99], [1, 1e6], [0, 16777215], [0, 16777216], [-1, 2], [1, -1], [2, -0.5], [np.nan, 2], [1, np.nan], [np.nan, np.nan]]
        return np.vstack([x[:25], [[*c, 0.25, 0.75] for c in odd]])
    if kind == "wide":
        ends = [[v, w] for v in (0, 31, 31.5, 32, 63, 64, 95, 96, 99, 100, 127, 128, 5000, 2**24, -0.5, -3) for w in (1, 64, 96)]
        return np.vstack([x[:6], [[*c, 0.25, 0.75] for c in ends]])
    if kind == "edge":
        odd = [[v, w, 0.5, 1] for v in (0.0, -0.0, 1e-45, -1e-45, 1e-46, 1e-320, -1e-320) for w in (0.0, -0.0)]
        for at, name in enumerate(NAMES[1:3], 1):
            for t in np.float32(thresholds(booster, name)[:3]):
                for v in (t, np.nextafter(t, np.float32(-9)), np.nextafter(t, np.float32(9)), np.nextafter(float(t), -9.0)):
                    odd.append([1.0, 0.0, 0.5, 1.0])
                    odd[-1][at] = float(v)
        return np.array(odd)
    return x[:30]


# Recording -------------------------------------------------------------------------------------

def matrix(x, names, types, **more):
    if isinstance(x, pd.DataFrame):
        return xgb.DMatrix(x, enable_categorical=True, **more)
    if types:
        more.update(feature_types=types, enable_categorical=True)
    return xgb.DMatrix(x, feature_names=names, **more)


def outputs(booster, d, params, many, **limit):
    """margin, probability or prediction, contributions; null where the library refuses."""
    objective = params["objective"]
    label = "probability" if objective in PROBABILITY else "prediction"
    out = {"margin": columns(booster.predict(d, output_margin=True, strict_shape=True, **limit)),
           label: columns(booster.predict(d, strict_shape=True, **limit))}
    if params.get("multi_strategy") and not NEW:
        return {**out, "contributions": None}  # 2.1 answers with zeros, which do not add up
    try:
        c = booster.predict(d, pred_contribs=True, approx_contribs=False, strict_shape=True, **limit)
        out["contributions"] = c.reshape(d.num_row(), many, -1)
    except xgb.core.XGBoostError as e:
        out["contributions"] = None
        print("  no contributions:", str(e).splitlines()[0][-120:])
    return out


def make(case):
    data, params, rounds, options, note = CASES[case]
    x, y, info = data()
    given = data in (coded, wide)
    names = list(x.columns) if isinstance(x, pd.DataFrame) else [*LEVELS, "a", "c"] if given else None if options.get("nameless") else NAMES
    types = ["c", "c", "q", "q"] if given else None
    many = 1 if y is None or np.ndim(y) == 1 else y.shape[1]
    many = max(many, params.get("num_class", 1), len(params.get("quantile_alpha", [0])))
    train = {k: v for k, v in {**SAME, **params}.items() if v is not None}
    stop = {}
    d = matrix(x, names, types, label=y, **info)
    if "stop" in options:
        d, late = d.slice(range(200)), d.slice(range(200, 300))
        stop = {"evals": [(late, "late")], "early_stopping_rounds": options["stop"], "verbose_eval": False}
    booster = xgb.train(train, d, rounds, **stop)

    model = f"{case}.model.{options.get('ext', 'json')}"
    (HERE / FOLDER).mkdir(exist_ok=True)
    booster.save_model(HERE / FOLDER / model)
    booster = xgb.Booster(params={"nthread": 1}, model_file=HERE / FOLDER / model)  # judge the file, not the memory

    rows = rows_of(options.get("rows"), x, booster)
    d = matrix(rows, names, types)
    results = outputs(booster, d, params, many)
    if "stop" in options:
        best = int(booster.attr("best_iteration")) + 1
        assert best < booster.num_boosted_rounds()
        results["best_rounds"] = {"rounds": best, **outputs(booster, d, params, many, iteration_range=(0, best))}
    if options.get("interactions"):
        few = matrix(rows[:6], names, types)
        results["interactions"] = booster.predict(few, pred_interactions=True, strict_shape=True)
    if options.get("exact") and NEW:
        results["exact_interventional"] = interventional(booster, rows, names)
    if "weight_drop" in (raw := json.loads(bytes(booster.save_raw("json"))))["learner"]["gradient_booster"]:
        assert set(raw["learner"]["gradient_booster"]["weight_drop"]) != {1}
    features = names or [f"f{i}" for i in range(x.shape[1])]
    save(FOLDER, case, "xgboost", VERSION, "make_xgboost.py", note, model, features, rows, results)


def interventional(booster, rows, names):
    """Exact values for 6 rows against 12 background rows; categories by their levels."""
    table = isinstance(rows, pd.DataFrame)
    few, back = (rows.iloc[:6], rows.iloc[10:22]) if table else (rows[:6], rows[10:22])

    def score(m):
        if table:
            m = pd.DataFrame(m, columns=rows.columns)
            m = m.astype({c: pd.CategoricalDtype(LEVELS[c]) if c in LEVELS else float for c in m})
        return columns(booster.predict(matrix(m, names, None), output_margin=True, strict_shape=True))

    as_array = (few.astype(object).to_numpy(), back.astype(object).to_numpy()) if table else (few, back)
    values, base = enumerate_shapley(score, *as_array)
    return {"background": back, "values": values, "base": base}


if __name__ == "__main__":
    for case in sys.argv[1:] or [c for c, (*_, options, _) in CASES.items() if NEW or options.get("old")]:
        print(case)
        make(case)
