"""How literals of a language look."""

from __future__ import annotations

import textwrap
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from automicro.export.numbers import double_text, float32_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Language"]

WIDTH = 110  # characters of a line of numbers
FEW = 90  # characters of a list that stays on its line


class Language(ABC):
    """A language that scripts are written in; `automicro_python` and `automicro_javascript` have one."""

    none: ClassVar[str]
    true: ClassVar[str]
    false: ClassVar[str]
    nan: ClassVar[str]

    @abstractmethod
    def text(self, value: str) -> str:
        """Return the literal of a text."""

    @abstractmethod
    def floats(self, values: Iterable[Any]) -> str:
        """Return the code of an array of float32 numbers."""

    def integers(self, values: Sequence[int]) -> str:
        """Return the literal of whole numbers."""
        return self.listed(map(str, values))

    def texts(self, values: Sequence[str | None]) -> str:
        """Return the literal of a list of texts."""
        return self.listed(self.none if each is None else self.text(each) for each in values)

    def numbers(self, values: Iterable[float]) -> str:
        """Return the literal of float64 numbers."""
        return self.listed(map(double_text, values))

    def boolean(self, value: bool) -> str:
        """Return the literal of a truth value."""
        return self.true if value else self.false

    def maybe(self, value: str | None) -> str:
        """Return the literal of a text or of nothing."""
        return self.none if value is None else self.text(value)

    @staticmethod
    def single(values: Iterable[Any]) -> list[str]:
        """Return float32 numbers in decimal."""
        return [float32_text(each) for each in values]

    @staticmethod
    def listed(items: Iterable[str]) -> str:
        """Return a list of literals, over several lines where it is long."""
        every = list(items)
        line = ", ".join(every)
        if len(line) <= FEW:
            return f"[{line}]"
        if any('"' in each for each in every):  # a text, which textwrap would break
            return "[\n" + "".join(f"    {each},\n" for each in every) + "]"
        wrapped = textwrap.fill(line, WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
        return f"[\n{wrapped},\n]"
