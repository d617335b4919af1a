"""How a webhook is subscribed, and that nobody can aim us at somebody else."""

from pathlib import Path

import msgspec
import pytest

from mainstay.control.notices.webhook import Answer, Post, Webhook
from mainstay.control.status_page.subscribers import SUBSCRIBERS_MAX, Book, Subscriber, Subscribers
from mainstay.control.status_page.subscribing import (
    CHALLENGES_PER_HOST_AND_HOUR,
    CHALLENGES_PER_MINUTE,
    Bounds,
    Subscribing,
    wanted_host,
)
from tests.control.status_page.visits import code, request, run, said

HOOK = "https://hook.example/in"


class Receiver:
    """Answers what it is told to; by default it echoes the challenge."""

    def __init__(self) -> None:
        self.posts: list[tuple[Webhook, Post]] = []
        self.answer: Answer | None = None
        self.as_json = False

    def __call__(self, webhook: Webhook, post: Post) -> Answer:
        self.posts.append((webhook, post))
        challenge = msgspec.json.decode(post.body)["challenge"]
        body = msgspec.json.encode({"challenge": challenge, "more": 1}) if self.as_json else f"{challenge}\n".encode()
        return self.answer or Answer(200, body=body)


class Desk:
    """The endpoints, with a clock."""

    def __init__(self, state: Path) -> None:
        self.now = 0.0
        self.receiver = Receiver()
        self.subscribers = Subscribers(state)
        self.subscribing = Subscribing(self.subscribers, self.receiver, lambda: 5.0, lambda: self.now)

    def subscribe(self, url: str = HOOK) -> str:
        return code(run(self.subscribing.subscribe(request("/status/subscribe", {"url": url}))))

    def urls(self) -> list[str]:
        return [one.url for one in self.subscribers.read().subscribers]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("as_json", [False, True])
def test_who_echoes_the_challenge_is_subscribed_and_given_its_key(desk: Desk, as_json: bool) -> None:  # noqa: FBT001
    desk.receiver.as_json = as_json
    answer = run(desk.subscribing.subscribe(request("/status/subscribe", {"url": HOOK})))
    assert answer.status_code == 201
    (subscriber,) = desk.subscribers.read().subscribers
    assert (said(answer).id, said(answer).key) == (subscriber.id, subscriber.key)
    assert subscriber.key.startswith("whsec_")
    webhook, _ = desk.receiver.posts[0]
    assert webhook.only_public
    assert webhook.key is not None
    assert webhook.key.value == subscriber.key


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, body=b"ok"),
        Answer(200, body=b'{"challenge": "other"}'),
        Answer(0, "no answer"),
        Answer(302, "moved"),
    ],
)
def test_who_does_not_echo_it_is_not(desk: Desk, answer: Answer) -> None:
    desk.receiver.answer = answer
    assert desk.subscribe() == "422 not_confirmed"
    assert desk.urls() == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://hook.example/in",
        "https://user:pass@hook.example/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
        "https://router.local/",
        "https://intranet/",
        "https://hook.example:22/",
        "https://hook.example/\r\nx: y",
        "https://[bad/",
        f"https://hook.example/{'x' * 3_000}",
        "file:///etc/passwd",
    ],
)
def test_addresses_that_are_not_public_web_servers_are_refused(desk: Desk, url: str) -> None:
    assert desk.subscribe(url) == "400 bad_url"
    assert desk.receiver.posts == []


def test_on_a_machine_of_ones_own_any_web_address_will_do() -> None:
    assert wanted_host("http://127.0.0.1:9000/x", only_public=False) == "127.0.0.1"
    assert wanted_host("ftp://127.0.0.1/", only_public=False) is None
    assert wanted_host("https://hook.example:443/", only_public=True) == "hook.example"


def test_strangers_cannot_make_us_knock_at_one_door_again_and_again(desk: Desk) -> None:
    desk.receiver.answer = Answer(404, "it answers 404")
    for _ in range(CHALLENGES_PER_HOST_AND_HOUR):
        assert desk.subscribe() == "422 not_confirmed"
        desk.now += 120
    assert desk.subscribe() == "429 too_many"
    assert len(desk.receiver.posts) == CHALLENGES_PER_HOST_AND_HOUR
    desk.now += 3_600
    assert desk.subscribe() == "422 not_confirmed"


def test_nor_at_many() -> None:
    now = [0.0]
    bounds = Bounds(lambda: now[0])
    asked = [bounds.takes(f"host-{number}.example") for number in range(CHALLENGES_PER_MINUTE + 3)]
    assert asked.count(True) == CHALLENGES_PER_MINUTE
    now[0] = 61.0
    assert bounds.takes("another.example")


def test_there_are_not_more_subscribers_than_may_be(desk: Desk) -> None:
    many = tuple(Subscriber(str(n), f"https://h{n}.example", "whsec_", 0.0) for n in range(SUBSCRIBERS_MAX))
    desk.subscribers.change(lambda _book: Book(many))
    assert desk.subscribe() == "503 full"
    assert desk.receiver.posts == []


def test_who_has_the_key_can_end_it_and_nobody_else(desk: Desk) -> None:
    desk.subscribe()
    (one,) = desk.subscribers.read().subscribers

    def end(subscriber_id: str, key: str) -> int:
        form = {"id": subscriber_id, "key": key}
        return run(desk.subscribing.unsubscribe(request("/status/unsubscribe", form))).status_code

    assert end(one.id, "whsec_wrong") == end("other", one.key) == end(one.id, "") == 404
    assert desk.urls() == [HOOK]
    assert end(one.id, one.key) == 204
    assert desk.urls() == []


def test_where_they_cannot_be_kept_that_is_said(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "control").write_text("no folder")
    assert desk.subscribe() == "503 not_now"
    form = {"id": "a", "key": "b"}
    assert code(run(desk.subscribing.unsubscribe(request("/status/unsubscribe", form)))) == "503 not_now"
