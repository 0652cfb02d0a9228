"""The one family that users see: prototypes where there is a target, partitions where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from automicro.plugin import Family
from automicro_cluster.partitions.family import Partitions
from automicro_cluster.partitions.train import Found
from automicro_cluster.prototypes.family import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Lowered, Needs, Profile, SizeBudget, Space, TrainingData, Variant
    from automicro.plugin.family import Parameters
    from automicro.plugin.profile import Kind, Task

__all__ = ["Member"]


class Member(Family):
    """The family `cluster`: hands each call to the part that serves the task."""

    name: ClassVar[str] = "cluster"
    tasks: ClassVar[frozenset[Task]] = Cluster.tasks | Partitions.tasks
    kinds: ClassVar[frozenset[Kind]] = Cluster.kinds
    start_seconds: ClassVar[float] = Cluster.start_seconds

    def __init__(self) -> None:
        self._prototypes, self._partitions = Cluster(), Partitions()

    def _of(self, task: Task) -> Family:
        return self._partitions if task in Partitions.tasks else self._prototypes

    def space(self, profile: Profile) -> Space:
        """Return the space of the part that serves the task."""
        return self._of(profile.task).space(profile)

    def needs(self, parameters: Parameters) -> Needs:
        """Return what that part needs; only partitions have a `method`."""
        return (self._partitions if "method" in parameters else self._prototypes).needs(parameters)

    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return the bytes of that part's artifacts."""
        return self._of(profile.task).size_budget(parameters, profile)

    def fit(self, parameters: Parameters, data: TrainingData) -> Any:
        """Train that part."""
        return self._of(data.task).fit(parameters, data)

    def lower(self, model: Any) -> Lowered:
        """Return the model as a program."""
        return (self._partitions if isinstance(model, Found) else self._prototypes).lower(model)

    def variants(self, model: Any, data: TrainingData) -> Iterable[Variant]:
        """Return all programs of a training."""
        return self._of(data.task).variants(model, data)

    def reused(self, model: Any) -> str:
        """Return what of an earlier model went into a trained one."""
        return (self._partitions if isinstance(model, Found) else self._prototypes).reused(model)

    def strongest(self, profile: Profile) -> Parameters | None:
        """Return the setting of that part with the best score."""
        return self._of(profile.task).strongest(profile)
