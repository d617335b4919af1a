"""A gateway that must stop: what runs may finish within the limit, the rest ends honestly and is gone on with later."""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.callers import PATHS, Question
from tests.e2e.process import answer_or_none
from tests.e2e.raw import Heard, post
from tests.e2e.streams import Listener, assert_whole, resume, text_of
from tests.e2e.workforce import MODELS, Workforce, workforce

SLOW = "alpha=slow:chars_per_second=100"
PROMPT = "Why do bridges hum in 60 words?"
END_SECONDS = 5.0
"""What the end may take beyond the limit."""
BY_WORKERS = pytest.mark.parametrize("workers", [1, 2])
BY_DIALECT = pytest.mark.parametrize("dialect", MODELS)


def listening(running: Workforce, dialect: str, workload: str = "", faults: str = SLOW) -> Listener:
    """A caller who has heard some of a long answer."""
    question = Question(model=MODELS[dialect], prompt=PROMPT, faults=faults, workload=workload)
    listener = Listener(running.url, dialect, question)
    listener.hear(lambda heard: len(heard.text) > 10)
    return listener


def whole_text(running: Workforce, dialect: str) -> str:
    """What the answer says when nobody interrupts it."""
    listener = Listener(running.url, dialect, Question(model=MODELS[dialect], prompt=PROMPT))
    listener.hear_out()
    return listener.text


@BY_WORKERS
def test_streams_that_outlast_the_limit_end_with_their_id_and_are_gone_on_with(tmp_path: Path, workers: int) -> None:
    with workforce(tmp_path, workers, drain_seconds=0.5) as running:
        wholes = {dialect: whole_text(running, dialect) for dialect in MODELS}
        listeners = [listening(running, dialect) for dialect in MODELS]
        running.process.signal(signal.SIGTERM)
        for one in listeners:
            one.hear_out()
        assert running.process.wait(seconds_max=0.5 + END_SECONDS) == 0
        for one in listeners:
            last = one.data.decode()[-1_000:]
            assert "this gateway had to stop before the answer was whole" in last
            assert f"/v1/mainstay/exchanges/{one.exchange}/stream?after=N" in last
        running.start()
        for one in listeners:
            delivered = before_the_error(one)
            rest = resume(running.url, one.exchange, events(delivered))
            assert rest.status == 200, rest.text
            assert_whole(one.dialect, delivered + rest.body, wholes[one.dialect])
        assert '"outcome":"failed"' in running.audit()
        assert '"fault":"drained"' in running.audit()


def before_the_error(listener: Listener) -> bytes:
    """What was delivered, without the last words."""
    events_ = listener.data.split(b"\n\n")
    place = next(at for at, one in enumerate(events_) if b"had to stop" in one)
    return b"".join(one + b"\n\n" for one in events_[:place])


def events(data: bytes) -> int:
    """Whole events with data."""
    return sum(b"data: " in one for one in data.split(b"\n\n"))


def test_a_durable_exchange_is_taken_up_by_the_next_process_without_being_asked(tmp_path: Path) -> None:
    with workforce(tmp_path, drain_seconds=0.2) as running:
        whole = whole_text(running, "anthropic")
        listener = listening(running, "anthropic", "durable")
        assert running.stop() == 0
        listener.hear_out()
        delivered = before_the_error(listener)
        running.start()
        rest = resume(running.url, listener.exchange, events(delivered))
        assert text_of("anthropic", delivered + rest.body) == whole


@BY_DIALECT
def test_an_answer_that_had_not_begun_gets_503_in_its_dialect(tmp_path: Path, dialect: str) -> None:
    with workforce(tmp_path, 1, drain_seconds=0.2) as running, ThreadPoolExecutor() as pool:
        question = Question(model=MODELS[dialect], prompt=PROMPT, faults="alpha=slow:chars_per_second=5", stream=False)
        asked = pool.submit(post, running.url, PATHS[dialect], question.body(dialect), question.headers)
        running.until(lambda: len(running.provider.requests) > 0, "the question has reached the provider")
        assert running.stop() == 0
        heard: Heard = asked.result()
        assert heard.status == 503
        assert heard.header("connection") == "close"
        assert "had to stop" in heard.text
        assert heard.header("x-mainstay-id") in heard.text


def test_a_second_signal_ends_the_waiting(tmp_path: Path) -> None:
    with workforce(tmp_path, drain_seconds=600) as running:
        listener = listening(running, "anthropic", faults="alpha=slow:chars_per_second=15")
        running.process.signal(signal.SIGTERM)
        running.until(lambda: is_gone_or_unwelcoming(running.url), "it wants no traffic")
        running.process.signal(signal.SIGINT)
        listener.hear_out()
        assert "had to stop" in listener.data.decode()
        assert running.process.wait(seconds_max=END_SECONDS * 2) == 0


def is_gone_or_unwelcoming(url: str) -> bool:
    heard = answer_or_none(url, "/readyz")
    return heard is None or heard.status == 503
