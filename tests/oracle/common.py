"""Shared by the make_*.py scripts: training data, exact number output, the case file."""

import datetime
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
NAMES = ["a", "b", "c", "d"]
LEVELS = {"colour": ["blue", "green", "red"], "town": ["Bonn", "Graz", "Kyiv", "Lyon", "Oslo", "Pisa", "Riga", "Vigo"]}


# Data ------------------------------------------------------------------------------------------

def numbers(n=300, missing=True, coarse=True, seed=1):
    """Features a, b, c, d. coarse: every value is exact in f32; otherwise full f64."""
    r = np.random.default_rng(seed)
    x = np.column_stack([r.normal(size=n), r.uniform(-3, 3, n), r.exponential(size=n), r.integers(-2, 5, n)])
    x = np.round(x * 64) / 64 if coarse else x
    if missing:
        x[r.random(x.shape) < 0.12] = np.nan
    return x


def signal(x, seed=2):
    """A score with steps, a slope, an interaction and noise; works with missing values."""
    z = np.nan_to_num(x, nan=0.5)
    noise = np.random.default_rng(seed).normal(size=len(x)) * 0.4
    return z[:, 0] * 1.2 + np.where(z[:, 1] > 0.5, z[:, 2], -0.5) + 0.3 * (z[:, 3] > 1) * z[:, 0] + noise


def classes(x, k=3):
    s = signal(x) + 0.7 * np.nan_to_num(x[:, 2])
    return np.searchsorted(np.quantile(s, np.arange(1, k) / k), s)


def categories(n=300, missing=True, seed=3):
    """Columns colour (3 levels), town (8 levels), a, c."""
    r = np.random.default_rng(seed)
    x = numbers(n, missing, seed=seed)
    table = pd.DataFrame({"a": x[:, 0], "c": x[:, 2]})
    code = {k: r.integers(0, len(v), n) for k, v in LEVELS.items()}
    for at, (k, v) in enumerate(LEVELS.items()):
        gone = r.random(n) < (0.1 if missing else 0)
        table.insert(at, k, pd.Categorical.from_codes(np.where(gone, -1, code[k]), v))
    pull = np.array([1.0, -1.0, 0.4, 1.6, -1.5, 0.1, -0.6, 0.9])
    score = np.nan_to_num(x[:, 0]) + pull[code["town"]] + np.where(code["colour"] == 2, 1.0, -0.4) + r.normal(size=n) * 0.3
    return table, score


def codes(table):
    """The same table with categories as code numbers, missing as NaN."""
    out = table.copy()
    for c in LEVELS:
        out[c] = out[c].cat.codes.astype(float).where(out[c].cat.codes >= 0)
    return out.to_numpy(dtype=float)


# Output ----------------------------------------------------------------------------------------

def exact(v):
    """Python numbers, strings and None only; an f32 becomes the f64 of the same value."""
    if isinstance(v, pd.DataFrame):
        v = v.astype(object).to_numpy()
    if isinstance(v, dict):
        return {k: exact(x) for k, x in v.items()}
    if isinstance(v, (list, tuple, np.ndarray)):
        return [exact(x) for x in v]
    if v is None or isinstance(v, (str, int)):
        return v
    v = float(v)
    if math.isnan(v):
        return None
    assert math.isfinite(v), v
    return v


def columns(v):
    """Outputs as [row][output]."""
    v = np.asarray(v)
    return v.reshape(len(v), -1)


def dump(v, depth=0):
    """JSON with one table row on each line."""
    pad = " " * depth
    if isinstance(v, dict):
        return "{\n" + ",\n".join(f"{pad} {json.dumps(k)}: {dump(x, depth + 1)}" for k, x in v.items()) + f"\n{pad}}}"
    if isinstance(v, list) and v and isinstance(v[0], list):
        return "[\n" + ",\n".join(f"{pad} {json.dumps(x, allow_nan=False)}" for x in v) + f"\n{pad}]"
    return json.dumps(v, allow_nan=False)


def save(folder, case, tool, version, script, notes, model, features, rows, results):
    """Write <folder>/<case>.json; results are (name, table) pairs, None is written as null."""
    head = {"tool": tool, "version": version, "command": f"python {script} {case}",
            "date": datetime.date.today().isoformat(), "notes": notes, "model": model,
            "features": list(features), "rows": exact(rows)}
    body = {k: exact(v) for k, v in results.items()}
    path = HERE / folder / f"{case}.json"
    path.write_text(dump({**head, **body}) + "\n", encoding="utf-8")


# Exact interventional values by enumeration -----------------------------------------------------

def enumerate_shapley(score, rows, background):
    """Interventional Shapley values from all coalitions, in f64: [row][output][feature] and the base [output].

    score takes a table and returns [row][output]; nothing about the model is assumed.
    """
    n = rows.shape[1]
    values = []
    for x in rows:
        worth = {}
        for s in itertools.chain.from_iterable(itertools.combinations(range(n), k) for k in range(n + 1)):
            mixed = background.copy()
            mixed[:, list(s)] = x[list(s)]
            worth[s] = np.asarray(score(mixed), dtype=np.float64).mean(axis=0)
        phi = np.zeros((len(worth[()]), n))
        for i in range(n):
            for s, v in worth.items():
                if i not in s:
                    w = math.factorial(len(s)) * math.factorial(n - len(s) - 1) / math.factorial(n)
                    phi[:, i] += w * (worth[tuple(sorted((*s, i)))] - v)
        values.append(phi)
        base = worth[()]
    return np.array(values), base
