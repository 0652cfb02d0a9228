"""Tasks that leave processes, threads, files and changed state behind; run by the workers of test_harm.py."""

from __future__ import annotations

import contextlib
import ctypes
import locale
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SLEEP = ["sleep", os.environ.get("HARM_SECONDS", "7777")]
kept: list[Any] = []


@dataclass(frozen=True)
class Task:
    family: str
    way: str


def run(context: Any, task: Task) -> Any:
    return globals()[task.way]()


def good() -> str:
    return "good"


def state() -> dict[str, Any]:
    """Return all that a trial might depend on."""
    return {
        "random": random.getstate(),
        "numpy": str(np.random.get_state()),  # noqa: NPY002 - the global state is what is tested
        "errors": np.geterr(),
        "mean": np.mean.__module__,
        "open": open.__module__,
        "environ": os.environ.get("HARM"),
        "folder": str(Path.cwd()),
        "filters": list(map(str, warnings.filters)),
        "depth": sys.getrecursionlimit(),
        "path": list(sys.path),
        "locale": locale.setlocale(locale.LC_ALL),
        "umask": resource_of(os.umask),
        "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        "signal": str(signal.getsignal(signal.SIGUSR1)),
        "threads": threading.active_count(),
        "switch": sys.getswitchinterval(),
        "tempdir": tempfile.gettempdir(),
    }


def limits() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_AS)


def resource_of(umask: Any) -> int:
    now = umask(0)
    umask(now)
    return int(now)


def change_state() -> str:
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 - as above
    np.seterr(all="raise")
    np.mean = sum
    __builtins__["open"] = sum  # type: ignore[index]  # a dict, but in the main module
    os.environ["HARM"] = "1"
    os.chdir("/")
    warnings.simplefilter("error")
    sys.setrecursionlimit(150)
    sys.path.insert(0, "/nowhere")
    locale.setlocale(locale.LC_ALL, "C")
    os.umask(0o777)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    sys.setswitchinterval(0.5)
    tempfile.tempdir = "/nowhere"
    return "changed"


def thread() -> str:
    threading.Thread(target=time.sleep, args=(7777,), daemon=True).start()
    return "left a thread"


def fork() -> str:
    if os.fork() == 0:
        time.sleep(7777)
    return "left a fork"


def fork_and_die() -> None:
    if os.fork() == 0:
        time.sleep(7777)
    os._exit(5)


def leave_session() -> str:
    subprocess.Popen(SLEEP, start_new_session=True)
    return "left a session"


def daemon() -> str:
    """Start what has another session, another parent and no environment."""
    if os.fork() == 0:
        os.setsid()
        subprocess.Popen(SLEEP, env={})
        os._exit(0)
    os.wait()
    return "left a daemon"


def stubborn() -> str:
    script = "trap '' TERM HUP INT; while true; do sleep 0.1; done"
    subprocess.Popen(["sh", "-c", script])
    return "left one that ends for no signal"


def pool() -> str:
    kept.append(ProcessPoolExecutor(2))
    return str(kept[0].submit(pow, 2, 3).result())


def pool_and_hang() -> None:
    with ProcessPoolExecutor(2) as workers:
        workers.submit(time.sleep, 7777).result()


def loky() -> str:
    from joblib import Parallel, delayed

    return str(Parallel(n_jobs=2)(delayed(abs)(-i) for i in range(3)))


def hold_the_interpreter() -> None:
    ctypes.PyDLL(None).sleep(7777)


def ignore_signals() -> None:
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
    time.sleep(7777)


def kill_the_worker() -> str:
    subprocess.Popen(SLEEP, start_new_session=True)
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(7777)
    return ""


def flood() -> str:
    for _ in range(2000):
        os.write(2, b"x" * 10_000 + b"\n")
    return "20 MB"


def flood_and_die() -> None:
    flood()
    os.write(2, b"the last words\n")
    os._exit(6)


def temporary() -> str:
    kept.append(tempfile.TemporaryDirectory(prefix="harm-"))
    (Path(kept[0].name) / "data").write_bytes(bytes(1000))
    return str(kept[0].name)


def exit_by_exception() -> None:
    sys.exit("on purpose")


def raise_base() -> None:
    raise GeneratorExit("on purpose")


def close_all() -> str:
    os.closerange(0, 200)
    return "closed"


def forget_streams() -> str:
    sys.stdout = sys.stderr = None  # type: ignore[assignment]  # as some do
    return "forgot"


def huge_head() -> str:
    """Write what is no answer to every file that is open."""
    for number in range(3, 60):
        with contextlib.suppress(OSError):
            os.write(number, b"\xff" * 64)
    return "written"
