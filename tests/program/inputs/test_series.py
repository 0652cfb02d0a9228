"""Statistics of windows of series."""

from __future__ import annotations

import numpy as np
import pytest

from automicro.errors import ArtifactError, DataError, PluginError
from automicro.program import (
    Affine,
    Evaluator,
    Missing,
    Numeric,
    Program,
    Summary,
    Weights,
    columns_of,
    decode,
    pack,
    unpack,
    validate,
)
from automicro.program.inputs.series import STATISTICS, summary_words, window_of

RISING = np.array([[1.0, 2.0, 4.0, 3.0, np.nan, 5.0, 9.0, np.nan]], dtype=np.float32)  # observed: 1 2 4 3 5 9


def value(statistic, level=0, window=0, series=RISING):
    return float(decode((Summary(0, statistic, level, window),), [series])[0, 0])


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("mean", 4.0),
        ("spread", np.std([1, 2, 4, 3, 5, 9])),
        ("minimum", 1.0),
        ("maximum", 9.0),
        ("slope", np.polyfit(range(6), [1, 2, 4, 3, 5, 9], 1)[0]),
        ("first", 1.0),
        ("last", 9.0),
        ("change", (1 + 2 + 1 + 2 + 4) / 5),
        ("crossings", 1 / 5),
        ("length", 6.0),
        ("energy 2", np.sqrt((0.5**2 + 0.5**2 + 2**2) / 3)),
        ("energy 4", (3 + 4 - 1 - 2) / 4),
        ("energy 8", 0.0),
    ],
)
def test_statistics_of_a_whole_series(statistic, expected):
    assert value(statistic) == pytest.approx(expected, rel=1e-6)


def test_windows_halve_what_was_observed():
    assert [value("mean", 1, w) for w in (0, 1)] == pytest.approx([7 / 3, 17 / 3])
    assert [value("length", 2, w) for w in range(4)] == [1, 2, 1, 2]
    assert [value("first", 3, w) for w in range(8)] == [1, 1, 2, 4, 3, 3, 5, 9]  # each has at least one step


@pytest.mark.parametrize("statistic", STATISTICS)
def test_odd_series(statistic):
    odd = np.full((4, 5), np.nan, dtype=np.float32)
    odd[1, 2] = 7.0
    odd[2] = [3e38, -3e38, 3e38, -3e38, 3e38]
    odd[3] = -0.0
    summaries = tuple(Summary(0, statistic, level, (1 << level) - 1) for level in range(4))
    X = decode(summaries, [odd])
    assert np.isfinite(X).all()
    assert not X[0].any()
    assert not np.signbit(X[3]).any()
    program = Program(1, summaries, Affine(Weights.of(np.eye(4)), Weights.of(np.zeros(4))), "identity")
    single = np.concatenate([Evaluator(program)(odd[row : row + 1, None]) for row in range(4)])
    assert np.array_equal(single, X)


def test_a_series_may_be_a_list_and_its_length_does_not_matter():
    summaries = (Summary(1, "mean"), Summary(1, "last", 2, 3), Missing(1))
    program = Program(2, summaries, Affine(Weights.of(np.eye(3)), Weights.of(np.zeros(3))), "identity")
    rows = [[[1.0], [2.0, 3.0]], [[4.0, 6.0, None], []]]
    expected = [[5.0, 6.0, 0.0], [0.0, 0.0, 1.0]]
    assert Evaluator(program)(rows).tolist() == expected
    assert [Evaluator(program)([rows[0][i : i + 1], rows[1][i : i + 1]]).tolist()[0] for i in (0, 1)] == expected
    with pytest.raises(DataError, match="column 1 must hold series, but got 3"):
        Evaluator(program)([[1.0], [3.0]])
    with pytest.raises(DataError, match="column 1 must hold series"):
        Evaluator(program)(np.zeros((4, 2)))


def test_what_reads_a_column_agrees():
    body = Affine(Weights.of([[1, 1]]), Weights.of([0]))
    with pytest.raises(PluginError, match="column 0 must be read as series or as numbers"):
        pack(Program(1, (Summary(0, "mean"), Numeric(0)), body, "identity"))
    for summary in (Summary(0, "median"), Summary(0, "mean", 12), Summary(0, "mean", 1, 2)):
        with pytest.raises(ArtifactError):
            validate(Program(1, (summary, summary), body, "identity"), ArtifactError)
    with pytest.raises(DataError, match="column 0 must hold numbers, but holds series"):
        decode((Numeric(0),), [RISING])
    assert columns_of(Program(1, (Summary(0, "mean"),) * 2, body, "identity"), RISING[:, None])[0].shape == (1, 8)


def test_windows_cover_every_step_once():
    for count in (1, 2, 5, 8, 13, 16):
        for level in range(4):
            spans = [window_of(Summary(0, "mean", level, window), count) for window in range(1 << level)]
            if count >= 1 << level:
                assert [step for span in spans for step in range(span.start, span.stop)] == list(range(count))


def test_summaries_have_names_and_take_few_bytes():
    assert summary_words(Summary(3, "spread", 4, 1), "hip") == "spread of hip, part 2 of 16"
    means = tuple(Summary(channel, "mean", 1, half) for channel in range(12) for half in (0, 1))
    program = Program(12, means, Affine(Weights.of(np.zeros((1, 24))), Weights.of([1])), "identity")
    assert len(pack(program)) < 20
    assert unpack(pack(program)).decoders == means
