"""Train small LightGBM models and record what the library itself computes for them.

    python make_lightgbm.py              every case for the installed version
    python make_lightgbm.py NAME ...     only these cases

LightGBM 3.3 makes only the cases marked OLD and linear_tree, in a folder of its own; 4.3 category_levels, linear_tree and
binary_rf.
"""

import sys

import lightgbm as lgb
import numpy as np
import pandas as pd

from common import (HERE, LEVELS, NAMES, categories, classes, codes, columns, enumerate_shapley, numbers, save, signal)

VERSION = lgb.__version__
MINOR = tuple(int(v) for v in VERSION.split(".")[:2])
NEW = MINOR >= (4, 0)
FOLDER = "lightgbm" if MINOR >= (4, 7) else "lightgbm-" + ".".join(VERSION.split(".")[:2])
SAME = {"num_threads": 1, "seed": 5, "deterministic": True, "force_row_wise": True, "verbose": -1,
        "num_leaves": 7, "min_data_in_leaf": 10, "learning_rate": 0.2}
OLD = True
PROBABILITY = ("binary", "multiclass", "multiclassova", "cross_entropy")


# Kinds of training data: each returns features, labels and Dataset settings ----------------------

def plain(target, **options):
    def make():
        x = numbers(**options)
        return x, target(x), {}
    return make


def positive(x):
    return np.exp(0.5 * signal(x))


def yes(x):
    return (signal(x) > 0).astype(int)


def share(x):
    return 1 / (1 + np.exp(-signal(x)))


def ranking():
    x = numbers()
    return x, classes(x), {"group": [10] * 30}


def zeros(target):
    """Half of column a and a third of column c are exactly zero."""
    def make():
        x = numbers()
        r = np.random.default_rng(9)
        x[r.random(len(x)) < 0.5, 0] = 0.0
        x[r.random(len(x)) < 0.33, 2] = 0.0
        return x, target(x), {}
    return make


def levelled(ordered=False):
    def make():
        table, score = categories()
        if ordered:
            table["town"] = table["town"].cat.as_ordered()
        return table, (score > 0).astype(int), {}
    return make


def coded():
    table, score = categories()
    return codes(table), (score > 0).astype(int), {"categorical_feature": [0, 1]}


def own_objective(predicted, data):
    return predicted - data.get_label(), np.ones_like(predicted)


BINARY = {"objective": "binary"}
REGRESSION = {"objective": "regression"}
MULTI = {"objective": "multiclass", "num_class": 3}
EASY_CATS = {"min_data_per_group": 5, "cat_smooth": 1, "cat_l2": 1}

# name: (data, parameters, rounds, options, note). Options: old, names, rows, exact, interactions, stop.
CASES = {
    "binary": (plain(yes), BINARY, 10, {"old": OLD, "exact": True}, "missing values, inputs exact in f32"),
    "binary_f64": (plain(yes, coarse=False), BINARY, 10, {}, "full f64 inputs, compared in f64"),
    "binary_sigmoid": (plain(yes), {**BINARY, "sigmoid": 2.5}, 5, {}, "sigmoid slope 2.5"),
    "binary_names": (plain(yes), BINARY, 4, {"names": ["a first", "b", "c_c", "d second one"]}, "features holds the names of the file: the training names had spaces, the library wrote underscores"),
    "binary_stump": (plain(yes), {**BINARY, "min_data_in_leaf": 290}, 3, {}, "no split is possible; the file holds one tree of one leaf"),
    "binary_extra_trees": (plain(yes), {**BINARY, "extra_trees": True}, 8, {}, "random thresholds"),
    "binary_dart": (plain(yes), {**BINARY, "boosting": "dart", "drop_rate": 0.4, "skip_drop": 0.2}, 15, {}, "weights of dropped trees are already in the leaf values"),
    "binary_rf": (plain(yes), {**BINARY, "boosting": "rf", "bagging_fraction": 0.6, "bagging_freq": 1}, 6, {}, "average_output: margin and contributions are sums over trees, probability uses the mean"),
    "binary_goss": (plain(yes), {**BINARY, "data_sample_strategy": "goss", "top_rate": 0.3, "other_rate": 0.2}, 8, {}, ""),
    "binary_early_stop": (plain(yes), {**BINARY, "learning_rate": 0.9, "num_leaves": 31}, 20, {"stop": 3}, "save_model writes only the rounds up to best_iteration"),
    "binary_edge": (zeros(yes), BINARY, 8, {"rows": "edge"}, "zeros of both signs, tiny values, values on thresholds and the next f64 on each side"),
    "zero_as_missing": (zeros(yes), {**BINARY, "zero_as_missing": True}, 8, {"rows": "edge"}, "missing type Zero: zero, NaN and values up to 1e-35f in size are missing"),
    "use_missing_false": (plain(yes), {**BINARY, "use_missing": False}, 8, {"rows": "edge"}, "missing type None: NaN is read as 0"),
    "no_missing_seen": (plain(yes, missing=False), BINARY, 6, {"rows": "nan"}, "trained without missing values, scored with them: missing type None, NaN is read as 0"),
    "regression": (plain(signal), REGRESSION, 10, {"exact": True}, ""),
    "regression_f64": (plain(signal, coarse=False), REGRESSION, 10, {}, "full f64 inputs, compared in f64"),
    "regression_l1": (plain(signal), {"objective": "regression_l1"}, 6, {}, ""),
    "regression_rf": (plain(signal), {**REGRESSION, "boosting": "rf", "bagging_fraction": 0.6, "bagging_freq": 1}, 6, {}, "average_output: margin and contributions are sums over trees, prediction is the mean"),
    "regression_sqrt": (plain(lambda x: signal(x) * 3), {**REGRESSION, "reg_sqrt": True}, 6, {}, "prediction is sign(margin) * margin^2"),
    "huber": (plain(signal), {"objective": "huber", "alpha": 0.7}, 6, {}, ""),
    "fair": (plain(signal), {"objective": "fair"}, 6, {}, ""),
    "quantile": (plain(signal), {"objective": "quantile", "alpha": 0.8}, 6, {}, ""),
    "mape": (plain(positive), {"objective": "mape"}, 6, {}, ""),
    "poisson": (plain(lambda x: np.floor(positive(x) * 2)), {"objective": "poisson"}, 6, {}, ""),
    "gamma": (plain(positive), {"objective": "gamma"}, 6, {}, ""),
    "tweedie": (plain(lambda x: np.maximum(positive(x) - 0.8, 0)), {"objective": "tweedie"}, 6, {}, ""),
    "cross_entropy": (plain(share), {"objective": "cross_entropy"}, 6, {}, "labels between 0 and 1"),
    "cross_entropy_lambda": (plain(share), {"objective": "cross_entropy_lambda"}, 6, {}, "prediction is log(1 + exp(margin))"),
    "lambdarank": (ranking, {"objective": "lambdarank"}, 6, {}, "30 groups of 10 rows"),
    "custom": (plain(signal), {"objective": own_objective}, 6, {}, "objective given as a function; the file names none or custom, prediction is the margin"),
    "multiclass": (plain(classes), MULTI, 5, {"exact": True}, ""),
    "multiclassova": (plain(classes), {"objective": "multiclassova", "num_class": 3}, 5, {}, "one sigmoid per class, not normalised"),
    "multiclass_rf": (plain(classes), {**MULTI, "boosting": "rf", "bagging_fraction": 0.6, "bagging_freq": 1}, 4, {}, "average_output with three classes"),
    "linear_tree": (plain(signal), {**REGRESSION, "linear_tree": True}, 5, {"linear": True}, "linear leaves; no contributions recorded"),
    "linear_tree_full": (plain(signal, missing=False, coarse=False), {**REGRESSION, "linear_tree": True, "linear_lambda": 0.1}, 5, {"linear": True, "rows": "nan"}, "linear leaves trained without missing values, scored with them; no contributions recorded"),
    "category_levels": (levelled(), {**BINARY, **EASY_CATS}, 8, {"old": OLD, "rows": "levels", "exact": True}, "pandas categories; a level not in the file and null both score as missing"),
    "category_ordered": (levelled(ordered=True), {**BINARY, **EASY_CATS}, 8, {"rows": "levels"}, "town is an ordered pandas category: its levels are in the file, its code is used as a plain number"),
    "category_onehot": (levelled(), {**BINARY, **EASY_CATS, "max_cat_to_onehot": 100}, 8, {"rows": "levels"}, "one category per split"),
    "category_codes": (coded, {**BINARY, **EASY_CATS}, 8, {"old": OLD, "rows": "codes"}, "categories are integer codes; rows with unseen, negative, fractional, huge and missing codes"),
}


# Rows to record --------------------------------------------------------------------------------

def rows_of(kind, x, booster):
    if kind == "levels":
        odd = pd.DataFrame([[None, "Oslo", 0.5, 1.0], ["red", None, 0.5, 1.0], [None, None, np.nan, np.nan],
                            ["pink", "Oslo", 0.5, 1.0], ["red", "Nice", 0.5, 1.0], ["pink", "Wien", -0.5, 0.25]], columns=x.columns)
        return pd.concat([x.head(26).astype(object), odd.astype(object)], ignore_index=True).replace({np.nan: None})
    if kind == "codes":
        odd = [[3, 8], [7, 40], [2.5, 6.99], [1, 1e6], [-1, 2], [-0.5, 2], [1, -3], [0, 2e9], [np.nan, 2], [1, np.nan], [np.nan, np.nan]]
        return np.vstack([x[:25], [[*c, 0.25, 0.75] for c in odd]])
    if kind == "nan":
        few = x[:30].copy()
        for i in range(16):
            few[i, [j for j in range(4) if i >> j & 1]] = np.nan
        return few
    if kind == "edge":
        tiny = float(np.float32(1e-35))
        odd = [[v, -0.5, w, 1] for v in (0.0, -0.0, 1e-35, -1e-35, tiny, np.nextafter(tiny, 1), 1e-34, -1e-34, 5e-324, np.nan) for w in (0.0, 1.0)]
        for at, name in enumerate(NAMES[:3]):
            frame = booster.trees_to_dataframe()
            for t in frame.loc[frame.split_feature == name, "threshold"].dropna().unique()[:2]:
                for v in (t, np.nextafter(t, -9), np.nextafter(t, 9)):
                    odd.append([0.5, -0.5, 0.5, 1.0])
                    odd[-1][at] = float(v)
        return np.array(odd)
    return x[:30]


def typed(rows, like):
    """Rows as the library wants them: tables get the category types of the training table."""
    if not isinstance(like, pd.DataFrame):
        return rows
    rows = pd.DataFrame(rows, columns=like.columns)
    for c in rows:
        if c in LEVELS:  # keep levels that are not in the training table, so that the library itself drops them
            extra = sorted({v for v in rows[c] if v is not None} - set(LEVELS[c]))
            rows[c] = pd.Categorical(rows[c], [*LEVELS[c], *extra], ordered=like[c].cat.ordered)
        else:
            rows[c] = rows[c].astype(float)
    return rows


# Recording -------------------------------------------------------------------------------------

def make(case):
    data, params, rounds, options, note = CASES[case]
    x, y, info = data()
    train = {**SAME, **params}
    many = params.get("num_class", 1)
    more = {}
    if not NEW and callable(params["objective"]):
        more["fobj"] = train.pop("objective")
    if not isinstance(x, pd.DataFrame):
        info["feature_name"] = [*LEVELS, "a", "c"] if data is coded else options.get("names", NAMES)
    d = lgb.Dataset(x, y, free_raw_data=False, **info)
    if "stop" in options:
        d, late = (lgb.Dataset(x[s], y[s], feature_name=NAMES) for s in (slice(200), slice(200, 300)))
        more.update(valid_sets=[late], callbacks=[lgb.early_stopping(options["stop"], verbose=False)])
    booster = lgb.train(train, d, rounds, **more)

    model = f"{case}.model.txt"
    (HERE / FOLDER).mkdir(exist_ok=True)
    booster.save_model(HERE / FOLDER / model)
    booster = lgb.Booster(model_file=str(HERE / FOLDER / model))  # judge the file, not the memory

    rows = rows_of(options.get("rows"), x, booster)
    table = typed(rows, x)
    label = "probability" if params["objective"] in PROBABILITY else "prediction"
    results = {"margin": columns(booster.predict(table, raw_score=True, num_threads=1)),
               label: columns(booster.predict(table, num_threads=1)), "contributions": None}
    if not options.get("linear"):
        results["contributions"] = booster.predict(table, pred_contrib=True, num_threads=1).reshape(len(rows), many, -1)
    if options.get("exact") and NEW:
        results["exact_interventional"] = interventional(booster, rows, x)
    save(FOLDER, case, "lightgbm", VERSION, "make_lightgbm.py", note, model, booster.feature_name(), rows, results)


def interventional(booster, rows, like):
    """Exact values for 6 rows against 12 background rows; categories by their levels."""
    rows = rows.to_numpy() if isinstance(rows, pd.DataFrame) else rows
    few, back = rows[:6], rows[10:22]
    values, base = enumerate_shapley(lambda m: columns(booster.predict(typed(m, like), raw_score=True, num_threads=1)), few, back)
    return {"background": back, "values": values, "base": base}


if __name__ == "__main__":
    for case in sys.argv[1:] or [c for c, (*_, options, _) in CASES.items() if NEW or options.get("old")]:
        print(case)
        make(case)
