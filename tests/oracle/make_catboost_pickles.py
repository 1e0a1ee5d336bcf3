"""Pickles of CatBoost estimators that hold the models of the folder `catboost`: `<case>.model.pkl` beside `<case>.model.cbm`.

    python make_catboost_pickles.py
"""

import pickle
from pathlib import Path

from catboost import CatBoostClassifier, CatBoostRegressor

FOLDER = Path(__file__).parent / "catboost"
CASES = {"binary_words": CatBoostClassifier, "multiclass": CatBoostClassifier, "depthwise": CatBoostClassifier, "multi_rmse": CatBoostRegressor}

for case, kind in CASES.items():
    model = kind()
    model.load_model(str(FOLDER / f"{case}.model.cbm"))
    with open(FOLDER / f"{case}.model.pkl", "wb") as file:
        pickle.dump(model, file, protocol=4)
