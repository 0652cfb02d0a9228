"""The family `attention`: one training returns one network at several precisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from automicro.plugin import Family, Needs, Variant
from automicro_attention.lower import lowered
from automicro_attention.size import budget_of
from automicro_attention.space import Setting, space_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Lowered, Profile, SizeBudget, Space, TrainingData
    from automicro.plugin.family import Parameters
    from automicro.plugin.profile import Kind, Task
    from automicro_attention.train import Trained

__all__ = ["AttentionModel"]


class AttentionModel(Family):
    """Heads that pool tokens into what an affine map scores; a token is a column or several neighbours, a window of series, a word.

    Its parameters: `width`, the numbers of a token; `heads`; `kept`, the share of tokens that are kept; `rounding`, the bits that are
    trained for: 4, 3 and 2, or 8, 6 and 5. But for texts, `activation` of tokens and `asks`, whether they attend to one another first.
    For tables `patch`, the source columns of a token; there and for series `shared`, whether one projection serves all tokens.
    """

    name: ClassVar[str] = "attention"
    tasks: ClassVar[frozenset[Task]] = frozenset({"classification", "regression"})
    kinds: ClassVar[frozenset[Kind]] = frozenset({"table", "series", "text"})
    start_seconds: ClassVar[float] = 4.0

    def space(self, profile: Profile) -> Space:
        """Return widths, heads, patches and roundings."""
        return space_of(profile)

    def needs(self, parameters: Parameters) -> Needs:  # noqa: ARG002 - an argument of the protocol
        """Return: what is missing stays so, as a token can be absent; categories one-hot or by their target means."""
        return Needs(missing="keep", categories=("onehot", "target"))

    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return bytes between a constant and float32 for every weight."""
        return budget_of(parameters, profile)

    def fit(self, parameters: Parameters, data: TrainingData) -> Trained:
        """Train the network at falling precisions."""
        from automicro_attention.train import train  # noqa: PLC0415 - torch is imported where it is used

        return train(data, Setting.of(parameters))

    def lower(self, model: Trained) -> Lowered:
        """Return the network in float32."""
        return lowered(model, model.stages[0])

    def reused(self, model: Trained) -> str:
        """Return which arrays the training began from: those of `data.start.arrays` whose name and shape are a block's.

        Blocks are ``weights`` (tokens or 1, features of a token, width), ``positions`` (tokens, width), ``queries`` (heads, width),
        ``outer`` (outputs, heads * width), ``bias`` (outputs,), and where tokens ask ``asked`` (heads, width, width) and ``mixing``
        (width, heads * width).
        """
        return model.given

    def variants(self, model: Trained, data: TrainingData) -> Iterable[Variant]:  # noqa: ARG002 - an argument of the protocol
        """Return the network at every precision."""
        yield Variant("full", self.lower(model))
        for stage in model.stages[1:]:
            yield Variant(f"bits={stage.bits}", lowered(model, stage))
