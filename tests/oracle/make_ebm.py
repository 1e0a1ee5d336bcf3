"""Train small EBMs with InterpretML, save them with to_json and record what the library itself computes.

    python make_ebm.py              every case for the installed version
    python make_ebm.py NAME ...     only these cases

interpret 0.6 makes only the cases marked OLD, in a folder of its own.
"""

import pickle
import sys
import warnings

import interpret
import joblib
import numpy as np
import pandas as pd
from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from common import HERE, LEVELS, NAMES, categories, classes, columns, enumerate_shapley, numbers, save, signal

VERSION = interpret.__version__
NEW = VERSION.startswith("0.7")
FOLDER = "ebm" if NEW else "ebm-" + ".".join(VERSION.split(".")[:2])
SAME = {"max_bins": 12, "outer_bags": 2, "max_rounds": 60, "n_jobs": 1, "random_state": 5}
NEVER = "Never"


def plain(target, **options):
    def make():
        x = pd.DataFrame(numbers(**options), columns=NAMES)
        return x, target(x.to_numpy())
    return make


def yes(x):
    return (signal(x) > 0).astype(int)


def truth(x):
    return signal(x) > 0


def positive(x):
    return np.exp(0.5 * signal(x))


def named(x):
    return np.array(["low", "middle", "tall"])[classes(x)]


def levels():
    """Text columns with missing values beside numbers."""
    x, score = categories()
    for c in LEVELS:
        x[c] = x[c].astype(object).where(x[c].notna(), None)
    return x, np.array(["no", "yes"])[(score > 0).astype(int)]


def whole():
    """A nominal feature whose categories are numbers, and one category in every row."""
    x, y = plain(signal, missing=False)()
    x["one"] = "same"
    return x, y


# name: (estimator, data, settings, detail, notes, OLD)
CASES = {
    "binary": (ExplainableBoostingClassifier, plain(yes), {"interactions": 2, "max_interaction_bins": 6},
               "interpretable", "missing values; pairs have their own, coarser cuts", True),
    "binary_minimal": (ExplainableBoostingClassifier, plain(yes, missing=False), {"interactions": 0},
                       "minimal", "no bin weights in the file", False),
    "flags": (ExplainableBoostingClassifier, plain(truth), {"interactions": 0, "max_bins": 6},
              "interpretable", "classes False and True", True),
    "levels": (ExplainableBoostingClassifier, levels, {"interactions": [("colour", "town"), ("a", "town")],
               "max_interaction_bins": 5}, "interpretable", "text levels, missing and never seen ones; text classes", True),
    "multiclass": (ExplainableBoostingClassifier, plain(named), {"interactions": 0},
                   "interpretable", "one score per class and bin, softmax", True),
    "multiclass_pair": (ExplainableBoostingClassifier, plain(named), {"interactions": [("a", "b")],
                        "max_interaction_bins": 5}, "interpretable", "a pair of several classes", False),
    "ovr": (ExplainableBoostingClassifier, plain(named), {"interactions": 0},
            "interpretable", "several classes, each with a logistic function of its own", False),
    "regression": (ExplainableBoostingRegressor, plain(signal, coarse=False), {"interactions": 1,
                   "max_interaction_bins": 6}, "interpretable", "full f64 values", True),
    "poisson": (ExplainableBoostingRegressor, plain(lambda x: np.round(positive(x))), {"interactions": 0,
                "objective": "poisson_deviance"}, "all", "log link; the file holds everything", True),
    "triple": (ExplainableBoostingRegressor, plain(signal), {"interactions": [("a", "b", "c")],
               "max_interaction_bins": 4}, "interpretable", "a term of three features", False),
    "nominal_numbers": (ExplainableBoostingRegressor, whole, {"interactions": [("d", "one")],
                        "feature_types": ["continuous", "continuous", "continuous", "nominal", "nominal"]},
                        "interpretable", "categories that are numbers; a feature of one category", False),
    "single_term": (ExplainableBoostingRegressor, plain(signal), {"interactions": 0, "exclude": ["b", "c", "d"]},
                    "interpretable", "features that no term uses", False),
}


def odd_rows(x, model):
    """Rows of the table, every cut and its neighbours, extremes, missing and never seen values."""
    rows = x.head(20).copy().astype(object)
    for k, name in enumerate(x.columns):
        bins = model.bins_[k]
        if not bins:
            values = [np.nan, 0.5]  # no term uses the feature, so the file holds no bins
        elif isinstance(bins[0], dict):
            values = [*list(bins[0])[:3], NEVER, None]
        else:
            cuts = [cut for level in bins for cut in (level[0], level[-1]) if len(level)]
            around = [v for cut in cuts for v in (cut, np.nextafter(cut, -np.inf), np.nextafter(cut, np.inf))]
            values = [*around, 0.0, -0.0, 1e300, -1e300, 5e-324, np.nan]
        for at, value in enumerate(values):
            row = x.iloc[[(7 * k + at) % len(x)]].copy().astype(object)
            row.iloc[0, k] = value
            rows = pd.concat([rows, row])
    return rows


def typed(rows, model):
    """The rows as interpret wants them: numbers as f64, categories as text."""
    out = rows.copy()
    for k, name in enumerate(rows.columns):
        if model.feature_types_in_[k] == "nominal":
            out[name] = [None if v is None or v != v else str(v) for v in rows[name]]
        else:
            out[name] = rows[name].astype(float)
    return out


# The same estimators as pickles, in forms that differ in how arrays and texts are written.
PICKLED = {"levels": "p4.pkl", "multiclass": "zlib.joblib", "multiclass_pair": "joblib", "flags": "p2.pkl",
           "nominal_numbers": "p5.pkl", "poisson": "p0.pkl", "triple": "xz.joblib"}


def write(model, name):
    path, form = HERE / FOLDER / f"{name}.model.{PICKLED[name]}", PICKLED[name]
    if form.startswith("p"):
        path.write_bytes(pickle.dumps(model, protocol=int(form[1])))
    else:
        joblib.dump(model, path, compress=0 if form == "joblib" else (form.split(".")[0], 3))


def piped():
    """An EBM behind a step, as a pickle, with its answers."""
    x, y = plain(signal, missing=False)()
    model = make_pipeline(StandardScaler(),
                          ExplainableBoostingRegressor(**SAME, interactions=1, max_interaction_bins=6)).fit(x, y)
    joblib.dump(model, HERE / FOLDER / "piped.model.joblib", compress=3)
    save(FOLDER, "piped", "interpret", VERSION, "make_ebm.py", "behind a StandardScaler", "piped.model.joblib", NAMES,
         x.head(40), {"margin": columns(model.predict(x.head(40))), "prediction": columns(model.predict(x.head(40)))})


def plots(model):
    """What explain_global draws: edges or levels, scores, bounds and weights of every term it can draw."""
    whole = model.explain_global()
    data = [whole.data(k) for k in range(len(whole.data()["names"]))]
    keep = ("names", "left_names", "right_names", "scores", "upper_bounds", "lower_bounds")
    parts = [{key: d[key] for key in keep if d.get(key) is not None} for d in data]
    return {"names": whole.data()["names"], "importances": whole.data()["scores"], "parts": parts}


def record(name):
    estimator, make, settings, detail, notes, _ = CASES[name]
    x, y = make()
    model = estimator(**{**SAME, **settings}).fit(x, y)
    if name == "ovr":
        model._ovrize()
    if name == "triple":
        # The library scores larger terms but does not train them well on few rows; scores are made up.
        scores = model.term_scores_[-1]
        model.term_scores_[-1] = np.random.default_rng(4).normal(size=scores.shape)
    (HERE / FOLDER).mkdir(exist_ok=True)
    file = f"{name}.model.json"
    model.to_json(str(HERE / FOLDER / file), detail=detail, indent=None)
    if name in PICKLED:
        write(model, name)
    rows = typed(odd_rows(x, model), model)
    if hasattr(model, "classes_"):
        margin, answer = columns(model.decision_function(rows)), ("probability", model.predict_proba(rows))
        if margin.shape[1] == 1:
            answer = ("probability", answer[1][:, 1:])
    else:
        answer = ("prediction", columns(model.predict(rows)))
        margin = columns(model._predict_score(rows))
    results = {"margin": margin, answer[0]: answer[1]}
    if name in ("binary", "multiclass"):
        results["terms"] = model.eval_terms(rows).reshape(len(rows), -1)
    if name in ("binary", "levels", "multiclass", "poisson", "regression"):
        results["plots"] = plots(model)
    if NEW and name in ("binary", "levels", "multiclass_pair"):
        def score(table):
            return columns(model.decision_function(typed(pd.DataFrame(table, columns=x.columns), model)))
        some, background = rows.iloc[14:26].to_numpy(dtype=object), rows.iloc[:10].to_numpy(dtype=object)
        values, base = enumerate_shapley(score, some, background)
        results["exact_interventional"] = {"rows": some, "background": background, "values": values, "base": base}
    save(FOLDER, name, "interpret", VERSION, "make_ebm.py", notes, file, x.columns, rows, results)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for case in sys.argv[1:] or [*(c for c, v in CASES.items() if NEW or v[5]), "piped"]:
        print(case)
        piped() if case == "piped" else record(case)
