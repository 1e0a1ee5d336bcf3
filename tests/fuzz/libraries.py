"""Give the damaged files of hostile_numbers to the libraries that wrote the models, each in a child process.

    python libraries.py FOLDER LOADER [MOST]

FOLDER is the second argument of hostile_numbers, LOADER a loader of its list.tsv: xgboost, lightgbm, catboost, ebm,
onnx, scikit-learn or skops. A child loads a file and predicts a few rows, with two seconds of processor time and 2 GiB
more than the library itself takes. Models of which the library does not open and predict the sound file are left out.
"""

import os
import resource
import signal
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

ORACLE = Path(__file__).resolve().parent.parent / "oracle"
SECONDS = 2
MEMORY = 2 << 30
OPENED, LOAD, PREDICT, FULL = 0, 3, 4, 5
SAID = {OPENED: "opened", LOAD: "error while loading", PREDICT: "error while predicting", FULL: "out of memory"}


def rows(count):
    """Zeros, ones, missing and large values."""
    if count > 1_000_000:
        raise ValueError("more columns than any of these models has")
    strange = [0.0, 1.0, np.nan, 1e6, -1e6]
    return np.array([[strange[(i + j) % 5] for j in range(count)] for i in range(5)]).reshape(5, count)


def xgboost():
    import xgboost as xgb

    def predict(model):
        types = model.feature_types
        table = rows(model.num_features())
        if types and "c" in types:
            table = np.abs(np.nan_to_num(table)) % 3
        data = xgb.DMatrix(table, feature_names=model.feature_names, feature_types=types, enable_categorical=True)
        return model.predict(data)

    return (lambda path: xgb.Booster({"nthread": 1}, model_file=path)), predict


def lightgbm():
    import lightgbm as lgb

    def predict(model):
        return model.predict(rows(model.num_feature()), num_threads=1)

    return (lambda path: lgb.Booster(model_file=path)), predict


def catboost():
    import catboost

    def load(path):
        return catboost.CatBoost().load_model(path, format="json" if path.endswith("json") else "cbm")

    def predict(model):
        table = rows(len(model.feature_names_)).astype(object)
        table[:, model.get_cat_feature_indices()] = "a"
        return model.predict(table, thread_count=1)

    return load, predict


def ebm():
    from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor

    def load(path):
        kind = ExplainableBoostingClassifier if "classes" in Path(path).read_text() else ExplainableBoostingRegressor
        return kind()._from_json(path)

    return load, lambda model: model.predict(rows(len(model.feature_names_in_)))


def onnx():
    import onnxruntime as ort

    kinds = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64, "tensor(bool)": bool}
    ort.set_default_logger_severity(4)

    def load(path):
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def predict(model):
        def value(wanted):
            shape = [size if isinstance(size, int) else 3 for size in wanted.shape]
            if wanted.type == "tensor(string)":
                return np.full(shape, "a", dtype=object)
            return np.zeros(shape, kinds[wanted.type])

        return model.run(None, {wanted.name: value(wanted) for wanted in model.get_inputs()})

    return load, predict


def scikit_learn():
    import joblib
    import pandas as pd
    import sklearn.ensemble, sklearn.linear_model, sklearn.pipeline, sklearn.tree  # noqa: E401

    def predict(model):
        table = np.nan_to_num(rows(model.n_features_in_))
        names = getattr(model, "feature_names_in_", None)
        return model.predict(table if names is None else pd.DataFrame(table, columns=names))

    return joblib.load, predict


def skops():
    from skops.io import get_untrusted_types, load

    return (lambda path: load(path, trusted=get_untrusted_types(file=path))), scikit_learn()[1]


LIBRARIES = {
    "xgboost": xgboost, "lightgbm": lightgbm, "catboost": catboost, "ebm": ebm, "onnx": onnx,
    "scikit-learn": scikit_learn, "skops": skops,
}


def child(load, predict, path):
    """What a child does; it says how it went by its exit status."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    status = LOAD
    try:
        model = load(str(path))
        status = PREDICT
        predict(model)
        status = OPENED
    except MemoryError:
        status = FULL
    except BaseException as error:
        if "bad alloc" in str(error).replace("_", " ") or "Unable to allocate" in str(error):
            status = FULL
    os._exit(status)


def met(load, predict, path):
    """What becomes of a file."""
    pid = os.fork()
    if pid == 0:
        child(load, predict, path)
    start = time.monotonic()
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        if time.monotonic() - start > 60 * SECONDS:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return "no end within two seconds"
        time.sleep(0.001)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number in (signal.SIGXCPU, signal.SIGKILL):
            return "no end within two seconds"
        return f"killed by {signal.Signals(number).name}"
    return SAID.get(os.WEXITSTATUS(status), f"left with status {os.WEXITSTATUS(status)}")


def main(folder, loader, most=2500):
    warnings.simplefilter("ignore")
    load, predict = LIBRARIES[loader]()
    lines = [line.split("\t") for line in (folder / "list.tsv").read_text(errors="replace").split("\n")]
    files = [line for line in lines if len(line) == 5 and line[1] == loader]
    sound = {name: met(load, predict, ORACLE / name) for name in sorted({line[2] for line in files})}
    files = [line for line in files if sound[line[2]] == "opened"]
    files = files[:: max(1, len(files) // int(most))]
    counts, both, dead = Counter(), Counter(), []
    for file, _, name, change, candor in files:
        said = met(load, predict, folder / file)
        counts[said] += 1
        both[said, candor.split(":")[0]] += 1
        if said.startswith("killed") or said.startswith("no end"):
            dead.append(f"{said}: {file}, {change}; Candor: {candor[:100]}")
    models = sum(1 for said in sound.values() if said == "opened")
    said = ", ".join(f"{number} {said}" for said, number in counts.most_common())
    print(f"{loader}: {models} of {len(sound)} models, {len(files)} files: {said}")
    for (said, candor), number in both.most_common():
        print(f"  {number} {said}, by Candor {candor}")
    print("\n".join("  " + line for line in dead[:12]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
