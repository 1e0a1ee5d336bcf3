"""What each peer is asked, by its fastest documented call. `PEERS` has a line for every cell of the table.

Libraries are imported where they are used, so that the list can be read without any.
"""

import time
from dataclasses import dataclass
from typing import Callable


class Part:
    """The clock of one run: all of it, and of that conversion of arrays and making of the explainer."""

    def __init__(self):
        self.begun = self.last = time.perf_counter()
        self.cpu = time.process_time()
        self.seconds = self.conversion = self.setup = 0.0

    def _lap(self):
        now = time.perf_counter()
        spent, self.last = now - self.last, now
        return spent

    def converted(self):
        self.conversion += self._lap()

    def made(self):
        self.setup += self._lap()

    def done(self):
        self.seconds = time.perf_counter() - self.begun
        self.cpu = time.process_time() - self.cpu


@dataclass
class Peer:
    """`prepare(job)` loads what is not timed and gives `run(part) -> values`."""

    prepare: Callable
    call: str
    rows: int = None  # fewer rows than the case has, for slow peers
    references: int = None
    trees: int = None  # fewer trees, for peers whose cost of a tree does not depend on rows
    columns: int = None  # features whose curves are computed
    adds_up: bool = False  # cost grows with rows + references, not with their product
    threads: int = None
    note: str = None


def booster(job):
    import xgboost as xgb

    return xgb.Booster({"nthread": job.threads}, model_file=job.model)


def xgboost_values(job):
    import xgboost as xgb

    model = booster(job)

    def run(part):
        matrix = xgb.DMatrix(job.rows, feature_names=job.names, nthread=job.threads)
        part.converted()
        return model.predict(matrix, pred_contribs=True)[:, :-1]

    return run


def xgboost_interactions(job):
    import xgboost as xgb

    model = booster(job)

    def run(part):
        matrix = xgb.DMatrix(job.rows, feature_names=job.names, nthread=job.threads)
        part.converted()
        return model.predict(matrix, pred_interactions=True)[:, :-1, :-1]

    return run


def lightgbm_values(job):
    import lightgbm as lgb

    model = lgb.Booster(model_file=job.model)
    return lambda part: model.predict(job.rows, pred_contrib=True, num_threads=job.threads)[:, :-1]


def load(job):
    """The model as its own library reads it."""
    if job.model.suffix == ".txt":
        import lightgbm as lgb

        return lgb.Booster(model_file=job.model)
    if job.model.suffix == ".joblib":
        import joblib

        return joblib.load(job.model)
    return booster(job)


def shap_values(own, interactions=False):
    """`own` makes shap run its own algorithm where it would hand over to the library that trained the model."""

    def prepare(job):
        import shap

        model = load(job)
        if hasattr(model, "n_jobs"):
            model.n_jobs = job.threads

        def run(part):
            explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
            if own:
                explainer.model.model_type = "internal"
            part.made()
            if interactions:
                return explainer.shap_interaction_values(job.rows)
            return explainer.shap_values(job.rows, check_additivity=False)

        return run

    return prepare


def shap_interventional(job):
    import shap

    model = load(job)

    def run(part):
        background = shap.maskers.Independent(job.background, max_samples=len(job.background))
        explainer = shap.TreeExplainer(model, background, feature_perturbation="interventional")
        part.made()
        assert len(explainer.data) == len(job.background)
        return explainer.shap_values(job.rows, check_additivity=False)

    return run


def woodelf(interactions=False, trees=None):
    def prepare(job):
        import pandas as pd
        from woodelf import WoodelfExplainer
        from woodelf.core.trees.decision_trees_ensemble import DecisionTreesEnsemble
        from woodelf.core.trees.parse_models import load_decision_tree_ensemble_model

        model = load(job)

        def run(part):
            rows = pd.DataFrame(job.rows, columns=job.names)
            background = None if job.background is None else pd.DataFrame(job.background, columns=job.names)
            part.converted()
            # The explainer does this itself; done here so that its time is known.
            ensemble = load_decision_tree_ensemble_model(model, job.names)
            part.made()
            if trees:
                ensemble = DecisionTreesEnsemble(ensemble.trees[:trees])
            explainer = WoodelfExplainer(ensemble, background)
            if interactions:
                return explainer.shap_interaction_values(rows, verbose=False)
            return explainer.shap_values(rows, verbose=False)

        return run

    return prepare


def shapiq_values(backend="shapiq", interventional=False, jobs=None):
    def prepare(job):
        import numpy as np
        import shapiq

        model = load(job)

        def run(part):
            kind = {"mode": "interventional", "reference_dataset": job.background} if interventional else {}
            explainer = shapiq.TreeExplainer(model, index="SV", max_order=1, backend=backend, **kind)
            explainer._init_explainers()  # it would do this with the first row
            part.made()
            batch = explainer.explain_X(job.rows, n_jobs=jobs)
            values = np.zeros(job.rows.shape)
            for key, column in batch.values.items():
                if len(key) == 1:
                    values[:, key[0]] = column
            return values

        return run

    return prepare


def regressor(job):
    """The XGBoost model with scikit-learn's interface."""
    import xgboost as xgb

    model = xgb.XGBRegressor(n_jobs=job.threads)
    model.load_model(job.model)
    return model


def woodelf_curves(job):
    """All thresholds of all features; read off at the grid, where every peer is compared."""
    import numpy as np
    import pandas as pd
    from woodelf.pdp import woodelf_pdp

    model = regressor(job)

    def run(part):
        rows = pd.DataFrame(job.rows, columns=job.names)
        part.converted()
        curves, points = woodelf_pdp(model, rows, centered=False, full_pdp=True, verbose=False)
        values = np.full(job.grid.shape, np.nan)
        for j, name in enumerate(job.names):
            count = 1 + int(np.argmax(points[name].to_numpy()))
            place = np.searchsorted(points[name].to_numpy()[:count], job.grid[j], side="right") - 1
            values[j, place >= 0] = np.asarray(curves[name])[place[place >= 0]]
        return values

    return run


def sklearn_curves(columns):
    def prepare(job):
        import numpy as np
        from sklearn.inspection import partial_dependence

        model = regressor(job)

        def run(_):
            values = np.full(job.grid.shape, np.nan)
            for j in range(columns):
                grid = {j: job.grid[j]}
                curve = partial_dependence(model, job.rows, [j], method="brute", kind="average", custom_values=grid)
                values[j] = curve["average"][0]
            return values

        return run

    return prepare


def sklearn_importance(job):
    from sklearn.inspection import permutation_importance

    model, repeats = regressor(job), job.case["repeats"]

    def run(_):
        scoring = "neg_mean_squared_error"
        answer = permutation_importance(
            model, job.rows, job.target, scoring=scoring, n_repeats=repeats, n_jobs=1, random_state=0
        )
        return answer["importances_mean"]

    return run


WOODELF = "WoodelfExplainer(model{}).shap_values(rows)"
SHAP = "shap.TreeExplainer(model{}).shap_values(rows, check_additivity=False)"
SHAPIQ = "shapiq.TreeExplainer(model, index='SV', max_order=1{}).explain_X(rows)"
OWN = "shap's own C code; as called by default it hands over to the library that trained the model"
PROCESSES = "one thread: with n_jobs=2 the forest took ten times as long (processes that copy the model)"
BACKGROUND = ", maskers.Independent(background, max_samples=all)"
INTERACTIONS = "shap_interaction_values"

PEERS = {
    ("xgb", "xgboost"): Peer(xgboost_values, "Booster.predict(DMatrix(rows), pred_contribs=True)"),
    ("xgb", "woodelf"): Peer(woodelf(), WOODELF.format(""), threads=1),
    ("xgb", "shap"): Peer(shap_values(False), SHAP.format(""), note="hands over to xgboost"),
    ("xgb", "shap-own"): Peer(shap_values(True), SHAP.format(""), rows=500, threads=1, note=OWN),
    ("xgb", "shapiq"): Peer(shapiq_values(), SHAPIQ.format(""), rows=500, threads=1, note=PROCESSES),
    ("lgbm", "lightgbm"): Peer(lightgbm_values, "Booster.predict(rows, pred_contrib=True, num_threads=2)"),
    ("lgbm", "woodelf"): Peer(woodelf(), WOODELF.format(""), threads=1),
    ("lgbm", "shap"): Peer(shap_values(False), SHAP.format(""), note="hands over to lightgbm"),
    ("lgbm", "shap-own"): Peer(shap_values(True), SHAP.format(""), rows=500, threads=1, note=OWN),
    ("lgbm", "shapiq"): Peer(shapiq_values(), SHAPIQ.format(""), rows=500, threads=1, note=PROCESSES),
    ("forest", "shap"): Peer(shap_values(False), SHAP.format(""), rows=40, threads=1),
    ("forest", "shapiq"): Peer(shapiq_values(), SHAPIQ.format(""), rows=200, threads=1, note=PROCESSES),
    ("forest", "woodelf"): Peer(woodelf(trees=1), WOODELF.format(""), trees=1, threads=1),
    ("interventional-1000", "woodelf"): Peer(woodelf(), WOODELF.format(", background"), threads=1),
    ("interventional-1000", "shap"): Peer(shap_interventional, SHAP.format(BACKGROUND), rows=20, threads=1),
    ("interventional-1000", "shapiq"): Peer(
        shapiq_values("shapiq", True), SHAPIQ.format(", mode='interventional', backend='shapiq'"), rows=100
    ),
    ("interventional-10000", "woodelf"): Peer(woodelf(), WOODELF.format(", background"), threads=1),
    ("interventional-10000", "shap"): Peer(shap_interventional, SHAP.format(BACKGROUND), rows=20, threads=1),
    ("interventional-10000", "shapiq"): Peer(
        shapiq_values("shapiq", True), SHAPIQ.format(", mode='interventional', backend='shapiq'"), rows=20
    ),
    ("interventional-deep", "woodelf"): Peer(
        woodelf(), WOODELF.format(", background"), rows=600_000, references=200_000, adds_up=True, threads=1
    ),
    ("interactions", "xgboost"): Peer(xgboost_interactions, "Booster.predict(DMatrix(rows), pred_interactions=True)"),
    ("interactions", "woodelf"): Peer(
        woodelf(True), WOODELF.format("").replace("shap_values", INTERACTIONS), threads=1
    ),
    ("interactions", "shap-own"): Peer(
        shap_values(True, True), f"shap.TreeExplainer(model).{INTERACTIONS}(rows)", rows=20, threads=1, note=OWN
    ),
    ("pdp", "woodelf"): Peer(
        woodelf_curves, "woodelf_pdp(model, rows, centered=False, full_pdp=True)", threads=1,
        note="all thresholds of all features (WOODELF++)",
    ),
    ("pdp", "scikit-learn"): Peer(
        sklearn_curves(2), "partial_dependence(model, rows, [j], method='brute', custom_values=5 values)", columns=2,
        note="5 values of each feature, not all thresholds",
    ),
    ("importance", "scikit-learn"): Peer(
        sklearn_importance, "permutation_importance(model, rows, target, n_repeats=5)", note="5 repeats, sampled"
    ),
}
