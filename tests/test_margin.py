"""What a search aims at is stated, and answer, frontier, prices and further requests agree."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.datasets import load_diabetes

import automicro

SEARCH = automicro.Search(trials=3, workers=0, seed=0, families=["linear"], progress=False)
SCORE = 0.42


def select(**constraints: Any) -> automicro.Selection:
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    return automicro.select(X, y, metric="r2", **{"score": SCORE, "certify": False, **constraints}, search=SEARCH)


@pytest.fixture(scope="module")
def answer() -> automicro.Selection:
    return select()


def test_the_report_says_what_was_aimed_at(answer: automicro.Selection) -> None:
    assert answer.margin == 1.0  # 442 rows
    assert answer.aimed_at is not None
    assert answer.score >= answer.aimed_at > SCORE
    (line,) = (line for line in str(answer).splitlines() if line.startswith("aimed at"))
    assert line.endswith(f"{answer.aimed_at:.4g}: the target 0.42 and a standard error")


def test_a_size_that_the_answer_meets_changes_nothing(answer: automicro.Selection) -> None:
    for size in (answer.size_bytes, answer.size_bytes + 7):
        again = select(size=size)
        assert again.model.to_bytes(strip=True) == answer.model.to_bytes(strip=True)
        assert again.aimed_at == answer.aimed_at


def test_points_below_the_margin_are_had_by_their_size(answer: automicro.Selection) -> None:
    below = [point for point in answer.frontier if point.status == "meets the target, not the margin"]
    assert below
    for point in {below[0].trial: below[0], below[-1].trial: below[-1]}.values():
        again = select(score=point.score, size=point.size_bytes)
        assert again.size_bytes <= point.size_bytes
        assert again.score >= point.score
        assert again.notes[0].startswith(f"no model of at most {point.size_bytes} bytes reached the margin (r2 ")
        (taken,) = (record for record in again.trace if record.status == "taken")
        assert taken.reason == (
            f"the surest that meets the target: none of at most {point.size_bytes} bytes reaches the margin"
        )


def test_fewer_bytes_that_meet_the_target_have_no_price_in_score(answer: automicro.Selection) -> None:
    smallest = min(point.size_bytes for point in answer.frontier)
    cheaper = [price for price in answer.prices if price.size_instead < answer.size_bytes]
    assert all(price.size_instead < smallest for price in cheaper if price.constraint == "score")
    (price,) = (price for price in cheaper if price.constraint == "margin")
    assert price.said.startswith(f"margin 0: {price.size_instead} bytes instead of {answer.size_bytes}: r2 0.4")
    assert "points" not in str(answer)
    paid = select(margin=price.instead)
    assert paid.size_bytes <= price.size_instead
    assert paid.score >= SCORE
    assert paid.aimed_at is paid.margin is None
    assert "aimed at" not in str(paid)


def test_a_wide_margin_is_half_the_way_at_most_and_what_misses_it_is_named(answer: automicro.Selection) -> None:
    wide = select(margin=100)
    assert wide.aimed_at == pytest.approx((SCORE + 1) / 2)
    assert "0.71: the target 0.42 and half the way to 1, which is less than 100 standard errors" in str(wide)
    assert wide.score == max(point.score for point in wide.frontier) >= answer.score
    statuses = {record.status for record in wide.trace}
    assert "below_margin" in statuses
    assert statuses <= {"taken", "below_margin", "rejected", "given_up"}
    assert all(
        "not the margin: r2 0.4" in record.reason and "aimed at 0.71" in record.reason
        for record in wide.trace
        if record.status == "below_margin"
    )
