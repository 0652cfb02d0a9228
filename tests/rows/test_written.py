"""Numbers, dates and times as people write them: one style or format for a whole column, or none."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automicro.rows.moments import moment_format, parsed_moment
from automicro.rows.written import STYLES, number_style, parsed_number

MANY = [f"{i * 37.25:,.2f}" for i in range(1, 60)]


@pytest.mark.parametrize(
    ("text", "style", "number"),
    [
        ("$16,100", "1,234.5", 16100.0),
        ("-$5.50", "1,234.5", -5.5),
        ("$-5.50", "1,234.5", -5.5),
        ("13.99%", "1,234.5", 13.99),
        ("67.4 %", "1,234.5", 67.4),
        ("1.234,56", "1.234,5", 1234.56),
        ("1\u00a0234,56 €", "1 234,5", 1234.56),
        ("1'234.5", "1'234.5", 1234.5),
        ("(200)", "1,234.5", -200.0),
        ("1e3", "1,234.5", 1000.0),
        ("+7 kg", "1,234.5", 7.0),
        (".5", "1,234.5", 0.5),
        ("\u22123", "1,234.5", -3.0),
    ],
)
def test_numbers_as_people_write_them(text, style, number):
    found = parsed_number(text, style)
    assert found is not None
    assert found[0] == number


@pytest.mark.parametrize(
    "text", ["", "abc", "1,23", "12,345.6.7", "(5", "-(5)", "1-2", "5 5", "1.2.3", "0x10", "--5", "12:30"]
)
def test_what_is_no_number(text):
    assert parsed_number(text, "1,234.5") is None


@given(st.lists(st.floats(-1e9, 1e9).map(lambda x: round(x, 2)), min_size=25, max_size=40, unique=True))
@settings(max_examples=30, deadline=None)
def test_what_is_written_in_a_style_is_read_back(values):
    values = [*values, 1234567.5]  # a number that tells the marks apart
    for style in STYLES:
        thousands, decimal = style[1], style[5]
        texts = [f"{v:,.2f}".translate(str.maketrans({",": thousands, ".": decimal})) for v in values]
        assert number_style(set(texts)) == (style, True)
        assert [parsed_number(text, style)[0] for text in texts] == values


@pytest.mark.parametrize(
    ("texts", "style"),
    [
        (["0,5", "12,25", "3,1"], "1.234,5"),
        (["16,100", "2,350", "900", "1,100", "4,500", "8,250", "7,725"], "1,234.5"),
        (["$16,100", "$2,350"], "1,234.5"),
        (["16,100", "2,350"], None),
        (["01234", "94105"], None),
        (["1", "2", "3"], None),
        (["1.5", "2", "3"], "1,234.5"),
        (["5 kg", "7 lb"], None),
        (["5%", "7"], "1,234.5"),
        (["a1", "7"], None),
    ],
)
def test_the_style_is_that_of_the_whole_column_or_none(texts, style):
    assert number_style(texts)[0] == (None if texts == ["5%", "7"] else style)


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["2016-01-22", "2016-12-01"], "year-month-day"),
        (["2016-01-22 10:30:00", "2016-12-01T09:00:00Z"], "year-month-day"),
        (["22/01/2016", "03/04/2016"], "day/month/year"),
        (["12/31/2022", "03/04/2016"], "month/day/year"),
        (["22.01.2016"], "day.month.year"),
        (["Dec-2011", "January-2012"], "month-name year"),
        (["22 Jan 2016"], "day month-name year"),
        (["Jan 22, 2016 5:30 PM"], "month-name day, year"),
        (["03/04/2016", "05/06/2017"], None),
        (["31/12/2022", "12/31/2022"], None),
        (["2016-13-40"], None),
        (["spring"], None),
    ],
)
def test_the_format_of_dates_is_that_of_the_whole_column_or_none(texts, form):
    assert moment_format(texts)[0] == form


@given(st.datetimes(dt.datetime.fromisoformat("0001-01-01")))
def test_dates_are_read_as_the_standard_library_reads_them(moment):
    seconds = (moment - dt.datetime.fromisoformat("1970-01-01")) / dt.timedelta(seconds=1)
    assert parsed_moment(moment.isoformat(), "year-month-day") == pytest.approx(seconds, abs=1e-4)
