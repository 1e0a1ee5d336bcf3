"""Export small models to ONNX and record what onnxruntime computes for them.

    python make_onnx.py              every case for the installed versions
    python make_onnx.py NAME ...     only these cases

An older skl2onnx makes only the cases marked OLD, in a folder of its own. Every model is judged as its file by
onnxruntime with one thread; the trained model itself is only used to export it.
"""

import sys
import warnings

import numpy as np
import onnx
import onnxruntime as ort
import pandas as pd
import skl2onnx
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn import (cluster, compose, decomposition, discriminant_analysis, dummy, ensemble, impute, linear_model,
                     mixture, naive_bayes, neighbors, neural_network, pipeline, preprocessing, svm, tree)

from common import HERE, LEVELS, NAMES, categories, classes, numbers, save, signal

NEW = skl2onnx.__version__.split(".")[1] == "20"
FOLDER = "onnx" if NEW else "onnx-skl" + ".".join(skl2onnx.__version__.split(".")[:2])
OLD = True
OPSET = {"": 18, "ai.onnx.ml": 3} if NEW else {"": 15, "ai.onnx.ml": 2}
FLOATS = [("X", FloatTensorType([None, 4]))]


# Training data: x and y ---------------------------------------------------------------------------

def plain(kind, missing=False):
    x = numbers(missing=missing)
    return x, {"value": lambda: signal(x), "two": lambda: (signal(x) > 0).astype(int), "three": lambda: classes(x),
               "words": lambda: np.array(["low", "middle", "high"])[classes(x)],
               "count": lambda: np.floor(np.exp(0.4 * signal(x))), "none": lambda: None}[kind]()


def coded():
    """Column d holds codes 0 to 6, three of which matter most."""
    x = numbers(missing=False)
    x[:, 3] += 2
    return x, (np.isin(x[:, 3], [1, 4, 5]) * 2 + 0.5 * x[:, 0] > 1).astype(int)


def whole():
    """A column of whole numbers that is a category, and a number."""
    x = numbers(missing=False)
    table = pd.DataFrame({"d": x[:, 3].astype(np.int64), "a": x[:, 0]})
    return table, (np.isin(table.d, [-1, 3]) + table.a > 0.5).astype(int)


def coded_table():
    """A column of codes that are not negative, and a number."""
    table, y = whole()
    return table.assign(d=table.d + 2), y


def mixed(kind):
    table, score = categories(missing=False)
    table = table.astype({"colour": object, "town": object})
    return table, {"value": score, "two": (score > 0).astype(int), "words": np.where(score > 0, "yes", "no")}[kind]


# Exports: each returns the bytes of a model -------------------------------------------------------

def exported(model, x, options=None, double=False, drop_zipmap=True):
    """With skl2onnx: one matrix for arrays, one column each for tables."""
    if isinstance(x, pd.DataFrame):
        kinds = {c: StringTensorType if x[c].dtype == object else Int64TensorType if x[c].dtype.kind == "i" else
                 FloatTensorType for c in x}
        types = [(c, k([None, 1])) for c, k in kinds.items()]
    else:
        types = [("X", (DoubleTensorType if double else FloatTensorType)([None, x.shape[1]]))]
    given = {id(model): {**({"zipmap": False} if drop_zipmap else {}), **(options or {})}} if options or drop_zipmap else None
    return to_onnx(model, initial_types=types, options=given, target_opset=OPSET)


def sk(model, data, options=None, classifier=False, **more):
    def make():
        x, y = data()
        model.fit(x, y)
        return exported(model, x, options, drop_zipmap=classifier, **more), x
    return make


def xgb(data, **params):
    def make():
        import xgboost
        from onnxmltools import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType as Floats
        x, y = data()
        kind = xgboost.XGBRegressor if params.get("objective", "").startswith(("reg", "count")) else xgboost.XGBClassifier
        model = kind(n_estimators=4, max_depth=3, learning_rate=0.4, n_jobs=1, **params).fit(x, y)
        return convert_xgboost(model, initial_types=[("X", Floats([None, 4]))], target_opset=15), x
    return make


def lgbm(data, coded=False, zipmap=True, **params):
    def make():
        import lightgbm
        from onnxmltools import convert_lightgbm
        from onnxmltools.convert.common.data_types import FloatTensorType as Floats
        x, y = data()
        kind = lightgbm.LGBMRegressor if params.get("objective") in ("regression", "poisson", "tweedie") else lightgbm.LGBMClassifier
        kind = kind(n_estimators=4, num_leaves=6, learning_rate=0.3, min_child_samples=10, n_jobs=1, random_state=5,
                    verbose=-1, **params)
        model = kind.fit(x, y, categorical_feature=[3] if coded else "auto")
        return convert_lightgbm(model, initial_types=[("X", Floats([None, 4]))], zipmap=zipmap, target_opset=15), x
    return make


def cat(data, classifier):
    def make():
        import catboost
        x, y = data()
        kind = catboost.CatBoostClassifier if classifier else catboost.CatBoostRegressor
        model = kind(iterations=3, depth=2, learning_rate=0.5, random_seed=5, thread_count=1, verbose=False,
                     allow_writing_files=False).fit(x, y)
        path = HERE / FOLDER / "catboost.tmp"
        model.save_model(str(path), format="onnx")
        graph = onnx.load(path)
        path.unlink()
        return graph, x
    return make


def pairs():
    """The machine of svc_decision_multi alone: its output holds the scores of pairs of classes."""
    model, x = CASES["svc_decision_multi"][0]()
    node = next(n for n in model.graph.node if n.op_type == "SVMClassifier")
    infos = [helper.make_tensor_value_info(node.output[0], TensorProto.INT64, [None]),
             helper.make_tensor_value_info(node.output[1], TensorProto.FLOAT, [None, 3])]
    graph = helper.make_graph([node], "pairs", [model.graph.input[0]], infos)
    alone = helper.make_model(graph, opset_imports=model.opset_import)
    alone.ir_version = model.ir_version
    return alone, x


def scaled_double():
    """Doubles, moved and scaled as such, rounded, before a tree."""
    x, y = numbers(missing=False, coarse=False), plain("value")[1]
    mean, size = x.mean(axis=0), x.std(axis=0)
    model = tree.DecisionTreeRegressor(max_depth=4, **SEED).fit(((x - mean) / size).astype(np.float32), y)
    inner = to_onnx(model, initial_types=FLOATS, target_opset=OPSET)
    last = next(n for n in inner.graph.node if n.op_type.startswith("TreeEnsemble"))
    last.input[0] = "scaled"
    nodes = [helper.make_node("Sub", ["X", "mean"], ["moved"]), helper.make_node("Div", ["moved", "size"], ["wide"]),
             helper.make_node("Cast", ["wide"], ["scaled"], to=TensorProto.FLOAT), last]
    graph = helper.make_graph(nodes, "scaled", [helper.make_tensor_value_info("X", TensorProto.DOUBLE, [None, 4])], inner.graph.output,
                              [numpy_helper.from_array(mean, "mean"), numpy_helper.from_array(size, "size")])
    made = helper.make_model(graph, opset_imports=inner.opset_import)
    made.ir_version = inner.ir_version
    return made, x


def stump(kind="TreeEnsembleRegressor", modes="BRANCH_LEQ", weights=(-1.5, 2.25, 0.5), ids=(0, 0, 0), many=1, tracks=(0, 0),
          split=(0.5, -0.25), doubles=False, **attributes):
    """One tree by hand: feature 0 asked first, then feature 1 where the answer is no; three leaves."""
    def make():
        modes_ = [modes, "LEAF", modes, "LEAF", "LEAF"]
        head = "class" if kind.endswith("Classifier") else "target"
        values = [split[0], 0.0, split[1], 0.0, 0.0]
        where = {"nodes_treeids": [0] * 5, "nodes_nodeids": [0, 1, 2, 3, 4], "nodes_featureids": [0, 0, 1, 0, 0],
                 "nodes_modes": modes_, "nodes_truenodeids": [1, 0, 3, 0, 0], "nodes_falsenodeids": [2, 0, 4, 0, 0],
                 "nodes_missing_value_tracks_true": [tracks[0], 0, tracks[1], 0, 0],
                 f"{head}_treeids": [0] * len(ids), f"{head}_nodeids": [[1, 3, 4][i % 3] for i in range(len(ids))],
                 f"{head}_ids": list(ids)}
        number = TensorProto.DOUBLE if doubles else TensorProto.FLOAT
        if doubles:
            where["nodes_values_as_tensor"] = helper.make_tensor("v", number, [5], values)
            where[f"{head}_weights_as_tensor"] = helper.make_tensor("w", number, [len(weights)], weights)
        else:
            where.update({"nodes_values": values, f"{head}_weights": list(weights)})
        if head == "target":
            where["n_targets"] = many
        else:
            where["classlabels_strings"] = ["no", "yes", "maybe"][:many]
        outputs = ["variable"] if head == "target" else ["label", "probabilities"]
        node = helper.make_node(kind, ["X"], outputs, domain="ai.onnx.ml", **{**where, **attributes})
        infos = [helper.make_tensor_value_info("variable", TensorProto.FLOAT, [None, many])]
        if head == "class":
            infos = [helper.make_tensor_value_info("label", TensorProto.STRING, [None]),
                     helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, many])]
        graph = helper.make_graph([node], "stump", [helper.make_tensor_value_info("X", number, [None, 2])], infos)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("ai.onnx.ml", 3), helper.make_opsetid("", 18)])
        model.ir_version = 8
        return model, np.array([[v, w] for v in (0.5, -0.0, np.nan, np.nextafter(np.float32(0.5), np.float32(1)))
                                for w in (-0.25, 0.0, np.nan, np.nextafter(np.float32(-0.25), np.float32(-1)))])
    return make


def version_5(doubles=False):
    """The TreeEnsemble of version 5: one tree with a comparison and a membership test, one that is a single leaf."""
    def make():
        kind, wide = (TensorProto.DOUBLE, np.float64) if doubles else (TensorProto.FLOAT, np.float32)
        tensor = lambda name, values: numpy_helper.from_array(np.array(values, wide), name)
        node = helper.make_node(
            "TreeEnsemble", ["X"], ["Y"], domain="ai.onnx.ml", n_targets=2, aggregate_function=1, post_transform=0,
            tree_roots=[0, 2], nodes_modes=numpy_helper.from_array(np.array([0, 6, 4], np.uint8), "modes"),
            nodes_featureids=[0, 1, 0], nodes_splits=tensor("splits", [0.5, 0.0, 1.0]),
            nodes_truenodeids=[1, 0, 3], nodes_trueleafs=[0, 1, 1], nodes_falsenodeids=[2, 1, 3], nodes_falseleafs=[1, 1, 1],
            leaf_targetids=[0, 1, 0, 1], leaf_weights=tensor("weights", [1.5, -2.0, 0.25, 4.0]),
            membership_values=tensor("members", [2.0, 3.0, np.nan]))
        graph = helper.make_graph([node], "five", [helper.make_tensor_value_info("X", kind, [None, 2])],
                                  [helper.make_tensor_value_info("Y", kind, [None, 2])])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("ai.onnx.ml", 5), helper.make_opsetid("", 18)])
        model.ir_version = 8
        return model, np.array([[v, w] for v in (0.5, 0.25, 1.0, 0.75, np.nan) for w in (2.0, 3.0, 2.5, 0.0, np.nan)])
    return make


def columns_of(steps, last):
    return pipeline.make_pipeline(compose.ColumnTransformer(steps), last)


TWO, THREE, WORDS, VALUE = (lambda k=k: plain(k) for k in ("two", "three", "words", "value"))
GAPS_TWO, GAPS_VALUE, GAPS_THREE = (lambda k=k: plain(k, True) for k in ("two", "value", "three"))
SEED = {"random_state": 5}
SMALL = {"n_estimators": 4, "max_depth": 3, **SEED}
ONE_HOT = [("texts", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["colour", "town"]),
           ("numbers", preprocessing.StandardScaler(), ["a", "c"])]
ORDINAL = [("texts", preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["colour", "town"]),
           ("numbers", "passthrough", ["a", "c"])]
FILLED = [("texts", pipeline.make_pipeline(impute.SimpleImputer(strategy="constant", fill_value="none", missing_values=""),
                                           preprocessing.OneHotEncoder(handle_unknown="ignore")), ["colour", "town"]),
          ("numbers", impute.SimpleImputer(strategy="median"), ["a", "c"])]
CODES = [("c", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["d"]), ("n", preprocessing.StandardScaler(), ["a"])]
P = pipeline.make_pipeline

# name: maker, options of the record
CASES = {
    "tree_regression": (sk(tree.DecisionTreeRegressor(max_depth=4, **SEED), VALUE), {}),
    "tree_targets": (sk(tree.DecisionTreeRegressor(max_depth=3, **SEED), lambda: (VALUE()[0], np.column_stack([VALUE()[1], VALUE()[0][:, 2]]))), {}),
    "tree_binary": (sk(tree.DecisionTreeClassifier(max_depth=4, **SEED), TWO, classifier=True), {"old": OLD}),
    "forest_regression": (sk(ensemble.RandomForestRegressor(**SMALL), VALUE), {"old": OLD}),
    "forest_binary": (sk(ensemble.RandomForestClassifier(**SMALL), TWO), {"old": OLD}),
    "forest_words": (sk(ensemble.RandomForestClassifier(**SMALL), WORDS), {}),
    "extra_trees": (sk(ensemble.ExtraTreesClassifier(**SMALL), THREE, classifier=True), {}),
    "forest_many": (sk(ensemble.RandomForestRegressor(n_estimators=90, max_depth=1, **SEED), VALUE), {}),
    "boosting_regression": (sk(ensemble.GradientBoostingRegressor(**SMALL), VALUE), {}),
    "boosting_binary": (sk(ensemble.GradientBoostingClassifier(**SMALL), TWO, classifier=True), {"old": OLD}),
    "boosting_raw": (sk(ensemble.GradientBoostingClassifier(**SMALL), TWO, {"raw_scores": True}, classifier=True), {"raw": True}),
    "boosting_multi": (sk(ensemble.GradientBoostingClassifier(**SMALL), THREE, classifier=True), {}),
    "adaboost": (sk(ensemble.AdaBoostClassifier(tree.DecisionTreeClassifier(max_depth=2), n_estimators=3, **SEED), TWO, classifier=True), {}),
    "bagging": (sk(ensemble.BaggingClassifier(tree.DecisionTreeClassifier(max_depth=3), n_estimators=3, **SEED), THREE, classifier=True), {}),
    "voting": (sk(ensemble.VotingClassifier([("a", linear_model.LogisticRegression()), ("b", tree.DecisionTreeClassifier(max_depth=3, **SEED))], voting="soft", flatten_transform=False), TWO, classifier=True), {}),
    "stacking": (sk(ensemble.StackingRegressor([("a", linear_model.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=3, **SEED))], linear_model.LinearRegression()), VALUE), {}),
    "isolation": (sk(ensemble.IsolationForest(n_estimators=2, max_samples=16, **SEED), lambda: plain("none")), {"output": "scores"}),
    "scaled_trees": (sk(P(preprocessing.StandardScaler(), tree.DecisionTreeRegressor(max_depth=4, **SEED)), VALUE), {}),
    "imputed_trees": (sk(P(impute.SimpleImputer(), preprocessing.MinMaxScaler(), ensemble.RandomForestRegressor(**SMALL)), GAPS_VALUE), {"nan": True}),
    "linear": (sk(linear_model.LinearRegression(), VALUE), {"old": OLD}),
    "linear_double": (sk(linear_model.LinearRegression(), VALUE, double=True), {}),
    "linear_targets": (sk(linear_model.Ridge(), lambda: (VALUE()[0], np.column_stack([VALUE()[1], VALUE()[0][:, 2]]))), {}),
    "poisson": (sk(linear_model.PoissonRegressor(), lambda: plain("count")), {}),
    "logistic": (sk(linear_model.LogisticRegression(), TWO), {"old": OLD}),
    "logistic_words": (sk(linear_model.LogisticRegression(), WORDS, classifier=True), {}),
    "logistic_raw": (sk(linear_model.LogisticRegression(), TWO, {"raw_scores": True}, classifier=True), {"raw": True}),
    "one_against_rest": (sk(__import__("sklearn.multiclass").multiclass.OneVsRestClassifier(linear_model.LogisticRegression()), THREE, classifier=True), {}),
    "sgd": (sk(linear_model.SGDClassifier(loss="log_loss", **SEED), THREE, classifier=True), {}),
    "svc": (sk(svm.SVC(probability=True, **SEED), lambda: tuple(v[:60] for v in THREE()), classifier=True), {}),
    "svc_binary": (sk(svm.SVC(probability=True, kernel="poly", **SEED), lambda: tuple(v[:60] for v in TWO()), classifier=True), {}),
    "svc_decision": (sk(svm.SVC(kernel="rbf"), lambda: tuple(v[:60] for v in TWO()), classifier=True), {"raw": True}),
    "svc_decision_multi": (sk(svm.SVC(), lambda: tuple(v[:40] for v in THREE())), {"raw": True}),
    "svc_pairs": (pairs, {"raw": True}),
    "svr": (sk(svm.SVR(kernel="sigmoid", gamma=0.05), lambda: tuple(v[:60] for v in VALUE())), {}),
    "linear_svc": (sk(svm.LinearSVC(**SEED), THREE), {"raw": True}),
    "neighbours": (sk(neighbors.KNeighborsClassifier(5), lambda: tuple(v[:50] for v in THREE()), classifier=True), {}),
    "neighbours_value": (sk(neighbors.KNeighborsRegressor(3, weights="distance"), lambda: tuple(v[:50] for v in VALUE())), {}),
    "gaussian_bayes": (sk(naive_bayes.GaussianNB(), THREE, classifier=True), {}),
    "bernoulli_bayes": (sk(naive_bayes.BernoulliNB(), WORDS, classifier=True), {}),
    "multinomial_bayes": (sk(P(preprocessing.MinMaxScaler(), naive_bayes.MultinomialNB()), THREE, classifier=True), {}),
    "mlp_binary": (sk(neural_network.MLPClassifier((6, 4), max_iter=40, **SEED), TWO, classifier=True), {"old": OLD}),
    "mlp_multi": (sk(neural_network.MLPClassifier((5,), activation="tanh", max_iter=40, **SEED), THREE), {}),
    "mlp_value": (sk(neural_network.MLPRegressor(hidden_layer_sizes=(5,), activation="logistic", max_iter=40, **SEED), VALUE), {}),
    "discriminant": (sk(discriminant_analysis.LinearDiscriminantAnalysis(), THREE, classifier=True), {}),
    "quadratic": (sk(discriminant_analysis.QuadraticDiscriminantAnalysis(), THREE, classifier=True), {}),
    "components": (sk(P(preprocessing.RobustScaler(), decomposition.PCA(2), linear_model.LogisticRegression()), THREE, classifier=True), {}),
    "polynomial": (sk(P(preprocessing.PolynomialFeatures(2), linear_model.Ridge()), VALUE), {}),
    "normalized": (sk(P(preprocessing.Normalizer("l2"), linear_model.LogisticRegression()), TWO, classifier=True), {}),
    "binarized": (sk(P(preprocessing.Binarizer(threshold=0.25), linear_model.LogisticRegression()), TWO, classifier=True), {}),
    "binned": (sk(P(preprocessing.KBinsDiscretizer(4, encode="onehot-dense"), linear_model.Ridge()), VALUE), {}),
    "power": (sk(P(preprocessing.PowerTransformer(), linear_model.Ridge()), VALUE), {}),
    "clusters": (sk(cluster.KMeans(3, n_init=1, **SEED), lambda: plain("none")), {"output": "scores"}),
    "mixture": (sk(mixture.GaussianMixture(2, **SEED), lambda: plain("none")), {"output": "probabilities"}),
    "text_one_hot": (sk(columns_of(ONE_HOT, linear_model.LogisticRegression()), lambda: mixed("words"), classifier=True), {"old": OLD}),
    "text_ordinal": (sk(columns_of(ORDINAL, ensemble.RandomForestClassifier(**SMALL)), lambda: mixed("two")), {}),
    "text_filled": (sk(columns_of(FILLED, tree.DecisionTreeRegressor(max_depth=3, **SEED)), lambda: mixed("value")), {}),
    "whole_one_hot": (sk(columns_of([("c", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["d"]), ("n", "passthrough", ["a"])],
                                    tree.DecisionTreeClassifier(max_depth=4, **SEED)), whole, classifier=True), {}),
    "codes_trees": (sk(columns_of(CODES, ensemble.RandomForestClassifier(**SMALL)), coded_table, classifier=True), {}),
    "codes_linear": (sk(columns_of(CODES, linear_model.LogisticRegression()), coded_table, classifier=True), {}),
    "imputed_linear": (sk(P(impute.SimpleImputer(), preprocessing.StandardScaler(), linear_model.Ridge()), GAPS_VALUE), {"nan": True}),
    "scaled_double": (scaled_double, {}),
    "voting_trees": (sk(ensemble.VotingClassifier([("a", tree.DecisionTreeClassifier(max_depth=2, **SEED)), ("b", ensemble.RandomForestClassifier(**SMALL))],
                                                  voting="soft", weights=np.array([2, 1]), flatten_transform=False), THREE, classifier=True), {}),
    "bagging_value": (sk(ensemble.BaggingRegressor(tree.DecisionTreeRegressor(max_depth=3), n_estimators=3, max_features=3, **SEED), VALUE), {}),
    "voting_value": (sk(ensemble.VotingRegressor([("a", tree.DecisionTreeRegressor(max_depth=2, **SEED)), ("b", ensemble.GradientBoostingRegressor(**SMALL))]), VALUE), {}),
    "rest_trees": (sk(__import__("sklearn.multiclass").multiclass.OneVsRestClassifier(ensemble.GradientBoostingClassifier(**SMALL)), THREE, classifier=True), {}),
    "calibrated": (sk(__import__("sklearn.calibration").calibration.CalibratedClassifierCV(linear_model.LogisticRegression(), cv=2, ensemble=False), TWO, classifier=True), {}),
    "xgboost_binary": (xgb(GAPS_TWO), {"nan": True, "new": True}),
    "xgboost_value": (xgb(GAPS_VALUE, objective="reg:squarederror"), {"nan": True, "new": True}),
    "xgboost_multi": (xgb(GAPS_THREE), {"nan": True, "new": True}),
    "xgboost_count": (xgb(lambda: plain("count"), objective="count:poisson"), {"new": True}),
    "lightgbm_binary": (lgbm(GAPS_TWO), {"nan": True, "new": True}),
    "lightgbm_value": (lgbm(GAPS_VALUE, objective="regression"), {"nan": True, "new": True}),
    "lightgbm_multi": (lgbm(GAPS_THREE, zipmap=False), {"nan": True, "new": True}),
    "lightgbm_codes": (lgbm(coded, coded=True, min_data_per_group=5, cat_smooth=1.0, max_cat_to_onehot=4), {"new": True}),
    "lightgbm_count": (lgbm(lambda: plain("count"), objective="poisson"), {"new": True}),
    "catboost_binary": (cat(TWO, True), {"new": True}),
    "catboost_multi": (cat(WORDS, True), {"new": True}),
    "catboost_value": (cat(VALUE, False), {"new": True}),
    "version_5": (version_5(), {"new": True}),
    "version_5_double": (version_5(True), {"new": True}),
    **{f"mode_{m.lower()}": (stump(modes=f"BRANCH_{m}", tracks=(i % 2, 1 - i % 2)), {"new": True})
       for i, m in enumerate(("LEQ", "LT", "GTE", "GT", "EQ", "NEQ"))},
    **{f"two_{p.lower()}_{n}": (stump("TreeEnsembleClassifier", many=2, ids=(1, 1, 1), weights=w, post_transform=p, **more), {"new": True})
       for p in ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO")
       for n, w, more in (("positive", (0.125, 0.75, 0.625), {}), ("mixed", (-0.125, 0.75, 0.625), {}),
                          ("base", (0.125, -0.75, 0.5), {"base_values": [0.25]}))},
    **{f"three_{p.lower()}": (stump("TreeEnsembleClassifier", many=3, ids=(0, 1, 2, 1), weights=(0.125, 0.75, 0.625, 0.25), post_transform=p,
                                    base_values=[0.0625, 0.125, 0.1875]), {"new": True})
       for p in ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT")},
    **{f"value_{p.lower()}": (stump(weights=(0.125, 0.75, 0.625), post_transform=p), {"new": True}) for p in ("LOGISTIC", "PROBIT")},
    **{f"aggregate_{a.lower()}": (stump(aggregate_function=a, many=2, ids=(0, 1, 0, 1), weights=(1.5, 0.75, -0.625, 2.0)), {"new": True})
       for a in ("AVERAGE", "MIN", "MAX")},
    "mode_double": (stump(doubles=True, split=(0.1, -0.3)), {"new": True}),
    "two_sparse_share": (stump("TreeEnsembleClassifier", many=2, ids=(0, 1, 0), weights=(0.125, 0.75, 0.5)), {"new": True}),
    "two_sparse_mixed": (stump("TreeEnsembleClassifier", many=2, ids=(0, 1, 0), weights=(0.125, -0.75, -0.5), post_transform="LOGISTIC"), {"new": True}),
    **{f"first_{p.lower()}_{n}": (stump("TreeEnsembleClassifier", many=2, ids=(0, 0, 0), weights=w, post_transform=p, **more), {"new": True})
       for p in ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO")
       for n, w, more in (("positive", (0.125, 0.75, 0.625), {}), ("mixed", (-0.125, 0.75, 0.625), {}),
                          ("base", (0.125, -0.75, 0.5), {"base_values": [0.25]}))},
    "two_bases": (stump("TreeEnsembleClassifier", many=2, ids=(0, 1, 0, 1), weights=(0.125, 0.75, 0.5, 0.25), base_values=[0.25, 0.5]), {"new": True}),
}


# Recording ---------------------------------------------------------------------------------------

def rows_of(x, graph, options):
    """Rows to judge: from training, then zeros, negative zero, values on thresholds, missing values or unseen texts."""
    if isinstance(x, pd.DataFrame) and "d" in x:
        return pd.concat([x.head(12), pd.DataFrame({"d": [99, -7, 0], "a": [0.5, -0.0, 0.0]})], ignore_index=True)
    if isinstance(x, pd.DataFrame):
        odd = [["pink", "Oslo", 0.5, 1.0], ["red", "", -0.0, 0.0], ["", "Wien", -0.5, 0.25]]
        odd = pd.DataFrame([dict(zip(["colour", "town", "a", "c"], row)) for row in odd])[list(x.columns)]
        return pd.concat([x.head(12), odd], ignore_index=True)
    if x.shape[1] == 2:
        return x
    rows = [*x[:10], [0.0] * x.shape[1], [-0.0] * x.shape[1]]
    for node in graph.graph.node:
        fields = {a.name: a for a in node.attribute}
        if "nodes_values" in fields and len(rows) < 20:
            asked = zip(fields["nodes_featureids"].ints, fields["nodes_values"].floats, fields["nodes_modes"].strings)
            for feature, value, mode in [a for a in asked if a[2] != b"LEAF" and a[0] < x.shape[1]][:4]:
                for near in (value, float(np.nextafter(np.float32(value), np.float32(9)))):
                    rows.append(x[11].copy())
                    rows[-1][feature] = near
    if options.get("nan"):
        for gone in ([0], [1, 2], [3], [0, 1, 2, 3]):
            rows.append(x[12].copy())
            rows[-1][gone] = np.nan
    return np.array(rows)


def feed(session, rows):
    kinds = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64, "tensor(string)": object}
    inputs = session.get_inputs()
    if len(inputs) == 1 and not isinstance(rows, pd.DataFrame):
        return {inputs[0].name: rows.astype(kinds[inputs[0].type])}
    return {i.name: rows[[i.name]].to_numpy().astype(kinds[i.type]) for i in inputs}


def matrix(value):
    """An output as [row][output]; lists of maps in the order of their keys as ZipMap gives them."""
    if isinstance(value, list):
        value = [list(row.values()) for row in value]
    value = np.asarray(value, dtype=np.float64 if np.asarray(value).dtype != np.float32 else np.float32)
    return value.reshape(len(value), -1)


def make(case):
    maker, options = CASES[case]
    (HERE / FOLDER).mkdir(exist_ok=True)
    graph, x = maker()
    graph.graph.doc_string = ""
    path = HERE / FOLDER / f"{case}.model.onnx"
    path.write_bytes(graph.SerializeToString())
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = 1
    settings.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    rows = rows_of(x, graph, options)
    outputs = session.get_outputs()
    chosen = options.get("output") or outputs[-1].name
    answer = matrix(session.run([chosen], feed(session, rows))[0])
    label = "probability" if len(outputs) > 1 and not options.get("raw") and "output" not in options else "prediction"
    features = list(x.columns) if isinstance(x, pd.DataFrame) else [f"f{i}" for i in range(x.shape[1])]
    save(FOLDER, case, "onnxruntime", ort.__version__, "make_onnx.py", options.get("note", ""), path.name, features, rows,
         {"output": chosen, label: answer})


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for case in sys.argv[1:] or [c for c, (_, options) in CASES.items() if NEW or options.get("old")]:
        try:
            make(case)
        except Exception as fault:
            print(case, "FAILED", type(fault).__name__, str(fault)[:300])
