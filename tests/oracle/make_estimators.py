"""More estimators of scikit-learn, beside those of make_sklearn.py: python make_estimators.py writes
sklearn-<version>/ and there estimators.json, which holds what the estimators themselves predict.
"""

import numpy as np
from sklearn import (calibration, cross_decomposition, ensemble, gaussian_process, kernel_ridge, linear_model, model_selection,
                     multiclass, multioutput, naive_bayes, neural_network, pipeline, preprocessing, semi_supervised, svm, tree)

from common import columns
from make_sklearn import RELEASE, data, exact_choice, inputs, write_record

REFUSED = {"refused_function": "its kernel is a function", "refused_matern": "nu = 1.2 needs a Bessel function",
           "refused_start": "which the library asks in f32", "refused_decision": "another decision function"}


def cases():
    """Name, estimator, kind of data."""
    yield from chosen()
    yield from combined()
    yield from processes()
    yield from others()
    yield from refused()


def chosen():
    """Classifiers that choose without probabilities, and those around one other."""
    sgd = linear_model.SGDClassifier
    for loss in ["hinge", "squared_hinge", "perceptron", "squared_error", "huber", "epsilon_insensitive"]:
        yield f"sgd_{loss}", sgd(loss=loss, random_state=0), "two" if loss < "i" else "three"
    yield "sgd_modified_two", sgd(loss="modified_huber", alpha=0.1, random_state=0), "two"
    yield "sgd_modified_three", sgd(loss="modified_huber", alpha=0.1, random_state=0), "three"
    yield "svm_pairs", svm.SVC(decision_function_shape="ovo"), "three"
    yield "svm_ties", svm.SVC(break_ties=True), "three"
    yield "svm_votes", svm.SVC(gamma=0.3, C=10.0), "three"  # votes tie in one row
    yield "outliers_svm", svm.OneClassSVM(nu=0.2), "number"
    yield "outliers_linear", svm.OneClassSVM(kernel="linear", nu=0.2), "number"
    small = tree.DecisionTreeClassifier(max_depth=2, random_state=0)
    yield "training_tree", semi_supervised.SelfTrainingClassifier(small), "two"
    if RELEASE >= (1, 5):
        m = model_selection
        fixed = m.FixedThresholdClassifier(linear_model.LogisticRegression(), threshold=0.3)
        yield "threshold_fixed", fixed, "two"
        yield "threshold_tuned", m.TunedThresholdClassifierCV(small, cv=2), "flags"
        first = m.FixedThresholdClassifier(linear_model.LogisticRegression(), threshold=0.8, pos_label=0)
        score = m.FixedThresholdClassifier(svm.LinearSVC(random_state=0), threshold=0.4, response_method="decision_function")
        yield "threshold_votes", ensemble.VotingClassifier([("a", fixed), ("b", first), ("c", score)]), "two"
    if RELEASE >= (1, 6):
        from sklearn.frozen import FrozenEstimator
        yield "frozen_calibrated", calibration.CalibratedClassifierCV(
            FrozenEstimator(fitted(ensemble.GradientBoostingClassifier(n_estimators=3, random_state=0))), ensemble=False, cv=2), "two"
    yield "consensus", linear_model.RANSACRegressor(random_state=0), "number"


def combined():
    """Several estimators for one answer."""
    small = tree.DecisionTreeClassifier(max_depth=2, random_state=0)
    logistic = linear_model.LogisticRegression()
    o = multioutput
    yield "chain_numbers", o.RegressorChain(linear_model.Ridge(), order=[1, 0]), "targets"
    yield "chain_trees", o.RegressorChain(tree.DecisionTreeRegressor(max_depth=2, random_state=0)), "targets"
    yield "chain_classes", o.ClassifierChain(logistic), "labels"
    if RELEASE >= (1, 5):
        yield "chain_shares", o.ClassifierChain(small, order=[1, 0], chain_method="predict_proba"), "labels"
        yield "chain_scores", o.ClassifierChain(logistic, chain_method="decision_function"), "labels"
    yield "pairs_linear", multiclass.OneVsOneClassifier(svm.LinearSVC(random_state=0)), "three"
    yield "pairs_trees", multiclass.OneVsOneClassifier(small), "words"
    yield "pairs_two", multiclass.OneVsOneClassifier(small), "two"
    yield "codes_linear", multiclass.OutputCodeClassifier(logistic, random_state=0), "three"
    yield "codes_trees", multiclass.OutputCodeClassifier(small, code_size=3, random_state=0), "words"
    c = calibration.CalibratedClassifierCV
    yield "calibrated_bayes", c(naive_bayes.GaussianNB(), cv=2), "two"
    yield "calibrated_bayes_three", c(naive_bayes.GaussianNB(), cv=2), "three"
    net = neural_network.MLPClassifier(hidden_layer_sizes=(3,), max_iter=30, random_state=0)
    yield "calibrated_network", c(net, method="isotonic", cv=2), "two"
    yield "calibrated_steps", c(pipeline.make_pipeline(preprocessing.StandardScaler(), logistic), cv=2), "two"
    yield "calibrated_svm", c(svm.SVC(), cv=2), "three"


def processes():
    """Gaussian processes with every kernel, and kernel ridge regression."""
    g, k = gaussian_process, gaussian_process.kernels
    numbers = {
        "matern": k.Matern([1.0, 2.0, 0.5, 3.0], nu=1.5) + k.WhiteKernel(0.5), "rough": k.Matern(nu=0.5), "twice": k.Matern(nu=2.5),
        "gauss": k.Matern(nu=np.inf), "quadratic": 2.0 * k.RationalQuadratic(1.5, 0.7),
        "periodic": k.ExpSineSquared(1.2, 2.5) + k.DotProduct(0.5), "power": k.RBF([1.0, 2.0, 3.0, 4.0]) ** 2 + k.DotProduct(0.3) ** 2,
        "pairwise": k.PairwiseKernel(metric="laplacian", gamma=0.3),
    }
    for name, kernel in numbers.items():
        yield f"process_{name}", g.GaussianProcessRegressor(kernel, alpha=30.0 if name == "periodic" else 0.5, optimizer=None, normalize_y=name in ("matern", "periodic")), "number few"
    yield "process_plain", g.GaussianProcessRegressor(alpha=0.5), "targets few"
    yield "process_classes_two", g.GaussianProcessClassifier(), "two few"
    yield "process_classes_three", g.GaussianProcessClassifier(1.5 * k.RBF(2.0) + k.DotProduct(0.1), optimizer=None), "words few"
    r = kernel_ridge.KernelRidge
    yield "kernel_ridge_linear", r(), "targets few"
    for name, gamma in [("rbf", 0.1), ("poly", None), ("laplacian", 0.2), ("sigmoid", 0.01), ("cosine", None)]:
        yield f"kernel_ridge_{name}", r(kernel=name, gamma=gamma), "number few"
    c = cross_decomposition
    yield "least_squares", c.PLSRegression(2), "targets"
    yield "least_squares_one", c.PLSRegression(2, scale=False), "number"
    yield "least_squares_canonical", c.PLSCanonical(2), "targets"


def others():
    """The rest: other starts, structure kept inside other estimators."""
    logistic = linear_model.LogisticRegression()
    small = tree.DecisionTreeClassifier(max_depth=2, random_state=0)
    forest = ensemble.RandomForestClassifier(n_estimators=3, max_depth=2, random_state=0)
    few = dict(n_estimators=3, max_depth=2, random_state=0)
    boosting, numbers = ensemble.GradientBoostingClassifier, ensemble.GradientBoostingRegressor
    try:
        import xgboost
        short = dict(n_estimators=3, max_depth=2, random_state=0, n_jobs=1)
        yield "stand_in_two", xgboost.XGBClassifier(missing=0.5, **short), "two"
        yield "stand_in_number", xgboost.XGBRegressor(missing=0.0, **short), "number"
    except ImportError:
        pass
    yield "start_two", boosting(init=forest, **few), "two"
    yield "start_three", boosting(init=small, **few), "three"
    yield "start_exponential", boosting(init=small, loss="exponential", **few), "two"
    yield "start_number", numbers(init=tree.DecisionTreeRegressor(max_depth=1, random_state=0), **few), "number"
    if RELEASE < (1, 6):  # later ones keep weights in f32, as boosting hands its rows on
        yield "start_linear", boosting(init=logistic, **few), "three"
    yield "bayes_categorical", naive_bayes.CategoricalNB(), "categories three"
    yield "bayes_categorical_two", naive_bayes.CategoricalNB(), "categories two"
    c = calibration.CalibratedClassifierCV
    yield "calibrated_one_svm", c(svm.LinearSVC(random_state=0), ensemble=False, cv=2), "two"
    yield "calibrated_one_svm_three", c(svm.LinearSVC(random_state=0), ensemble=False, cv=2), "three"
    yield "calibrated_one_forest", c(forest, ensemble=False, cv=2), "two"
    yield "calibrated_one_forest_three", c(forest, ensemble=False, cv=2), "three"
    yield "calibrated_one_boosting", c(boosting(**few), ensemble=False, cv=2), "three"
    if RELEASE >= (1, 8):
        for name, model, kind in [("svm", svm.LinearSVC(random_state=0), "two"), ("svm_three", svm.LinearSVC(random_state=0), "three"),
                                  ("forest", forest, "two"), ("forest_three", forest, "three"), ("bayes", naive_bayes.GaussianNB(), "two")]:
            yield f"calibrated_temperature_{name}", c(model, method="temperature", ensemble=False, cv=2), kind
        yield "calibrated_temperature_mean", c(naive_bayes.GaussianNB(), method="temperature", cv=2), "three"
    s, ridge, number_tree = ensemble.StackingClassifier, linear_model.Ridge(), tree.DecisionTreeRegressor(max_depth=2, random_state=0)
    yield "stacked_trees", s([("t", small), ("f", forest)], cv=3), "two"
    yield "stacked_trees_three", s([("t", small), ("f", forest)], cv=3), "words"
    yield "stacked_linear", s([("s", svm.LinearSVC(random_state=0)), ("r", linear_model.RidgeClassifier())], logistic, passthrough=True, cv=3), "three"
    yield "stacked_numbers", ensemble.StackingRegressor([("r", ridge), ("l", linear_model.Lasso(alpha=0.1))], cv=3), "number"
    yield "stacked_boosting", ensemble.StackingRegressor([("b", numbers(**few)), ("t", number_tree)], ridge, cv=3), "number"
    yield "mean_linear", ensemble.VotingRegressor([("r", ridge), ("l", linear_model.Lasso(alpha=0.1))], weights=[1, 3]), "number"
    yield "mean_bagging", ensemble.BaggingRegressor(ridge, n_estimators=3, max_features=3, random_state=0), "number"


def refused():
    """What stays closed; the record holds the words of the refusal."""
    yield "refused_function", kernel_ridge.KernelRidge(kernel=np.dot), "number few"
    matern = gaussian_process.kernels.Matern(nu=1.2)
    yield "refused_matern", gaussian_process.GaussianProcessRegressor(matern, alpha=0.5, optimizer=None), "number few"
    yield "refused_start", ensemble.GradientBoostingRegressor(init=linear_model.Ridge(), n_estimators=1), "number"
    bagging = ensemble.BaggingClassifier(linear_model.LogisticRegression(), n_estimators=2, random_state=0)
    yield "refused_decision", calibration.CalibratedClassifierCV(bagging, cv=2), "two"


def prepared(kind, large):
    """As `inputs`: few rows for models that keep them all, or whole numbers for categories."""
    table, target, rows = inputs(kind.replace(" few", "").replace("categories ", ""), large)
    if kind.endswith("few"):
        return table[:18], target[:18], rows[3:]
    if kind.startswith("categories"):
        return np.floor(np.abs(table)), target, np.floor(np.abs(table[:12])) + [[0, 0, 0, 0.75]]
    return table, target, rows


def fitted(model):
    return model.fit(*data("two"))


def results(model, name, rows):
    """What the estimator predicts; for two classes the second one only."""
    if name in REFUSED:
        return {"refused": REFUSED[name]}
    if name.startswith("outliers"):
        return {"prediction": columns(model.decision_function(rows))}
    if name.startswith("chain_") and hasattr(model, "predict_proba"):
        return {"probability": model.predict_proba(rows)}
    out = {}
    if name == "stand_in_two":
        out["margin"] = columns(model.predict(rows, output_margin=True))
    probabilities = hasattr(model, "predict_proba")
    if probabilities:
        p = model.predict_proba(rows)
        out["probability"] = p[:, 1:] if p.shape[1] == 2 else p
    if not hasattr(model, "classes_"):
        return {"prediction": columns(model.predict(rows))}
    if not probabilities:
        out["choice"] = exact_choice(model, rows)
    if name not in ("svm_pairs", "training_tree") and not name.startswith("stacked") and hasattr(model, "decision_function"):
        out["margin"] = columns(model.decision_function(rows))
    return out


if __name__ == "__main__":
    write_record(cases(), results, "estimators.json", "make_estimators.py", prepared)
