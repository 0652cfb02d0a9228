"""The parts that code is compiled for and run on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from automicro.errors import RequestError
from automicro.request import did_you_mean

__all__ = ["PARTS", "Part", "part_named"]


@dataclass(frozen=True)
class Part:
    """A processor.

    Parameters
    ----------
    name : str
    architecture : {"arm", "riscv", "wasm"}
    flags : tuple of str
        Target of the compiler.
    returns_in : {"integer", "floating"}
        Registers that a number of floating point is returned in.
    """

    name: str
    architecture: Literal["arm", "riscv", "wasm"]
    flags: tuple[str, ...]
    returns_in: Literal["integer", "floating"] = "integer"


_KNOWN = (
    # Without +vfp4d16sp the compiler computes floats without the FPU, even with the ABI of hard floats.
    Part("cortex-m4f", "arm", ("-target", "thumb-freestanding-eabihf", "-mcpu=cortex_m4+vfp4d16sp"), "floating"),
    Part("cortex-m0plus", "arm", ("-target", "thumb-freestanding-eabi", "-mcpu=cortex_m0plus")),
    Part("rv32imc", "riscv", ("-target", "riscv32-freestanding-none", "-mcpu=generic_rv32+m+c")),
    Part("wasm", "wasm", ("-target", "wasm32-freestanding")),
)
PARTS = {part.name: part for part in _KNOWN}


def part_named(name: object, key: str = "part") -> Part:
    """Return the part of a name; raise `RequestError`, with what the name was given as, if there is none."""
    if not isinstance(name, str) or name not in PARTS:
        said = did_you_mean(name, PARTS) if isinstance(name, str) else f"choose among {', '.join(PARTS)}"
        raise RequestError(f"{key}: must be one that can be measured, but got {name!r}: {said}")
    return PARTS[name]
