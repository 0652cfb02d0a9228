"""The target ``javascript``: one ES module without dependencies, for browsers and node, with TypeScript types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.export import quoted
from automicro.export.language import Language
from automicro.export.script import Script, label_order
from automicro.plugin import Export, Target, TargetOptions
from automicro_javascript.source import parts_of
from automicro_javascript.types import declarations, label_literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Deployed
    from automicro.program.nodes import Labels

__all__ = ["JavaScriptTarget"]


class _JavaScript(Language):
    none, true, false = "null", "true", "false"

    def text(self, value: str) -> str:
        return quoted(value, "javascript")

    def floats(self, values: Iterable[Any]) -> str:
        return f"new Float32Array({self.listed(self.single(values))})"


class JavaScriptTarget(Target):
    """Writes an ES module with the functions `predict` and, for classes, `predictProba`, and its types."""

    name = "javascript"

    def export(self, deployed: Deployed, options: TargetOptions) -> Export:  # noqa: ARG002 - there are none
        """Return the module and its types."""
        language = _JavaScript()
        script = Script.of(deployed, language)
        outcomes = _outcomes(script, script.outcome(deployed.program))
        ends = _predictions(script, deployed.program.labels)
        head = [
            f"// Model {deployed.name}, written by automicro: predict(row) takes a value for each of `inputs`, null where it is missing."
        ]
        names = [
            f"export const inputs = {language.texts(deployed.sources)};",
            *_labels(language, deployed.program.labels),
        ]
        constants = [f"const {name} = {code};" for name, code in script.constants]
        blocks = ["\n".join(each) for each in (head, names, constants) if each]
        text = "\n\n".join([*blocks, *parts_of(script.parts), outcomes, *ends]) + "\n"
        file = f"{deployed.name}.js"
        return Export(self.name, {file: text, f"{deployed.name}.d.ts": declarations(deployed)}, file)


def _labels(language: Language, labels: Labels | None) -> list[str]:
    if labels is None:
        return []
    order = label_order(labels)
    lines = [f"export const labels = {language.listed(label_literal(labels[place]) for place in order)};"]
    return lines if order == sorted(order) else [*lines, f"const ORDER = {order};"]


def _outcomes(script: Script, outcome: str) -> str:
    lines = [f"const {name} = {code};" for name, code in script.cells]
    lines.append("const features = [];")
    for each in script.features:
        items = f"...{each.items[0]}" if each.is_list else ", ".join(each.items)
        lines.append(f"features.push({items});")
    lines += [f"const {name} = {code};" for name, code in script.steps]
    return "function outcomes(row) {\n" + "".join(f"  {line}\n" for line in lines) + f"  return {outcome};\n}}"


def _predictions(script: Script, labels: Labels | None) -> list[str]:
    if labels is None:
        body = "  const outcome = outcomes(row);\n  return outcome.length === 1 ? outcome[0] : outcome;\n"
        return [f"/** Returns the prediction for a row. */\nexport function predict(row) {{\n{body}}}"]
    place, every = script.call("best", "outcomes(row)"), "outcomes(row)"
    before = ""
    if (order := label_order(labels)) != sorted(order):
        place, every = f"ORDER.indexOf({place})", "ORDER.map((place) => p[place])"
        before = "  const p = outcomes(row);\n"
    return [
        f"/** Returns the label of a row. */\nexport function predict(row) {{\n  return labels[{place}];\n}}",
        f"/** Returns the probability of each of `labels`. */\nexport function predictProba(row) {{\n{before}  return {every};\n}}",
    ]
