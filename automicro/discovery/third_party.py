"""A family that automicro does not bring: its answers are checked, and in searches come from a process of its own."""

from __future__ import annotations

import pickle
import reprlib
import sys
from functools import cached_property
from importlib import metadata
from importlib.machinery import PathFinder
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from automicro.discovery.answers import answer, from_data, guarded
from automicro.discovery.offered import GROUP, offered, raised
from automicro.errors import PluginError
from automicro.plugin import Declined, Family, Lowered, Variant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from automicro.discovery.process import Host
    from automicro.plugin import Needs, Profile, SizeBudget, Space, TrainingData
    from automicro.plugin.family import Parameters

__all__ = ["Given", "Installed", "ThirdParty"]

MOST_VARIANTS = 1000
MOST_CHARACTERS = 1000  # of what a training took over


class Installed:
    """A family of an entry point: imported where it is trained."""

    def __init__(self, name: str, value: str, family: str) -> None:
        self._name, self._value, self._family = name, value, family

    @property
    def origin(self) -> tuple[str, dict[str, Any]]:
        """The module of the entry point; the family has no state that is known here."""
        return self._value.partition(":")[0], {}

    def family(self) -> Family:
        """Load the entry point and return the family; raise `PluginError` if it is not there."""
        offer = offered(metadata.EntryPoint(self._name, self._value, GROUP))
        for family in offer.families:
            if family.name == self._family:
                return family
        said = "; ".join(each.reason for each in offer.faults) or "it does not offer it here"
        raise PluginError(f"plugin {self._name!r} must offer family {self._family!r} wherever it is loaded, but {said}")


class Given:
    """A family as an object. Pickled, it goes by the name of its module where that can be imported, else by value."""

    def __init__(self, content: Family | bytes) -> None:
        self._content = content

    @property
    def origin(self) -> tuple[str, dict[str, Any]]:
        """The module of the object's class, and its attributes."""
        return type(self.family()).__module__, getattr(self.family(), "__dict__", {})

    def family(self) -> Family:
        """Return the object, unpickled where it comes from another process."""
        if isinstance(self._content, bytes):
            return cast("Family", pickle.loads(self._content))  # noqa: S301 - the user's own object
        return self._content

    def __reduce__(self) -> Any:
        return Given, (self._content if isinstance(self._content, bytes) else _pickled(self._content),)


def _pickled(family: Family) -> bytes:
    import cloudpickle  # noqa: PLC0415 - only where a family is an object

    module = type(family).__module__
    if PathFinder.find_spec(module.partition(".")[0]) is not None or module not in sys.modules:
        return cast("bytes", cloudpickle.dumps(family))
    cloudpickle.register_pickle_by_value(sys.modules[module])
    try:
        return cast("bytes", cloudpickle.dumps(family))
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[module])


class ThirdParty(Family):
    """A family of others with every answer checked; one that breaks the protocol raises `PluginError` with family and method.

    Questions before training go to its host, if it has one, and otherwise to the family in this process. Training is always in this
    process. It pickles without its host.

    Parameters
    ----------
    declared : mapping
        Its attributes, as `automicro.discovery.offered.declared` returns them.
    source : Installed or Given
        How a process that trains gets the family.
    host : Host, optional
    """

    def __init__(self, declared: Mapping[str, Any], source: Installed | Given, host: Host | None = None) -> None:
        self._declared, self._source, self._host = dict(declared), source, host
        sets = {key: frozenset(declared[key]) for key in ("tasks", "kinds")}
        vars(self).update(declared, **sets)  # which the protocol has as attributes of the class

    def __reduce__(self) -> Any:
        return ThirdParty, (self._declared, self._source)

    @property
    def origin(self) -> tuple[str, dict[str, Any]]:
        """The module of its code, and the attributes of an object: what its trials depend on."""
        return self._source.origin

    @cached_property
    def _own(self) -> Family:
        return self._source.family()

    def space(self, profile: Profile) -> Space:
        """Return its space."""
        return cast("Space", self._ask("space", profile))

    def needs(self, parameters: Parameters) -> Needs:
        """Return its needs."""
        return cast("Needs", self._ask("needs", dict(parameters)))

    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return its budget."""
        return cast("SizeBudget", self._ask("size_budget", dict(parameters), profile))

    def strongest(self, profile: Profile) -> Parameters | None:
        """Return its strongest setting."""
        return cast("Parameters | None", self._ask("strongest", profile))

    def fit(self, parameters: Parameters, data: TrainingData) -> Any:
        """Train in this process."""
        return self._escaping("fit", lambda: self._own.fit(dict(parameters), data))

    def lower(self, model: Any) -> Lowered:
        """Return its program."""
        lowered = self._escaping("lower", lambda: self._own.lower(model))
        if not isinstance(lowered, Lowered):
            raise PluginError(self._wrong("lower", f"return a Lowered, but returned {reprlib.repr(lowered)}"))
        return lowered

    def variants(self, model: Any, data: TrainingData) -> Iterable[Variant]:
        """Return its programs, each under a key of its own."""
        variants: list[Variant] = self._escaping(
            "variants", lambda: list(islice(self._own.variants(model, data), MOST_VARIANTS + 1))
        )
        if len(variants) > MOST_VARIANTS:
            raise PluginError(self._wrong("variants", f"return at most {MOST_VARIANTS} variants, but returned more"))
        keys = set[str]()
        for variant in variants:
            if not isinstance(variant, Variant) or variant.key in keys:
                said = "return instances of Variant with different keys, but returned"
                raise PluginError(self._wrong("variants", f"{said} {reprlib.repr(variant)}"))
            keys.add(variant.key)
        return variants

    def reused(self, model: Any) -> str:
        """Return what it took over."""
        answer = self._escaping("reused", lambda: self._own.reused(model))
        if not isinstance(answer, str) or len(answer) > MOST_CHARACTERS:
            said = f"return a text of at most {MOST_CHARACTERS} characters, but returned {reprlib.repr(answer)}"
            raise PluginError(self._wrong("reused", said))
        return answer

    def _ask(self, method: str, *arguments: Any) -> Any:
        if self._host is None:
            return answer(self._own, method, *arguments)
        reply = self._host.ask(self.name, method, arguments)
        if "declined" in reply:
            raise Declined(reply["declined"])
        if "error" in reply:
            raise PluginError(reply["error"])
        return guarded(self.name, method, lambda: from_data(method, reply["answer"]))

    def _escaping(self, method: str, call: Any) -> Any:
        """Return the result of a call; what is no `Exception`, such as an exit, would end more than the training."""
        try:
            return call()
        except PluginError as error:
            raise PluginError(f"{method} of family {self.name!r}: {error}") from error
        except (Exception, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise PluginError(f"{method} of family {self.name!r} raised {raised(error)}") from error

    def _wrong(self, method: str, must: str) -> str:
        return f"{method} of family {self.name!r} must {must}"
