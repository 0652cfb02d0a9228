"""The protocol that every model family follows."""

from __future__ import annotations

import reprlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from automicro.errors import PluginError
from automicro.program import Lowered

if TYPE_CHECKING:
    from automicro.plugin.budget import SizeBudget
    from automicro.plugin.data import TrainingData
    from automicro.plugin.profile import Kind, Profile, Task
    from automicro.plugin.space import Space

__all__ = ["Declined", "Encoding", "Family", "Needs", "Parameters", "Variant"]

Parameters = Mapping[str, Any]
Encoding = Literal["onehot", "ordinal", "target"]
Missing = Literal["fill", "keep"]
MOST_CHARACTERS = 200  # of a variant's key


class Declined(Exception):  # noqa: N818 - an ordinary answer, not an error
    """A family cannot serve a problem, or a target a program; the reason becomes a record of the trace, or the error of the export.

    Examples
    --------
    >>> raise Declined("needs an edge list, but this problem is a table")
    Traceback (most recent call last):
    automicro.plugin.family.Declined: needs an edge list, but this problem is a table
    """


@dataclass(frozen=True)
class Needs:
    """What a family needs of its inputs; the core prepares them so, in training and in the program.

    Parameters
    ----------
    missing : {"fill", "keep"}
        Whether missing values are filled (and, where that pays, flagged by a feature of their own) or handed over as NaN.
    categories : tuple of {"onehot", "ordinal", "target"}
        Acceptable encodings of categories, best first; where there are several the search chooses.
    scaled : bool
        Whether features come with mean 0 and variance 1; the scaling becomes part of the program and is folded where possible.

    Examples
    --------
    >>> Needs(missing="keep", categories=("ordinal", "onehot")).scaled
    False
    """

    missing: Missing = "fill"
    categories: tuple[Encoding, ...] = ("onehot",)
    scaled: bool = False

    def __post_init__(self) -> None:
        if self.missing not in get_args(Missing):
            raise PluginError(f"missing must be 'fill' or 'keep', but is {reprlib.repr(self.missing)}")
        known = get_args(Encoding)
        given = self.categories if isinstance(self.categories, list | tuple) else ()
        if not given or len(set(given)) < len(given) or not set(given) <= set(known):
            words = ", ".join(map(repr, known))
            raise PluginError(
                f"categories must be a tuple of some of {words}, each once, but are {reprlib.repr(self.categories)}"
            )
        object.__setattr__(self, "categories", tuple(given))
        if not isinstance(self.scaled, bool):
            raise PluginError(f"scaled must be True or False, but is {reprlib.repr(self.scaled)}")


@dataclass(frozen=True)
class Variant:
    """One of several programs that a single training returns.

    Bodies whose weights carry no encoding are tried in several quantised forms; weights with an encoding are left as they are.

    Parameters
    ----------
    key : str
        Name of the recipe, of 1 to 200 characters, the same in every fold.
    lowered : Lowered
        The program.

    Examples
    --------
    >>> from automicro.program import Affine, Weights
    >>> Variant("k=1", Lowered(Affine(Weights([[2.0]]), Weights([0.0])), "identity")).key
    'k=1'
    """

    key: str
    lowered: Lowered

    def __post_init__(self) -> None:
        if not isinstance(self.key, str) or not 0 < len(self.key) <= MOST_CHARACTERS:
            said = f"1 to {MOST_CHARACTERS} characters, but is {reprlib.repr(self.key)}"
            raise PluginError(f"a variant's key must be a text of {said}")
        if not isinstance(self.lowered, Lowered):
            raise PluginError(f"variant {self.key!r} must hold a Lowered, but holds {reprlib.repr(self.lowered)}")


class Family(ABC):
    """One kind of model.

    In time: `space` is called once a search. For every candidate `needs` and `size_budget` are called first; a candidate that cannot
    win or fit is not trained. Then, once a fold and once more on all rows for what may be returned, `fit` is called, and `variants`
    on its result. `fit` runs in a worker process with limits on time and memory. Any of these may raise `Declined`.

    A family whose first training in a process takes long to begin, as it imports a heavy library, says so in `start_seconds`. It is
    begun after the families without have tried their portfolios, and then only where nothing meets the constraints yet or it may win
    (`SizeBudget.expected_bytes`); on a table it is no part of the reference
    of ``within`` while others have a strongest setting. A family that trains in seconds on any table can set `in_every_reference`:
    then the search waits for its strongest setting, and is infeasible if that does not finish in time. The strongest setting of
    another family does not count if it does not finish in its part of the time.

    A family keeps no state between calls: `fit` returns whatever `lower` and `variants` need, which must pickle.
    """

    name: ClassVar[str]
    tasks: ClassVar[frozenset[Task]]
    kinds: ClassVar[frozenset[Kind]] = frozenset({"table"})
    start_seconds: ClassVar[float] = 0.0
    in_every_reference: ClassVar[bool] = False

    @abstractmethod
    def space(self, profile: Profile) -> Space:
        """Return the search space for this problem."""

    @abstractmethod
    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return the bytes that an artifact with these parameters can take, before training."""

    @abstractmethod
    def fit(self, parameters: Parameters, data: TrainingData) -> Any:
        """Train; the result depends on nothing but the arguments (``data.seed`` included)."""

    @abstractmethod
    def lower(self, model: Any) -> Lowered:
        """Return the trained model as a program body, exact to float32."""

    def needs(self, parameters: Parameters) -> Needs:  # noqa: ARG002 - an argument of the protocol
        """Return what `fit` needs of its inputs."""
        return Needs()

    def variants(self, model: Any, data: TrainingData) -> Iterable[Variant]:  # noqa: ARG002 - an argument of the protocol
        """Return several programs from one training, at most some 60; by default the one that `lower` returns.

        `data` are the rows that `fit` was given. Training is dear and packing is cheap: a path of penalties, prefixes of an ensemble
        or several roundings cost one training.
        """
        return (Variant("full", self.lower(model)),)

    def reused(self, model: Any) -> str:  # noqa: ARG002 - an argument of the protocol
        """Return in a few words what of `TrainingData.start` went into a trained model, such as "first layer 16 x 32".

        It is in the trace; by default, and where nothing did, it is empty.
        """
        return ""

    def strongest(self, profile: Profile) -> Parameters | None:  # noqa: ARG002 - an argument of the protocol
        """Return the setting with the best score that this family knows, whatever its size; None if it has none to offer.

        It takes part in the reference that ``within`` is measured against.
        """
        return None
