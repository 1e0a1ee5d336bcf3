"""Record what the shap package computes for models made by make_xgboost.py and make_lightgbm.py.

    python make_shap.py              every case
    python make_shap.py NAME ...     only these cases

Run the other two scripts first.
"""

import json
import sys

import lightgbm as lgb
import numpy as np
import shap
import sklearn
import xgboost as xgb
from sklearn.linear_model import LinearRegression, LogisticRegression

from common import HERE, NAMES, columns, enumerate_shapley, numbers, save, signal

FOLDER = "shap"
FEW, BACKGROUND = slice(0, 10), slice(10, 30)

# name: (folder of the model, its case, note)
TREES = {
    "tree_xgboost_binary": ("xgboost", "binary_logistic", "missing values in rows and background"),
    "tree_xgboost_regression": ("xgboost", "squared_error", "missing values in rows and background"),
    "tree_xgboost_multiclass": ("xgboost", "multi_softprob", "three classes, base score 0 for each"),
    "tree_lightgbm_binary": ("lightgbm", "binary", "missing values in rows and background"),
    "tree_lightgbm_regression": ("lightgbm", "regression", "missing values in rows and background"),
    "tree_lightgbm_full": ("lightgbm", "no_missing_seen", "no missing values; background and rows are complete"),
}
# name: (model, label from x, note)
LINEAR = {
    "linear_regression": (LinearRegression(), signal, "explains the prediction"),
    "linear_logistic": (LogisticRegression(), lambda x: (signal(x) > 0).astype(int), "explains the margin (log-odds)"),
}


def by_output(v):
    """shap's [row][feature] or [row][feature][output] as [row][output][feature]."""
    v = np.asarray(v, dtype=np.float64)
    return v[:, None, :] if v.ndim == 2 else v.transpose(0, 2, 1)


def path_dependent(model, rows, own):
    """own: let shap run its own algorithm instead of asking the library that trained the model."""
    e = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    if own:
        e.model.model_type = "internal"
    values = by_output(e.shap_values(rows, check_additivity=False))
    return {"values": values} if own else {"values": values, "base": np.atleast_1d(e.expected_value)}


def tree(name):
    folder, case, note = TREES[name]
    old = json.loads((HERE / folder / f"{case}.json").read_text(encoding="utf-8"))
    path = HERE / folder / old["model"]
    if folder == "xgboost":
        model = xgb.Booster(params={"nthread": 1}, model_file=path)
        score = lambda m: columns(model.predict(xgb.DMatrix(m, feature_names=old["features"]), output_margin=True))
    else:
        model = lgb.Booster(model_file=str(path))
        score = lambda m: columns(model.predict(m, raw_score=True, num_threads=1))
    rows = np.array(old["rows"], dtype=float)
    if case == "no_missing_seen":
        rows = numbers(missing=False)[30:60]
    few, back = rows[FEW], rows[BACKGROUND]

    masker = shap.maskers.Independent(back, max_samples=len(back))
    e = shap.TreeExplainer(model, masker, feature_perturbation="interventional")
    used = np.asarray(e.data)
    assert used.shape == back.shape, "shap cut the background"
    values = by_output(e.shap_values(few, check_additivity=False))
    probability = {}
    if case in ("binary_logistic", "binary"):
        p = shap.TreeExplainer(model, masker, feature_perturbation="interventional", model_output="probability")
        probability = {"shap_probability": {"background": back, "values": by_output(p.shap_values(few, check_additivity=False)),
                                            "base": np.atleast_1d(p.expected_value)}}
    true, base = enumerate_shapley(score, few, back)
    margin = score(few)
    print(f"  interventional: shap against enumeration {np.abs(values - true).max():.2g}, "
          f"bases {np.atleast_1d(e.expected_value)} against {base}")
    results = {"margin": margin}
    for key, own in (("shap_path_dependent", False), ("shap_own_path_dependent", True)):
        results[key] = path_dependent(model, few, own)
        total = results[key]["values"].sum(axis=2) + results["shap_path_dependent"]["base"]
        print(f"  {key}: sum against margin {np.abs(total - margin).max():.2g}")
    results["shap_interventional"] = {"background": back, "values": values, "base": np.atleast_1d(e.expected_value)}
    results["exact_interventional"] = {"background": back, "values": true, "base": base}
    results |= probability
    save(FOLDER, name, "shap", f"{shap.__version__} with {folder} {old['version']}", "make_shap.py", note,
         f"../{folder}/{old['model']}", old["features"], few, results)


def linear(name):
    model, label, note = LINEAR[name]
    x = numbers(missing=False, coarse=False)
    model.fit(x, label(x))
    few, back = x[FEW], x[BACKGROUND]
    e = shap.LinearExplainer(model, shap.maskers.Independent(back, max_samples=len(back)))
    coefficients, intercept = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    margin = few @ coefficients.T + intercept
    values = by_output(e.shap_values(few))
    base = np.atleast_1d(e.expected_value)
    print(f"  sum against margin {np.abs(values.sum(axis=2) + base - margin).max():.2g}")
    results = {"margin": margin}
    if isinstance(model, LogisticRegression):
        results["probability"] = model.predict_proba(few)[:, 1:]
    results["weights"] = {"coefficients": coefficients, "intercept": intercept}
    results["shap_interventional"] = {"background": back, "background_mean": back.mean(axis=0), "values": values, "base": base}
    save(FOLDER, name, "shap", f"{shap.__version__} with scikit-learn {sklearn.__version__}", "make_shap.py", note, None, NAMES, few, results)


if __name__ == "__main__":
    (HERE / FOLDER).mkdir(exist_ok=True)
    for case in sys.argv[1:] or [*TREES, *LINEAR]:
        print(case)
        (tree if case in TREES else linear)(case)
