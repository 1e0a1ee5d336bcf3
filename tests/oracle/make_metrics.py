"""Record what scikit-learn computes for small predictions with ties, weights and rare classes.

    python make_metrics.py          writes metrics/metrics.json
"""

import datetime
import json
import platform
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics as m

HERE = Path(__file__).resolve().parent


def binary(seed, n, weighted):
    r = np.random.default_rng(seed)
    y = (r.random(n) < 0.3).astype(float)
    p = np.round(np.clip(0.3 * y + r.random(n) * 0.8, 0.0, 0.999), 2)
    w = r.integers(1, 6, n).astype(float) if weighted else np.ones(n)
    called = p >= 0.5
    return dict(
        task="binary", truth=y.tolist(), predicted=p.tolist(), outputs=1, weights=w.tolist() if weighted else None,
        values={
            "auc": m.roc_auc_score(y, p, sample_weight=w),
            "average-precision": m.average_precision_score(y, p, sample_weight=w),
            "log-loss": m.log_loss(y, p, sample_weight=w),
            "brier": m.brier_score_loss(y, p, sample_weight=w),
            "accuracy": m.accuracy_score(y, called, sample_weight=w),
            "precision": m.precision_score(y, called, sample_weight=w),
            "recall": m.recall_score(y, called, sample_weight=w),
            "f1": m.f1_score(y, called, sample_weight=w),
        },
    )


def multiclass(seed, n, k, weighted):
    r = np.random.default_rng(seed)
    y = r.choice(k, n, p=np.arange(1, k + 1) / np.arange(1, k + 1).sum())
    logits = r.normal(size=(n, k)) + 1.2 * np.eye(k)[y]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    w = r.integers(1, 6, n).astype(float) if weighted else np.ones(n)
    called = p.argmax(axis=1)
    areas = [m.roc_auc_score(y == c, p[:, c], sample_weight=w) for c in range(k)]
    return dict(
        task="multiclass", truth=y.astype(float).tolist(), predicted=p.ravel().tolist(), outputs=k,
        weights=w.tolist() if weighted else None,
        values={
            "accuracy": m.accuracy_score(y, called, sample_weight=w),
            "balanced-accuracy": m.balanced_accuracy_score(y, called, sample_weight=w),
            "log-loss": m.log_loss(y, p, sample_weight=w),
            "auc": float(np.mean(areas)),
        },
        confusion=m.confusion_matrix(y, called, sample_weight=w).tolist(), areas=areas,
    )


def numbers(seed, n, task, weighted):
    r = np.random.default_rng(seed)
    mean = np.exp(r.normal(size=n))
    y = r.poisson(mean).astype(float) if task == "count" else mean + r.normal(size=n)
    p = mean * np.exp(0.2 * r.normal(size=n))
    w = r.integers(1, 6, n).astype(float) if weighted else np.ones(n)
    values = {
        "rmse": m.root_mean_squared_error(y, p, sample_weight=w),
        "mae": m.mean_absolute_error(y, p, sample_weight=w),
        "r2": m.r2_score(y, p, sample_weight=w),
        "bias": float(np.average(p - y, weights=w)),
        "mape": m.mean_absolute_percentage_error(y[y != 0], p[y != 0], sample_weight=w[y != 0]),
    }
    if not weighted:
        values["median-absolute-error"] = m.median_absolute_error(y, p)
    if task == "count":
        values["poisson-deviance"] = m.mean_poisson_deviance(y, p, sample_weight=w)
    return dict(task=task, truth=y.tolist(), predicted=p.tolist(), outputs=1,
                weights=w.tolist() if weighted else None, values=values)


def main():
    cases = []
    for weighted in (False, True):
        cases += [binary(1 + weighted, 150, weighted), multiclass(3 + weighted, 160, 4, weighted)]
        cases += [numbers(5 + weighted, 101, task, weighted) for task in ("regression", "count")]
    for case in cases:
        case["values"] = {k: float(v) for k, v in case["values"].items()}
    made = dict(tool="scikit-learn", version=sklearn.__version__, numpy=np.__version__, python=platform.python_version(),
                command="python make_metrics.py", date=datetime.date.today().isoformat())
    out = HERE / "metrics" / "metrics.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(dict(made=made, cases=cases)) + "\n")


if __name__ == "__main__":
    main()
