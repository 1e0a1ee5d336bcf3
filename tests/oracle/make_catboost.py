"""Train small CatBoost models and record what the library itself computes for them.

    python make_catboost.py              every case for the installed version
    python make_catboost.py NAME ...     only these cases

CatBoost 1.0 makes only the cases marked OLD, in a folder of its own.
"""

import json
import struct
import sys

import catboost
import numpy as np
from catboost import CatBoost, CatBoostClassifier, CatBoostRegressor, Pool

from common import HERE, NAMES, classes, columns, enumerate_shapley, numbers, save, signal

VERSION = catboost.__version__
NEW = VERSION.startswith("1.2.")
FOLDER = "catboost" if NEW else "catboost-" + ".".join(VERSION.split(".")[:2])
SAME = {"thread_count": 1, "random_seed": 5, "verbose": 0, "allow_writing_files": False, "depth": 3,
        "learning_rate": 0.3, "border_count": 16}
OLD = True
WORDS = {"colour": ["blue", "green", "red"], "flag": ["n", "y"],
         "town": ["Bonn", "Graz", "Kyiv", "Lyon", "Oslo", "Pisa", "Rīga", "Vigo", "Llanfairpwllgwyngyll in Wales",
                  "a name of more than sixty-four bytes, which the hash treats in blocks of its own: Krung Thep"]}
MIXED = ["colour", "town", "flag", "size", "a", "c"]


# Kinds of training data: each returns features, labels, names of categories and Pool settings ----

def plain(target, **options):
    def make():
        x = numbers(**options)
        return x, target(x), [], {}
    return make


def mixed(target):
    """Texts in three columns, whole numbers as categories in a fourth, two numbers."""
    def make():
        r = np.random.default_rng(3)
        n = 400
        x = np.empty((n, 6), dtype=object)
        at = {k: r.integers(0, len(v), n) for k, v in WORDS.items()}
        for j, name in enumerate(("colour", "town", "flag")):
            x[:, j] = np.array(WORDS[name], dtype=object)[at[name]]
        size = r.integers(-1, 12, n)
        x[:, 3] = [int(v) for v in size]
        x[:, 4] = np.round(r.normal(size=n) * 64) / 64
        x[:, 5] = np.where(r.random(n) < 0.1, np.nan, np.round(r.exponential(size=n) * 64) / 64)
        pull = np.array([1.0, -1.0, 0.4, 1.6, -1.5, 0.1, -0.6, 0.9, 2.0, -2.0])
        score = (x[:, 4].astype(float) + pull[at["town"]] + np.where(at["colour"] == 2, 1.0, -0.4) * (size % 3 - 1)
                 + at["flag"] * np.where(at["town"] % 2 == 0, 1, -1) + r.normal(size=n) * 0.3)
        return x, target(score), ["colour", "town", "flag", "size"], {}
    return make


def positive(x):
    return np.exp(0.5 * signal(x))


def yes(x):
    return (signal(x) > 0).astype(int)


def words(x):
    return np.where(signal(x) > 0, "good", "bad")


def thirds(x):
    return np.array(["low", "middle", "top"], dtype=object)[classes(x)]


def above(score):
    return (score > 0).astype(int)


def tertile(score):
    return np.searchsorted(np.quantile(score, [1 / 3, 2 / 3]), score)


def grouped():
    x = numbers()
    return x, classes(x), [], {"group_id": np.arange(len(x)) // 10}


def labels(x):
    s = signal(x)
    return np.column_stack([s > 0, s > 1, s < -0.5]).astype(int)


class Squares:
    def calc_ders_range(self, approxes, targets, weights):
        return [(t - a, -1.0) for a, t in zip(approxes, targets)]


C, R, B = CatBoostClassifier, CatBoostRegressor, CatBoost
ONE_CTR = {"max_ctr_complexity": 1, "one_hot_max_size": 2}
KINDS = ["BinarizedTargetMeanValue:TargetBorderCount=3", "Counter", "Borders:TargetBorderCount=3", "Borders:TargetBorderCount=1", "Buckets:TargetBorderCount=2"]

# name: (class, data, parameters, rounds, options, note). Options: old, json, exact, shap, edges, keep, kind, then.
CASES = {
    "binary": (C, plain(yes), {}, 10, {"old": OLD, "json": True, "exact": True, "keep": True, "edges": True, "shap": True}, "missing values; the settings in the file are complete"),
    "binary_max": (C, plain(yes), {"nan_mode": "Max"}, 6, {"old": OLD, "json": True, "edges": True}, "missing values count as larger than all"),
    "binary_no_missing": (C, plain(yes, missing=False), {"nan_mode": "Max"}, 6, {}, "trained without missing values, scored with them"),
    "binary_words": (C, plain(words), {}, 4, {"json": True}, "class names are texts"),
    "binary_truth": (C, plain(lambda x: yes(x) > 0), {}, 4, {"json": True}, "class names are truth values"),
    "binary_many": (C, plain(yes), {"depth": 6, "border_count": 254, "l2_leaf_reg": 1}, 8, {"shap": True}, "trees of depth 6"),
    "cross_entropy": (C, plain(lambda x: 1 / (1 + np.exp(-signal(x)))), {"loss_function": "CrossEntropy"}, 4, {}, "labels between 0 and 1"),
    "focal": (C, plain(yes), {"loss_function": "Focal:focal_alpha=0.4;focal_gamma=2"}, 4, {}, ""),
    "depthwise": (C, plain(yes), {"grow_policy": "Depthwise", "depth": 3, "min_data_in_leaf": 30}, 4, {"old": OLD, "json": True, "exact": True, "shap": True}, "trees are not oblivious"),
    "lossguide": (R, plain(signal), {"grow_policy": "Lossguide", "max_leaves": 6, "depth": 6}, 4, {"old": OLD, "json": True, "edges": True, "shap": True}, "trees are not oblivious"),
    "lossguide_multiclass": (C, plain(thirds), {"grow_policy": "Lossguide", "max_leaves": 5, "loss_function": "MultiClass"}, 4, {"old": OLD, "json": True, "shap": True}, "leaves with a value per class"),
    "rmse": (R, plain(signal), {}, 10, {"old": OLD, "json": True, "exact": True, "shap": True}, "bias is the mean of the target"),
    "rmse_f64": (R, plain(signal, coarse=False), {}, 6, {"edges": True}, "full f64 inputs, rounded to f32 by the library"),
    "rmse_scaled": (R, plain(signal), {}, 4, {"json": True, "then": lambda m: m.set_scale_and_bias(-0.3, 7.5)}, "scale and bias set after training"),
    "rmse_weighted": (R, lambda: (*plain(signal)()[:3], {"weight": np.linspace(0, 3, 300)}), {}, 5, {"shap": True}, "row weights, some of them zero"),
    "mae": (R, plain(signal), {"loss_function": "MAE"}, 4, {}, ""),
    "quantile": (R, plain(signal), {"loss_function": "Quantile:alpha=0.8"}, 4, {}, ""),
    "multi_quantile": (R, plain(signal), {"loss_function": "MultiQuantile:alpha=0.2,0.5,0.8"}, 4, {"json": True}, "one output per quantile"),
    "log_lin_quantile": (R, plain(positive), {"loss_function": "LogLinQuantile:alpha=0.6"}, 4, {"kind": "Exponent"}, "prediction type Exponent"),
    "poisson": (R, plain(lambda x: np.floor(positive(x) * 2)), {"loss_function": "Poisson"}, 6, {"old": OLD}, "prediction is exp(margin)"),
    "tweedie": (R, plain(lambda x: np.maximum(positive(x) - 0.8, 0)), {"loss_function": "Tweedie:variance_power=1.5"}, 4, {}, "prediction is exp(margin)"),
    "cox": (R, plain(lambda x: positive(x) * np.where(np.arange(len(x)) % 4 == 0, -1, 1)), {"loss_function": "Cox"}, 4, {"kind": "Exponent"}, "prediction type Exponent"),
    "uncertainty": (R, plain(signal), {"loss_function": "RMSEWithUncertainty"}, 5, {"json": True, "kind": "RawFormulaVal"}, "two outputs and two biases; raw values"),
    "multi_rmse": (R, plain(lambda x: np.column_stack([signal(x), positive(x)])), {"loss_function": "MultiRMSE"}, 5, {"json": True}, "two targets"),
    "multiclass": (C, plain(thirds), {"loss_function": "MultiClass"}, 5, {"old": OLD, "json": True, "exact": True, "shap": True}, "class names are texts"),
    "multiclass_ova": (C, plain(classes), {"loss_function": "MultiClassOneVsAll"}, 5, {"json": True}, "one sigmoid per class, not normalised"),
    "multi_logloss": (C, plain(labels), {"loss_function": "MultiLogloss"}, 4, {}, "three labels, one sigmoid each"),
    "yeti_rank": (B, grouped, {"loss_function": "YetiRank"}, 5, {"json": True}, "30 groups of 10 rows"),
    "query_rmse": (B, grouped, {"loss_function": "QueryRMSE"}, 4, {}, "30 groups of 10 rows"),
    "custom": (R, plain(signal), {"loss_function": Squares(), "eval_metric": "RMSE"}, 4, {}, "loss given as an object"),
    "unused": (R, plain(signal), {"ignored_features": [1, 3]}, 4, {"json": True}, "two features are never used"),
    "stump": (R, plain(signal), {"depth": 1, "grow_policy": "Lossguide", "min_data_in_leaf": 290}, 3, {"json": True}, "trees of one leaf; asked for ShapValues the library ends with a memory fault"),
    "onehot": (C, mixed(above), {"one_hot_max_size": 20}, 6, {"old": OLD, "json": True, "exact": True, "shap": True}, "splits on single categories"),
    "ctr_single": (C, mixed(above), ONE_CTR, 10, {"old": OLD, "json": True, "exact": True, "edges": True, "shap": True}, "statistics of single columns; flag is one-hot"),
    "ctr_kinds": (R, mixed(lambda s: s), {**ONE_CTR, "simple_ctr": KINDS}, 16, {"old": OLD}, "several kinds of statistics, and several divisions of the target"),
    "ctr_json": (R, mixed(lambda s: s), {**ONE_CTR, "simple_ctr": [k for k in KINDS if "=1" not in k]}, 12, {"json": True}, "several kinds of statistics"),
    "ctr_multiclass": (C, mixed(tertile), {**ONE_CTR, "loss_function": "MultiClass"}, 5, {"json": True}, "statistics of three classes"),
    "ctr_depthwise": (C, mixed(above), {**ONE_CTR, "grow_policy": "Lossguide", "max_leaves": 6}, 6, {"json": True, "shap": True}, "statistics of single columns, trees not oblivious"),
    "combined": (C, mixed(above), {"max_ctr_complexity": 4, "depth": 4, "simple_ctr": ["Borders"], "combinations_ctr": ["Borders", "Counter"]}, 10, {"old": OLD, "json": True, "edges": True}, "statistics of combinations, of which some contain splits of numbers and single categories"),
    "combined_means": (R, mixed(lambda s: s), {"max_ctr_complexity": 3, "depth": 4, "combinations_ctr": ["BinarizedTargetMeanValue:TargetBorderCount=3", "Buckets:TargetBorderCount=2"]}, 8, {"json": True}, "means over combinations"),
    "combined_multiclass": (C, mixed(tertile), {"max_ctr_complexity": 3, "loss_function": "MultiClass"}, 5, {}, "combinations and three classes"),
    "gpu_kinds": (R, mixed(lambda s: s), {**ONE_CTR, "simple_ctr": ["BinarizedTargetMeanValue:TargetBorderCount=3", "Counter"]}, 10, {}, "kinds that only a GPU trains, FloatTargetMeanValue and FeatureFreq: the numbers of two other kinds were replaced in the file, and the library reads it so"),
}


# Rows to record --------------------------------------------------------------------------------

def rows_of(x, categories, model, edges):
    few = [list(row) for row in x[:10]]
    middle = list(x[20])
    if categories:
        for j, odd in [(0, "pink"), (1, "Wien"), (1, ""), (2, "maybe"), (3, 77), (3, "7"), (1, "Oslo "), (0, "Oslo")]:
            few.append([odd if k == j else v for k, v in enumerate(middle)])
    if not categories:
        few.append([float("nan")] * len(middle))
    if not edges:
        return few
    first = 4 if categories else 0
    borders = model.get_borders()
    names = model.feature_names_
    for j in range(first, len(middle)):
        odd = [0.0, -0.0, float("nan"), 1e39, -1e39, 5e-324]
        for b in sorted({float(b) for b in borders.get(j, borders.get(names[j], []))})[:2]:
            odd += [b, float(np.nextafter(b, 9e9)), float(np.nextafter(np.float32(b), np.float32(9e9)))]
        few += [[v if k == j else w for k, w in enumerate(middle)] for v in odd]
    return few


def tabled(rows, categories):
    if not categories:
        return np.array(rows, dtype=float)
    table = np.empty((len(rows), len(rows[0])), dtype=object)
    for i, row in enumerate(rows):
        table[i] = row
    return table


# Recording -------------------------------------------------------------------------------------

def shorten(model, keep):
    """Leaves out what differs from run to run, and settings that no prediction depends on."""
    about = model.get_metadata()
    for key in ("training", "output_options", "train_finish_time", "model_guid"):
        if key in about.keys():
            del about[key]
    if not keep:
        full = json.loads(about["params"])
        few = {"loss_function": full["loss_function"], "boosting_options": {"learning_rate": full["boosting_options"]["learning_rate"]}}
        about["params"] = json.dumps(few)


def gpu_only(path):
    """The same .cbm with the kinds of statistics that only a GPU trains; a mean over classes is any mean."""
    b = bytearray(path.read_bytes())
    u32 = lambda at: struct.unpack_from("<I", b, at)[0]

    def slot(table, field):
        fields = table - struct.unpack_from("<i", b, table)[0]
        inside = 6 + 2 * field <= struct.unpack_from("<H", b, fields)[0]
        offset = struct.unpack_from("<H", b, fields + 4 + 2 * field)[0] if inside else 0
        return table + offset if offset else None

    def follow(at):
        return at + u32(at)

    kinds = set()
    trees = follow(slot(follow(8), 1))
    ctrs = follow(slot(trees, 7))
    for k in range(u32(ctrs)):
        kinds.add(slot(follow(slot(follow(slot(follow(ctrs + 4 + 4 * k), 0)), 0)), 1))
    at = 8 + u32(4)
    tables, at = u32(at), at + 4
    for _ in range(tables):
        kinds.add(slot(follow(slot(follow(at + 4), 0)), 1))
        at += 4 + u32(at)
    for kind in kinds:
        b[kind] += 1  # BinarizedTargetMeanValue to FloatTargetMeanValue, Counter to FeatureFreq
    path.write_bytes(b)


def reload(kind, path):
    model = kind()
    model.load_model(str(path), format="json" if path.suffix == ".json" else "cbm")
    return model


def make(case):
    kind, data, params, rounds, options, note = CASES[case]
    x, y, categories, info = data()
    names = MIXED if categories else NAMES
    pool = Pool(x, y, cat_features=categories, feature_names=names, **info)
    settings = {**SAME, "iterations": rounds, **params}
    model = kind(settings) if kind is B else kind(**settings)
    model.fit(pool)
    if "then" in options:
        options["then"](model)
    shorten(model, options.get("keep"))
    folder = HERE / FOLDER
    folder.mkdir(exist_ok=True)
    files = [f"{case}.model.cbm"]
    model.save_model(str(folder / files[-1]))
    if case == "gpu_kinds":
        gpu_only(folder / files[-1])
    if options.get("json"):
        files.append(f"{case}.model.json")
        model.save_model(str(folder / files[-1]), format="json", pool=pool)
    model = reload(kind, folder / files[0])  # judge the file, not the memory

    rows = rows_of(x, categories, model, options.get("edges"))
    table = tabled(rows, categories)
    results = {"margin": columns(model.predict(table, prediction_type="RawFormulaVal"))}
    if kind is C:
        results["probability"] = model.predict_proba(table)
        if results["margin"].shape[1] == 1:
            results["probability"] = results["probability"][:, 1:]
    else:
        answer = options.get("kind", "Exponent" if case in ("poisson", "tweedie") else "RawFormulaVal")
        results["prediction"] = columns(model.predict(table, prediction_type=answer))
    if options.get("shap"):
        results["contributions"] = contributions(model, table[:10], categories, names, results["margin"][:10])
    if options.get("exact") and NEW and not categories:
        results["exact_interventional"] = interventional(model, table)
    more = {"also": files[1]} if len(files) > 1 else {}
    save(FOLDER, case, "catboost", VERSION, "make_catboost.py", note, files[0], names, rows, {**results, **more})


def contributions(model, table, categories, names, margin):
    """The library's own values of the first 10 rows, type Regular: [row][output][feature ..., base]; null where they
    do not add up to the margin, as happens for trees that are not oblivious and differ in size."""
    pool = Pool(table, cat_features=categories, feature_names=names)
    found = np.asarray(model.get_feature_importance(pool, type="ShapValues", shap_mode="NoPreCalc"))
    found = found if found.ndim == 3 else found[:, None, :]
    gap = np.abs(found.sum(axis=2) - margin).max()
    if gap > 1e-9:
        print(f"  contributions miss the margin by {gap:.2g}")
        return None
    return found


def interventional(model, table):
    """Exact values for 6 rows against 8 background rows."""
    score = lambda m: columns(model.predict(m, prediction_type="RawFormulaVal"))
    few, back = table[:6], table[4:12]
    values, base = enumerate_shapley(score, few, back)
    return {"background": back, "values": values, "base": base}


if __name__ == "__main__":
    for case in sys.argv[1:] or [c for c, (*_, options, _) in CASES.items() if NEW or options.get("old")]:
        print(case)
        make(case)
