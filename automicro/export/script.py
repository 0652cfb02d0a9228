"""A program as calls of run-time parts, for languages in which calls, lists and assignments look alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automicro.export.bodies import body_steps
from automicro.export.cells import cell_code, feature_code
from automicro.export.numbers import double_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.export.language import Language
    from automicro.plugin.target import Deployed
    from automicro.program.nodes import Labels, Program

__all__ = ["Features", "Script", "label_order"]

INPUTS = "features"  # the variable that the body begins with
LINKS = {"sigmoid": "logistic", "softmax": "softmax", "exp": "exponential"}


@dataclass(frozen=True)
class Features:
    """Code of features that follow each other: single values, or one list of them."""

    items: tuple[str, ...]
    is_list: bool = False


def label_order(labels: Labels) -> list[int]:
    """Return the places of labels in ascending order, as `Model.classes_` has them."""
    return sorted(range(len(labels)), key=lambda place: labels[place])


@dataclass
class Script:
    """The code of a program as it is written.

    Parameters
    ----------
    language : Language
        How literals look.

    Attributes
    ----------
    parts : list of str
        Names of the functions that are called, each once.
    constants : list of (str, str)
        Names and code of constants.
    cells : list of (str, str)
        Variables with what columns are read as, and their code.
    features : list of Features
    steps : list of (str, str)
        Variables of the body, and their code; the last one has the scores.
    """

    language: Language
    parts: list[str] = field(default_factory=list)
    constants: list[tuple[str, str]] = field(default_factory=list)
    cells: list[tuple[str, str]] = field(default_factory=list)
    features: list[Features] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, deployed: Deployed, language: Language) -> Script:
        """Return the code of a program; raise `Declined` if it reads graphs."""
        script = cls(language)
        variables, decoders = {}, deployed.program.decoders
        for place, each in enumerate(deployed.inputs):
            code = cell_code(script, each, [decoder for decoder in decoders if decoder.column == each.column])
            variables[each.column] = script.assign(script.cells, f"c{place + 1}", code)
        for decoder in decoders:
            script.features.append(Features(*feature_code(script, decoder, variables[decoder.column])))
        body_steps(script, deployed.program.body, INPUTS)
        return script

    def outcome(self, program: Program) -> str:
        """Return the code of what the link makes of the scores, within the limits of the program."""
        code = self.steps[-1][0] if self.steps else INPUTS
        if program.link in LINKS:
            code = self.call(LINKS[program.link], code)
        return code if program.limits is None else self.call("limited", code, *map(double_text, program.limits))

    def assign(self, lines: list[tuple[str, str]], name: str, code: str) -> str:
        """Add a line that assigns code to a name, and return the name."""
        lines.append((name, code))
        return name

    def step(self, code: str) -> str:
        """Add a step of the body and return its variable."""
        return self.assign(self.steps, f"x{len(self.steps) + 1}", code)

    def call(self, part: str, *arguments: str) -> str:
        """Return the code of a call of a part."""
        if part not in self.parts:
            self.parts.append(part)
        return f"{part}({', '.join(arguments)})"

    @staticmethod
    def group(*items: str) -> str:
        """Return the literal of a list of arguments."""
        return f"[{', '.join(items)}]"

    def floats(self, values: Any) -> str:
        """Return the name of a constant that holds float32 numbers."""
        return self.constant(self.language.floats(values.ravel()))

    def integers(self, values: Sequence[int]) -> str:
        """Return the name of a constant that holds whole numbers."""
        return self.constant(self.language.integers([int(each) for each in values]))

    def texts(self, values: Sequence[str | None]) -> str:
        """Return the name of a constant that holds texts."""
        return self.constant(self.language.texts(values))

    def constant(self, code: str) -> str:
        """Return the name of a constant; equal ones share it."""
        for name, known in self.constants:
            if known == code:
                return name
        return self.assign(self.constants, f"K{len(self.constants) + 1}", code)
