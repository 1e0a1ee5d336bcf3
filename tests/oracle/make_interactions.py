"""Record the interaction values that xgboost and shap compute for models made by make_xgboost.py and make_lightgbm.py.

    python make_interactions.py

Run the other two scripts first. Rows are the first five of the recorded ones.
"""

import json

import lightgbm as lgb
import numpy as np
import shap
import xgboost as xgb

from common import HERE, save

FOLDER = "interactions"
ROWS = slice(0, 5)
CASES = {"xgboost_binary": ("xgboost", "binary_logistic"), "xgboost_multiclass": ("xgboost", "multi_softprob"),
         "lightgbm_regression": ("lightgbm", "regression")}


def by_output(v):
    """[row][feature][feature] or with a last axis of outputs, as [row][output][feature][feature]."""
    v = np.asarray(v, dtype=np.float64)
    return v[:, None] if v.ndim == 3 else v.transpose(0, 3, 1, 2)


def record(name, folder, case):
    old = json.loads((HERE / folder / f"{case}.json").read_text(encoding="utf-8"))
    path, rows = HERE / folder / old["model"], np.array(old["rows"], dtype=float)[ROWS]
    results = {}
    if folder == "xgboost":
        model = xgb.Booster(params={"nthread": 1}, model_file=path)
        matrix = xgb.DMatrix(rows, feature_names=old["features"])
        own = np.asarray(model.predict(matrix, pred_interactions=True), dtype=np.float64)
        results["xgboost"] = (own[:, None] if own.ndim == 3 else own)[..., :-1, :-1]
    else:
        model = lgb.Booster(model_file=str(path))
    explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    explainer.model.model_type = "internal"
    results["shap"] = by_output(explainer.shap_interaction_values(rows))
    for key, values in results.items():
        print(name, key, values.shape, "largest", np.abs(values).max(), "asymmetry", np.abs(values - values.swapaxes(2, 3)).max())
    save(FOLDER, name, "shap", f"{shap.__version__} with {folder} {old['version']}", "make_interactions.py", "",
         f"../{folder}/{old['model']}", old["features"], rows, results)


if __name__ == "__main__":
    (HERE / FOLDER).mkdir(exist_ok=True)
    for name, (folder, case) in CASES.items():
        record(name, folder, case)
