"""Spans and marks, in both databases."""

from mainstay.ledger.store.port import Span, Store
from tests.ledger.store.conftest import Open


def test_a_reader_that_never_read_is_at_the_beginning(store: Store) -> None:
    assert store.mark("tallies") == 0
    assert store.spans(60, 0, 1e12) == []


def test_spans_are_kept_with_the_mark_that_they_reach_to(store: Store, open_again: Open) -> None:
    spans = [Span(60, 120, b"two"), Span(60, 60, b"one"), Span(3600, 0, b"hour")]
    assert store.save_spans("tallies", 0, 7, spans)
    again = open_again()
    assert again.mark("tallies") == 7
    assert again.mark("another") == 0
    assert again.spans(60, 0, 1e12) == [Span(60, 60, b"one"), Span(60, 120, b"two")]
    assert again.spans(60, 60.5, 120.5) == [Span(60, 120, b"two")]
    assert again.spans(60, 60, 120) == [Span(60, 60, b"one")]
    assert again.spans(3600, 0, 1) == [Span(3600, 0, b"hour")]


def test_a_span_is_replaced(store: Store) -> None:
    store.save_spans("tallies", 0, 1, [Span(60, 0, b"old"), Span(60, 60, b"stays")])
    assert store.save_spans("tallies", 1, 2, [Span(60, 0, b"new")])
    assert store.spans(60, 0, 99) == [Span(60, 0, b"new"), Span(60, 60, b"stays")]


def test_who_was_overtaken_changes_nothing(store: Store, open_again: Open) -> None:
    assert open_again().save_spans("tallies", 0, 5, [Span(60, 0, b"theirs")])
    assert not store.save_spans("tallies", 0, 9, [Span(60, 0, b"ours"), Span(60, 60, b"ours")])
    assert store.mark("tallies") == 5
    assert store.spans(60, 0, 99) == [Span(60, 0, b"theirs")]


def test_old_spans_are_forgotten(store: Store) -> None:
    store.save_spans("tallies", 0, 1, [Span(60, 0, b"old"), Span(60, 60, b"new"), Span(3600, 0, b"hour")])
    assert store.forget_spans(60, 60) == 1
    assert store.forget_spans(60, 60) == 0
    assert store.spans(60, 0, 99) == [Span(60, 60, b"new")]
    assert store.spans(3600, 0, 99) == [Span(3600, 0, b"hour")]


def test_a_page_of_spans_is_bounded_by_bytes(store: Store) -> None:
    heavy = [Span(60, 60 * number, b"x" * 1_500_000) for number in range(6)]
    store.save_spans("tallies", 0, 1, heavy)
    page = store.spans(60, 0, 1e12)
    assert 1 <= len(page) < 6
    assert page == heavy[: len(page)]
    assert store.spans(60, page[-1].start + 1, 1e12)[0] == heavy[len(page)]
