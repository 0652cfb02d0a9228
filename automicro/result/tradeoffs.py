"""How many bytes other limits of a constraint take, as far as the forms show that a search has scored."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automicro.request import LEVELS, Price
from automicro.search import Robustness, Score, Size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from automicro.request import Constraints
    from automicro.search import Outcome, SearchResult
    from automicro.search.context import QuantisedVariant
    from automicro.search.requirements.requirement import Requirement

__all__ = ["prices"]

MOST_OF_A_KIND = 3
WORTH_STATING = 0.03  # share of the bytes below which a price is no news
GROWTH, GROWTH_BYTES = 0.05, 2  # by which training on all rows may add to the bytes of a fold's artifact
MARGIN = 1.1  # times what this search aims above a limit: another search measures its margin on another variant
UNPLANNED = 0.25  # by which another search, which draws other candidates, may miss the bytes of a drawn one


@dataclass(frozen=True)
class _Known:
    """A form that was scored on every fold, and all that it misses.

    `worth` is the highest limit that it surely meets: its utility less what a search aims above a limit. `planned` says that every search
    tries its candidate, `trained` that its bytes are those of an artifact trained on all rows.
    """

    utility: float
    worth: float
    size_bytes: int
    level: int | None
    latency_us: float | None
    values: Mapping[str, float]
    misses: frozenset[str]
    planned: bool
    trained: bool

    @property
    def promised_bytes(self) -> int:
        """The bytes that a search at another limit surely keeps to."""
        return math.ceil(self.size_bytes * (1 + (GROWTH if self.planned else UNPLANNED))) + GROWTH_BYTES


def prices(result: SearchResult, constraints: Constraints, chosen: Outcome | None) -> tuple[Price, ...]:
    """Return the prices, the largest savings of each constraint first.

    Parameters
    ----------
    result : Result
        Of the search.
    constraints : Constraints
    chosen : Outcome or None
        What is returned; None where nothing meets the constraints: then each price says with which limit something would.
    """
    known = list(_known(result))
    if chosen is None or chosen.form is None:
        return tuple(_ways_out(known, result, constraints))
    size = len(chosen.artifact or b"")
    found = [
        *_of_margin(known, result, constraints, size),
        *_of_score(known, result, constraints, (size, chosen.form.utility)),
        *_of_level(known, result, constraints, size),
        *_of_others(known, result, size),
    ]
    return tuple(found)


def _known(result: SearchResult) -> Iterator[_Known]:
    target = result.target
    examined = not all(each.known_of_forms for each in result.requirements.every)
    stresses = {each.name for each in result.requirements.of_kind(Robustness)}
    margin = max(0.0, result.found.aim - target.utility) if math.isfinite(result.found.aim) else 0.0
    for outcome in result.found.outcomes:
        for form, own in _scored(outcome):
            level = None if own is None or own.structure is None else own.structure.level
            if own is None and examined:
                continue  # a form that was never packed on its own: what else it may miss is not known
            values = {**(own.values if own else {}), Score.key: form.utility}
            if result.requirements.size_bytes is not None:
                values[Size.key] = float(form.size_bytes)
            if not stresses <= values.keys():
                continue
            yield _Known(
                form.utility,
                form.utility - MARGIN * margin,
                form.size_bytes,
                level,
                own.latency_us if own else None,
                values,
                frozenset(result.requirements.violations(values)),
                result.found.candidates[outcome.number].planned,
                own is not None and own.artifact is not None,
            )


def _scored(outcome: Outcome) -> Iterator[tuple[QuantisedVariant, Outcome | None]]:
    """Return the forms of a trial that every fold has scored, each with what became of it where it was examined on its own."""
    forms = {(form.key, form.precision): form for form in outcome.forms if math.isfinite(form.utility)}
    made: dict[tuple[str, str], Outcome] = {}
    for each in (outcome, *outcome.others):
        if each.form is not None:
            key = each.form.key, each.form.precision
            made[key] = each
            if each.fold_utilities and math.isfinite(each.form.utility):
                forms[key] = each.form
    for key, form in forms.items():
        if form.size_bytes:
            yield form, made.get(key)


def _edge(forms: Iterable[_Known]) -> list[_Known]:
    """Return the forms that no other beats in both promised bytes and score, smallest first."""
    kept: list[_Known] = []
    for form in sorted(forms, key=lambda f: (f.promised_bytes, -f.utility)):
        if not kept or form.utility > kept[-1].utility:
            kept.append(form)
    return kept


def _of_margin(known: Sequence[_Known], result: SearchResult, constraints: Constraints, size: int) -> list[Price]:
    """Return the smallest form that meets the target, not the margin: a search without a margin returns it, or a smaller one."""
    if result.certified is not None or not math.isfinite(result.found.aim):
        return []
    met = [f for f in known if not f.misses and f.utility < result.found.aim]
    kept = {id(f): f.size_bytes if f.trained and f.planned else f.promised_bytes for f in met}
    smallest = min(met, key=lambda f: (kept[id(f)], -f.utility), default=None)
    if smallest is None or kept[id(smallest)] > size * (1 - WORTH_STATING):
        return []
    sign, bytes_ = constraints.measured.sign, kept[id(smallest)]
    said = (
        f"margin 0: {bytes_} bytes instead of {size}: {constraints.metric} {sign * smallest.utility:.4g} meets the target, "
        f"but not the margin ({sign * result.found.aim:.4g})"
    )
    return [
        Price(
            constraint="margin",
            limit=constraints.margin,
            instead=0.0,
            size_bytes=size,
            size_instead=bytes_,
            said=said,
        )
    ]


def _of_score(
    known: Sequence[_Known], result: SearchResult, constraints: Constraints, taken: tuple[int, float]
) -> list[Price]:
    """Return the bytes of a lower target, and of more score than the model taken (bytes and utility) has anyway.

    A form that meets the target has no price in score where an estimate is enough.
    """
    sign, target = constraints.measured.sign, result.target
    size, own = taken[0], max(taken[1], result.target.utility)
    edge = _edge(f for f in known if f.misses <= {"score"})
    cheaper = [f for f in edge if f.worth < target.utility and f.promised_bytes <= size * (1 - WORTH_STATING)]
    if result.certified is None:
        cheaper = [f for f in cheaper if f.utility < target.utility]
    dearer = [f for f in edge if f.worth > own and f.size_bytes > size]
    spread = [*_spread(cheaper[::-1]), *_spread(dearer)]
    return [
        Price(
            constraint="score",
            limit=sign * target.utility,
            instead=sign * _towards(f.worth),
            size_bytes=size,
            size_instead=f.promised_bytes,
            said=f"{constraints.metric} {sign * _towards(f.worth):.5g} instead of {sign * target.utility:.5g}: "
            f"{f.promised_bytes} bytes instead of {size}",
        )
        for f in spread
    ]


def _towards(utility: float) -> float:
    """Return a limit that is just met: the utility rounded down to five significant digits."""
    digits = 5 - math.ceil(math.log10(max(abs(utility), 1e-12)))
    scale = 10.0**digits
    return math.floor(utility * scale) / scale


def _spread(forms: Sequence[_Known]) -> list[_Known]:
    step = max(1, math.ceil(len(forms) / MOST_OF_A_KIND))
    return list(forms[::step])


def _of_level(known: Sequence[_Known], result: SearchResult, constraints: Constraints, size: int) -> list[Price]:
    """Return what one level of interpretability less saves in bytes, or buys in score within the same bytes."""
    level, found, smallest = result.requirements.level, [], size
    sign, target = constraints.measured.sign, result.target
    excluded_columns = [
        f for f in known if "interpretability" in f.misses and f.misses <= {"score", "interpretability"}
    ]
    for lower in range(level - 1, -1, -1):
        freed = [f for f in excluded_columns if f.level is not None and f.level >= lower]
        cheapest = min((f for f in freed if f.worth >= target.utility), key=lambda f: f.size_bytes, default=None)
        if cheapest is not None and cheapest.promised_bytes <= smallest * (1 - WORTH_STATING):
            smallest = cheapest.promised_bytes
            said = f"{LEVELS[lower]} instead of {LEVELS[level]}: {smallest} bytes instead of {size}"
            found.append(_level_price(result, lower, (size, smallest), said))
            continue
        best = max((f for f in freed if f.promised_bytes <= smallest), key=lambda f: f.worth, default=None)
        if smallest == size and best is not None and best.worth > target.utility:
            said = f"{LEVELS[lower]} instead of {LEVELS[level]}: {constraints.metric} {sign * best.worth:.4g} in the same bytes"
            found.append(_level_price(result, lower, (size, size), said))
    return found


def _level_price(result: SearchResult, lower: int, sizes: tuple[int, int], said: str) -> Price:
    return Price(
        constraint="interpretability",
        limit=LEVELS[result.requirements.level],
        instead=LEVELS[lower],
        size_bytes=sizes[0],
        size_instead=sizes[1],
        said=said,
    )


def _size_price(smallest: _Known, most: int) -> Price:
    """Return the limit on bytes with which the smallest form that misses nothing else would pass."""
    instead = smallest.promised_bytes
    said = f"with a limit of {instead} bytes instead of {int(most)} a model of about {smallest.size_bytes} bytes passes"
    return Price(constraint="size", limit=most, instead=instead, size_instead=instead, said=said)


def _ways_out(known: Sequence[_Known], result: SearchResult, constraints: Constraints) -> Iterator[Price]:
    """Return, for every constraint, the limit with which the nearest form that misses nothing else would pass."""
    sign, target = constraints.measured.sign, result.target
    for form in _spread(_edge(f for f in known if f.misses == {"score"})[::-1]):
        reached = sign * _towards(form.worth)
        limits = f"{reached:.4g} instead of {sign * target.utility:.4g}"
        said = f"with {constraints.metric} {limits} a model of {form.promised_bytes} bytes passes"
        yield Price(
            constraint="score",
            limit=sign * target.utility,
            instead=reached,
            size_instead=form.promised_bytes,
            said=said,
        )
    smallest = min((f for f in known if f.misses == {"size"}), key=lambda f: f.size_bytes, default=None)
    if smallest is not None:
        yield _size_price(smallest, result.requirements.size_bytes or 0)
    freed = [f for f in known if f.misses == {"interpretability"} and f.level is not None]
    plainest = max(freed, key=lambda f: (f.level or 0, -f.size_bytes), default=None)
    if plainest is not None:
        level, required = LEVELS[plainest.level or 0], LEVELS[result.requirements.level]
        said = f"{level} instead of {required}: a model of {plainest.promised_bytes} bytes passes"
        yield Price(
            constraint="interpretability",
            limit=required,
            instead=level,
            size_instead=plainest.promised_bytes,
            said=said,
        )
    for each in result.requirements.every:
        nearest = min((f for f in known if f.misses == {each.name}), key=lambda f: f.size_bytes, default=None)
        if nearest is not None and (price := _other_price(each, nearest)) is not None:
            yield price
    slow = [f for f in known if f.misses == {"latency"} and f.latency_us]
    fastest = min(slow, key=lambda f: f.latency_us or math.inf, default=None)
    if fastest is not None and fastest.latency_us is not None:
        us = result.requirements.latency_us or 0.0
        said = f"with {fastest.latency_us:.3g} us (median) instead of {us:g} a model of {fastest.promised_bytes} bytes passes"
        yield Price(
            constraint="latency",
            limit=us,
            instead=fastest.latency_us,
            size_instead=fastest.promised_bytes,
            said=said,
        )


def _of_others(known: Sequence[_Known], result: SearchResult, size: int) -> Iterator[Price]:
    """Return what giving up a requirement saves, of those whose price follows from one form."""
    for each in result.requirements.every:
        freed = [f for f in known if f.misses == {each.name} and f.worth >= result.target.utility]
        cheapest = min(freed, key=lambda f: f.size_bytes, default=None)
        if cheapest is None or cheapest.promised_bytes > size * (1 - WORTH_STATING):
            continue
        if (price := _other_price(each, cheapest)) is not None:
            said = f"{price.said.removesuffix(' passes')} instead of {size}"
            yield price.model_copy(update={"size_bytes": size, "said": said})


def _other_price(requirement: Requirement, form: _Known) -> Price | None:
    """Return what giving up a requirement, or as much of it as is needed, lets pass."""
    other = requirement.relaxed(form.values[requirement.name])
    if other is None:
        return None
    return Price(
        constraint=requirement.name,
        limit=other.limit,
        instead=other.instead,
        size_instead=form.promised_bytes,
        said=f"{other.said} a model of {form.promised_bytes} bytes passes",
    )
