"""More estimators of scikit-learn, beside those of make_sklearn.py: python make_estimators.py writes
sklearn-<version>/ and there estimators.json, which holds what the estimators themselves predict.
"""

import numpy as np
from sklearn import (calibration, ensemble, linear_model, model_selection, multiclass, multioutput, naive_bayes,
                     neural_network, pipeline, preprocessing, semi_supervised, svm, tree)

from common import columns
from make_sklearn import RELEASE, exact_choice, write_record


def cases():
    """Name, estimator, kind of data."""
    yield from chosen()
    yield from combined()


def chosen():
    """Classifiers that choose without probabilities, and those around one other."""
    sgd = linear_model.SGDClassifier
    for loss in ["hinge", "squared_hinge", "perceptron", "squared_error", "huber", "epsilon_insensitive"]:
        yield f"sgd_{loss}", sgd(loss=loss, random_state=0), "two" if loss < "i" else "three"
    yield "sgd_modified_two", sgd(loss="modified_huber", alpha=0.1, random_state=0), "two"
    yield "sgd_modified_three", sgd(loss="modified_huber", alpha=0.1, random_state=0), "three"
    yield "svm_pairs", svm.SVC(decision_function_shape="ovo"), "three"
    yield "svm_ties", svm.SVC(break_ties=True), "three"
    yield "svm_votes", svm.SVC(kernel="poly", degree=3, gamma=1.0), "three"
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


def fitted(model):
    from make_sklearn import data
    return model.fit(*data("two"))


def results(model, name, rows):
    """What the estimator predicts; for two classes the second one only."""
    if name.startswith("outliers"):
        return {"prediction": columns(model.decision_function(rows))}
    if name.startswith("chain_") and hasattr(model, "predict_proba"):
        return {"probability": model.predict_proba(rows)}
    out = {}
    probabilities = hasattr(model, "predict_proba")
    if probabilities:
        p = model.predict_proba(rows)
        out["probability"] = p[:, 1:] if p.shape[1] == 2 else p
    if not hasattr(model, "classes_"):
        return {"prediction": columns(model.predict(rows))}
    if not probabilities:
        out["choice"] = exact_choice(model, rows)
    if name not in ("svm_pairs", "training_tree") and hasattr(model, "decision_function"):
        out["margin"] = columns(model.decision_function(rows))
    return out


if __name__ == "__main__":
    write_record(cases(), results, "estimators.json", "make_estimators.py")
