"""Estimators of scikit-learn and of libraries with its interface: python make_sklearn.py writes sklearn-<version>/.

Each model is written in some of the forms below, so that every form of pickle and joblib occurs with every version.
record.json holds what the estimators themselves predict.
"""

import datetime
import json
import pickle
import sys
import warnings
import zipfile

import joblib
import numpy as np
import pandas as pd
import sklearn
from sklearn import (calibration, compose, discriminant_analysis, dummy, ensemble, feature_selection, impute, linear_model, model_selection, multiclass,
                     multioutput, naive_bayes, neighbors, neural_network, pipeline, preprocessing, svm, tree)

from common import HERE, NAMES, classes, columns, exact, numbers, signal
from sklearn_steps import edges, in_front, towns

warnings.filterwarnings("ignore")
RELEASE = tuple(int(v) for v in sklearn.__version__.split(".")[:2])
FOLDER = HERE / f"sklearn-{RELEASE[0]}.{RELEASE[1]}"
FORMS = ["p2.pkl", "p4.pkl", "p5.pkl", "joblib", "zlib.joblib", "gz.joblib", "bz2.joblib", "xz.joblib", "lzma.joblib",
         "p0.pkl", "p1.pkl", "p3.pkl"]
SKOPS = ("tree_two", "steps_columns", "steps_texts", "tree_several", "forest_three", "boosting_number", "histogram_levels", "histogram_codes",
         "linear_targets", "logistic_three", "front_spline_linear_terms", "front_target_trees", "front_random_weights", "front_sparse_two_weights")
PACKED = [form for form in FORMS if form.endswith(".joblib")]


def write(model, path, form):
    if form == "skops":
        import skops.io
        skops.io.dump(model, path, compression=zipfile.ZIP_DEFLATED)
    elif form == "stored.skops":
        import skops.io
        skops.io.dump(model, path)
    elif form.startswith("p") and form.endswith(".pkl"):
        path.write_bytes(pickle.dumps(model, protocol=int(form[1])))
    elif form == "joblib":
        joblib.dump(model, path)
    else:
        name = form.split(".")[0]
        joblib.dump(model, path, compress=({"gz": "gzip"}.get(name, name), 3))


# Cases -----------------------------------------------------------------------------------------

def data(kind, n=90):
    """Inputs, target. Kinds: number, two, three, words, flags, count, targets, several; "gaps" leaves values out."""
    gaps = kind.endswith("gaps")
    x = np.round(numbers(n, missing=gaps, seed=5) * 8) / 8
    s = signal(x)
    if kind.startswith("amounts"):
        x, kind = np.abs(x), kind.split()[1]
    if kind.startswith("positive"):
        x, kind = np.abs(x) + 0.125, kind.split()[1]
    kind = kind.split()[0]
    y = {
        "number": lambda: s,
        "two": lambda: (s > np.median(s)).astype(int),
        "three": lambda: classes(x, 3),
        "words": lambda: np.array(["high", "low", "mid"], dtype=object)[classes(x, 3)],
        "flags": lambda: s > np.median(s),
        "count": lambda: np.round(np.exp(np.clip(s, -2, 2))),
        "targets": lambda: np.column_stack([s, s ** 2]),
        "several": lambda: np.column_stack([s > 0, classes(x, 3)]).astype(int),
        "labels": lambda: np.column_stack([s > 0, s ** 2 > np.median(s ** 2)]).astype(int),
    }[kind]()
    return x, y


def cases():
    """Name, estimator, kind of data."""
    small = dict(max_depth=3, random_state=0)
    yield "tree_two", tree.DecisionTreeClassifier(**small), "two"
    yield "tree_words", tree.DecisionTreeClassifier(**small, class_weight="balanced"), "words"
    yield "tree_number", tree.DecisionTreeRegressor(**small), "number"
    yield "tree_targets", tree.DecisionTreeRegressor(**small), "targets"
    yield "tree_several", tree.DecisionTreeClassifier(**small), "several"
    yield "tree_extra", tree.ExtraTreeClassifier(**small), "three"
    yield "tree_leaf", tree.DecisionTreeRegressor(max_depth=1, min_samples_leaf=60), "number"
    few = dict(n_estimators=3, max_depth=2, random_state=0)
    yield "forest_two", ensemble.RandomForestClassifier(**few), "flags"
    yield "forest_three", ensemble.RandomForestClassifier(**few), "three"
    yield "forest_number", ensemble.RandomForestRegressor(**few), "number"
    yield "forest_targets", ensemble.RandomForestRegressor(**few), "targets"
    yield "forest_several", ensemble.RandomForestClassifier(**few), "several"
    yield "extra_two", ensemble.ExtraTreesClassifier(**few), "two"
    yield "extra_number", ensemble.ExtraTreesRegressor(**few), "number"
    if RELEASE >= (1, 4):
        yield "tree_gaps", tree.DecisionTreeClassifier(**small), "two gaps"
        yield "forest_gaps", ensemble.RandomForestClassifier(**few), "three gaps"
    yield "boosting_two", ensemble.GradientBoostingClassifier(**few), "two"
    yield "boosting_three", ensemble.GradientBoostingClassifier(**few), "words"
    yield "boosting_exponential", ensemble.GradientBoostingClassifier(loss="exponential", **few), "two"
    yield "boosting_zero", ensemble.GradientBoostingClassifier(init="zero", **few), "three"
    yield "boosting_number", ensemble.GradientBoostingRegressor(**few), "number"
    yield "boosting_huber", ensemble.GradientBoostingRegressor(loss="huber", **few), "number"
    yield "boosting_quantile", ensemble.GradientBoostingRegressor(loss="quantile", alpha=0.8, **few), "number"
    hist = dict(max_iter=3, max_leaf_nodes=5, min_samples_leaf=5, random_state=0)
    yield "histogram_two", ensemble.HistGradientBoostingClassifier(**hist), "two gaps"
    yield "histogram_three", ensemble.HistGradientBoostingClassifier(**hist), "words gaps"
    yield "histogram_number", ensemble.HistGradientBoostingRegressor(**hist), "number"
    yield "histogram_poisson", ensemble.HistGradientBoostingRegressor(loss="poisson", **hist), "count"
    yield "histogram_codes", ensemble.HistGradientBoostingRegressor(categorical_features=[3], **hist), "codes"
    if RELEASE >= (1, 4):
        yield "histogram_levels", ensemble.HistGradientBoostingClassifier(categorical_features="from_dtype", **hist), "levels"
    yield "linear_number", linear_model.LinearRegression(), "number"
    yield "linear_targets", linear_model.Ridge(), "targets"
    yield "linear_lasso", linear_model.Lasso(alpha=0.1), "number"
    yield "linear_elastic", linear_model.ElasticNetCV(cv=3), "number"
    yield "linear_poisson", linear_model.PoissonRegressor(), "count"
    yield "linear_sgd", linear_model.SGDRegressor(random_state=0), "number"
    yield "logistic_two", linear_model.LogisticRegression(), "two"
    yield "logistic_three", linear_model.LogisticRegression(), "words"
    if RELEASE < (1, 8):
        yield "logistic_ovr", linear_model.LogisticRegression(solver="liblinear"), "three"
        yield "logistic_multinomial", linear_model.LogisticRegression(multi_class="multinomial"), "two"
    yield "logistic_sgd", linear_model.SGDClassifier(loss="log_loss", random_state=0), "two"
    yield "logistic_sgd_three", linear_model.SGDClassifier(loss="log_loss", random_state=0), "three"
    yield from others(small)
    yield from pipelines()
    yield from boosters()
    yield from behind()


def pipelines():
    """Steps in front of an estimator."""
    p, i = preprocessing, impute
    numbers_ = pipeline.make_pipeline(i.SimpleImputer(), p.RobustScaler())
    some = dict(n_estimators=3, max_depth=2, random_state=0)
    yield "steps_scaled", pipeline.make_pipeline(p.StandardScaler(), linear_model.LogisticRegression()), "two"
    yield "steps_between", pipeline.make_pipeline(p.MinMaxScaler((-1, 2)), p.MaxAbsScaler(), svm.SVC()), "three"
    yield "steps_plain", pipeline.make_pipeline(p.StandardScaler(with_mean=False), "passthrough", linear_model.Ridge()), "targets"
    yield "steps_filled", pipeline.make_pipeline(i.SimpleImputer(strategy="median"), ensemble.RandomForestClassifier(**some)), "two gaps"
    yield "steps_columns", pipeline.make_pipeline(
        compose.ColumnTransformer([("n", numbers_, ["c", "a"]), ("t", p.OneHotEncoder(handle_unknown="ignore"), ["town"])]),
        linear_model.LogisticRegression()), "mixed"
    yield "steps_ordinal", pipeline.make_pipeline(
        compose.ColumnTransformer([("t", p.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["town"])],
                                  remainder="passthrough"), ensemble.RandomForestClassifier(**some)), "mixed full"
    texts = pipeline.make_pipeline(i.SimpleImputer(strategy="most_frequent", missing_values=None), p.OneHotEncoder(drop="first"))
    yield "steps_texts", pipeline.make_pipeline(
        compose.ColumnTransformer([("t", texts, [1]), ("n", i.SimpleImputer(), slice(2, 4))], remainder="drop"),
        ensemble.GradientBoostingClassifier(**some)), "mixed gaps"
    yield "steps_missing", pipeline.make_pipeline(
        compose.ColumnTransformer([("t", p.OneHotEncoder(), [False, True, False, False]), ("n", i.SimpleImputer(strategy="constant", fill_value=-1), ["a", "b", "c"])]),
        linear_model.LogisticRegression()), "mixed gaps"
    yield "steps_searched", model_selection.GridSearchCV(
        pipeline.Pipeline([("s", p.StandardScaler()), ("l", linear_model.Lasso())]), {"l__alpha": [0.1, 0.5]}, cv=2), "number"


def others(small):
    """Estimators that ask others, and those without structure."""
    one = tree.DecisionTreeClassifier(max_depth=1, random_state=0)
    two = tree.DecisionTreeClassifier(max_depth=2, random_state=0)
    real = dict(algorithm="SAMME.R") if RELEASE < (1, 6) else {}
    vote = dict(algorithm="SAMME") if RELEASE < (1, 6) else {}
    yield "adaboost_two", ensemble.AdaBoostClassifier(one, n_estimators=3, random_state=0, **vote), "two"
    yield "adaboost_three", ensemble.AdaBoostClassifier(two, n_estimators=3, random_state=0, **vote), "words"
    if real:
        yield "adaboost_real", ensemble.AdaBoostClassifier(two, n_estimators=3, random_state=0, **real), "two"
        yield "adaboost_real_three", ensemble.AdaBoostClassifier(two, n_estimators=3, random_state=0, **real), "three"
    yield "adaboost_linear", ensemble.AdaBoostClassifier(linear_model.LogisticRegression(), n_estimators=2, **vote), "three"
    yield "adaboost_number", ensemble.AdaBoostRegressor(n_estimators=3, random_state=0, **({"estimator": tree.DecisionTreeRegressor(max_depth=2)})), "number"
    yield "isolation_all", ensemble.IsolationForest(n_estimators=3, max_samples=16, random_state=0), "number"
    yield "isolation_some", ensemble.IsolationForest(n_estimators=3, max_samples=16, max_features=2, bootstrap=True, random_state=0), "number"
    yield "bagging_trees", ensemble.BaggingClassifier(two, n_estimators=3, max_features=3, random_state=0), "three"
    yield "bagging_linear", ensemble.BaggingRegressor(linear_model.Ridge(), n_estimators=2, random_state=0), "number"
    yield "voting_soft", ensemble.VotingClassifier([("t", two), ("f", ensemble.RandomForestClassifier(n_estimators=2, max_depth=2, random_state=0))], voting="soft", weights=[2, 1]), "two"
    yield "voting_mixed", ensemble.VotingClassifier([("t", two), ("l", linear_model.LogisticRegression())], voting="soft"), "words"
    yield "voting_hard", ensemble.VotingClassifier([("t", two), ("l", linear_model.LogisticRegression()), ("o", one)]), "three"
    yield "voting_number", ensemble.VotingRegressor([("t", tree.DecisionTreeRegressor(max_depth=2)), ("l", linear_model.Ridge())]), "number"
    yield "stacking_two", ensemble.StackingClassifier([("t", two), ("l", linear_model.LogisticRegression())], cv=3), "two"
    yield "stacking_three", ensemble.StackingClassifier([("t", two), ("l", linear_model.LogisticRegression())], cv=3, passthrough=True), "words"
    yield "stacking_number", ensemble.StackingRegressor([("t", tree.DecisionTreeRegressor(max_depth=2)), ("l", linear_model.Ridge())], cv=3), "number"
    yield "calibrated_two", calibration.CalibratedClassifierCV(svm.LinearSVC(random_state=0), cv=2), "two"
    yield "calibrated_three", calibration.CalibratedClassifierCV(two, method="isotonic", cv=2), "three"
    yield "svm_linear", svm.LinearSVC(random_state=0), "two"
    yield "svm_linear_three", svm.LinearSVC(random_state=0), "three"
    yield "svm_two", svm.SVC(), "two"
    yield "svm_three", svm.NuSVC(kernel="poly", degree=2, nu=0.2), "words"
    yield "svm_kernel_linear", svm.SVC(kernel="linear"), "two"
    yield "svm_number", svm.SVR(kernel="sigmoid", gamma=0.1), "number"
    yield "svm_nu_number", svm.NuSVR(), "number"
    yield "neighbours_two", neighbors.KNeighborsClassifier(), "two"
    yield "neighbours_three", neighbors.KNeighborsClassifier(4, weights="distance", p=1), "words"
    yield "neighbours_number", neighbors.KNeighborsRegressor(3, p=3), "targets"
    yield "bayes_gauss", naive_bayes.GaussianNB(), "words"
    yield "bayes_gauss_two", naive_bayes.GaussianNB(), "two"
    yield "bayes_multinomial", naive_bayes.MultinomialNB(), "amounts three"
    yield "bayes_multinomial_two", naive_bayes.MultinomialNB(), "amounts two"
    yield "bayes_complement", naive_bayes.ComplementNB(), "amounts three"
    yield "bayes_bernoulli", naive_bayes.BernoulliNB(binarize=0.5), "two"
    yield "discriminant_linear", discriminant_analysis.LinearDiscriminantAnalysis(), "three"
    yield "discriminant_linear_two", discriminant_analysis.LinearDiscriminantAnalysis(), "two"
    yield "discriminant_quadratic", discriminant_analysis.QuadraticDiscriminantAnalysis(), "words"
    yield "discriminant_quadratic_two", discriminant_analysis.QuadraticDiscriminantAnalysis(), "two"
    net = dict(hidden_layer_sizes=(3, 2), max_iter=30, random_state=0)
    yield "network_two", neural_network.MLPClassifier(**net), "two"
    yield "network_three", neural_network.MLPClassifier(activation="tanh", **net), "words"
    yield "network_number", neural_network.MLPRegressor(activation="logistic", **net), "targets"
    yield "rest_linear", multiclass.OneVsRestClassifier(linear_model.LogisticRegression()), "words"
    yield "rest_trees", multiclass.OneVsRestClassifier(two), "three"
    yield "rest_svm", multiclass.OneVsRestClassifier(svm.LinearSVC(random_state=0)), "three"
    yield "outputs_trees", multioutput.MultiOutputRegressor(ensemble.GradientBoostingRegressor(n_estimators=2, max_depth=2, random_state=0)), "targets"
    yield "outputs_linear", multioutput.MultiOutputRegressor(linear_model.Ridge()), "targets"
    yield "outputs_several", multioutput.MultiOutputClassifier(two), "several"
    if RELEASE >= (1, 3):
        yield "dummy_two", dummy.DummyClassifier(), "two"
        yield "dummy_frequent", dummy.DummyClassifier(strategy="most_frequent"), "three"
        yield "dummy_number", dummy.DummyRegressor(), "number"
    yield "search_tree", model_selection.GridSearchCV(two, {"max_depth": [1, 2]}, cv=2), "two"
    yield "target_log", compose.TransformedTargetRegressor(linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1), "count"
    yield "target_scaled", compose.TransformedTargetRegressor(linear_model.Ridge(), transformer=preprocessing.StandardScaler()), "number"
    yield "ridge_two", linear_model.RidgeClassifier(), "two"
    yield "ridge_three", linear_model.RidgeClassifierCV(), "words"
    yield "perceptron_three", linear_model.Perceptron(random_state=0), "three"


def boosters():
    """Estimators of XGBoost and LightGBM, where they are installed."""
    try:
        import xgboost
        few = dict(n_estimators=3, max_depth=2, random_state=0, n_jobs=1)
        yield "xgboost_two", xgboost.XGBClassifier(**few), "two gaps"
        yield "xgboost_three", xgboost.XGBClassifier(**few), "three"
        yield "xgboost_number", xgboost.XGBRegressor(**few), "number gaps"
        yield "xgboost_forest", xgboost.XGBRFClassifier(**few), "two"
        yield "xgboost_stopped", xgboost.XGBClassifier(early_stopping_rounds=2, learning_rate=3, **{**few, "n_estimators": 9}), "three"
    except ImportError:
        pass
    try:
        import lightgbm
        few = dict(n_estimators=3, max_depth=2, random_state=0, n_jobs=1, verbose=-1)
        yield "lightgbm_two", lightgbm.LGBMClassifier(**few), "flags gaps"
        yield "lightgbm_three", lightgbm.LGBMClassifier(**few), "words"
        yield "lightgbm_number", lightgbm.LGBMRegressor(**few), "number gaps"
        yield "lightgbm_stopped", lightgbm.LGBMClassifier(learning_rate=3, **{**few, "n_estimators": 9}), "three"
    except (ImportError, AttributeError):
        pass  # without the package, Python takes the folder of that name beside this script for it


def behind():
    """Boosters behind steps, and support vectors with probabilities."""
    def columns_then(model):
        front = compose.ColumnTransformer(
            [("n", preprocessing.StandardScaler(), ["c", "a"]), ("t", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["town"])])
        return pipeline.make_pipeline(front, model)

    yield "svm_probability_two", svm.SVC(probability=True, random_state=0), "two"
    yield "svm_probability_three", svm.SVC(kernel="poly", degree=2, probability=True, random_state=0), "three"
    few = dict(n_estimators=3, max_depth=3, random_state=0, n_jobs=1)
    try:
        import xgboost
        yield "steps_xgboost", columns_then(xgboost.XGBClassifier(**few)), "mixed"
    except ImportError:
        pass
    try:
        import lightgbm
        yield "steps_lightgbm", columns_then(lightgbm.LGBMClassifier(verbose=-1, min_child_samples=3, **few)), "mixed"
    except (ImportError, AttributeError):
        pass
    yield from more_steps()
    yield from in_front(RELEASE)


def more_steps():
    """Steps beyond scalers, imputers and encoders."""
    f = feature_selection
    logistic, tree_ = linear_model.LogisticRegression(), tree.DecisionTreeClassifier(max_depth=3, random_state=0)
    forest = ensemble.RandomForestClassifier(n_estimators=5, max_depth=3, random_state=0)
    yield "select_best", pipeline.make_pipeline(preprocessing.StandardScaler(), f.SelectKBest(k=2), logistic), "two"
    yield "select_percentile", pipeline.make_pipeline(f.SelectPercentile(percentile=60), tree_), "three"
    yield "select_rate", pipeline.make_pipeline(f.SelectFpr(alpha=0.3), logistic), "three"
    yield "select_discovery", pipeline.make_pipeline(f.SelectFdr(alpha=0.3), tree_), "two"
    yield "select_family", pipeline.make_pipeline(f.SelectFwe(alpha=0.3), logistic), "two"
    yield "select_weights", pipeline.make_pipeline(f.SelectFromModel(logistic, threshold="0.9*median"), tree_), "words"
    yield "select_tree", pipeline.make_pipeline(f.SelectFromModel(tree_), logistic), "words"
    yield "select_forest", pipeline.make_pipeline(f.SelectFromModel(forest, max_features=2, threshold=0.01), tree_), "three"
    yield "select_lasso", pipeline.make_pipeline(f.SelectFromModel(linear_model.Lasso(alpha=0.2)), linear_model.Ridge()), "number"
    yield "select_variance", pipeline.make_pipeline(f.VarianceThreshold(1.0), linear_model.Ridge()), "targets"
    yield "select_recursive", pipeline.make_pipeline(f.RFE(tree_, n_features_to_select=2), tree_), "two"
    yield "select_recursive_scored", pipeline.make_pipeline(f.RFECV(logistic, cv=2), logistic), "three"
    p = preprocessing
    yield "products_all", pipeline.make_pipeline(p.PolynomialFeatures(3), tree_), "three"
    yield "products_some", pipeline.make_pipeline(p.PolynomialFeatures(3, interaction_only=True, include_bias=False), linear_model.Ridge()), "number"
    yield "products_bounds", pipeline.make_pipeline(p.PolynomialFeatures((2, 3)), linear_model.Ridge(alpha=10)), "number"
    yield "bins_number", pipeline.make_pipeline(p.KBinsDiscretizer(4, encode="ordinal", strategy="uniform"), tree_), "two"
    yield "bins_each", pipeline.make_pipeline(p.KBinsDiscretizer(3, strategy="kmeans", random_state=0), linear_model.Lasso(alpha=0.05)), "number"
    yield "bins_dense", pipeline.make_pipeline(p.KBinsDiscretizer(3, encode="onehot-dense", strategy="uniform"), tree_), "two"
    for name, func in [("log1p", np.log1p), ("sqrt", np.sqrt), ("square", np.square), ("absolute", np.abs), ("exp", np.exp), ("expm1", np.expm1), ("arcsinh", np.arcsinh)]:
        amounts = "amounts " if name in ("log1p", "sqrt") else ""
        yield f"function_{name}", pipeline.make_pipeline(p.FunctionTransformer(func), linear_model.Ridge()), amounts + "number"
    yield "function_trees", pipeline.make_pipeline(p.FunctionTransformer(np.arcsinh), p.StandardScaler(), tree_), "two"
    yield "function_identity", pipeline.make_pipeline(p.FunctionTransformer(), tree_), "two"
    parts = [("s", p.StandardScaler()), ("b", p.KBinsDiscretizer(3, encode="ordinal", strategy="uniform"))]
    yield "union_trees", pipeline.make_pipeline(pipeline.FeatureUnion([*parts, ("n", "drop"), ("p", "passthrough")]), tree_), "two"
    yield "union_best", pipeline.make_pipeline(pipeline.FeatureUnion([*parts, ("k", f.SelectKBest(k=1))]), logistic), "words"


def fit(model, name, x, y):
    if name.startswith("front_sparse"):
        return model.fit(x, y).sparsify()
    if name == "steps_xgboost":  # takes no texts as classes
        return model.fit(x, (y == "yes").astype(int))
    if not name.endswith("_stopped"):
        return model.fit(x, y)
    extra = {"verbose": False} if name.startswith("xgboost") else {}
    if name.startswith("lightgbm"):
        import lightgbm
        extra["callbacks"] = [lightgbm.early_stopping(2, verbose=False)]
    held = np.random.default_rng(3).permutation(np.asarray(y))
    return model.fit(x, y, eval_set=[(x, held)], **extra)


def inputs(kind, large):
    """Table, target and the rows to predict."""
    if kind in ("codes", "levels"):
        x, y = data("number gaps" if kind == "levels" else "number", 200)
        r = np.random.default_rng(9)
        code = r.integers(0, 6, len(x))
        y = y + np.array([1.0, -1.0, 0.5, 2.0, -2.0, 0.0])[code]
        table = pd.DataFrame(x[:, :3], columns=NAMES[:3])
        if kind == "codes":
            table["town"] = code.astype(float)
        else:
            words = np.array(["Bonn", "Graz", "Kyiv", "Lyon", "Oslo", "Pisa"], dtype=object)[code]
            words[r.random(len(x)) < 0.1] = None
            table.insert(1, "town", pd.Categorical(words))
            y = np.array(["no", "yes"], dtype=object)[(y > 0).astype(int)]
        return table, y, table.iloc[:10].copy()
    if kind.startswith("mixed"):
        return mixed(kind)
    if kind.startswith("towns"):
        return towns(kind, data)
    x, y = data(kind)
    edge = edge_rows("gaps" in kind, large)
    if kind.startswith("positive"):
        edge = np.maximum(np.abs(edge), 1e-3)
    return x, y, np.vstack([x[:5], np.abs(edge) if kind.startswith("amounts") else edge])


def edge_rows(gaps, large):
    rows = [[0.0, -0.0, 0.0, -0.0], [large, -large, 1e-300, -1e-300], [0.1, 1 / 3, 2 / 3, 1.1]]
    if gaps:
        rows += [[np.nan] * 4, [np.nan, 0.5, np.nan, 1.0], [0.5, np.nan, 1.0, np.nan]]
    return np.array(rows)


def thresholds(model):
    """Thresholds of the first trees by input: rows that hit them exactly."""
    found = [[] for _ in range(4)]
    parts = getattr(model, "estimators_", [model])
    for part in parts.ravel() if isinstance(parts, np.ndarray) else parts:
        t = getattr(part, "tree_", None)
        if t is not None:
            for f, v in zip(t.feature, t.threshold):
                if 0 <= f < 4 and np.isfinite(v):
                    found[f].append(float(v))
    for rounds in getattr(model, "_predictors", []):
        for p in rounds:
            for n in p.nodes:
                if not n["is_leaf"] and np.isfinite(n["num_threshold"]):
                    found[n["feature_idx"]].append(float(n["num_threshold"]))
    depth = min(3, max(len(f) for f in found))
    return [[f[i % len(f)] if f else 0.25 for f in found] for i in range(depth)]


def results(model, name, rows):
    """What the estimator predicts; for two classes the second one only."""
    if name.startswith("isolation"):
        return {"prediction": columns(-model.score_samples(rows))}
    if not hasattr(model, "predict_proba") and hasattr(model, "decision_function") and hasattr(model, "classes_"):
        return {"margin": columns(model.decision_function(rows)), "choice": exact_choice(model, rows)}
    if name == "voting_hard":
        return {"choice": exact_choice(model, rows)}
    if hasattr(model, "predict_proba"):
        p = model.predict_proba(rows)
        parts = p if isinstance(p, list) else [p]
        parts = [q[:, 1:] if q.shape[1] == 2 else q for q in parts]
        out = {"probability": np.hstack(parts)}
        if name.startswith("xgboost"):
            out["margin"] = columns(model.predict(rows, output_margin=True))
        elif name.startswith("lightgbm"):
            out["margin"] = columns(model.predict(rows, raw_score=True))
        elif hasattr(model, "decision_function") and not name.startswith(("adaboost_", "stacking", "rest", "search", "select", "products", "bins", "function", "union", "steps", "svm_probability")):
            out["margin"] = columns(model.decision_function(rows))
        return out
    return {"prediction": columns(model.predict(rows))}


def exact_choice(model, rows):
    """One column per class with 1 for the chosen one; for two classes the second only."""
    chosen = model.predict(rows)
    table = np.array([[float(c == k) for k in model.classes_] for c in chosen])
    return table[:, 1:] if table.shape[1] == 2 else table


def main():
    write_record(cases(), results, "record.json", "make_sklearn.py")


def write_record(cases, results, file, script, inputs=inputs):
    """Fits and saves the estimators of `cases` on `inputs`; `file` holds what `results` says of them."""
    FOLDER.mkdir(exist_ok=True)
    record = {}
    for at, (name, model, kind) in enumerate(cases):
        if len(sys.argv) > 1 and not any(name.startswith(start) for start in sys.argv[1:]):
            continue
        trees = name.startswith(("tree", "forest", "extra", "boosting", "histogram", "xgboost", "lightgbm", "isolation", "bagging_trees", "voting_soft"))
        table, target, rows = inputs(kind, 1e30 if trees else 8.0)
        framed = at % 2 == 0 and not isinstance(table, pd.DataFrame)
        if framed:
            table = pd.DataFrame(table, columns=NAMES)
        fit(model, name, table, target)
        if isinstance(rows, pd.DataFrame):
            given = rows
        else:
            extra = thresholds(model)
            if name.startswith("front") and name.endswith("trees"):
                extra = edges(model, rows, wide="power" in name)
            rows = np.vstack([rows, extra]) if extra else rows
            given = pd.DataFrame(rows, columns=NAMES) if framed else rows
        # Small models come plain, too; the rest is packed, which needs no more than a third.
        kinds = FORMS if name.startswith(("tree", "linear", "logistic")) else PACKED
        forms = FORMS if name == "tree_two" else [kinds[at % len(kinds)]]
        if RELEASE == (1, 9) and name in SKOPS:
            forms = [*forms, "skops", *(["stored.skops", "lz4.joblib"] if name == "tree_two" else [])]
        files = []
        for form in forms:
            write(model, FOLDER / f"{name}.{form}", form)
            files.append(f"{name}.{form}")
        nameless = {"xgboost": "f{}", "stand": "f{}", "lightgbm": "Column_{}"}.get(name.split("_")[0], "x{}")
        names = list(table.columns) if isinstance(table, pd.DataFrame) else [nameless.format(i) for i in range(4)]
        record[name] = {"files": files, "features": names, "rows": exact(rows),
                        **{k: exact(v) for k, v in results(model, name, given).items()}}
        if hasattr(model, "classes_") and not isinstance(model.classes_, list):
            record[name]["classes"] = [str(c) for c in model.classes_]
    head = {"version": sklearn.__version__, "numpy": np.__version__, "joblib": joblib.__version__,
            "command": f"python {script}", "date": datetime.date.today().isoformat()}
    lines = [f" {json.dumps(k)}: {json.dumps(v, allow_nan=False)}" for k, v in record.items()]
    text = json.dumps(head)[:-1] + ', "cases": {\n' + ",\n".join(lines) + "\n}}\n"
    (FOLDER / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
