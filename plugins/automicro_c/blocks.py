"""Numbers as const tables: the fewest bytes that keep every value, and the expression that reads one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.encodings import Fixed, Sparse
from automicro_c.unit import literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from automicro.program.encodings import Encoding
    from automicro_c.unit import Unit

__all__ = ["Block", "block", "codes", "moved"]

MOST_BITS = 24  # of a code: the reader of bits takes so many at any place
READER, SHIFTS, BOOK, PATTERN = 30, 8, 8, 6  # bytes of code that an encoding costs beside its table, on a Cortex-M4


@dataclass(frozen=True)
class Block:
    """How one of several numbers is read: `text`, with ``@`` for its number in order, is worth it divided by `scale`."""

    text: str
    scale: float = 1.0

    def code(self, index: str) -> str:
        """Return the expression for number `index` divided by the scale."""
        return self.text.replace("@", index)

    def of_float(self, index: str) -> str:
        """Return the expression for number `index` as a float, whatever sums are computed in."""
        return self.code(index) if self.scale == 1.0 else f"{self.code(index)} * {literal(self.scale, 'float')}"

    def at(self, index: str, unit: Unit) -> str:
        """Return the expression for number `index`."""
        return self.code(index) if self.scale == 1.0 else f"{self.code(index)} * {unit.number(self.scale)}"


@dataclass(frozen=True, eq=False)
class _Option:
    """A way to store numbers: whole codes of so many bits, and the expression around the one that is read."""

    bytes: float
    codes: NDArray[np.int64]
    bits: int
    text: str
    scale: float = 1.0
    part: str | None = None
    entries: NDArray[np.float32] | None = None


def moved(encoding: Encoding | None, power: int) -> Encoding | None:
    """Return the encoding of values that are multiplied by a power of two, if that is known."""
    inner = encoding.inner if isinstance(encoding, Sparse) else encoding
    return replace(inner, scale=inner.scale * 2.0**power) if isinstance(inner, Fixed) else None


def codes(unit: Unit, word: str, values: NDArray[np.integer], bits: int) -> str:
    """Return the expression, with ``@`` for the index, that reads one of some whole numbers below ``2**bits``."""
    if bits <= 8 and 8 % bits == 0 and bits < 8:
        each = 8 // bits
        padded = np.concatenate([values, np.zeros(-len(values) % each, dtype=values.dtype)]).reshape(-1, each)
        packed = (padded << (np.arange(each) * bits)).sum(axis=1)
        name = unit.table(word, "uint8_t", packed.tolist())
        at = f"((@) & {each - 1}u)" if bits == 1 else f"((@) & {each - 1}u) * {bits}u"
        return f"({name}[(@) / {each}u] >> ({at}) & {(1 << bits) - 1}u)"
    if bits in (8, 16) or bits > MOST_BITS:
        return f"{unit.table(word, f'uint{bits if bits <= 16 else 32}_t', values.tolist())}[@]"
    stream = int.from_bytes(_stream(values, bits), "little").to_bytes((len(values) * bits + 7) // 8 + 3, "little")
    return f"{unit.part('bits')}({unit.table(word, 'uint8_t', stream)}, (uint32_t)(@) * {bits}u, {bits}u)"


def _stream(values: NDArray[np.integer], bits: int) -> bytes:
    digits = (values[:, None] >> np.arange(bits)) & 1
    return np.packbits(digits.reshape(-1).astype(np.uint8), bitorder="little").tobytes()


def block(
    unit: Unit, word: str, values: NDArray[np.float32], encoding: Encoding | None = None, *, compared: str | None = None
) -> Block:
    """Store numbers in the unit and return how they are read.

    Parameters
    ----------
    unit : Unit
    word : str
        What the table is called.
    values : array of float32
    encoding : Encoding, optional
        The encoding that the program ships them in.
    compared : {"float", "double"}, optional
        Type of what the numbers are compared with: as thresholds they are read to the last bit.
    """
    flat = np.ascontiguousarray(values, dtype=np.float32).reshape(-1) + np.float32(0)
    ctype, exact = compared or unit.real, compared is not None
    cast = "(double)" if ctype == "double" else ""
    if len(flat) and (flat == flat[0]).all():
        return Block(literal(float(flat[0]), ctype))
    if unit.arithmetic == "integer":
        whole = flat.astype(np.int64)
        step = int(np.gcd.reduce(whole))
        return Block(_of_integers(unit, word, whole // step), float(step))
    if not unit.is_packed:
        return Block(f"{cast}{unit.table(word, 'float', flat.tolist())}[@]")
    return _written(unit, word, flat, min(_options(flat, encoding, exact), key=lambda option: option.bytes))


def _of_integers(unit: Unit, word: str, whole: NDArray[np.int64]) -> str:
    """Store whole numbers, and return the expression that reads one."""
    low, high = int(whole.min()), int(whole.max())
    bits = max(1, (high - low).bit_length())
    distinct, places = np.unique(whole, return_inverse=True)
    few = max(1, (len(distinct) - 1).bit_length())
    costs = {
        "table": len(whole) * _size(whole) / 8,
        "bits": _cost(len(whole), bits) if bits <= MOST_BITS else np.inf,
        "book": _cost(len(whole), few) + len(distinct) * _size(distinct) / 8 + BOOK if few <= 8 else np.inf,
    }
    cheapest = min(costs, key=lambda kind: costs[kind])
    if cheapest == "bits":
        zero = "" if low == 0 else f" {'+' if low > 0 else '-'} {abs(low)}"
        return f"((int32_t){codes(unit, word, whole - low, bits)}{zero})"
    if cheapest == "book":
        entry = f"{unit.table(f'{word}_values', f'int{_size(distinct)}_t', distinct.tolist())}[@]"
        return entry.replace("@", codes(unit, word, places.astype(np.int64), few))
    return f"{unit.table(word, f'int{_size(whole)}_t', whole.tolist())}[@]"


def _size(whole: NDArray[np.int64]) -> int:
    """Return the bits of the smallest type that holds whole numbers."""
    low, high = int(whole.min()), int(whole.max())
    return next(size for size in (8, 16, 32) if -(1 << (size - 1)) <= low and high < 1 << (size - 1))


def _written(unit: Unit, word: str, flat: NDArray[np.float32], option: _Option) -> Block:
    if option.bits == 32:
        return Block(f"{unit.table(word, 'float', flat.tolist())}[@]")
    if option.text == "signed":
        return Block(f"(float){unit.table(word, f'int{option.bits}_t', option.codes.tolist())}[@]", option.scale)
    text = option.text.replace("#", codes(unit, word, option.codes, option.bits))
    if option.part is not None:
        text = text.replace(option.part, unit.part(option.part))
    if option.entries is not None:
        inner = min(_listed(option.entries, None, exact=True), key=lambda each: each.bytes)
        made = _written(unit, f"{word}_values", option.entries, inner)
        return Block(made.text.replace("@", text), made.scale)
    return Block(text, option.scale)


def _options(flat: NDArray[np.float32], encoding: Encoding | None, exact: bool) -> Iterator[_Option]:
    yield from _listed(flat, encoding, exact)
    distinct, places = np.unique(flat, return_inverse=True)
    bits = max(1, (len(distinct) - 1).bit_length())
    if len(distinct) < len(flat) and bits <= 16:
        own = min(each.bytes for each in _listed(distinct, None, exact=True))
        yield _Option(_cost(len(flat), bits) + own + BOOK, places.astype(np.int64), bits, "#", entries=distinct)


def _listed(flat: NDArray[np.float32], encoding: Encoding | None, exact: bool) -> Iterator[_Option]:
    """Yield how numbers are stored one by one."""
    yield _Option(4.0 * len(flat), np.zeros(0, dtype=np.int64), 32, "")
    for scale, whole in _grids(flat, encoding, exact):
        low, high = int(whole.min()), int(whole.max())
        for bits in (8, 16):
            if -(1 << bits - 1) <= low and high < 1 << bits - 1:
                yield _Option(len(flat) * bits / 8, whole, bits, "signed", scale)
        bits = max(1, (high - low).bit_length())
        if bits <= MOST_BITS:
            zero = "" if low == 0 else f" {'+' if low > 0 else '-'} {abs(low)}"
            yield _Option(_cost(len(flat), bits), whole - low, bits, f"(float)((int32_t)#{zero})", scale)
    patterns = flat.view(np.uint32).astype(np.int64)
    if not patterns[0] >> 31 or (patterns >> 31).all():
        yield from _pattern_options(patterns)


def _pattern_options(patterns: NDArray[np.int64]) -> Iterator[_Option]:
    """Yield how numbers of one sign are stored as the upper bits of their float32."""
    used = int(np.bitwise_or.reduce(patterns))
    if not used:
        return
    shift = (used & -used).bit_length() - 1
    upper = patterns >> shift
    low = int(upper.min())
    bits = max(1, int(upper.max() - low).bit_length())
    if shift and bits <= MOST_BITS:
        text = f"pattern(((uint32_t)# + {low}u) << {shift})"
        yield _Option(_cost(len(patterns), bits) + PATTERN, upper - low, bits, text, part="pattern")


def _cost(count: int, bits: int) -> float:
    reader = 0 if bits in (8, 16) else SHIFTS if bits in (1, 2, 4) else READER
    return count * bits / 8 + reader


def _grids(
    flat: NDArray[np.float32], encoding: Encoding | None, exact: bool
) -> Iterator[tuple[float, NDArray[np.int64]]]:
    """Yield scales of which all numbers are whole multiples, and the multiples."""
    inner = encoding.inner if isinstance(encoding, Sparse) else encoding
    if isinstance(inner, Fixed) and not exact:
        scale = float(np.float32(inner.scale))
        whole = np.rint(flat.astype(np.float64) / scale)
        if ((whole * scale).astype(np.float32) == flat).all() and np.abs(whole).max() < 1 << MOST_BITS:
            yield scale, whole.astype(np.int64)
    parts, exponents = np.frexp(flat.astype(np.float64))
    odd = (parts * 2.0**24).astype(np.int64)
    other = odd[odd != 0]
    if not len(other):
        return
    twos = np.log2((other & -other).astype(np.float64)).astype(np.int64)
    least = int((exponents[odd != 0] - 24 + twos).min())
    if least >= -126:
        whole = np.ldexp(flat.astype(np.float64), -least)
        if np.abs(whole).max() < 1 << MOST_BITS:
            yield 2.0**least, whole.astype(np.int64)
