"""Files in three formats give the same table; what cannot be read ends in one sentence."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from automicro.data import load_problem, load_table, place_in_file, read_file, sklearn_source
from automicro.data.read import files
from automicro.errors import DataError

TEXT = 'age,job,"pay, monthly"\n31,cook,2500.5\n?,smith,\n40,"cook, head",3100\n'
ROWS = [
    {"age": 31, "job": "cook", "pay, monthly": 2500.5},
    {"age": None, "job": "smith", "pay, monthly": None},
    {"age": 40, "job": "cook, head", "pay, monthly": 3100.0},
]


def kinds(table):
    return [(p.name, p.kind, p.missing, p.distinct) for p in load_table(table).profiles]


def write(folder, name):
    path = folder / name
    if name.endswith("jsonl"):
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    elif name.endswith("gz"):
        path.write_bytes(gzip.compress(TEXT.encode()))
    elif name.endswith("parquet"):
        parquet.write_table(pa.Table.from_pylist(ROWS), path)
    elif name.endswith("tsv"):
        path.write_text('age\tjob\t"pay, monthly"\n31\tcook\t2500.5\nNA\tsmith\tnull\n40\tcook, head\t3100\n')
    elif name == "semicolon.csv":
        path.write_text('age;job;"pay, monthly"\n31;cook;2500.5\n;smith;\n40;cook, head;3100\n')
    else:
        path.write_text(TEXT)
    return path


@pytest.mark.parametrize("name", ["a.csv", "A.CSV", "a.csv.gz", "semicolon.csv", "a.tsv", "a.parquet", "a.jsonl"])
def test_all_formats_give_the_same_table(tmp_path, name):
    expected = [("age", "numeric", 1, 2), ("job", "category", 0, 3), ("pay, monthly", "numeric", 1, 2)]
    assert kinds(read_file(write(tmp_path, name))) == expected


def test_the_format_can_be_given(tmp_path):
    path = tmp_path / "table.data"
    path.write_text(TEXT)
    assert read_file(path, "csv").num_rows == read_file(path, "tsv").num_rows == 3
    with pytest.raises(DataError, match=r"one of csv, tsv, parquet, jsonl, but '.*table.data' is none by its name"):
        read_file(path)
    with pytest.raises(DataError, match="but got 'xlsx'"):
        read_file(path, "xlsx")


def test_types_come_from_the_whole_file(tmp_path):
    path = tmp_path / "late.csv"
    path.write_text("a\n" + "1\n" * 800_000 + "x\n")
    assert load_table(read_file(path)).profiles[0].kind == "category"


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["01234", "02139", "94105"], "category"),
        (["1", "", "007"], "category"),
        (["1", "2", "00012345678901234567890"], "category"),
        ([" 07", "08", "11"], "category"),
        (["0", "10", "-3"], "numeric"),
        (["0.5", "0", "0.25"], "numeric"),
        (["0", "1e3", "0.0"], "numeric"),
    ],
)
def test_whole_numbers_with_a_leading_zero_are_codes(tmp_path, cells, kind):
    path = tmp_path / "codes.csv"
    path.write_text("id,code,b\n" + "".join(f"x{row},{cell},{row}\n" for row, cell in enumerate(cells)))
    table = load_table(read_file(path))
    assert [profile.kind for profile in table.profiles] == ["category", kind, "numeric"]
    if kind == "category" and "" not in cells:
        assert any("begin with a zero: 'code' such as" in note for note in table.notes)
    named = load_table(read_file(path, texts=["id"]))  # of a model that read numbers
    assert named.profiles[1].kind == "numeric"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.csv", "", "but is empty"),
        ("head.csv", "a,b\n", "must hold rows, but has none"),
        ("ragged.csv", "a,b\n1,2\n3\n", "cannot be read as csv: .*Expected 2 columns, got 1"),
        ("no.parquet", "a,b\n1,2\n", "cannot be read as parquet"),
        ("no.jsonl", "{1: 2}\n", "cannot be read as jsonl"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(DataError, match=f"^data file '.*{name}' .*{sentence}") as refusal:
        read_file(path)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there(tmp_path):
    write(tmp_path, "churn.csv")
    with pytest.raises(DataError, match=r"'.*chrun.csv' must exist, but does not: did you mean 'churn.csv'"):
        read_file(tmp_path / "chrun.csv")
    with pytest.raises(DataError, match=r"must exist, but does not$"):
        read_file(tmp_path / "nowhere" / "churn.csv")


def test_a_folder_or_a_device_is_no_data_file(tmp_path):
    for other in (str(tmp_path), "/dev/null"):
        with pytest.raises(
            DataError, match="must be a file, but is a folder, a pipe or a device: write the rows to a file"
        ):
            read_file(other, format="csv")


def test_latin_1_is_refused_by_column(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes("name\nJos\xe9\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"latin.csv' must be csv in UTF-8, but column 'name' is not: save it"):
        read_file(path)


def test_two_columns_of_one_name_are_refused(tmp_path):
    path = tmp_path / "twice.csv"
    path.write_text("a,a\n1,2\n")
    with pytest.raises(DataError, match="'a' occurs twice"):
        load_table(read_file(path))


def test_an_unknown_target_is_refused_with_a_guess(tmp_path):
    with pytest.raises(DataError, match="no column 'Job': did you mean 'job'"):
        load_problem(read_file(write(tmp_path, "a.csv")), "Job")


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes", "digits", "sklearn:iris", "wine"])
def test_the_examples_of_scikit_learn(name):
    frame, target = sklearn_source(name)
    problem = load_problem(frame, target)
    assert problem.task == ("regression" if name == "diabetes" else "classification")
    assert target not in problem.table.names


def test_an_unknown_example_is_refused_with_a_guess():
    with pytest.raises(DataError, match="'sklearn:breast_cancr' does not exist: did you mean 'breast_cancer'"):
        sklearn_source("breast_cancr")


def test_column_names_that_are_no_text_are_told(tmp_path):
    (tmp_path / "random.csv").write_bytes(b"a,\xff\xfe\x01\n1,2\n")
    with pytest.raises(DataError, match="cannot be read as csv"):
        read_file(tmp_path / "random.csv")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"\x1f\x8b\x08", "compressed by gzip: end its name in .gz"),
        ("a.csv.xz", b"\xfd7zXZ", "compressed by xz, which is not read: unpack it first"),
        ("a.csv.zip", b"PK\x03\x04", "a zip archive, which is not read: unpack it first"),
        ("a.csv", "a,b\n1,2\n".encode("utf-16"), "in UTF-16: save it in UTF-8"),
    ],
)
def test_first_bytes_say_what_a_file_is(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=said):
        read_file(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("-", "not from standard input"),
        ("~/a.csv", "write the path of one file in full"),
        ("a*.csv", "write the path of one file in full"),
        ("s3://user:secret@b/x.csv", r"but got a URL \(s3://...\)"),
    ],
)
def test_what_is_no_path_is_said(name: str, said: str) -> None:
    with pytest.raises(DataError, match=said) as refused:
        read_file(name)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.parquet"])
def test_a_file_that_unpacks_to_more_than_the_memory_is_not_read(tmp_path, monkeypatch, name):
    path = write(tmp_path, name)
    monkeypatch.setattr(files, "memory_bytes", lambda: 60)
    with pytest.raises(
        DataError, match="must unpack to at most half of the memory, 3e-08 GB, but unpacks to more: keep"
    ):
        read_file(path)


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "a.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"a,b\n")
        for _ in range(200):
            file.write(b"0" * 10**6)
    monkeypatch.setattr(files, "memory_bytes", lambda: 10**8)
    assert path.stat().st_size < 10**6
    with pytest.raises(DataError, match=r"at most half of the memory, 0\.05 GB"):
        read_file(path)


def test_a_parquet_file_of_many_equal_rows_is_refused_by_its_rows(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"a": pa.repeat(1, 10**6)}), path)
    monkeypatch.setattr(files, "memory_bytes", lambda: 2 * 10**6)
    assert path.stat().st_size < 10**5
    with pytest.raises(DataError, match="unpack to at most half"):
        read_file(path)


@pytest.mark.parametrize(
    ("name", "place"), [("a.csv", "line 7"), ("a.csv.gz", "line 7"), ("a.jsonl", "line 4"), ("a.parquet", "row 3")]
)
def test_a_row_is_found_by_its_line(tmp_path: Path, name: str, place: str) -> None:
    """The third row: after a cell of two lines and a line that is empty."""
    if name.endswith(("parquet", "jsonl")):
        write(tmp_path, name)
        if name.endswith("jsonl"):
            (tmp_path / name).write_text("\n" + (tmp_path / name).read_text())
    else:
        text = b'\xef\xbb\xbfage,job\n31,"cook,\nbaker"\n\n40,smith\n\n50,\n'
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    assert read_file(tmp_path / name).num_rows == 3
    assert place_in_file(tmp_path / name, None, 2) == place
