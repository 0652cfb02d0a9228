"""Arguments of Python in a sentence, written as options of the shell."""

from __future__ import annotations

import re

from automicro.cli.options import SECTIONS

__all__ = ["in_flags"]

_KEYS = "|".join(key for model in SECTIONS.values() for key in model.model_fields)
_ARGUMENT = re.compile(rf"\b({_KEYS})=(True|False|'[^']*'|\[[^\]]+\]|\d+)")
SWITCHES = ("allow_constant", "strip", "progress")


def in_flags(sentence: str) -> str:
    """Return a sentence with ``certify=True`` as ``--certify true``, ``missing=[-999]`` as ``--missing -999``.

    Parameters
    ----------
    sentence : str
        An error or a note, which speaks to callers of Python.
    """
    return _ARGUMENT.sub(_flag, sentence)


def _flag(argument: re.Match[str]) -> str:
    key, value = argument[1], argument[2]
    flag = f"--{key.replace('_', '-')}"
    if key in SWITCHES:
        return flag if value == "True" else flag.replace("--", "--no-")
    if value in ("True", "False"):
        return f"{flag} {value.lower()}"
    names = re.sub(r"['\[\]]|(?<=,) ", "", value)
    return f"{flag} {names}" if " " not in names else f'{flag} "{names}"'
