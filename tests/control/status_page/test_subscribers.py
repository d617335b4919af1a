"""The file of subscribers, and what they are still to be told."""

import stat
from pathlib import Path

import pytest

from mainstay.control.status_page.subscribers import (
    ANNOUNCED_MAX,
    WAITING_MAX,
    Book,
    Subscriber,
    Subscribers,
    SubscribersError,
    Waiting,
    added,
    announced,
    removed,
)

ONE, TWO = (Subscriber(name, f"https://{name}.example/hook", "whsec_a2V5", 1.0) for name in ("one", "two"))


def test_the_file_is_ours_alone_and_comes_back_as_it_was(tmp_path: Path) -> None:
    subscribers = Subscribers(tmp_path)
    assert subscribers.read() == Book()
    subscribers.change(lambda book: added(book, ONE))
    assert Subscribers(tmp_path).read().subscribers == (ONE,)
    mode = (tmp_path / "control" / "subscribers.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_damaged_file_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "control" / "subscribers.json"
    path.parent.mkdir()
    path.write_text("{")
    with pytest.raises(SubscribersError, match="is damaged"):
        Subscribers(tmp_path).change(lambda book: added(book, ONE))
    assert path.read_text() == "{"


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "control").write_text("no folder")
    with pytest.raises(SubscribersError):
        Subscribers(tmp_path).change(lambda book: book)


def test_what_refuses_changes_nothing(tmp_path: Path) -> None:
    def refuse(_book: Book) -> Book:
        raise KeyError("no")

    subscribers = Subscribers(tmp_path)
    with pytest.raises(KeyError):
        subscribers.change(refuse)
    assert subscribers.read() == Book()


def test_an_address_is_subscribed_once() -> None:
    again = Subscriber("new", ONE.url, "whsec_bmV3", 2.0)
    assert added(added(added(Book(), ONE), TWO), again).subscribers == (TWO, again)


def test_what_was_there_before_is_news_to_nobody() -> None:
    book = announced(added(Book(), ONE), [("INC-1", "a"), ("INC-1", "b")], 5.0)
    assert book.waiting == ()
    later = announced(book, [("INC-1", "a"), ("INC-1", "b"), ("INC-1", "c")], 6.0)
    assert later.waiting == (Waiting("one", "INC-1", "c", 6.0),)
    assert announced(later, [("INC-1", "c")], 7.0) == later


def test_a_page_without_incidents_is_a_beginning_too() -> None:
    book = announced(added(Book(), ONE), [], 5.0)
    assert announced(book, [("INC-1", "a")], 6.0).waiting == (Waiting("one", "INC-1", "a", 6.0),)


def test_everybody_is_told_in_order() -> None:
    begun = announced(added(added(Book(), ONE), TWO), [], 0.0)
    book = announced(begun, [("INC-1", "a"), ("INC-1", "b")], 1.0)
    assert [(one.subscriber, one.update) for one in book.waiting] == [
        ("one", "a"),
        ("two", "a"),
        ("one", "b"),
        ("two", "b"),
    ]


def test_who_leaves_is_told_nothing_more() -> None:
    begun = announced(added(added(Book(), ONE), TWO), [], 0.0)
    book = removed(announced(begun, [("INC-1", "a")], 1.0), "one")
    assert book.subscribers == (TWO,)
    assert [one.subscriber for one in book.waiting] == ["two"]


def test_the_file_is_bounded() -> None:
    book = announced(added(Book(), ONE), [], 0.0)
    updates = [("INC-1", f"u{number}") for number in range(WAITING_MAX + 50)]
    full = announced(book, updates, 1.0)
    assert len(full.waiting) == WAITING_MAX
    assert len(full.announced) == ANNOUNCED_MAX
