"""Model files: with a card and without, the same program; a damaged card is noticed."""

from __future__ import annotations

import json
import zlib
from hashlib import sha256

import drawn
import numpy as np
import pytest

from automicro.errors import ArtifactError, PluginError
from automicro.program import columns_of, evaluate, pack, read_artifact, write_artifact
from automicro.program.wire.file import CARD_MAGIC

PROGRAM = drawn.program(5)
CARD = {"columns": ["größe", "b"], "nested": {"score": 0.5, "none": None}}


def test_without_a_card_a_file_is_the_packed_program():
    assert write_artifact(PROGRAM) == pack(PROGRAM)
    assert read_artifact(pack(PROGRAM))[1] is None


def test_a_card_changes_no_prediction():
    data = write_artifact(PROGRAM, CARD)
    program, card = read_artifact(data)
    assert card == CARD
    assert pack(program) == pack(PROGRAM)
    columns = columns_of(PROGRAM, drawn.rows(PROGRAM, 5))
    with np.errstate(all="ignore"):
        assert evaluate(program, columns).tobytes() == evaluate(PROGRAM, columns).tobytes()


@pytest.mark.parametrize("card", [{"a": {1, 2}}, {"a": float("nan")}, {"a": object()}])
def test_only_json_makes_a_card(card):
    with pytest.raises(PluginError, match="a card must be what JSON can hold"):
        write_artifact(PROGRAM, card)


def test_a_card_of_great_repetition_is_read_all_the_same():
    card = {"zeros": "0" * 3_000_000}
    assert read_artifact(write_artifact(PROGRAM, card))[1] == card


def sealed(payload, text):
    packed = zlib.compress(text)
    return CARD_MAGIC + len(payload).to_bytes(4, "big") + payload + packed


def test_damaged_cards():
    payload, other = pack(PROGRAM), pack(drawn.program(6))
    data = write_artifact(PROGRAM, CARD)
    good = json.dumps({"card": CARD, "sha256": sha256(payload).hexdigest()}).encode()
    assert read_artifact(sealed(payload, good))[1] == CARD
    wrong = [
        data[:-1],
        data + b"x",
        data[:20],
        data[:3],
        sealed(other, good),
        sealed(payload, b"[]"),
        sealed(payload, b"{"),
        sealed(payload, b'{"card": 1, "sha256": ""}'),
        sealed(payload, b"[" * 100_000),
        sealed(payload, b" " * 50_000_000 + good),
        CARD_MAGIC + b"\xff\xff\xff\xff" + payload,
    ]
    for broken in wrong:
        with pytest.raises(ArtifactError):
            read_artifact(broken)
