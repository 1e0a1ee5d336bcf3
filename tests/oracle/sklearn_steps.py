"""Cases of make_sklearn.py with steps of every kind in front of an estimator, and the table and rows that they need."""

import numpy as np
import pandas as pd
from sklearn import (compose, decomposition, discriminant_analysis, ensemble, impute, linear_model, pipeline, preprocessing, random_projection,
                     svm, tree)


def in_front(RELEASE):
    """Steps of every kind in front of an estimator. The last word says what is kept: trees, weights, terms of columns, or nothing."""
    p, i, make = preprocessing, impute, pipeline.make_pipeline
    ridge, logistic = linear_model.Ridge(), linear_model.LogisticRegression()
    tree_ = tree.DecisionTreeClassifier(max_depth=3, random_state=0)
    forest = ensemble.RandomForestClassifier(n_estimators=3, max_depth=2, random_state=0)

    def columns_then(model, *parts, **how):
        return make(compose.ColumnTransformer(list(parts), **how), model)

    yield "front_pca_weights", make(decomposition.PCA(2), logistic), "two"
    yield "front_pca_white_weights", make(p.StandardScaler(), decomposition.PCA(3, whiten=True), ridge), "targets"
    yield "front_pca_terms", make(i.SimpleImputer(), p.StandardScaler(), decomposition.PCA(2), logistic), "words gaps"
    yield "front_svd_only", make(decomposition.TruncatedSVD(2, random_state=0), tree_), "two"
    yield "front_random_weights", make(random_projection.SparseRandomProjection(3, random_state=1), ridge), "number"
    yield "front_discriminant_only", make(discriminant_analysis.LinearDiscriminantAnalysis(n_components=1), tree_), "three"
    for norm in ("l1", "l2", "max"):
        yield f"front_normal_{norm}_only", make(p.Normalizer(norm), logistic), "two"
    yield "front_power_trees", make(p.PowerTransformer(), tree_), "two"
    yield "front_power_terms", make(p.PowerTransformer(standardize=False), ridge), "number"
    yield "front_power_cox_terms", make(p.PowerTransformer("box-cox"), ridge), "positive number"
    yield "front_quantile_trees", make(p.QuantileTransformer(n_quantiles=20), tree_), "three"
    yield "front_quantile_normal_terms", make(p.QuantileTransformer(n_quantiles=15, output_distribution="normal"), ridge), "number"
    yield "front_binary_trees", make(p.Binarizer(threshold=0.25), tree_), "three"
    yield "front_clip_trees", make(p.MinMaxScaler((-1, 3), clip=True), tree_), "three"
    if RELEASE >= (1, 8):
        yield "front_clip_terms", make(p.MaxAbsScaler(clip=True), ridge), "number"
    yield "front_bins_f32_trees", make(p.KBinsDiscretizer(4, encode="ordinal", strategy="uniform", dtype=np.float32), tree_), "two"
    for kind in ("constant", "linear", "continue", "periodic"):
        yield f"front_spline_{kind}_terms", make(p.SplineTransformer(4, extrapolation=kind, include_bias=kind != "linear"), ridge), "number"
    yield "front_spline_only", make(p.SplineTransformer(3, degree=2, knots="quantile"), tree_), "two"
    if RELEASE >= (1, 8):
        yield "front_spline_zeros_terms", make(p.SplineTransformer(3, handle_missing="zeros"), ridge), "number gaps"
    yield "front_marks_trees", make(i.SimpleImputer(add_indicator=True), tree_), "two gaps"
    yield "front_marks_terms", make(i.SimpleImputer(strategy="median", add_indicator=True), logistic), "two gaps"
    yield "front_marks_union_trees", make(pipeline.FeatureUnion([("i", i.SimpleImputer()), ("m", i.MissingIndicator())]), tree_), "three gaps"
    yield "front_zeros_filled_only", make(i.SimpleImputer(missing_values=0.5, strategy="constant", fill_value=-3), tree_), "two"
    yield "front_weights_terms", columns_then(
        logistic, ("n", p.StandardScaler(), ["b", "a"]), ("t", p.OneHotEncoder(handle_unknown="ignore"), ["town", "rank"]),
        transformer_weights={"n": 0.5, "t": 3}), "towns full"
    yield "front_union_weights_trees", make(pipeline.FeatureUnion([("s", p.StandardScaler()), ("p", "passthrough")], transformer_weights={"s": 2.5}), tree_), "three"
    yield "front_rare_terms", columns_then(
        logistic, ("t", p.OneHotEncoder(min_frequency=12, handle_unknown="infrequent_if_exist"), ["town", "rank"]),
        ("n", i.SimpleImputer(), ["a"])), "towns"
    yield "front_rare_trees", columns_then(
        tree_, ("t", p.OneHotEncoder(max_categories=3, handle_unknown="ignore", drop="first"), ["town", "rank"]), ("n", i.SimpleImputer(), ["b"])), "towns"
    yield "front_ordinal_trees", columns_then(
        tree_, ("t", p.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2), ["rank", "town"])), "towns"
    if RELEASE >= (1, 3):
        yield "front_ordinal_rare_trees", columns_then(
            tree_, ("t", p.OrdinalEncoder(min_frequency=12, handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=7), ["rank", "town"])), "towns"
        yield "front_target_trees", columns_then(forest, ("t", p.TargetEncoder(random_state=0), ["town", "rank"])), "towns"
        yield "front_target_terms", columns_then(ridge, ("t", p.TargetEncoder(random_state=0, smooth=5.0), ["town", "rank"])), "towns number"
        yield "front_target_three_trees", columns_then(tree_, ("t", p.TargetEncoder(random_state=0), ["town", "rank"])), "towns three"
    texts = make(i.SimpleImputer(strategy="constant", fill_value="none"), p.OneHotEncoder(handle_unknown="ignore", **DENSE))
    yield "front_filled_terms", columns_then(
        logistic, ("t", texts, compose.make_column_selector(dtype_include=object)), remainder=i.SimpleImputer(strategy="median"),
        verbose_feature_names_out=False), "towns filled"
    yield "front_chosen_trees", columns_then(
        tree_, ("s", p.StandardScaler(), slice("b", "c")), ("m", p.MinMaxScaler(), np.array([True, False, True, False, False])), ("n", p.RobustScaler(), slice(0, -3)),
        ("c", p.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-5), first_texts), sparse_threshold=1), "towns full"
    yield "front_pandas_terms", columns_then(
        logistic, ("t", p.OneHotEncoder(handle_unknown="ignore", **DENSE), ["town"]), remainder="passthrough").set_output(transform="pandas"), "towns numbers"
    yield "front_encoded_svd_terms", columns_then(
        make(decomposition.TruncatedSVD(3, random_state=0), logistic), ("t", p.OneHotEncoder(handle_unknown="ignore"), ["town", "rank"])), "towns"
    yield "front_sparse_two_weights", linear_model.LogisticRegression(), "two"
    yield "front_sparse_three_weights", svm.LinearSVC(random_state=0), "three"
    yield "front_left_out_terms", columns_then(logistic, ("t", p.OneHotEncoder(handle_unknown="ignore"), ["town"]), ("n", i.SimpleImputer(), ["c"])), "towns"


DENSE = {"sparse_output": False}


def first_texts(table):
    """The columns of texts; a function of a name, so that it can be pickled."""
    return [name for name in ("rank", "town") if name in table.columns]


def towns(kind, data):
    """Columns a, b, c, town, rank; some towns are rare. Target: two classes, "number" or "three" classes.

    Towns, ranks and numbers are missing in training and in the rows; "full": nowhere; "filled": in the rows only;
    "numbers": only a, b, town, and nothing is missing. Some rows have a town never seen, and some a rank.
    """
    plain = kind.endswith(("full", "filled", "numbers"))
    x, s = data("number" if plain else "number gaps", 150)
    r = np.random.default_rng(4)
    code = np.minimum(r.geometric(0.3, len(x)) - 1, 6)
    names = np.array(["Bonn", "Graz", "Kyiv", "Lyon", "Oslo", "Pisa", "Rome"], dtype=object)[code]
    ranks = np.array(["low", "mid", "high"], dtype=object)[r.integers(0, 3, len(x))]
    s = np.nan_to_num(s) + np.array([1.0, -1.0, 0.5, 0.0, 2.0, -2.0, 1.5])[code] + (ranks == "high")
    if not plain:
        names[r.random(len(x)) < 0.15] = None
        ranks[r.random(len(x)) < 0.02] = None
    table = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "town": pd.Series(names, dtype=object), "rank": pd.Series(ranks, dtype=object)})
    rows = table.iloc[:8].copy()
    rows.iloc[0, 3], rows.iloc[1, 4], rows.iloc[2, 3] = "Nowhere", "top", "Rome"
    if not kind.endswith(("full", "numbers")):
        rows.iloc[3, 3] = rows.iloc[4, 4] = None
    if kind == "towns filled":
        rows.iloc[5, 0] = np.nan
    if kind == "towns numbers":
        table, rows = table[["a", "b", "town"]], rows[["a", "b", "town"]]
    y = {"number": s, "three": np.digitize(s, [-0.5, 1.0])}.get(kind.split()[-1], np.array(["no", "yes"], dtype=object)[(s > 0.5).astype(int)])
    return table, y, rows


def edges(model, rows, wide):
    """Numbers on both sides of places where trees behind steps change their answer, one column at a time.

    Next neighbours where steps only add, multiply and compare; else as far apart as functions are rounded.
    """
    found = []
    for column in range(rows.shape[1]):
        base = np.nan_to_num(rows[0])

        def answer(value):
            return model.predict_proba(np.where(np.arange(len(base)) == column, value, base)[None])[0].tolist()

        marks = np.linspace(-2.0, 2.0, 41)
        answers = [answer(value) for value in marks]
        changes = [k for k in range(40) if answers[k] != answers[k + 1]][:2]
        for low, high, left in [(marks[k], marks[k + 1], answers[k]) for k in changes]:
            while high - low > (1e-11 if wide else 0.0) and low < (middle := low + (high - low) / 2) < high:
                low, high = (middle, high) if answer(middle) == left else (low, middle)
            found += [np.where(np.arange(len(base)) == column, value, base) for value in (low, high)]
    return found


def mixed(kind):
    """Columns a, town (texts), b, c. gaps: some towns are missing; full: nothing is missing; else a row has a new town."""
    x, s = data("number" if kind.endswith("full") else "number gaps", 120)
    r = np.random.default_rng(9)
    code = r.integers(0, 4, len(x))
    words = np.array(["Bonn", "Graz", "Kyiv", "Lyon"], dtype=object)[code]
    if kind.endswith("gaps"):
        words[r.random(len(x)) < 0.15] = None
    table = pd.DataFrame({"a": x[:, 0], "town": pd.Series(words, dtype=object), "b": x[:, 1], "c": x[:, 2]})
    y = np.array(["no", "yes"], dtype=object)[(s + np.array([1.0, -1.0, 0.5, 0.0])[code] > 0).astype(int)]
    rows = table.iloc[:10].copy()
    if kind == "mixed":
        rows.iloc[0, 1] = "Nowhere"
    return table, y, rows
