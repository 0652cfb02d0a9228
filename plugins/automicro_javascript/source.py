"""Parts of written modules: the source of functions that a model calls, and of what these call."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

__all__ = ["parts_of"]

FOLDER = "parts"
WORD = re.compile(r"\w+")


def parts_of(wanted: list[str]) -> list[str]:
    """Return the code of the wanted functions and of all that they need, in the order of their files."""
    known = _known()
    needed, left = set[str](), set(wanted)
    while left:
        name = left.pop()
        needed.add(name)
        left |= ({*WORD.findall(known[name])} & known.keys()) - needed
    return [code for name, code in known.items() if name in needed]


@cache
def _known() -> dict[str, str]:
    """Return the code of all functions and constants by name."""
    folder = files("automicro_javascript") / FOLDER
    texts = [
        each.read_text(encoding="utf-8")
        for each in sorted(folder.iterdir(), key=lambda each: each.name)
        if each.name.endswith(".js")
    ]
    blocks = [block for text in texts for block in re.split(r"\n\n(?=(?:/\*\*|export|function|const) ?)", text)]
    known = {}
    for block in blocks:
        code = "\n".join(line for line in block.splitlines() if not line.startswith(("import ", "// "))).strip()
        for each in re.split(r"\n(?=const )", code):
            if found := re.search(r"^(?:export )?(?:function|const) (\w+)", each, re.MULTILINE):
                known[found[1]] = re.sub(r"^export ", "", each, flags=re.MULTILINE)
    return known
