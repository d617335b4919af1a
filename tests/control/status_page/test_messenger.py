"""Subscribers are told, each at its own pace."""

from functools import partial
from pathlib import Path
from threading import Event, Lock

import msgspec
import pytest
from msgspec.structs import replace

from mainstay.control.notices.webhook import Answer, Post, Webhook
from mainstay.control.status_page.messenger import DELAYS_SECONDS, Messenger
from mainstay.control.status_page.subscribers import GIVEN_UP_SECONDS, Book, Subscriber, Subscribers, added
from mainstay.ops.status.reading import status_view
from mainstay.ops.status.view import StatusView
from tests.ops.status.samples import NOW, open_incident, past_incident, sources

QUIET = status_view(replace(sources(), incidents=(past_incident(),)))
NEWS = status_view(sources())
"""With two more updates, of INC-2."""


class Office:
    """A messenger with a clock of its own, and receivers that answer as they are told."""

    def __init__(self, state: Path) -> None:
        self.now = NOW
        self.subscribers = Subscribers(state)
        self.answers: dict[str, Answer] = {}
        self.sent: list[tuple[str, str]] = []
        self.posts: list[tuple[Webhook, Post]] = []
        self.lines: list[str] = []
        self.messenger = Messenger(self.subscribers, self._send, lambda: self.now, self.lines.append)
        self._lock = Lock()

    def _send(self, webhook: Webhook, post: Post) -> Answer:
        with self._lock:
            self.posts.append((webhook, post))
            update = msgspec.json.decode(post.body)["incident_update"]["body"]
            self.sent.append((webhook.url, update))
        return self.answers.get(webhook.url, Answer(200))

    def subscribe(self, *names: str) -> None:
        for name in names:
            one = Subscriber(name, f"https://{name}.example", f"whsec_{name}", NOW)
            self.subscribers.change(partial(_with, one))

    def show(self, view: StatusView) -> int:
        self.messenger.show(view)
        return self.messenger.turn()

    def names(self) -> list[str]:
        return [one.id for one in self.subscribers.read().subscribers]


def _with(subscriber: Subscriber, book: Book) -> Book:
    return added(book, subscriber)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path)
    office.show(QUIET)
    return office


def test_new_updates_are_told_once_to_everybody(office: Office) -> None:
    office.subscribe("one", "two")
    assert office.show(NEWS) == 4
    assert office.show(NEWS) == 0
    told = {"Some answers fail. We look into it.", "A provider is down. Others serve for it."}
    assert sorted(office.sent) == sorted((f"https://{name}.example", text) for name in ("one", "two") for text in told)


def test_it_is_signed_and_goes_to_public_addresses_alone(office: Office) -> None:
    office.subscribe("one")
    office.show(NEWS)
    webhook, post = office.posts[0]
    assert webhook.key is not None
    assert webhook.key.value == "whsec_one"
    assert webhook.only_public
    assert post.id.endswith("-one")


def test_before_anything_was_shown_nothing_is_sent(tmp_path: Path) -> None:
    assert Office(tmp_path).messenger.turn() == 0


def test_who_comes_later_is_not_told_of_before(office: Office) -> None:
    office.show(NEWS)
    office.subscribe("one")
    assert office.show(NEWS) == 0


def test_one_that_fails_is_tried_again_and_then_no_more(office: Office) -> None:
    office.subscribe("one")
    office.answers["https://one.example"] = Answer(500, "it answers 500")
    assert office.show(NEWS) == 2
    for delay in DELAYS_SECONDS:
        office.now += delay - 1
        assert office.show(NEWS) == 0
        office.now += 1
        assert office.show(NEWS) == 2
    office.now += 9e6
    assert office.show(NEWS) == 0
    assert office.names() == ["one"]


def test_the_same_message_has_the_same_id_in_every_try(office: Office) -> None:
    office.subscribe("one")
    office.answers["https://one.example"] = Answer(500, "it answers 500")
    office.show(NEWS)
    office.now += DELAYS_SECONDS[0]
    office.show(NEWS)
    ids = [post.id for _, post in office.posts]
    assert sorted(ids[:2]) == sorted(ids[2:])
    assert {post.at for _, post in office.posts} == {NOW, NOW + DELAYS_SECONDS[0]}


def test_one_that_fails_keeps_no_other_from_being_told(office: Office) -> None:
    office.subscribe("one", "two")
    office.answers["https://one.example"] = Answer(0, "no answer within 10 s")
    office.show(NEWS)
    waiting = office.subscribers.read().waiting
    assert {one.subscriber for one in waiting} == {"one"}


def test_one_that_fails_for_days_is_removed(office: Office) -> None:
    office.subscribe("one")
    office.answers["https://one.example"] = Answer(404, "it answers 404")
    office.show(NEWS)
    office.now += GIVEN_UP_SECONDS + 1
    office.show(NEWS)
    assert office.names() == []


def test_a_success_makes_good_for_failures_before(office: Office) -> None:
    office.subscribe("one")
    office.answers["https://one.example"] = Answer(404, "it answers 404")
    office.show(NEWS)
    office.answers.clear()
    office.now += GIVEN_UP_SECONDS + 1
    office.show(NEWS)
    assert [one.failing_since for one in office.subscribers.read().subscribers] == [0.0]


def test_one_that_says_gone_is_removed_at_once(office: Office) -> None:
    office.subscribe("one", "two")
    office.answers["https://one.example"] = Answer(410, "it answers 410")
    office.show(NEWS)
    assert office.names() == ["two"]


def test_what_was_made_private_meanwhile_is_not_sent_any_more(office: Office) -> None:
    office.subscribe("one")
    office.answers["https://one.example"] = Answer(500, "it answers 500")
    office.show(NEWS)
    office.sent.clear()
    office.now += DELAYS_SECONDS[0]
    hidden = (past_incident(), open_incident(is_private=True))
    office.show(status_view(replace(sources(), incidents=hidden)))
    assert office.sent == []
    assert office.subscribers.read().waiting == ()


def test_a_restart_neither_repeats_nor_forgets(office: Office, tmp_path: Path) -> None:
    office.subscribe("one")
    office.answers["https://one.example"] = Answer(500, "it answers 500")
    office.show(NEWS)
    again = Office(tmp_path)
    assert again.show(NEWS) == 0
    again.now += DELAYS_SECONDS[0]
    assert again.show(NEWS) == 2


def test_a_file_that_cannot_be_read_is_told_once(office: Office, tmp_path: Path) -> None:
    (tmp_path / "control" / "subscribers.json").write_text("{")
    assert office.show(NEWS) == 0
    assert office.show(NEWS) == 0
    assert len(office.lines) == 1
    assert "is damaged" in office.lines[0]


def test_it_works_until_it_is_told_to_stop(office: Office) -> None:
    office.subscribe("one")
    office.messenger.show(NEWS)

    class Stop(Event):
        def wait(self, timeout: float | None = None) -> bool:
            return len(office.sent) > 0

    office.messenger.run(Stop())
    assert len(office.sent) == 2
