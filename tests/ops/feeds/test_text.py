import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.ops.feeds.text import first_instant, instant, plain, safe_url


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("We are <b>investigating</b>.", "We are investigating ."),
        ("one<script>alert('x')</script>two", "one two"),
        ("one<script>alert('x')", "one"),
        ("one<STYLE>p{}</STYLE>two", "one two"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;kept", "kept"),
        ("<img src=x onerror=alert(1)>kept", "kept"),
        ("kept <img src=x onerror=alert(1)", "kept"),
        ("a < b, and b > c", "a < b, and b > c"),
        ("line\n\tline\u202e\u0007", "line line"),
        (None, ""),
    ],
)
def test_markup_scripts_and_everything_invisible_are_stripped(raw: str | None, text: str) -> None:
    assert plain(raw) == text


def test_a_long_text_is_cut() -> None:
    assert plain("x" * 1_000, 10) == "xxxxxxx..."


@given(st.text())
def test_no_text_keeps_a_tag_or_a_control_character(raw: str) -> None:
    text = plain(f"<b>{raw}</b><script>{raw}</script>")
    assert "<b>" not in text
    assert "<script" not in text
    assert text.isprintable()


@pytest.mark.parametrize("size", [20_000, 200_000])
def test_texts_made_to_be_slow_are_not(size: int) -> None:
    assert plain("<a" * size) == ""
    assert plain("<script " * size) == ""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:01:40Z", 100.0),
        ("1970-01-01T01:01:40.500+01:00", 100.5),
        ("1970-01-01T00:01:40", 100.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 100.0),
        ("Thu, 01 Jan 1970 00:01:40 +0000", 100.0),
        ("yesterday", None),
        ("", None),
        (None, None),
        ("1969-12-31T00:00:00Z", None),
        ("9999-99-99T00:00:00Z", None),
    ],
)
def test_an_instant_is_read_in_both_forms(text: str | None, seconds: float | None) -> None:
    assert instant(text) == seconds


@given(st.text())
def test_nothing_that_is_no_instant_raises(text: str) -> None:
    assert instant(text) is None or instant(text) is not None


def test_the_first_that_is_an_instant_counts() -> None:
    assert first_instant("never", None, "1970-01-01T00:00:05Z", "1970-01-01T00:00:09Z") == 5.0
    assert first_instant("never") is None


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("https://stspg.io/x", "https://stspg.io/x"),
        (" http://a.example/b?c=d ", "http://a.example/b?c=d"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ('https://a.example/" onclick=x', ""),
        ("https://a.example/" + "x" * 600, ""),
        (None, ""),
    ],
)
def test_only_a_web_address_may_stand_in_a_link(raw: str | None, url: str) -> None:
    assert safe_url(raw) == url
