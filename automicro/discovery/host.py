"""The process that loads one plugin and answers for its families: ``python -m automicro.discovery.host NAME VALUE MEMORY_BYTES``.

Requests come as pickles of automicro's own values. What is sent back is JSON: the plugin's objects never leave this process.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import sys
import warnings
from importlib import metadata
from typing import TYPE_CHECKING, Any, BinaryIO

from automicro.discovery.answers import answer, to_data
from automicro.discovery.offered import GROUP, Fault, Offer, declared, offered, raised
from automicro.plugin import Declined

if TYPE_CHECKING:
    from automicro.plugin import Family

__all__ = ["main"]

PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


def main() -> None:
    """Say that the process is ready, load the plugin and say what it offers, and answer until the other side ends."""
    _die_with_parent()
    requests, replies = _private_streams()
    warnings.simplefilter("ignore")
    _limit_memory(int(sys.argv[3]))
    _send(replies, {"ready": True})
    offer = _offer(metadata.EntryPoint(sys.argv[1], sys.argv[2], GROUP))
    targets = [(each.name, each.options) for each in offer.targets]
    families = [declared(family) for family in offer.families]
    _send(replies, {"families": families, "faults": offer.faults, "targets": targets})
    named = {family.name: family for family in offer.families}
    while (size := int.from_bytes(requests.read(8), "little")) > 0:
        name, method, arguments = pickle.loads(requests.read(size))  # noqa: S301 - written by the parent process
        _send(replies, _reply(named[name], method, arguments))


def _offer(entry_point: metadata.EntryPoint) -> Offer:
    try:
        return offered(entry_point)
    except KeyboardInterrupt as error:  # which nobody but the plugin raises here
        return Offer(faults=(Fault(raised(error)),))


def _reply(family: Family, method: str, arguments: tuple[Any, ...]) -> dict[str, Any]:
    try:
        return {"answer": to_data(method, answer(family, method, *arguments))}
    except Declined as declined:
        return {"declined": raised(declined).removeprefix("Declined: ")}
    except BaseException as error:  # noqa: BLE001 - the process answers for all that the plugin does
        return {"error": raised(error)}


def _send(replies: BinaryIO, message: dict[str, Any]) -> None:
    body = json.dumps(message, allow_nan=False).encode()
    replies.write(len(body).to_bytes(8, "little") + body)
    replies.flush()


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take stdin and stdout for messages, so that nothing a plugin prints gets among them."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    return requests, replies


def _limit_memory(limit_bytes: int) -> None:
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not on Windows

        with contextlib.suppress(OSError, ValueError):  # above a limit that the system has set
            resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))


def _die_with_parent() -> None:
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - as above
        import signal  # noqa: PLC0415 - as above

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        if os.getppid() == 1:  # the parent has ended before the request
            sys.exit(0)


if __name__ == "__main__":
    main()
