"""Minutes, days and months of UTC, without a clock and without a calendar's library."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.windows import Span, day_text, name_of, number_at, start_of, window_named

MARCH_2 = 1_772_448_540.0
"""2026-03-02 10:49:00 UTC."""
INSTANTS = st.floats(min_value=-60_000_000_000, max_value=250_000_000_000)
SPANS = st.sampled_from(Span)


def instant(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(("span", "name"), [(Span.MINUTE, "m29540809"), (Span.DAY, "d20514"), (Span.MONTH, "M2026-03")])
def test_windows_have_names(span: Span, name: str) -> None:
    assert name_of(span, number_at(span, MARCH_2)) == name


@given(INSTANTS)
def test_days_and_months_are_those_of_the_calendar(wall: float) -> None:
    date = datetime.fromtimestamp(wall // 1, UTC)
    assert name_of(Span.MONTH, number_at(Span.MONTH, wall)) == f"M{date.year:04}-{date.month:02}"
    assert day_text(wall) == f"{date.year:04}-{date.month:02}-{date.day:02}"


@given(SPANS, INSTANTS)
def test_every_instant_lies_in_its_window(span: Span, wall: float) -> None:
    number = number_at(span, wall)
    assert start_of(span, number) <= wall < start_of(span, number + 1)


@given(SPANS, st.integers(min_value=0, max_value=119_999))
def test_a_window_begins_where_it_is_first(span: Span, number: int) -> None:
    start = start_of(span, number)
    assert number_at(span, start) == number
    assert number_at(span, start - 1) == number - 1


@given(SPANS, st.integers(min_value=0, max_value=119_999))
def test_a_name_finds_its_window(span: Span, number: int) -> None:
    assert window_named(name_of(span, number)) == (span, number)


@pytest.mark.parametrize(
    ("last", "first"),
    [
        ("2026-02-28 23:59:59", "2026-03-01 00:00:00"),
        ("2028-02-29 23:59:59", "2028-03-01 00:00:00"),
        ("2100-02-28 23:59:59", "2100-03-01 00:00:00"),
        ("2026-12-31 23:59:59", "2027-01-01 00:00:00"),
    ],
)
def test_a_month_ends_on_its_last_day(last: str, first: str) -> None:
    assert number_at(Span.MONTH, instant(last)) + 1 == number_at(Span.MONTH, instant(first))
    assert number_at(Span.DAY, instant(last)) + 1 == number_at(Span.DAY, instant(first))


STRANGE = ["m", "d", "M", "x5", "m-5", "m1.5", "d²", "m99999999999", "", " m5", "d" + "9" * 30]
STRANGE_MONTHS = ["M2026", "M2026-13", "M2026-00", "M2026-3", "M-1-01", "M2026-٣٣", "M02026-03", "M2026-03 "]


@pytest.mark.parametrize("name", [*STRANGE, *STRANGE_MONTHS])
def test_what_is_no_name_of_a_window_is_refused(name: str) -> None:
    assert window_named(name) is None


@given(st.text(max_size=20))
def test_no_text_is_too_strange(name: str) -> None:
    found = window_named(name)
    assert found is None or window_named(name_of(*found)) == found
