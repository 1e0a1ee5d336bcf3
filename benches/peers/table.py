"""Errors against the slow reference, and the table of the README, from the stored results."""

import array
import math

BEGIN, END = "<!-- speed:begin -->", "<!-- speed:end -->"
OURS = "candor"
# Cases in the order of the table, with what a reader must know about them.
TITLES = {
    "xgb": "XGBoost, 500 trees of depth 6, 10 000 rows × 30, path-dependent",
    "lgbm": "LightGBM, 1000 trees of 31 leaves, 10 000 rows × 30, path-dependent",
    "forest": "random forest, 100 unlimited trees (3 160 leaves, depth 36), 10 000 rows × 30, path-dependent",
    "interventional-1000": "the first model, interventional, 1 000 reference rows, 10 000 rows",
    "interventional-10000": "the first model, interventional, 10 000 reference rows, 10 000 rows",
    "interventional-deep": "XGBoost, 50 trees of depth 8, interventional, 1 000 000 reference rows, 3 000 000 rows",
    "interactions": "the first model, interaction values, 10 000 rows",
    "pdp": "XGBoost, 100 trees of depth 6, partial dependence of 30 features at all thresholds, 400 000 rows",
    "single-row": "the first model, one new row at a time with its tables made before, path-dependent",
    "importance": "the first model, permutation importance of 30 features, 5 repeats, 10 000 rows",
}
# Sampled answers differ from the expectation by chance; their difference is no error.
SAMPLED = {"importance"}


def read(path):
    numbers = array.array("d")
    numbers.frombytes(path.read_bytes())
    return numbers


def largest_error(values, reference, width):
    """The largest |value − reference| as a part of the row's largest |reference|; NaN in `values` is not compared."""
    worst = 0.0
    for first in range(0, len(values) - width + 1, width):
        row = reference[first:first + width]
        scale = max((abs(r) for r in row if not math.isnan(r)), default=0.0)
        gaps = [abs(v - r) for v, r in zip(values[first:first + width], row) if not math.isnan(v)]
        if gaps and scale > 0:
            worst = max(worst, max(gaps) / scale)
    return worst


def add_error(result, values):
    """Puts the error into a result when both files are there; whether it changed."""
    own = values / f"{result['case']}-{result['peer']}.f64"
    reference = values / f"{result['case']}-reference.f64"
    if result["status"] != "ok" or result["case"] in SAMPLED or not (own.exists() and reference.exists()):
        return False
    shape = result["values_shape"]
    width = math.prod(shape[1:])
    error = largest_error(read(own), read(reference), width)
    changed = result.get("largest_error") != error
    result["largest_error"] = error
    return changed


def seconds(number):
    if number >= 100:
        return f"{number:,.0f} s".replace(",", "\u2009")
    if number >= 1:
        return f"{number:.3g} s"
    return f"{number * 1000:.3g} ms"


def ratio(number):
    if number >= 100:
        return f"{float(f'{number:.3g}'):,.0f}×".replace(",", "\u2009")
    return f"{number:.3g}×"


def disturbed(result):
    """Whether other programs took the processor from a peer. Never for Candor: its time is always the clock's."""
    if result["status"] != "ok" or result["peer"] == OURS:
        return False
    before, after = result["load_average"]
    busy = max(before, after - result["threads"]) > 1.0
    return busy and result["median_seconds"] > 1.2 * result["cpu_seconds"] / result["threads"]


def time_of(result):
    """Seconds for the whole case. For a disturbed peer the least it can have needed, so that no ratio is flattered:
    its processor time divided by its threads."""
    if not disturbed(result):
        return result["scaled_seconds"]
    setup, median = result["setup_seconds"], result["median_seconds"]
    factor = (result["scaled_seconds"] - setup) / (median - setup)
    least = result["cpu_seconds"] / result["threads"] / median
    return least * (setup + (median - setup) * factor)


def name(result):
    """The tool with its version: the package of the peer, or the whole name when it has none."""
    package = result["peer"].split("-own")[0]
    package = {"woodelf": "woodelf_explainer", "xgboost": "xgboost-cpu"}.get(package, package)
    version = result.get("versions", {}).get(package, "")
    own = " (its own code)" if result["peer"].endswith("-own") else ""
    return f"{result['peer'].removesuffix('-own')} {version}".strip().replace("candor", "**Candor**") + own


def cells(result, ours):
    """Time, how many times Candor's time that is, error, memory."""
    if result["status"] == "not finished":
        return [f"not finished in {result['limit_seconds']:.0f} s", "", "", ""]
    if result["status"] != "ok":
        return [result["status"], "", "", ""]
    mark = (" ~" if result.get("scaled_from") else "") + (" ≥" if disturbed(result) else "")
    many = ""
    if elsewhere(result, ours):
        mark += " †"
    elif ours and result is not ours and ours["status"] == "ok":
        many = ratio(time_of(result) / time_of(ours))
    error = result.get("largest_error")
    more = (result["peak_memory_bytes"] - result["memory_before_bytes"]) / 1e6
    return [
        seconds(time_of(result)) + mark, many, "" if error is None else f"{error:.0e}", f"{more:.0f} MB",
    ]


def elsewhere(result, ours):
    """Whether a result comes from another processor than Candor's, so that there is no ratio."""
    both = ours and result["status"] == "ok" and ours["status"] == "ok"
    return bool(both) and result["cpu"] != ours["cpu"]


def markdown(results):
    lines = ["| case | tool | time | Candor is faster by | largest error | memory |", "|---|---|---:|---:|---:|---:|"]
    scaled = []
    for case, title in TITLES.items():
        group = [r for r in results if r["case"] == case]
        ours = next((r for r in group if r["peer"] == OURS), None)
        group.sort(key=lambda r: (r["peer"] != OURS, time_of(r) if r["status"] == "ok" else math.inf, r["peer"]))
        for first, result in zip([True] + [False] * len(group), group):
            lines.append("| " + " | ".join([title if first else "", name(result), *cells(result, ours)]) + " |")
            if result.get("scaled_from"):
                scaled.append(f"{case}, {name(result)}: {result['scaled_from']}")
    return lines + ["", *below(results, scaled)]


def below(results, scaled):
    """What a reader must know to trust the table."""
    done = [r for r in results if r["status"] == "ok"]
    machines = sorted({r["cpu"] for r in done})
    dates = sorted({r["date"] for r in done})
    alone = sorted({name(r) for r in done if r["threads"] == 1})
    notes = {}
    for r in done:
        if r.get("note"):
            notes.setdefault(r["note"], []).append(f"{name(r)} on {r['case']}")
    days = dates[0] if len(set(dates)) == 1 else f"{dates[0]} to {dates[-1]}" if dates else ""
    lines = [
        f"Medians of several runs after a warm-up, from array to array, each tool in its own process with 2 threads"
        f"{' (one thread only: ' + ', '.join(alone) + ')' if alone else ''}; {', '.join(machines)}; {days}.",
        "The error is the largest difference from a slow f64 reference, as a part of the row's largest value.",
        "Memory is the most that was in use beyond what the loaded model and rows take, results included.",
        "`benches/peers/README.md` says how to repeat it.",
    ]
    if scaled:
        lines.append(f"~ scaled from a smaller measurement ({'; '.join(scaled)}).")
    if any(disturbed(r) for r in done):
        lines.append("≥ other programs ran; the processor time divided by the threads, the least it can have needed.")
    ours = {r["case"]: r for r in done if r["peer"] == OURS}
    if any(elsewhere(r, ours.get(r["case"])) for r in done):
        lines.append("† on another processor than Candor, hence without a ratio.")
    if notes:
        lines.append("Notes: " + "; ".join(f"{', '.join(who)}: {note}" for note, who in sorted(notes.items())) + ".")
    return lines


def write(results, readme):
    text = readme.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        print(f"{readme.name} has no marks {BEGIN} … {END}; the table follows")
        print("\n".join(markdown(results)))
        return
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    readme.write_text(f"{before}{BEGIN}\n" + "\n".join(markdown(results)) + f"\n{END}{after}", encoding="utf-8")
