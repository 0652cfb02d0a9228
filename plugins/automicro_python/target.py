"""The target ``python``: one file of the standard library alone, for Python 3.8 and later, and for MicroPython."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.export import quoted
from automicro.export.language import Language
from automicro.export.script import Script, label_order
from automicro.plugin import Export, Target, TargetOptions
from automicro_python.source import imports_and_parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Deployed
    from automicro.program.nodes import Labels

__all__ = ["PythonTarget"]


class _Python(Language):
    none, true, false = "None", "True", "False"

    def text(self, value: str) -> str:
        return quoted(value, "python")

    def floats(self, values: Iterable[Any]) -> str:
        return f'array("f", {self.listed(self.single(values))})'


class PythonTarget(Target):
    """Writes a module with the functions `predict` and, for classes, `predict_proba`."""

    name = "python"

    def export(self, deployed: Deployed, options: TargetOptions) -> Export:  # noqa: ARG002 - there are none
        """Return the module."""
        language = _Python()
        script = Script.of(deployed, language)
        outcomes = _outcomes(script, script.outcome(deployed.program))
        ends = _predictions(script, deployed.program.labels)
        imports, parts = imports_and_parts(script.parts)
        constants = [f"{name} = {code}" for name, code in script.constants]
        if any("array(" in line for line in constants):
            imports = sorted([*imports, "from array import array"])
        names = [f"INPUTS = {language.texts(deployed.sources)}", *_labels(language, deployed.program.labels)]
        head = [_DOCUMENT.format(name=deployed.name), *imports]
        blocks = ["\n".join(each) for each in (head, names, constants) if each]
        file = f"{deployed.name}.py"
        return Export(self.name, {file: "\n\n\n".join([*blocks, *_spaced(parts), outcomes, *ends]) + "\n"}, file)


_DOCUMENT = '''"""Model {name!r}, written by automicro: predict(**row) takes a value for each of INPUTS, None where it is missing."""
'''


def _labels(language: Language, labels: Labels | None) -> list[str]:
    if labels is None:
        return []
    order = label_order(labels)
    written = [language.text(each) if isinstance(each, str) else repr(each) for each in (labels[i] for i in order)]
    lines = [f"LABELS = {language.listed(written)}"]
    return lines if order == sorted(order) else [*lines, f"ORDER = {order}"]


def _outcomes(script: Script, outcome: str) -> str:
    lines = [f"{name} = {code}" for name, code in script.cells]
    lines.append("features = []")
    lines += [f"features += {each.items[0] if each.is_list else script.group(*each.items)}" for each in script.features]
    lines += [f"{name} = {code}" for name, code in script.steps]
    return "def outcomes(row):\n" + "".join(f"    {line}\n" for line in lines) + f"    return {outcome}"


def _predictions(script: Script, labels: Labels | None) -> list[str]:
    if labels is None:
        several = "outcome[0] if len(outcome) == 1 else outcome"
        return [
            f'def predict(**row):\n    """Return the prediction for a row."""\n    outcome = outcomes(row)\n    return {several}'
        ]
    is_sorted = (order := label_order(labels)) == sorted(order)
    place = (
        script.call("best", "outcomes(row)") if is_sorted else f"ORDER.index({script.call('best', 'outcomes(row)')})"
    )
    every = "outcomes(row)" if is_sorted else "[p[place] for place in ORDER]"
    before = "" if is_sorted else "    p = outcomes(row)\n"
    return [
        f'def predict(**row):\n    """Return the label of a row."""\n    return LABELS[{place}]',
        'def predict_proba(**row):\n    """Return the probability of each of LABELS."""\n'
        + before
        + f"    return {every}",
    ]


def _spaced(parts: list[str]) -> list[str]:
    """Return functions and constants, of which the latter stand together."""
    constants = [part for part in parts if not part.startswith("def ")]
    functions = [part for part in parts if part.startswith("def ")]
    return ["\n".join(constants), *functions] if constants else functions
