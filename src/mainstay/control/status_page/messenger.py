"""The messenger: tells subscribers of new updates, each at its own pace, and lets go of those who never answer."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Final

import msgspec

from mainstay.config.secret import Secret
from mainstay.control.background import StopSignal
from mainstay.control.notices.webhook import Answer, Post, Webhook
from mainstay.control.status_page.subscribers import (
    GIVEN_UP_SECONDS,
    Book,
    Subscriber,
    Subscribers,
    SubscribersError,
    Waiting,
    announced,
    removed,
)
from mainstay.ops.status.statuspage import update_event
from mainstay.ops.status.view import StatusView

AT_ONCE_MAX: Final = 8
ROUND_MAX: Final = 200
"""Messages that are sent before the file is written again."""
TURN_SECONDS: Final = 1.0
DELAYS_SECONDS: Final = (15.0, 60.0, 300.0, 900.0, 3_600.0, 10_800.0)
"""Before each further try of a message. After the last of them it is given up."""
GONE_STATUS: Final = 410
"""By this answer a receiver says that it wants no more."""


Send = Callable[[Webhook, Post], Answer]
"""Posts to a webhook and waits for the answer; raises nothing. `control.notices.webhook.post_webhook` in production."""


class _Sent(msgspec.Struct, frozen=True):
    waiting: Waiting
    answer: Answer


class Messenger:
    """Runs in a thread of its own; `show` may be called from any other."""

    def __init__(
        self,
        subscribers: Subscribers,
        send: Send,
        wall: Callable[[], float],
        report: Callable[[str], None],
        *,
        only_public: bool = True,
    ) -> None:
        """`wall` gives seconds since 1970; `report` takes a line for the operator. `only_public`: nobody is told who is
        on this machine or in a network of our own."""
        self._subscribers = subscribers
        self._send = send
        self._wall = wall
        self._report = report
        self._only_public = only_public
        self._lock = Lock()
        self._view: StatusView | None = None
        self._trouble = ""

    def show(self, view: StatusView) -> None:
        """What the page says now."""
        with self._lock:
            self._view = view

    def run(self, stop: StopSignal) -> None:
        """Work until `stop` is set."""
        while not stop.wait(TURN_SECONDS):
            self.turn()

    def turn(self) -> int:
        """Send what is due; give how many messages were sent. Raises nothing."""
        with self._lock:
            view = self._view
        if view is None:
            return 0
        try:
            sent = self._turn(view)
        except SubscribersError as error:
            if self._trouble != str(error):
                self._trouble = str(error)
                self._report(f"status page: subscribers are not told: {error}")
            return 0
        self._trouble = ""
        return sent

    def _turn(self, view: StatusView) -> int:
        now = self._wall()
        updates = [(incident.id, update.id) for incident in view.incidents for update in reversed(incident.updates)]
        book = self._subscribers.read()
        if announced(book, updates, now) != book:
            book = self._subscribers.change(lambda read: announced(read, updates, now))
        due = [one for one in book.waiting if one.due_at <= now][:ROUND_MAX]
        if not due:
            return 0
        bodies = {}
        for incident in view.incidents:
            for update in incident.updates:
                if any(one.update == update.id for one in due):
                    bodies[update.id] = update_event(view, incident, update)
        sent = self._send_all(book, due, bodies)
        self._subscribers.change(lambda read: settled(read, sent, self._wall()))
        return len(sent)

    def _send_all(self, book: Book, due: Sequence[Waiting], bodies: dict[str, bytes]) -> list[_Sent]:
        known = {one.id: one for one in book.subscribers}

        def send(waiting: Waiting) -> _Sent:
            subscriber, body = known.get(waiting.subscriber), bodies.get(waiting.update)
            # What has left the page meanwhile (kept private now, or old) is told to nobody.
            if subscriber is None or body is None:
                return _Sent(waiting, Answer(status=200))
            post = Post(f"{waiting.update}-{waiting.subscriber}", self._wall(), body)
            return _Sent(waiting, self._send(self._webhook(subscriber), post))

        with ThreadPoolExecutor(AT_ONCE_MAX) as pool:
            return list(pool.map(send, due))

    def _webhook(self, subscriber: Subscriber) -> Webhook:
        return Webhook(subscriber.url, Secret(subscriber.key), only_public=self._only_public)


def settled(book: Book, sent: Sequence[_Sent], now: float) -> Book:
    """After these were sent: what came through is done, the rest waits longer, and who is gone is removed."""
    answers = {(one.waiting.subscriber, one.waiting.update): one for one in sent}
    waiting: list[Waiting] = []
    for one in book.waiting:
        made = answers.get((one.subscriber, one.update))
        if made is None:
            waiting.append(one)
        elif made.answer.trouble and one.attempts < len(DELAYS_SECONDS):
            due_at = now + DELAYS_SECONDS[one.attempts]
            waiting.append(msgspec.structs.replace(one, due_at=due_at, attempts=one.attempts + 1))
    book = msgspec.structs.replace(book, waiting=tuple(waiting))
    for subscriber in book.subscribers:
        found = [one.answer for one in sent if one.waiting.subscriber == subscriber.id]
        if found:
            book = _judged(book, subscriber, found, now)
    return book


def _judged(book: Book, subscriber: Subscriber, answers: Sequence[Answer], now: float) -> Book:
    is_failing = all(answer.trouble for answer in answers)
    since = (subscriber.failing_since or now) if is_failing else 0.0
    is_gone = any(answer.status == GONE_STATUS for answer in answers)
    if is_gone or (is_failing and now - since >= GIVEN_UP_SECONDS):
        return removed(book, subscriber.id)
    changed = msgspec.structs.replace(subscriber, failing_since=since)
    everybody = tuple(changed if one.id == subscriber.id else one for one in book.subscribers)
    return msgspec.structs.replace(book, subscribers=everybody)
