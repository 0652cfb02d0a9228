"""What hostile and faulty plugins do to a search: what the user sees, whether the answer is the same, and what is left.

    python benchmarks/hostile_plugins.py [--only WORD ...] [--seconds 10] [--workers 2] [--list]

Each behaviour is a distribution of its own in a folder; each search runs in its own process, with a limit, on breast_cancer with two
targets. The searches may use `linear`, `tree` and the plugin. Rows of earlier runs are kept in `benchmarks/results/hostile_plugins.json`,
so that it can be run in parts; the table is `benchmarks/results/hostile_plugins.md`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KEPT, TABLE = HERE / "results" / "hostile_plugins.json", HERE / "results" / "hostile_plugins.md"
TARGETS = (0.985, 0.993)
NONE = "no plugin"
SPARE_SECONDS = 45.0

BASE = """
import os, signal, subprocess, sys, tempfile, time, warnings
import numpy as np
from automicro.plugin import *
from automicro.program import Affine, Weights

class Evil(Family):
    name = "evil"
    tasks = frozenset({"classification"})
    def space(self, profile):
        return Space((Integer("a", 1, 50), Float("b", 0.0, 1.0)), ({"a": 1, "b": 0.5},))
    def size_budget(self, parameters, profile):
        return SizeBudget(1, 10_000)
    def fit(self, parameters, data):
        rows = np.column_stack([data.X, np.ones(len(data.X))]).astype(float)
        return np.linalg.lstsq(rows, np.where(data.y == 1, 1.0, -1.0), rcond=None)[0]
    def lower(self, model):
        return Lowered(Affine(Weights.of(model[None, :-1]), Weights.of(model[-1:])), "sigmoid")

@hookimpl
def automicro_families():
    return [Evil()]

fit, space = Evil.fit, Evil.space
def in_fit(code):
    def method(self, parameters, data):
        exec(code, {**globals(), "data": data, "parameters": parameters})
        return fit(self, parameters, data)
    Evil.fit = method
def in_space(code):
    def method(self, profile):
        exec(code, globals())
        return space(self, profile)
    Evil.space = method
def returns(method, value):
    setattr(Evil, method, lambda self, *arguments: value)
def raises(method, error):
    def broken(self, *arguments):
        raise error
    setattr(Evil, method, broken)
def zeros(outputs, inputs):
    return Affine(Weights.of(np.zeros((outputs, inputs))), Weights.of(np.zeros(outputs)))
lower = Evil.lower
"""
POOL = """
from concurrent.futures import ProcessPoolExecutor
in_fit('with ProcessPoolExecutor(2) as pool: list(pool.map(time.sleep, [2, 2]))')
"""
ENDLESS = """
def variants(self, model, data):
    while True:
        yield Variant('k', self.lower(model))
Evil.variants = variants
"""
STATE = (
    "np.random.seed(1); os.environ['EVIL'] = '1'; os.chdir('/'); warnings.simplefilter('error'); np.seterr(all='raise');"
    " sys.setrecursionlimit(777); signal.signal(signal.SIGINT, signal.SIG_IGN); print('x' * 100_000)"
)
NEVER, GONE, RAW = "never returns", "the process of the user is gone", "traceback, all trials lost"

# Name: lines behind the sound plugin, and what came before plugins had processes of their own.
CASES: dict[str, tuple[str, str]] = {
    NONE: ("", ""),
    "sound": ("pass", "takes part"),
    "import raises": ("raise RuntimeError('broken at import')", "no note"),
    "import exits": ("sys.exit(1)", "no note"),
    "import ends the process": ("os._exit(7)", GONE),
    "import crashes": ("os.kill(os.getpid(), 11)", GONE),
    "import hangs": ("time.sleep(1000)", NEVER),
    "import takes 6 s": ("time.sleep(6)", "no candidate finished"),
    "import raises a BaseException": ("class Panic(BaseException): pass\nraise Panic('rust')", RAW),
    "import raises KeyboardInterrupt": ("raise KeyboardInterrupt", "counts as Ctrl-C"),
    "import takes 30 GB": ("bytearray(30 * 10**9)", "MemoryError"),
    "import changes state and prints": (STATE, "changed, output polluted"),
    "import starts a process": ("subprocess.Popen(['sleep', '300'])", "process left"),
    "import starts a thread": ("import threading\nthreading.Thread(target=time.sleep, args=(300,), daemon=True).start()", "thread left"),
    "import forks a child that holds the pipes": ("if os.fork() == 0: time.sleep(300)", "process left"),
    "import closes all files": ("os.closerange(0, 200)", "files of the user are closed"),
    "import needs what is missing": ("import no_such_module", "no note"),
    "name raises": ("Evil.name = property(lambda self: 1 / 0)", RAW),
    "name of a built-in family": ("Evil.name = 'tree'", "no note"),
    "name with control characters": ("Evil.name = 'e\\x1b[31m\\nvil'", "no note"),
    "space hangs": ("in_space('time.sleep(1000)')", NEVER),
    "space takes 6 s": ("in_space('time.sleep(6)')", "no candidate finished"),
    "space ends the process": ("in_space('os._exit(9)')", GONE),
    "space crashes": ("in_space('os.kill(os.getpid(), 11)')", GONE),
    "space takes 30 GB": ("in_space('bytearray(30 * 10**9)')", "no limit"),
    "space changes state and prints": (f"in_space({STATE!r})", "changed, output polluted"),
    "space raises the second time": ("calls = []\nin_space('calls.append(1); len(calls) < 2 or 1 / 0')", RAW),
    "space is a number": ("returns('space', 5)", "left out"),
    "bounds out of order": ("in_space('Integer(\"a\", 10, 2)')", RAW),
    "logarithm of 0": ("in_space('Float(\"a\", 0.0, 1.0, log=True)')", RAW),
    "bounds that are NaN": ("in_space('Float(\"a\", float(\"nan\"), 1.0)')", RAW),
    "no options": ("in_space('Choice(\"a\", ())')", RAW),
    "options that are lists": ("in_space('Choice(\"a\", ([1], [2]))')", RAW),
    "an option that is a function": ("in_space('Choice(\"a\", (lambda: 1,))')", "never returns with trials"),
    "an option that is a frozenset": ("in_space('Choice(\"a\", (frozenset({1}),))')", RAW),
    "20,000 settings": ("Evil.space = lambda s, _: Space((Integer('a', 1, 20000),), tuple({'a': i} for i in range(1, 20001)))", "late"),
    "needs of unknown words": ("Evil.needs = lambda self, p: Needs(missing='median', categories=('hash',))", "accepted, ignored"),
    "needs raises for drawn settings": ("Evil.needs = lambda self, p: Needs() if p['a'] == 1 else 1 / 0", RAW),
    "needs hangs for drawn settings": ("Evil.needs = lambda self, p: Needs() if p['a'] == 1 else time.sleep(1000)", NEVER),
    "size_budget raises": ("raises('size_budget', ValueError('no'))", "left out"),
    "size_budget is NaN": ("Evil.size_budget = lambda self, p, profile: SizeBudget(1, float('nan'))", "accepted"),
    "size_budget ends the process": ("in_budget = lambda self, p, profile: os._exit(4)\nEvil.size_budget = in_budget", GONE),
    "strongest hangs": ("Evil.strongest = lambda self, profile: time.sleep(1000)", "never returns with within"),
    "strongest is required and raises": ("Evil.in_every_reference = True\nraises('strongest', ValueError('no'))", "no answer with within"),
    "fit raises": ("in_fit('1 / 0')", "out after three"),
    "fit exits": ("in_fit('sys.exit(3)')", "out after three"),
    "fit ends the process": ("in_fit('os._exit(0)')", "out after three"),
    "fit crashes": ("in_fit('os.kill(os.getpid(), 11)')", "out after three"),
    "fit hangs": ("in_fit('time.sleep(1000)')", "stalls the search: 34 B for 18 B"),
    "fit takes 30 GB": ("in_fit('bytearray(30 * 10**9)')", "out after three"),
    "fit uses a process pool": (POOL, NEVER),
    "fit leaves a pool open": ("in_fit('import multiprocessing; kept = multiprocessing.Pool(2); data.__dict__[\"kept\"] = kept')", NEVER),
    "fit forks a child that sleeps": ("in_fit('if os.fork() == 0: time.sleep(300)')", NEVER),
    "fit forks, then its process ends": ("in_fit('if os.fork() == 0: time.sleep(300)\\nos._exit(1)')", NEVER),
    "fit starts a process": ("in_fit('subprocess.Popen([\"sleep\", \"300\"])')", "12 processes left"),
    "fit uses joblib": ("in_fit('import joblib; joblib.Parallel(2)(joblib.delayed(abs)(i) for i in range(4))')", "4 processes left"),
    "fit changes state": (f"in_fit({STATE!r})", "other families fail"),
    "fit patches numpy": ("in_fit('np.mean = None')", "other families fail"),
    "fit floods standard error": ("in_fit('for _ in range(300): sys.stderr.write(\"x\" * 10**6)')", "MemoryError"),
    "fit closes all files": ("in_fit('os.closerange(0, 200)')", "out after three"),
    "fit keeps a temporary folder": ("in_fit('tempfile.mkdtemp()')", "6 folders left"),
    "fit writes over its data": ("in_fit('data.X[:] = 0; data.y[:] = 0')", "itself harmed"),
    "variants without end": (ENDLESS, "stalls the search"),
    "5,000 variants": ("Evil.variants = lambda self, m, d: [Variant(str(i), self.lower(m)) for i in range(5000)]", "stalls the search"),
    "a key that is a tuple": ("Evil.variants = lambda self, m, d: [Variant((1, 2), self.lower(m))]", "result lost at the end"),
    "two variants of one key": ("Evil.variants = lambda self, m, d: [Variant('k', self.lower(m))] * 2", "not noticed"),
    "reused is a number": ("returns('reused', 5)", "result lost at the end"),
    "lower returns a text": ("returns('lower', 'a program')", "AttributeError"),
    "a node of its own": ("class Mine: pass\nEvil.lower = lambda self, m: Lowered(Mine(), 'sigmoid')", "KeyError"),
    "weights that are NaN": ("Evil.lower = lambda self, m: lower(self, m * np.nan)", "out after three"),
    "keys that differ by fold": ("Evil.variants = lambda self, m, d: [Variant(str(time.time_ns()), self.lower(m))]", "no key named"),
    "five scores of two classes": ("Evil.lower = lambda self, m: Lowered(zeros(5, 30), 'softmax')", "out after three"),
    "an unknown link": ("Evil.lower = lambda self, m: Lowered(lower(self, m).body, 'probit')", "out after three"),
    "reads a feature that is not there": ("Evil.lower = lambda self, m: Lowered(zeros(1, 999), 'sigmoid')", "out after three"),
    "a model that does not pickle": (("Evil.fit = lambda s, p, d: (lambda: fit(s, p, d))\n"
        "Evil.lower = lambda s, m: lower(s, m())"), "not noticed"),
    "fit is not deterministic": ("Evil.fit = lambda s, p, d: fit(s, p, d) + 0.01 * np.random.default_rng().normal(size=31)", "not noticed"),
    "fit empties its parameters": ("in_fit('parameters.clear()')", "itself harmed"),
    "fit prints": ("in_fit('print(\"x\" * 10**6, flush=True); os.write(1, b\"x\" * 10**6)')", "nothing"),
    "start_seconds is NaN": ("Evil.start_seconds = float('nan')", "named"),
    "start_seconds is 1e9": ("Evil.start_seconds = 1e9", "never begun, no note"),
    "one family twice": ("@hookimpl\ndef automicro_families():\n    return [Evil(), Evil()]", "first kept, listed"),
    "no hook": ("del automicro_families", "listed"),
    "is made for a later automicro": ("pass", "listed as usable"),
    "an extra of it is missing": ("pass", "unavailable"),
    "declines with escapes": ("raises('fit', Declined('no\\x1b[31m\\nway'))", "escapes in the trace"),
}  # fmt: skip


REQUIRES = {  # lines of the distribution's metadata
    "is made for a later automicro": "Requires-Dist: automicro>=2.0",
    "an extra of it is missing": "Provides-Extra: evil\nRequires-Dist: no-such-library; extra == 'evil'",
}


def child(target: float, seconds: float, workers: int, *, within: bool) -> None:
    """Search, and print what came of it and what has changed in this process."""
    from sklearn.datasets import load_breast_cancer  # noqa: PLC0415 - as above

    import automicro  # noqa: PLC0415 - in the process of the search alone

    X, y = load_breast_cancer(return_X_y=True)
    before, started = state(), time.monotonic()
    known: dict[str, Any] = {}
    try:
        without = ["boosting", "cluster", "mlp", "attention", "gnn"]
        wanted: dict[str, Any] = {"within": 0.02} if within else {"score": target}
        found = automicro.select(X, y, metric="roc_auc", seconds=seconds, workers=workers, exclude=without, **wanted)
        known = {"family": found.family, "bytes": found.size_bytes, "trials": len(found.trace)}
        notes, trace = list(found.notes), found.trace
    except automicro.Infeasible as error:
        known, notes, trace = {"family": "infeasible"}, [*error.notes, str(error)], error.trace
    known["seconds"] = round(time.monotonic() - started, 1)
    known["notes"] = [note for note in notes if "evil" in note]
    known["reasons"] = sorted({f"{each.status}: {each.reason}" for each in trace if each.family == "evil"})[:3]
    known["changed"] = [name for name, value in state().items() if value != before[name]]
    print("\n" + json.dumps(known))


def state() -> dict[str, str]:
    """Return what a plugin might change of a process."""
    import threading  # noqa: PLC0415 - as above
    import warnings  # noqa: PLC0415 - as above

    import numpy as np  # noqa: PLC0415 - as above

    return {
        "random state": repr(np.random.get_state()[1][:5]),  # noqa: NPY002 - that of the user
        "environment": repr(sorted(os.environ.items())),
        "folder": str(Path.cwd()),
        "warnings": repr([each[0] for each in warnings.filters if each[0] == "error"]),
        "numpy errors": repr(np.geterr()),
        "recursion limit": repr(sys.getrecursionlimit()),
        "SIGINT": repr(signal.getsignal(signal.SIGINT)),
        "numpy.mean": repr(np.mean is None),
        "threads": repr(sorted(each.name for each in threading.enumerate())),
        "plugin modules": repr("plugin_of_evil" in sys.modules),
    }


def run(name: str, target: float, seconds: float, workers: int) -> dict[str, Any]:
    """Run one search in a process and return what it printed, what it left and how long it took."""
    mark = f"HOSTILE_{uuid.uuid4().hex}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        site, temporary = Path(place, "site"), Path(place, "tmp")
        site.mkdir()
        temporary.mkdir()
        if name != NONE:
            install(site, CASES[name][0], REQUIRES.get(name, ""))
        path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH", "")])])
        environment = {**os.environ, "PYTHONPATH": path, "TMPDIR": str(temporary), "MARK": mark}
        words = [sys.executable, __file__, "--child", str(target), "--seconds", str(seconds), "--workers", str(workers)]
        words += ["--within"] if name.startswith("strongest") else []
        started = time.monotonic()
        with Path(place, "out").open("wb") as out, Path(place, "err").open("wb") as err:
            process = subprocess.Popen(words, env=environment, stdout=out, stderr=err, cwd=place)
            try:
                process.wait(seconds + SPARE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        taken = round(time.monotonic() - started, 1)
        time.sleep(0.5)
        left = marked(mark)
        for number in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        files = sorted(each.name for each in temporary.iterdir())
        return outcome(process.returncode, Path(place, "out"), Path(place, "err")) | {
            "whole seconds": taken,
            "processes": len(left),
            "files": files,
        }


def install(site: Path, lines: str, requires: str) -> None:
    """Write a distribution with the plugin to a folder."""
    facts = site / "evil_plugin-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: evil-plugin\nVersion: 1.0\n{requires}\n")
    (facts / "entry_points.txt").write_text("[automicro]\nevil = plugin_of_evil\n")
    (site / "plugin_of_evil.py").write_text(f"{BASE}\n{lines}\n")


def outcome(code: int, out: Path, err: Path) -> dict[str, Any]:
    """Return the printed result; how the process ended, if there is none."""
    printed, said = out.read_text(errors="replace").rstrip("\n"), err.read_text(errors="replace").strip()
    before, _, last = printed.rpartition("\n")
    try:
        return {**json.loads(last), "printed": len(before.strip()), "said": len(said)}
    except ValueError:
        how = "hangs" if code == -signal.SIGKILL else f"ended with code {code}"
        return {"family": how, "notes": [said.splitlines()[-1][:300]] if said else []}


def marked(mark: str) -> list[int]:
    """Return the processes, this one aside, that a search with this mark in its environment has left."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"MARK={mark}".encode() in (each / "environ").read_bytes():
                found.append(int(each.name))
    return found


def table(rows: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Return the results as a table."""
    titles = " | ".join(f"roc_auc {target}" for target in TARGETS)
    lines = [
        "# Hostile and faulty plugins",
        "",
        "breast_cancer; `linear`, `tree` and the plugin; `benchmarks/hostile_plugins.py` makes this table. An answer is family and bytes,",
        "then the seconds of `select`; the two rows of `strongest` have `within=0.02` instead of the harder target. Left: processes,",
        "files in the folder of temporary files, state of the process, output.",
        *(spread(rows, str(target)) for target in TARGETS),
        "",
        f"| behaviour | before | after: what the user sees | {titles} | left or changed |",
        "|---|---|---|" + "---|" * (len(TARGETS) + 1),
    ]
    for name in CASES:
        if name in rows:
            made = [rows[name].get(str(target), {}) for target in TARGETS]
            answers = " | ".join(answer(each) for each in made)
            lines.append(f"| {name} | {CASES[name][1]} | {seen(made)} | {answers} | {left_by(made)} |")
    return "\n".join(lines) + "\n"


def spread(rows: dict[str, dict[str, dict[str, Any]]], target: str) -> str:
    """Return how often each answer came, and after how many trials: a bounded time ends after as many as the machine finishes."""
    found: dict[str, list[int]] = {}
    for row in rows.values():
        found.setdefault(f"{row[target]['family']} {row[target].get('bytes', '')} B", []).append(row[target]["trials"])
    parts = [
        f"{words} in {len(trials)} rows ({min(trials)} to {max(trials)} trials)"
        for words, trials in sorted(found.items())
    ]
    return f"With roc_auc {target}: {', '.join(parts)}."


def answer(made: dict[str, Any]) -> str:
    """Return family, bytes and seconds."""
    return f"{made.get('family', '')} {made.get('bytes', '')} B, {made.get('seconds', made.get('whole seconds'))} s"


def seen(made: list[dict[str, Any]]) -> str:
    """Return the first note or reason that names the plugin."""
    said = [text for each in made for text in (*each.get("notes", ()), *each.get("reasons", ()))]
    return ascii(said[0])[1:-1].replace("|", "/")[:220] if said else "nothing"


def left_by(made: list[dict[str, Any]]) -> str:
    """Return what is left in words."""
    left = []
    for each in made:
        left += [f"{each['processes']} processes"] if each.get("processes") else []
        left += each.get("files", [])
        left += each.get("changed", [])
        left += ["output"] if each.get("printed") or each.get("said") else []
    return ", ".join(dict.fromkeys(left)) or "nothing"


def main() -> None:
    """Run the behaviours whose names contain one of the words, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[], metavar="WORD")
    parser.add_argument("--rest", action="store_true", help="run those that have no row yet")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--child", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--within", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child is not None:
        child(arguments.child, arguments.seconds, arguments.workers, within=arguments.within)
        return
    chosen = [name for name in CASES if not arguments.only or any(word in name for word in arguments.only)]
    if arguments.list:
        print("\n".join(chosen))
        return
    rows = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    chosen = [name for name in chosen if not (arguments.rest and name in rows)]
    for name in chosen:
        rows[name] = {str(target): run(name, target, arguments.seconds, arguments.workers) for target in TARGETS}
        print(
            name,
            *(answer(each) for each in rows[name].values()),
            seen(list(rows[name].values())),
            sep=" | ",
            flush=True,
        )
        KEPT.write_text(json.dumps(rows, indent=1) + "\n")
        TABLE.write_text(table(rows))


if __name__ == "__main__":
    main()
