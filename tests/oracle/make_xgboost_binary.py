"""Train tiny XGBoost models, save them in the old binary format and as pickles, and record what the library computes.

    python make_xgboost_binary.py                        every case for the installed version, 0.90 to 3.0
    python make_xgboost_binary.py again xgboost-0.9      with 1.7.6: asks the files of 0.90, 1.0 and 1.5 once more

The folder is that of the version. Versions up to 1.2 add the base score behind the trees, all later ones in front of them,
and those up to 1.5 let the logistic function underflow. So `margin` and `prediction` of old files are what 1.7.6 computes
for them, as for new files; `own_margin` is what their own version computed. The binary format holds no input names, so that `features` are f0, f1, ...
"""

import json
import pickle
import sys
import warnings

import numpy as np
import pandas as pd
import xgboost as xgb

from common import HERE, NAMES, classes, columns, numbers, save, signal

VERSION = xgb.__version__
MAJOR, MINOR = (int(v) for v in VERSION.split(".")[:2])
FOLDER = "xgboost-" + ("0.9" if MAJOR == 0 else f"{MAJOR}.{MINOR}")
SAME = {"nthread": 1, "seed": 5, "max_depth": 3, "eta": 0.3, "tree_method": "exact"}
LINEAR = {"booster": "gblinear", "updater": "coord_descent", "tree_method": None, "max_depth": None, "eta": 0.5}


def yes(x):
    return (signal(x) > 0).astype(int)


def counts(x):
    return np.floor(np.exp(0.5 * signal(x)) * 2)


# name: (target, parameters, rounds, note)
CASES = {
    "bin_logistic": (yes, {"objective": "binary:logistic", "base_score": 0.2}, 4, "base score of a user"),
    "bin_dart": (yes, {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.5, "one_drop": 1}, 6,
                 "dropped trees"),
    "bin_linear": (yes, {"objective": "binary:logistic", **LINEAR}, 6, "gblinear"),
    "bin_softprob": (classes, {"objective": "multi:softprob", "num_class": 3}, 3, "three classes"),
    "bin_multi_linear": (classes, {"objective": "multi:softprob", "num_class": 3, **LINEAR}, 4, "gblinear, three classes"),
    "bin_poisson": (counts, {"objective": "count:poisson", "base_score": 0.7}, 4, "base score behind a logarithm"),
    "bin_squared": (signal, {"objective": "reg:squarederror", "gamma": 1.0}, 4, "pruned, so that nodes are deleted"),
    "bin_forest": (yes, {"objective": "binary:logistic", "num_parallel_tree": 3, "subsample": 0.7, "eta": 1}, 2,
                   "three trees a round"),
    "bin_stump": (yes, {"objective": "reg:logistic", "gamma": 1e9}, 2, "every tree is one leaf"),
}


def thresholds(booster):
    """Values on splits and next to them, in f32, for every column."""
    rows = []
    try:
        frame = booster.trees_to_dataframe()
    except Exception:
        return rows  # gblinear has no trees
    for k in range(len(NAMES)):
        for t in np.float32(frame.loc[frame.Feature == f"f{k}", "Split"].dropna().unique()[:2]):
            for v in (t, np.nextafter(t, np.float32(-9)), np.nextafter(t, np.float32(9))):
                rows.append([0.5, -0.25, 1.0, 1.0])
                rows[-1][k] = float(v)
    return rows


def odd():
    return [[np.nan] * 4, [0.0] * 4, [-0.0] * 4, [1e30] * 4, [-1e30] * 4, [1e-40] * 4]


def answers(booster, d, trees=0):
    # Up to 0.90 DART drops trees at random in predictions, too, unless their number is given.
    limit = {"ntree_limit": trees} if MAJOR == 0 and trees else {}
    margin = booster.predict(d, output_margin=True, **limit)
    return {"margin": columns(margin), "prediction": columns(booster.predict(d, **limit))}


def make(case):
    target, params, rounds, note = CASES[case]
    x = numbers()
    train = {k: v for k, v in {**SAME, **params}.items() if v is not None}
    booster = xgb.train(train, xgb.DMatrix(x, target(x)), rounds)
    (HERE / FOLDER).mkdir(exist_ok=True)
    raw = booster.save_raw("deprecated") if (MAJOR, MINOR) >= (1, 6) else booster.save_raw()
    file = f"{case}.model.bin"
    (HERE / FOLDER / file).write_bytes(bytes(raw))
    booster = xgb.Booster({"nthread": 1})
    booster.load_model(bytearray(raw))  # judge the file, not the memory
    rows = np.vstack([x[:20], thresholds(booster) + odd()])
    features = [f"f{i}" for i in range(x.shape[1])]
    save(FOLDER, case, "xgboost", VERSION, "make_xgboost_binary.py", note, file, features, rows,
         answers(booster, xgb.DMatrix(rows), len(booster.get_dump()) if case == "bin_dart" else 0))


def estimator(case):
    """A pickled classifier that stopped early, or its booster alone; trained on a table, so that it knows names."""
    x = pd.DataFrame(numbers(), columns=NAMES)
    y = yes(x.to_numpy())
    settings = {"n_estimators": 20, "max_depth": 4, "learning_rate": 0.9, "n_jobs": 1, "random_state": 5, "base_score": 0.5}
    late = {"eval_set": [(x[200:], y[200:])], "verbose": False}
    stop = {"early_stopping_rounds": 3}
    if (MAJOR, MINOR) >= (1, 6):
        model = xgb.XGBClassifier(**settings, **stop).fit(x[:200], y[:200], **late)
    else:
        model = xgb.XGBClassifier(**settings).fit(x[:200], y[:200], **late, **stop)
    booster = model.get_booster()
    assert int(booster.attr("best_iteration")) + 1 < len(booster.get_dump())
    file = f"{case}.model.pkl"
    (HERE / FOLDER / file).write_bytes(pickle.dumps(model if case == "pickled" else booster, protocol=4))
    rows = pd.concat([x[:25], pd.DataFrame(odd(), columns=NAMES)])
    if case == "pickled":
        results = {"margin": columns(model.predict(rows, output_margin=True)),
                   "probability": columns(model.predict_proba(rows)[:, 1])}
    else:
        results = answers(booster, xgb.DMatrix(rows))
    save(FOLDER, case, "xgboost", VERSION, "make_xgboost_binary.py", "pickle, stopped early", file, NAMES, rows, results)


def again(folder):
    assert VERSION == "1.7.6"
    for path in sorted((HERE / folder).glob("bin_*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        booster = xgb.Booster({"nthread": 1}, model_file=str(HERE / folder / record["model"]))
        own = record.get("own_margin", record["margin"])
        rows = np.array(record["rows"], dtype=float)
        case = path.stem
        save(folder, case, "xgboost", record["version"], "make_xgboost_binary.py", record["notes"], record["model"],
             record["features"], rows, {**answers(booster, xgb.DMatrix(rows)), "own_margin": own})


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:2] == ["again"]:
        sys.exit(again(sys.argv[2]))
    few = ["bin_logistic", "bin_dart", "bin_softprob"]  # the format is the same in all versions
    for case in sys.argv[1:] or ([*CASES, "pickled", "pickled_booster"] if FOLDER[8:] in ("0.9", "2.1") else
                                 [*few, "pickled"]):
        print(case)
        estimator(case) if case.startswith("pickled") else make(case)
