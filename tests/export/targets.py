"""A plugin with targets, as tests install it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import Declined, Export, Target, TargetOptions, hookimpl

if TYPE_CHECKING:
    from automicro.plugin import Deployed


class WordsOptions(TargetOptions):
    """Options of `Words`."""

    times: int = 1


class Words(Target):
    """Writes the names of inputs."""

    name = "words"
    options = WordsOptions

    def export(self, deployed: Deployed, options: TargetOptions) -> Export:
        assert isinstance(options, WordsOptions)
        if deployed.name == "graph":
            raise Declined("needs rows,\n but the model reads graphs")
        if deployed.name == "broken":
            raise RuntimeError("no\nidea")
        text = "\n".join(deployed.sources) * options.times
        return Export(self.name, {f"{deployed.name}.txt": text}, f"{deployed.name}.txt", ("read it aloud",))


class Nothing(Target):
    """Returns what is no export."""

    name = "nothing"

    def export(self, deployed: Deployed, options: TargetOptions) -> Export:
        return None  # type: ignore[return-value]  # the fault that is tested


@hookimpl
def automicro_targets() -> list[Target]:
    return [Words(), Nothing()]
