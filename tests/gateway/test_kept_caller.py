"""The caller of a kept exchange, between a draft that is a list and a live caller that is a double."""

from collections import deque
from collections.abc import Callable

import pytest

from mainstay.gateway.kept_caller import CANCELLED, WAITING_BYTES_MAX, KeptCaller
from mainstay.model.http import Headers, Reply
from tests.gateway.doubles import FakeCaller

WALL = 1_700_000_000.0
SSE: Headers = (("content-type", "text/event-stream"),)
ANSWER = Reply(200, (), b"whole")


class PaperBook:
    """A `Book` whose lines stand among everything else that happens. `write` brings one delivery to disk."""

    def __init__(self, happened: list[str]) -> None:
        self._happened = happened
        self._waiting: deque[Callable[[bool], None]] = deque()

    def begun(self, status: int, headers: Headers) -> None:
        self._happened.append(f"keep begun {status}")

    def delivered(self, data: bytes, *, written: Callable[[bool], None] | None = None) -> None:
        self._happened.append(f"keep {data[:20].decode()}")
        if written is not None:
            self._waiting.append(written)

    def replied(self, reply: Reply, *, written: Callable[[bool], None] | None = None) -> None:
        self._happened.append(f"keep reply {reply.status}")
        if written is not None:
            self._waiting.append(written)

    def ended(self, outcome: str, at: float) -> None:
        self._happened.append(f"keep ended {outcome} {at:.0f}")

    def suspended(self) -> None:
        self._happened.append("keep open")

    def write(self, *, safely: bool = True) -> None:
        self._waiting.popleft()(safely)


class Stage:
    """One kept exchange; `happened` tells everything in its order."""

    def __init__(self, *, durable: bool = False, live: bool = True) -> None:
        self.happened: list[str] = []
        self.first_bytes: list[bytes] = []
        self.live = FakeCaller(self.happened)
        self.book = PaperBook(self.happened)
        self.kept = KeptCaller(
            self.live if live else None,
            self.book,
            durable=durable,
            wall=lambda: WALL,
            on_first_bytes=self.see,
        )
        self.kept.on_left = lambda: self.happened.append("exchange: left")
        self.kept.on_pause = lambda: self.happened.append("exchange: pause")
        self.kept.on_resume = lambda: self.happened.append("exchange: resume")

    def see(self, data: bytes) -> bool:
        """Bytes are shown; a comment is not enough."""
        self.first_bytes.append(data)
        return not data.startswith(b":")

    def pause(self) -> None:
        assert self.live.on_pause is not None
        self.live.on_pause()

    def resume(self) -> None:
        assert self.live.on_resume is not None
        self.live.on_resume()

    def leave(self) -> None:
        assert self.live.on_left is not None
        self.live.on_left()

    def send(self, *texts: str) -> None:
        for text in texts:
            self.kept.send(text.encode())

    @property
    def lately(self) -> list[str]:
        """What happened since this was asked before."""
        lately = list(self.happened)
        self.happened.clear()
        return lately


ENDED = "keep ended {} 1700000000"


# -- usual exchanges


def test_everything_is_kept_and_given_on_at_once() -> None:
    stage = Stage()
    stage.kept.begin(200, SSE)
    stage.send("a", "b")
    stage.kept.finish()
    assert stage.happened == [
        "keep begun 200",
        "begin 200",
        "keep a",
        "send a",
        "keep b",
        "send b",
        ENDED.format("answered"),
        "finish",
    ]
    assert stage.live.headers == SSE
    assert stage.kept.is_over


def test_a_whole_answer_is_kept_before_it_is_given() -> None:
    stage = Stage()
    stage.kept.reply(ANSWER)
    assert stage.happened == ["keep reply 200", ENDED.format("answered"), "reply 200"]
    assert (stage.kept.answer, stage.live.only_reply) == (ANSWER, ANSWER)


@pytest.mark.parametrize(("status", "outcome"), [(399, "answered"), (400, "failed"), (503, "failed")])
def test_an_error_is_no_answer(status: int, outcome: str) -> None:
    stage = Stage()
    stage.kept.reply(Reply(status, (), b""))
    assert ENDED.format(outcome) in stage.happened


def test_the_last_words_of_a_failure_are_given_and_not_kept() -> None:
    stage = Stage()
    stage.kept.begin(200, SSE)
    stage.send("a")
    stage.kept.fail(b"error!")
    assert stage.happened[4:] == [ENDED.format("failed"), "fail error!"]
    assert not stage.live.finished


def test_what_is_given_up_is_interrupted() -> None:
    stage = Stage()
    stage.kept.abort()
    assert stage.happened == [ENDED.format("interrupted"), "abort"]


def test_a_slow_caller_slows_the_exchange() -> None:
    stage = Stage()
    stage.pause()
    stage.resume()
    assert stage.happened == ["exchange: pause", "exchange: resume"]


def test_an_exchange_without_listeners_ends_when_its_caller_leaves() -> None:
    stage = Stage()
    stage.leave()
    assert stage.happened == [ENDED.format("left"), "exchange: left"]
    assert not stage.kept.is_attended


def test_an_exchange_with_listeners_goes_on_until_the_last_has_left() -> None:
    stage = Stage()
    stage.kept.listeners = 1
    stage.leave()
    stage.send("a")
    assert stage.happened == ["keep a"]
    assert stage.kept.is_attended
    stage.kept.listeners = 0
    stage.kept.unattended()
    assert stage.happened[1:] == [ENDED.format("left"), "exchange: left"]


def test_an_exchange_that_its_caller_slowed_down_goes_on_for_the_others_when_that_one_leaves() -> None:
    stage = Stage()
    stage.kept.listeners = 1
    stage.pause()
    stage.leave()
    assert stage.happened == ["exchange: pause", "exchange: resume"]


def test_nobody_is_missed_after_the_end() -> None:
    stage = Stage()
    stage.kept.reply(ANSWER)
    stage.happened.clear()
    stage.leave()
    stage.kept.unattended()
    stage.kept.cancel(CANCELLED)
    assert stage.happened == []


# -- durable exchanges


def durable(*, live: bool = True) -> Stage:
    """A durable exchange whose response has begun."""
    stage = Stage(durable=True, live=live)
    stage.kept.begin(200, SSE)
    stage.happened.clear()
    return stage


def test_nothing_of_a_durable_stream_is_given_before_it_is_on_disk() -> None:
    stage = durable()
    stage.send("a", "b")
    assert stage.lately == ["keep a", "keep b"]
    stage.book.write()
    assert stage.lately == ["send a"]
    stage.book.write()
    assert stage.lately == ["send b"]


@pytest.mark.parametrize(("ending", "words"), [("finish", "finish"), ("fail", "fail error!")])
def test_a_durable_stream_ends_for_its_caller_when_all_of_it_is_on_disk(ending: str, words: str) -> None:
    stage = durable()
    stage.send("a", "b")
    if ending == "finish":
        stage.kept.finish()
    else:
        stage.kept.fail(b"error!")
    assert stage.lately[2:] == [ENDED.format("answered" if ending == "finish" else "failed")]
    stage.book.write()
    assert stage.lately == ["send a"]
    stage.book.write()
    assert stage.lately == ["send b", words]


def test_what_the_disk_does_not_take_is_given_all_the_same() -> None:
    stage = durable()
    stage.send("a")
    stage.book.write(safely=False)
    assert stage.happened == ["keep a", "send a"]


def test_a_durable_exchange_goes_on_without_its_caller() -> None:
    stage = durable()
    stage.send("a")
    stage.leave()
    stage.book.write()
    stage.send("b")
    stage.kept.finish()
    assert stage.happened == ["keep a", "keep b", ENDED.format("answered")]


def test_a_durable_exchange_is_not_slowed_down_by_its_caller() -> None:
    stage = durable()
    stage.pause()
    stage.send("a", "b")
    stage.book.write()
    stage.book.write()
    stage.kept.finish()
    assert stage.lately == ["keep a", "keep b", ENDED.format("answered")]
    stage.resume()
    assert stage.lately == ["send a", "send b", "finish"]


def test_a_caller_who_is_full_in_the_middle_is_given_the_rest_later() -> None:
    stage = durable()
    stage.send("a", "b")
    stage.pause()
    stage.book.write()
    stage.book.write()
    stage.live.while_sending = stage.pause
    stage.resume()
    assert stage.happened == ["keep a", "keep b", "send a"]
    stage.resume()
    assert stage.happened[3:] == ["send b"]


def test_who_lags_too_far_behind_must_resume() -> None:
    stage = durable()
    stage.pause()
    stage.send("a" * WAITING_BYTES_MAX)
    stage.book.write()
    assert "abort" not in stage.lately
    stage.send("b")
    stage.book.write()
    assert stage.lately == ["keep b", "abort"]
    assert not stage.kept.is_attended
    assert not stage.kept.is_over
    stage.send("c")
    assert stage.lately == ["keep c"]


def test_what_was_given_no_longer_counts_as_waiting() -> None:
    stage = durable()
    for _ in range(3):
        stage.send("a" * WAITING_BYTES_MAX)
        stage.book.write()
    assert not stage.live.aborted


def test_a_durable_exchange_may_have_had_no_caller_at_all() -> None:
    stage = durable(live=False)
    assert not stage.kept.is_attended
    stage.send("a")
    stage.kept.unattended()
    stage.kept.finish()
    assert stage.happened == ["keep a", ENDED.format("answered")]


@pytest.mark.parametrize("is_durable", [False, True], ids=["usual", "durable"])
def test_what_is_cancelled_ends_at_once_and_as_what_it_was_called(*, is_durable: bool) -> None:
    stage = Stage(durable=is_durable)
    stage.kept.cancel(CANCELLED)
    assert stage.happened == [ENDED.format("cancelled"), "exchange: left", "abort"]
    assert stage.kept.is_over


# -- who waits for it


@pytest.mark.parametrize("how", ["begin", "reply", "cancel"])
def test_who_waits_for_an_answer_is_told_when_it_is_there_or_never_will_be(how: str) -> None:
    stage = Stage()
    told: list[str] = []
    stage.kept.when_told(lambda: told.append("before"))
    assert told == []
    {
        "begin": lambda: stage.kept.begin(200, SSE),
        "reply": lambda: stage.kept.reply(ANSWER),
        "cancel": lambda: stage.kept.cancel(CANCELLED),
    }[how]()
    assert told == ["before"]
    stage.kept.when_told(lambda: told.append("after"))
    assert told == ["before", "after"]


def test_who_waits_for_the_end_is_told_once() -> None:
    stage = Stage()
    told: list[str] = []
    stage.kept.when_over(lambda: told.append("before"))
    stage.kept.begin(200, SSE)
    stage.send("a")
    assert told == []
    stage.kept.finish()
    stage.kept.cancel(CANCELLED)
    stage.kept.when_over(lambda: told.append("after"))
    assert told == ["before", "after"]


def test_the_answer_stands_when_those_who_wait_for_it_are_told() -> None:
    stage = Stage()
    seen: list[Reply | None] = []
    stage.kept.when_told(lambda: seen.append(stage.kept.answer))
    stage.kept.reply(ANSWER)
    assert seen == [ANSWER]


@pytest.mark.parametrize("is_durable", [False, True], ids=["usual", "durable"])
def test_the_first_bytes_are_shown_until_enough_was_seen(*, is_durable: bool) -> None:
    stage = Stage(durable=is_durable)
    stage.send(": ping", "a", "b")
    assert stage.first_bytes == [b": ping", b"a"]


def test_of_a_whole_answer_the_body_is_shown() -> None:
    stage = Stage()
    stage.kept.reply(ANSWER)
    assert stage.first_bytes == [b"whole"]


def test_a_caller_who_is_released_is_free_to_be_answered_by_somebody_else() -> None:
    stage = Stage(durable=True)
    live = stage.live
    stage.kept.release()
    assert stage.kept.is_over
    assert (live.on_left, live.on_pause, live.on_resume) == (None, None, None)
    assert not live.aborted


@pytest.mark.parametrize("safely", [True, False])
def test_a_durable_answer_is_given_when_it_is_on_disk_or_cannot_be(*, safely: bool) -> None:
    stage = Stage(durable=True)
    stage.kept.reply(ANSWER)
    assert stage.live.replies == []
    stage.book.write(safely=safely)
    assert stage.live.replies == [ANSWER]


def test_a_caller_who_left_meanwhile_is_not_answered() -> None:
    stage = Stage(durable=True)
    stage.kept.reply(ANSWER)
    stage.leave()
    stage.book.write()
    assert stage.live.replies == []
