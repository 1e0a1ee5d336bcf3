"""Save small models as MLflow folders and record what XGBoost computes for them.

    python make_mlflow.py              every case
    python make_mlflow.py NAME ...     only these cases

A folder keeps MLmodel, the model file and the input example; environments are left out.
"""

import re
import shutil
import sys
import warnings

import lightgbm as lgb
import mlflow
import numpy as np
import pandas as pd
import xgboost as xgb
from mlflow.models import infer_signature

from common import HERE, columns, numbers, save, signal

FOLDER = "mlflow"
TITLES = ["a long name", "b", "c", "d"]
KEPT = ("MLmodel", "model.ubj", "model.json", "model.pkl", "python_model.pkl", "input_example.json")


class Function(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


def booster(table, **options):
    x = numbers()
    y = (signal(x) > 0).astype(int)
    x = pd.DataFrame(x, columns=TITLES) if table else x
    return xgb.XGBClassifier(n_estimators=4, max_depth=2, n_jobs=1, random_state=5, **options).fit(x, y)


def save_folder(name, path):
    table = pd.DataFrame(numbers(), columns=TITLES)
    signature = infer_signature(table, np.zeros(3, dtype=int))
    if name == "function":
        mlflow.pyfunc.save_model(path, python_model=Function())
        return None
    if name == "lightgbm":
        model = lgb.LGBMClassifier(n_estimators=2, num_leaves=4, verbose=-1).fit(table, table["b"] > 0)
        mlflow.lightgbm.save_model(model, path, signature=signature)
        return None
    model = booster(name == "named")
    form = "json" if name == "example" else "ubj"
    mlflow.xgboost.save_model(model, path, signature=signature, input_example=table.dropna().head(2), model_format=form)
    if name == "example":
        # MLflow derives a signature from every example; folders of old versions have none.
        text = (path / "MLmodel").read_text()
        (path / "MLmodel").write_text(re.sub(r"^signature:\n(  .*\n)+", "", text, flags=re.M))
    return model


def record(name):
    path = HERE / FOLDER / name
    shutil.rmtree(path, ignore_errors=True)
    path.parent.mkdir(exist_ok=True)
    model = save_folder(name, path)
    for file in path.iterdir():
        if file.name not in KEPT:
            file.unlink()
    if model is not None:
        rows = numbers()[:12]
        matrix = xgb.DMatrix(rows, feature_names=TITLES if name == "named" else None)
        score = model.get_booster().predict(matrix, output_margin=True)
        chance = model.get_booster().predict(matrix)
        save(FOLDER, name, "xgboost", xgb.__version__, "make_mlflow.py", NOTES[name], name, TITLES, rows,
             {"margin": columns(score), "probability": columns(chance)})


NOTES = {
    "named": "the booster holds the names of the columns",
    "arrays": "trained on arrays: only the signature has names",
    "example": "trained on arrays, no signature: only the example has names",
    "function": "a Python function only",
    "lightgbm": "a pickled LightGBM classifier",
}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for case in sys.argv[1:] or NOTES:
        print(case)
        record(case)
