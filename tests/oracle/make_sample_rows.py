"""Record predictions and contributions of the models in sample_data/ for some rows of their tables.

    python make_sample_rows.py              every model
    python make_sample_rows.py NAME ...     only these, for example credit-xgboost

Rows hold the cells of the CSV file in the model's feature order: strings for categories, null for empty cells.
"""

import sys

import lightgbm as lgb
import pandas as pd
import xgboost as xgb

from common import HERE, columns, save

FOLDER = "samples"
SAMPLES = HERE.parent.parent / "sample_data"
STEP = {"credit": 45, "diamonds": 2500, "penguins": 14, "breast_cancer": 60}  # every STEP-th row

# model file: (table, number of classes, or None for regression)
MODELS = {
    "credit-xgboost.json": ("credit", 2),
    "credit-lightgbm.txt": ("credit", 2),
    "diamonds-xgboost.ubj": ("diamonds", None),
    "diamonds-lightgbm.txt": ("diamonds", None),
    "penguins-xgboost.json": ("penguins", 3),
    "breast-cancer-xgboost.ubj": ("breast_cancer", 2),
}


def typed(table, names):
    x = table[names].copy()
    for c in x.columns[x.dtypes == object]:
        x[c] = x[c].astype("category")
    return x


def make(file, table_name, classes):
    table = pd.read_csv(SAMPLES / f"{table_name}.csv")
    at = list(range(0, len(table), STEP[table_name]))
    path = SAMPLES / "models" / file
    if file.endswith(".txt"):
        tool, version = "lightgbm", lgb.__version__
        model = lgb.Booster(model_file=str(path))
        names = model.feature_name()
        x = typed(table, names).iloc[at]
        ask = lambda **k: model.predict(x, num_threads=1, **k)
        margin, contributions = ask(raw_score=True), ask(pred_contrib=True)
    else:
        tool, version = "xgboost", xgb.__version__
        model = xgb.Booster(params={"nthread": 1}, model_file=path)
        names = model.feature_names
        x = typed(table, names).iloc[at]
        d = xgb.DMatrix(x, enable_categorical=True)
        ask = lambda **k: model.predict(d, strict_shape=True, **k)
        margin, contributions = ask(output_margin=True), ask(pred_contribs=True)
    label = "prediction" if classes is None else "probability"
    many = 3 if classes == 3 else 1
    results = {"margin": columns(margin), label: columns(ask()), "contributions": contributions.reshape(len(at), many, -1)}
    rows = x.astype(object).where(x.notna(), None)
    note = f"row i here is row {STEP[table_name]} * i of {table_name}.csv, counting from 0"
    save(FOLDER, file.split(".")[0], tool, version, "make_sample_rows.py", note,
         f"../../../sample_data/models/{file}", names, rows, results)


if __name__ == "__main__":
    (HERE / FOLDER).mkdir(exist_ok=True)
    for file, (table_name, classes) in MODELS.items():
        if len(sys.argv) == 1 or file.split(".")[0] in sys.argv[1:]:
            print(file)
            make(file, table_name, classes)
