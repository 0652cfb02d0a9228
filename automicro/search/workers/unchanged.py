"""Puts back what a trial changes in the process that searches, where trials run in it."""

from __future__ import annotations

import contextlib
import locale
import os
import random
import signal
import sys
import tempfile
import threading
import warnings
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["unchanged"]

SHARED = ("automicro", "builtins", "math", "numpy", "scipy", "sklearn")  # packages whose functions all trials call


@contextlib.contextmanager
def unchanged() -> Iterator[None]:
    """Leave the process as it was: random numbers, environment, folder, warnings, limits, signals, and functions of shared packages."""
    limit, back = sys.getrecursionlimit(), [*_interpreter(), *_numbers(), *_system(), *_signals()]
    functions = _functions()
    with warnings.catch_warnings():
        try:
            yield
        finally:
            sys.setrecursionlimit(limit)  # which the rest needs
            _put_back(functions)
            for restore in back:
                with contextlib.suppress(OSError, ValueError, locale.Error):
                    restore()


def _interpreter() -> Iterator[Callable[[], Any]]:
    path, interval, folder = list(sys.path), sys.getswitchinterval(), tempfile.tempdir
    streams = sys.stdin, sys.stdout, sys.stderr
    yield lambda: sys.path.__setitem__(slice(None), path)
    yield lambda: sys.setswitchinterval(interval)
    yield lambda: setattr(tempfile, "tempdir", folder)
    yield lambda: vars(sys).update(zip(("stdin", "stdout", "stderr"), streams, strict=True))


def _numbers() -> Iterator[Callable[[], Any]]:
    state, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - that which others may use
    errors, call = np.geterr(), np.geterrcall()
    yield lambda: random.setstate(state)
    yield lambda: np.random.set_state(of_numpy)  # noqa: NPY002 - as above
    yield lambda: np.seterr(**errors)
    yield lambda: np.seterrcall(call)


def _system() -> Iterator[Callable[[], Any]]:
    environment, place = dict(os.environ), locale.setlocale(locale.LC_ALL)
    yield lambda: _set_environment(environment)
    yield lambda: locale.setlocale(locale.LC_ALL, place)
    with contextlib.suppress(OSError):  # the folder may be gone
        folder = os.getcwd()  # noqa: PTH109 - a text to go back to
        yield lambda: os.chdir(folder)
    mask = os.umask(0o077)
    os.umask(mask)
    yield lambda: os.umask(mask)
    with contextlib.suppress(ImportError):
        resource = import_module("resource")  # not on Windows
        limits = {each: resource.getrlimit(each) for name, each in vars(resource).items() if name.startswith("RLIMIT_")}
        for each, pair in limits.items():
            yield partial(resource.setrlimit, each, pair)  # a hard limit cannot be raised again


def _set_environment(wanted: dict[str, str]) -> None:
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    os.environ.update({name: value for name, value in wanted.items() if os.environ.get(name) != value})


def _signals() -> Iterator[Callable[[], Any]]:
    """Handlers can be set in the main thread alone, so that elsewhere no trial has changed them."""
    if threading.current_thread() is threading.main_thread():
        handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
        yield lambda: [
            signal.signal(number, handler)
            for number, handler in handlers.items()
            if handler is not None and signal.getsignal(number) is not handler
        ]


def _functions() -> dict[str, dict[str, Any]]:
    """Return the functions and classes of modules that trials share."""
    return {
        name: {key: value for key, value in vars(module).items() if callable(value)}
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in SHARED and module is not None
    }


def _put_back(functions: dict[str, dict[str, Any]]) -> None:
    for name, kept in functions.items():
        now = vars(sys.modules[name]) if name in sys.modules else {}
        for key, value in kept.items():
            if now.get(key) is not value:
                now[key] = value
