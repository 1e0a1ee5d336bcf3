"""Run one peer on one case in this process and print one JSON line (fields: README.md of this folder).

    python peer.py CASE PEER --data FOLDER [--values FILE] [--runs 5] [--budget 300] [--rows N] [--references N]
    python peer.py --list

A run goes from array to array. What is loaded before (model, rows) is not timed; what a user must do each time is:
conversion into the library's own table and the making of an explainer, both also reported by themselves.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import sys
import time
import warnings

THREADS = 2
for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ[name] = str(THREADS)

import numpy as np  # noqa: E402  (after the number of threads is set)

from libraries import PEERS, Part  # noqa: E402

WRITTEN = 100  # rows whose values are kept for the error column


class Job:
    """One case: its arrays and the path of its model."""

    def __init__(self, case, options):
        self.folder = pathlib.Path(options.data)
        self.bench = json.loads((self.folder / "bench.json").read_text())
        self.name, self.case = case, self.bench["cases"][case]
        self.names, self.threads = self.bench["features"], THREADS
        self.model = self.folder / self.case.get("peers_model", self.case["model"])
        self.size = self.bench["models"][self.case["model"]]
        self.rows_in_case = self.bench["arrays"][self.case["rows"]]["shape"][0]
        self.references_in_case = self.case.get("references")
        self.rows = self.array("rows", options.rows)
        self.background = self.array("background", options.references or self.references_in_case)
        self.grid, self.target = self.array("grid", None), self.array("target", None)

    def array(self, what, count):
        """The first `count` rows of an array of the case, or None when the case has no such array."""
        if what not in self.case:
            return None
        about = self.bench["arrays"][self.case[what]]
        rows, rest = about["shape"][0], about["shape"][1:]
        rows = min(rows, count) if count else rows
        values = np.fromfile(self.folder / about["file"], dtype="<f8", count=rows * int(np.prod(rest)))
        return values.reshape([rows, *rest])


def memory():
    """Memory in use now and the most so far, in bytes."""
    with open("/proc/self/statm", encoding="ascii") as file:
        now = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return now, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        facts = dict(line.split(":", 1) for line in file if ":" in line)
    facts = {name.strip(): value.strip() for name, value in facts.items()}
    text = facts.get("model name", "unknown")
    return f"{text} (family {facts.get('cpu family')}, model {facts.get('model')})"


def versions():
    from importlib.metadata import PackageNotFoundError, version

    names = {
        "xgboost": "xgboost-cpu", "lightgbm": "lightgbm", "shap": "shap", "shapiq": "shapiq",
        "woodelf": "woodelf_explainer", "sklearn": "scikit-learn", "treelite": "treelite", "numpy": "numpy",
        "pandas": "pandas",
    }
    found = {"python": sys.version.split()[0]}
    for module in set(sys.modules) & set(names):
        try:
            found[names[module]] = version(names[module])
        except PackageNotFoundError:
            found[names[module]] = getattr(sys.modules[module], "__version__", "unknown")
    return dict(sorted(found.items()))


def measure(run, runs, budget):
    """A warm-up, then as many runs as asked for or as fit the budget. A warm-up that takes most of the budget counts."""
    parts, values = [], None
    begun = time.perf_counter()
    while len(parts) <= runs:
        part = Part()
        values = run(part)
        part.done()
        parts.append(part)
        spent = time.perf_counter() - begun
        if spent + part.seconds > budget:
            break
    warm = len(parts) > 1
    return (parts[1:] if warm else parts), parts[0].seconds, values


def scaling(job, peer):
    """By what the work that was done must be multiplied, and why in words."""
    factor, why = 1.0, []
    done = [(len(job.rows), job.rows_in_case, "rows")]
    if job.background is not None:
        done.append((len(job.background), job.references_in_case, "references"))
    done += [(peer.trees or job.size["trees"], job.size["trees"], "trees")]
    if peer.columns:
        done.append((peer.columns, len(job.names), "features"))
    for used, whole, what in done:
        if used == whole:
            continue
        why.append(f"{used} of {whole} {what}")
        # Rows and references add up for woodelf and multiply for shap; each peer says which.
        if what in ("rows", "references") and peer.adds_up:
            continue
        factor *= whole / used
    if peer.adds_up and why:
        factor *= (job.rows_in_case + job.references_in_case) / (len(job.rows) + len(job.background))
    return factor, ", ".join(why)


def main():
    options = arguments()
    if options.list:
        for case, peer in PEERS:
            print(case, peer)
        return
    warnings.filterwarnings("ignore")
    peer = PEERS[options.case, options.peer]
    options.rows = options.rows or peer.rows
    options.references = options.references or peer.references
    job = Job(options.case, options)
    try:
        run = peer.prepare(job)
    except ImportError as error:
        print(json.dumps({
            "case": job.name, "task": job.case["task"], "peer": options.peer, "status": "not installed",
            "detail": str(error), "date": time.strftime("%Y-%m-%d", time.gmtime()),
        }))
        return
    before, load = memory()[0], os.getloadavg()[0]
    parts, first, values = measure(lambda part: run(part), options.runs, options.budget)
    seconds, setup = [p.seconds for p in parts], [p.setup for p in parts]
    median = statistics.median(seconds)
    factor, why = scaling(job, peer)
    values = np.ascontiguousarray(values[:WRITTEN], dtype="<f8")
    line = {
        "case": job.name, "task": job.case["task"], "peer": options.peer, "status": "ok", "call": peer.call,
        "rows": job.rows_in_case, "rows_explained": len(job.rows), "references": job.references_in_case,
        "references_used": None if job.background is None else len(job.background),
        "seconds": [round(s, 6) for s in seconds], "median_seconds": round(median, 6),
        "cpu_seconds": round(statistics.median(p.cpu for p in parts), 6),
        "conversion_seconds": round(statistics.median(p.conversion for p in parts), 6),
        "setup_seconds": round(statistics.median(setup), 6), "first_seconds": round(first, 6),
        "scaled_seconds": round(statistics.median(setup) + (median - statistics.median(setup)) * factor, 6),
        "scaled_from": why or None, "threads": THREADS if peer.threads is None else peer.threads,
        "memory_before_bytes": before, "peak_memory_bytes": memory()[1], "versions": versions(), "cpu": processor(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()), "load_average": [round(load, 2), round(os.getloadavg()[0], 2)],
        "nice": os.nice(0), "values_shape": list(values.shape), "note": peer.note,
    }
    if options.values:
        values.tofile(options.values)
    print(json.dumps(line))


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("case", nargs="?")
    parser.add_argument("peer", nargs="?")
    parser.add_argument("--data")
    parser.add_argument("--values")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--budget", type=float, default=300.0)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--references", type=int)
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
