"""Watch Candor read hostile pickles: nothing may be run, written or asked for.

    python hostile_pickles.py CANDOR        the program, such as target/release/candor

Makes some hundred pickles, joblib and skops files that ask for a call, and runs `CANDOR inspect FILE` below strace.
After its start the program may open what it also opens for a sound model or table (some pickles of protocol 0 are read
as the text they are), and FILE, all for reading; a new process, a socket, a file opened for writing, removed or renamed
is a fault. So that this test is known to be able to fail, Python itself reads one of the files in the same way first.
Needs strace and the standard library only.
"""

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

SOUND = Path(__file__).resolve().parent.parent / "oracle" / "sklearn-1.9" / "tree_two.p5.pkl"
WATCHED = (
    "execve,execveat,?open,openat,openat2,?creat,socket,connect,bind,sendto,?fork,?vfork,clone,clone3,?unlink,unlinkat,"
    "?rename,renameat2,?mkdir,mkdirat,?link,linkat,?symlink,symlinkat,?chmod,fchmodat,truncate,ptrace"
)
WANTED = [
    ("os", "system"), ("posix", "system"), ("os", "popen"), ("os", "execl"), ("os", "remove"), ("builtins", "eval"),
    ("builtins", "exec"), ("builtins", "compile"), ("builtins", "open"), ("builtins", "getattr"),
    ("builtins", "__import__"), ("__builtin__", "eval"), ("subprocess", "Popen"), ("subprocess", "check_output"),
    ("importlib", "import_module"), ("webbrowser", "open"), ("shutil", "rmtree"), ("pickle", "loads"),
    ("marshal", "loads"), ("types", "FunctionType"), ("ctypes", "CDLL"), ("socket", "create_connection"),
    ("urllib.request", "urlopen"), ("runpy", "run_path"), ("pty", "spawn"), ("joblib", "load"), ("numpy", "load"),
    ("operator", "attrgetter"), ("functools", "partial"), ("nowhere.unknown", "Thing"),
]


def text(word):
    return b"X" + len(word.encode()).to_bytes(4, "little") + word.encode()


def calls(module, name, word):
    """Values that ask for the call of `module.name` with `word`, in every way an opcode offers."""
    named = f"c{module}\n{name}\n".encode()
    stacked = text(module) + text(name) + b"\x93"
    word = text(word)
    inner = named + word + b"\x85R"
    yield from (
        inner,
        stacked + word + b"\x85R",
        named + word + b"\x85\x81",
        named + word + b"\x85}\x92",
        b"(" + word + f"i{module}\n{name}\n".encode(),
        b"(" + named + word + b"o",
        named + b")R" + inner + b"b",
        b"]" + inner + b"a",
        b"}" + inner + b"Ns",
        # Kept in the memo, thrown away, fetched again.
        inner + b"q\x050(h\x05h\x05t",
        b"ccopyreg\n_reconstructor\n(" + named + b"c__builtin__\nobject\nNtR}" + text("a") + inner + b"sb",
    )


def estimator(value):
    """A logistic regression with a field that asks for a call."""
    fields = text("random_state") + value + text("n_features_in_") + b"K\x01"
    return b"csklearn.linear_model._logistic\nLogisticRegression\n)\x81}(" + fields + b"ub"


def skops(module, name, word):
    """Archives whose schema names what is wanted."""
    argument = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": json.dumps(word)}
    row = {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode", "content": [argument]}
    for loader in ("ObjectNode", "ReduceNode", "FunctionNode", "TypeNode", "MethodNode", "PartialNode"):
        schema = {
            "__class__": name, "__module__": module, "__loader__": loader, "content": row,
            "__reduce__": {"args": row}, "__id__": 1, "protocol": 2, "_skops_version": "0.16",
        }
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("schema.json", json.dumps(schema))
            archive.writestr("../../outside.npy", b"\x93NUMPY")
        yield file.getvalue()


class Asks:
    """What Python's own pickler writes of an object that wants a call."""

    def __init__(self, function, *arguments):
        self.reduced = (function, arguments)

    def __reduce__(self):
        return self.reduced


def files(folder):
    """Writes all files and returns their paths."""
    command = f"touch {folder / 'marker'}"
    contents = []
    for place, (module, name) in enumerate(WANTED):
        for way, value in enumerate(calls(module, name, command)):
            whole = b"\x80\x04" + (value if (way + place) % 2 else estimator(value)) + b"."
            contents.append((f"{module}.{name}.{way}.pkl", whole))
        archives = list(skops(module, name, command))
        contents.append((f"{module}.{name}.skops", archives[place % len(archives)]))
    marker = str(folder / "marker")
    asks = [
        Asks(os.system, command),
        Asks(eval, f"__import__('os').system({command!r})"),
        Asks(exec, f"open({marker!r}, 'w')"),
        Asks(subprocess.Popen, ["touch", marker]),
        Asks(open, marker, "w"),
        Asks(os.mkdir, marker),
    ]
    packings = {"": bytes, ".z": zlib.compress, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
    for index, asked in enumerate(asks):
        for protocol in range(6):
            for ending, pack in packings.items():
                whole = pickle.dumps({"model": [asked, asked]}, protocol)
                contents.append((f"python.{index}.{protocol}.joblib{ending}", pack(whole)))
    paths = []
    for name, data in contents:
        paths.append(folder / name)
        paths[-1].write_bytes(data)
    return paths


def trace(command, log):
    """Runs a command below strace; the lines of what it asked of the system."""
    strace = ["strace", "-f", "-qq", "-s", "400", "-e", f"trace={WATCHED}", "-e", "signal=none", "-o", str(log)]
    traced = [*strace, *map(str, command)]
    code = subprocess.run(traced, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120).returncode
    return code, log.read_text(errors="replace").splitlines()


def opened(lines):
    """Paths that were opened."""
    return {found[1] for line in lines if (found := re.search(r'open(?:at2?)?\((?:AT_FDCWD, )?"([^"]*)"', line))}


def faults(lines, allowed):
    """Lines that no reader of a file needs."""
    found, started = [], 0
    for line in lines:
        call = re.sub(r"^\d+\s+", "", line)
        name = call.split("(")[0]
        started += name == "execve"
        if call.startswith("<...") or call.startswith("+++"):
            continue
        if name == "execve" and started == 1:
            continue
        if name in ("clone", "clone3") and "CLONE_THREAD" in call:
            continue
        if name in ("open", "openat", "openat2"):
            reads = "O_RDONLY" in call and not re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)", call)
            if reads and opened([call]) <= allowed:
                continue
        found.append(call)
    return found


def main(candor):
    if shutil.which("strace") is None:
        print("skipped: strace is not installed")
        return
    with tempfile.TemporaryDirectory() as name:
        folder, log = Path(name) / "files", Path(name) / "log"
        folder.mkdir()
        paths = files(folder)
        table = Path(name) / "table.csv"
        table.write_text("a,b\n1,2\n")
        start = set()
        for sound in (SOUND, table):
            code, lines = trace([candor, "inspect", sound], log)
            assert code == 0, f"{sound} does not open"
            start |= opened(lines) - {str(sound)}
        loads = f"import pickle; pickle.load(open({str(folder / 'python.0.4.joblib')!r}, 'rb'))"
        _, lines = trace([sys.executable, "-S", "-c", loads], log)
        ran = [line for line in faults(lines, start) if line.startswith(("vfork", "fork", "clone", "execve"))]
        assert ran and (folder / "marker").exists(), "strace sees nothing"
        (folder / "marker").unlink()
        refused, bad = 0, []
        for path in paths:
            code, lines = trace([candor, "inspect", path], log)
            refused += code != 0
            bad += [f"{path.name}: {line}" for line in faults(lines, start | {str(path)})]
            if code < 0 or code > 100:
                bad.append(f"{path.name}: ended with {code}")
        if (folder / "marker").exists():
            bad.append("the marker was made")
        left = {path.name for path in folder.iterdir()} - {path.name for path in paths}
        print("\n".join(bad[:20]))
        shown = len(paths) - refused
        print(f"{len(paths)} files: {refused} refused, {shown} shown, {len(bad)} faults, {len(left)} files made")
        print(f"opened beside the file: {', '.join(sorted(start))}")
        sys.exit(bool(bad or left))


if __name__ == "__main__":
    main(sys.argv[1])
