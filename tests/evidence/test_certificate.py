"""A certified search end to end: what is held out, what the certificate says, and that it cannot be bent."""

from __future__ import annotations

import json
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

import automicro
from automicro import Constraints, NotVerified, Search
from automicro.cli import main
from automicro.data import folds, hold_out, load_problem
from automicro.search.context import Context, Outcome, QuantisedVariant, Target
from automicro.search.decide.certify import hold_out_for_certification, levels, likely, rows_needed, sequence
from automicro.search.loop import Loop

QUICK = Search(trials=2, workers=0, families=["linear"], progress=False)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(2400, 5)).astype(np.float32)
    y = np.where(X[:, 0] + 0.7 * X[:, 1] + 0.7 * rng.logistic(size=2400) > 0, "yes", "no")
    return {**{f"x{j}": X[:, j] for j in range(5)}, "y": y}


@pytest.fixture(scope="module")
def selection(table):
    constraints = Constraints(metric="accuracy", score=0.7, certify=True)
    return automicro.select(
        table, "y", constraints, search=Search(trials=6, workers=0, families=["linear", "tree"], progress=False)
    )


def test_the_certificate_says_what_was_tested(selection):
    certificate = selection.certificate
    assert selection.verdict == "certified"
    assert certificate.held_rows + certificate.searched_rows == 2400
    assert certificate.place == max(k for k, step in enumerate(certificate.steps) if step.rejected)
    passed = certificate.steps[certificate.place]
    assert passed.size_bytes == selection.size_bytes
    assert passed.p_value <= passed.level <= 1 - certificate.confidence
    assert selection.held_out.rows == certificate.held_rows
    low, high = selection.score_interval
    assert low <= min(selection.score, selection.expected_score)
    assert high >= max(selection.score, selection.expected_score)
    assert (low, high) != (selection.held_out.low, selection.held_out.high)  # whose rows chose the model
    assert "Certified at 95%" in str(selection)
    assert selection.score == pytest.approx(passed.score)


def test_it_is_verified_from_model_and_data(selection, table, tmp_path):
    path = tmp_path / "model.micro"
    selection.model.save(path)
    found = automicro.verify(path, table, "y")
    passed = [step for step in selection.certificate.steps if step.rejected][-1]
    assert found.p_value == pytest.approx(passed.p_value, rel=1e-6)
    assert found.held_rows == selection.certificate.held_rows


def edited(selection, change):
    card = json.loads(json.dumps(selection.model.card))
    change(card["certificate"])
    return automicro.Model(selection.model.program, card)


def test_what_was_changed_is_found_each_with_its_own_sentence(selection, table):
    other = dict(table, x0=table["x0"] + np.float32(0.5))
    with pytest.raises(NotVerified, match="the data must be those of the search"):
        automicro.verify(selection.model, other, "y")
    with pytest.raises(NotVerified, match="its entries were changed"):
        automicro.verify(edited(selection, lambda c: c["steps"][0].update(p_value=0.001)), table, "y")
    program = automicro.select(
        table, "y", metric="accuracy", score=0.6, certify=False, search=Search(trials=1, workers=0)
    ).model.program
    with pytest.raises(NotVerified, match="its bytes are others"):
        automicro.verify(automicro.Model(program, selection.model.card), table, "y")
    with pytest.raises(automicro.DataError, match="the model must have a certificate"):
        automicro.verify(automicro.Model(program, None), table, "y")


def test_a_card_that_shows_another_model_is_found(selection, table):
    card = selection.model.card
    shown = {**card["explanation"], "body": {"kind": "linear", "start": [0.0], "terms": []}}
    with pytest.raises(NotVerified, match="the card must show what the model computes"):
        automicro.verify(automicro.Model(selection.model.program, {**card, "explanation": shown}), table, "y")


def test_a_forged_certificate_does_not_give_what_the_data_give(selection, table):
    from automicro.request import Certificate
    from automicro.result.certificate import sealed

    def forge(record):
        [step for step in record["steps"] if step["rejected"]][-1]["score"] = 0.99
        record.update(sealed(Certificate.model_validate(record)).model_dump(mode="json"))

    with pytest.raises(NotVerified, match="the certificate must give what the data give"):
        automicro.verify(edited(selection, forge), table, "y")


def test_from_the_command_line(selection, table, tmp_path, capsys):
    path, data = tmp_path / "model.micro", tmp_path / "rows.csv"
    selection.model.save(path)
    names = list(table)
    lines = [",".join(names), *(",".join(map(str, row)) for row in zip(*table.values(), strict=True))]
    data.write_text("\n".join(lines) + "\n")
    assert main(["verify", str(path), str(data), "--target", "y"]) == 0
    assert capsys.readouterr().out.startswith("verified: 800 held-out rows give")
    data.write_text("\n".join(lines[:-1]) + "\n")
    assert main(["verify", str(path), str(data), "--target", "y"]) == 3
    assert "the data must be those of the search" in capsys.readouterr().err


def test_nothing_certified_is_said_with_the_rows_it_would_take(table):
    constraints = Constraints(metric="accuracy", score=0.77, certify=True)
    with pytest.raises(automicro.Infeasible) as caught:
        automicro.select(table, "y", constraints, search=Search(trials=4, workers=0, families=["tree"], progress=False))
    assert caught.value.binding in (("certify",), ("score",))


def test_too_few_rows_are_not_said_to_be_below_the_target():
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    X = {"a": y + rng.normal(size=40) / 10, "b": rng.normal(size=40)}
    constraints = Constraints(metric="roc_auc", score=0.9, certify=True)
    with pytest.raises(automicro.Infeasible, match="so few rows do not distinguish that from chance"):
        automicro.select(X, y, constraints, search=Search(trials=1, families=["linear"], workers=0))


def test_within_is_tested_in_pairs(table):
    constraints = Constraints(metric="roc_auc", within=0.1, certify=True)
    found = automicro.select(
        table, "y", constraints, search=Search(trials=5, workers=0, families=["linear", "tree"], progress=False)
    )
    assert found.certificate.within == 0.1
    assert "paired" in found.certificate.method
    assert automicro.verify(found.model, table, "y").p_value <= 0.05


def test_auto_certifies_large_tables_only():
    small = load_problem({"a": np.arange(200) % 7}, np.arange(200) % 2)
    assert hold_out_for_certification(small, Constraints(metric="accuracy", score=0.5), 0) is None
    assert hold_out_for_certification(small, Constraints(metric="accuracy", score=0.5, certify=True), 0) is not None
    large = load_problem({"a": np.arange(25_000) % 7}, np.arange(25_000) % 2)
    certification = hold_out_for_certification(large, Constraints(metric="accuracy", score=0.5), 0)
    assert len(certification.held) == 5000
    assert hold_out_for_certification(large, Constraints(metric="accuracy", score=0.5, certify=False), 0) is None


def test_groups_and_time_stay_on_their_side():
    rows = np.arange(300)
    grouped = load_problem({"a": rows % 7}, rows % 2, groups=rows // 10)
    searched, held = hold_out(grouped, 0.2, 1)
    assert not set(grouped.groups[searched]) & set(grouped.groups[held])
    ordered = load_problem({"a": rows % 7}, rows % 2, time=rows[::-1].copy())
    searched, held = hold_out(ordered, 0.2, 1)
    assert ordered.order[searched].max() < ordered.order[held].min()


def test_the_sequence_runs_from_the_surest_to_the_smallest():
    made = [
        Outcome(i, "feasible", form=QuantisedVariant("k", "p", utility, size), artifact=b"x" * size)
        for i, (utility, size) in enumerate([(0.91, 30), (0.95, 80), (0.93, 90), (0.92, 50), (0.90, 20)])
    ]
    assert [len(o.artifact) for o in sequence(made)] == [80, 50, 30, 20]


def test_only_artifacts_that_lie_above_the_target_by_a_quarter_of_an_error_are_tested():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 600)
    problem = load_problem({"a": rng.normal(size=600)}, y)
    constraints = Constraints(metric="accuracy", score=0.8, certify=True)
    certification = hold_out_for_certification(problem, constraints, 0)
    searched = problem.only(certification.searched)
    shares = np.where(rng.uniform(size=searched.rows) < 0.8, searched.target, 1 - searched.target)
    context = Context(searched, folds(searched), "accuracy")
    repeats = 1 + max(fold.repeat for fold in context.folds)
    predicted = np.repeat(np.stack([1.0 - shares, shares], axis=1)[None], repeats, axis=0)
    error = np.sqrt(0.8 * 0.2 / len(certification.held))
    utilities = [0.8 + share * error for share in (2.0, 0.4, 0.1, 0.0)]
    made = [
        Outcome(
            i, "feasible", form=QuantisedVariant("k", "p", utility, 9), artifact=b"x" * (9 - i), out_of_fold=predicted
        )
        for i, utility in enumerate(utilities)
    ]
    assert [o.number for o in likely(made, context, Target(0.8), certification, constraints)] == [0, 1]
    within = Constraints(metric="accuracy", within=0.01, certify=True)
    assert likely(made, context, Target(0.8), certification, within) == made


def test_a_model_at_the_target_is_compared_but_not_certified():
    rng = np.random.default_rng(1)
    x = rng.normal(size=600)
    y = (x + 0.8 * rng.logistic(size=600) > 0).astype(int)
    free = automicro.select({"x": x}, y, metric="accuracy", score=0.6, certify=False, search=QUICK)
    target = round(free.trace[0].score, 3) - 0.001
    with pytest.raises(automicro.Undecided, match="so close to the target that a test would pass by luck alone"):
        automicro.select({"x": x}, y, metric="accuracy", score=target, certify=True, search=QUICK)


def test_a_test_that_fails_does_not_end_the_testing():
    level = 1 - 0.95
    first, second, third = levels([0.6, 1e-9, 0.01], 0.95)
    assert first == pytest.approx(level / 1.0525)
    assert second == pytest.approx(first / 20)  # its own share alone, for the test before it failed
    assert third == pytest.approx(second + first / 400)  # what passed hands its level on
    assert levels([0.01, 0.2, 0.2], 0.95)[1] == pytest.approx(first + first / 20)


@pytest.mark.parametrize("together", [0.0, 0.8])
def test_the_chance_that_any_false_claim_passes_is_at_most_the_level(together):
    rng = np.random.default_rng(1)
    false = np.array([0, 1, 0, 1, 1, 0], dtype=bool)  # the others are far above the target
    passed = 0
    for _ in range(4000):
        z = np.sqrt(together) * rng.normal() + np.sqrt(1 - together) * rng.normal(size=6) + 4.0 * ~false
        p_values = 1 - np.vectorize(NormalDist().cdf)(z)
        passed += bool(((p_values <= levels(list(p_values), 0.95)) & false).any())
    assert passed / 4000 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)


def test_rows_needed():
    assert rows_needed(0.05, 100, 0.95) == pytest.approx(229, abs=2)  # ((1.645 + 0.842) / 1.645)^2
    assert rows_needed(0.6, 100, 0.95) is None


def test_columns_are_read_as_text_again_where_the_search_was_told_so(tmp_path):
    rng = np.random.default_rng(4)
    y = rng.integers(0, 2, 300)
    table = {"said": [["good", "bad"][v] for v in y], "x": rng.normal(size=300), "y": y}
    constraints = Constraints(metric="accuracy", score=0.8, certify=True)
    search = Search(trials=2, workers=0, families=["linear"], progress=False)
    model = automicro.select(table, "y", constraints, search=search, text=["said"]).model
    assert automicro.verify(model, table, "y").score == 1.0


def test_auto_estimates_a_model_that_only_reaches_the_plain_target(monkeypatch):
    begin = Loop.__init__

    def high(self, *positional, **named):
        begin(self, *positional, **named)
        self._target, self._aim = replace(self._target, utility=0.85, floor=0.78), None

    monkeypatch.setattr(Loop, "__init__", high)
    monkeypatch.setattr("automicro.search.decide.certify.AUTO_ROWS", 200)
    rng = np.random.default_rng(0)
    x = rng.normal(size=600)
    y = (x + 0.8 * rng.logistic(size=600) > 0).astype(int)
    search = Search(trials=2, workers=0, families=["linear"], progress=False)
    found = automicro.select({"x": x}, y, metric="roc_auc", score=0.78, search=search)
    low, high_end = found.score_interval
    assert found.verdict == "estimated"
    assert low < found.expected_score < high_end


def test_bounds_of_an_estimate_are_wider_than_its_rows_tell_as_the_model_is_another_than_those_of_the_folds(
    monkeypatch,
):
    rng = np.random.default_rng(0)
    x = rng.normal(size=600)
    y = (x + 0.8 * rng.logistic(size=600) > 0).astype(int)
    search = Search(trials=2, workers=0, families=["linear"], progress=False)
    plain = automicro.select({"x": x}, y, metric="roc_auc", score=0.7, search=search)
    bounds = "automicro.search.decide.estimate.score_interval"
    monkeypatch.setattr(bounds, lambda *_: (plain.score - 0.12, plain.score + 0.08))
    found = automicro.select({"x": x}, y, metric="roc_auc", score=0.7, search=search)
    assert found.score == plain.score
    low, high = found.score_interval
    assert low == pytest.approx(found.expected_score - 0.18, abs=1e-3)  # five folds: 1.5 times as far
    assert high == pytest.approx(found.score + 0.12, abs=5e-3)  # above the score before the optimism was taken off
    monkeypatch.setattr(bounds, lambda *_: (0.0, 1.0))
    assert automicro.select({"x": x}, y, metric="roc_auc", score=0.7, search=search).score_interval == (0, 1)
