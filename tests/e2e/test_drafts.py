"""What is kept so that it can be gone on with: sealed, bounded, and never in the way of those who can do without."""

import resource
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPException
from itertools import count
from pathlib import Path

import pytest

from mainstay.lab.provider.prose import prose
from tests.conformance.stage import CALLERS
from tests.e2e.callers import PATHS
from tests.e2e.raw import Body, Heard, get, post
from tests.e2e.resumable import NATIVE, WHOLE, Resumable, asked, resumable
from tests.e2e.streams import Listener, assert_whole, payloads, resume

SECRET = "Xanadupolis"
LARGE = "A rule of the house. " * 30_000
"""More than half of the smallest store."""
JOURNAL_IS_WELL = '"journal":{"trouble":null'
SMALL_FILE_BYTES = 256 * 1024
NUMBERS = count(1)
EACH_CALLER = pytest.mark.parametrize("caller", CALLERS)


@pytest.fixture(scope="module")
def off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resumable]:
    with resumable(tmp_path_factory.mktemp("off"), numbers=2, drafts="off") as running:
        yield running


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resumable]:
    """A store of one megabyte."""
    with resumable(tmp_path_factory.mktemp("small"), numbers=40, drafts={"megabytes_max": 1}) as running:
        yield running


def large_body(caller: str, model: str, *, stream: bool) -> Body:
    field = "instructions" if caller == "openai-responses" else "system"
    body = asked(caller, NATIVE, stream=stream).body(caller) | {"model": model}
    if caller == "openai-chat":
        return body | {"messages": [{"role": "system", "content": LARGE}, {"role": "user", "content": "Well?"}]}
    return body | {field: LARGE}


def files_of(world: Resumable) -> list[Path]:
    return [path for path in world.stand.state.rglob("*") if path.is_file()]


def assert_refused(heard: Heard, says: str) -> None:
    """Our own trouble, told clearly, and nobody was asked."""
    assert heard.status == 503
    assert says in heard.text
    assert heard.header("x-mainstay-upstream") == ""


@EACH_CALLER
def test_where_nothing_is_kept_the_caller_is_told(caller: str, off: Resumable) -> None:
    listener = Listener(off.url, caller, asked(caller, NATIVE))
    listener.hear_out()
    assert_whole(caller, listener.data, WHOLE)
    heard = resume(off.url, listener.exchange, 1)
    assert heard.status == 404
    assert "keeps no drafts (drafts: off)" in heard.text
    durable = asked(caller, NATIVE, 1, durable=True)
    assert_refused(post(off.url, PATHS[caller], durable.body(caller), durable.headers), "drafts are switched off")
    assert off.seen(durable.model) == []
    assert not (off.stand.state / "drafts").exists()


def test_no_word_of_questions_or_answers_is_readable_on_disk(small: Resumable) -> None:
    prompt = f"What does {SECRET} mean in 80 words?"
    whole = prose(prompt, 80)
    for caller in CALLERS:
        for durable in (False, True):
            body = asked(caller, NATIVE, next(NUMBERS), durable=durable)
            said = body.body(caller)
            said["input" if caller == "openai-responses" else "messages"] = [{"role": "user", "content": prompt}]
            heard = post(small.url, PATHS[caller], said, body.headers)
            assert_whole(caller, heard.body, whole)
            # What is asked for again has been read from disk.
            assert resume(small.url, heard.header("x-mainstay-id"), 0).body == heard.body
    drafts = list((small.stand.state / "drafts").glob("??/*.draft"))
    assert len(drafts) == 2 * len(CALLERS)
    words = {word.encode() for word in whole.replace(".", "").split() if len(word) > 4} | {SECRET.encode()}
    assert len(words) > 20
    for path in files_of(small):
        stored = path.read_bytes()
        assert [word for word in words if word in stored] == []
    assert {path.stat().st_mode & 0o077 for path in drafts} == {0}
    assert {path.stat().st_mode & 0o077 for path in (small.stand.state / "keys").iterdir()} == {0}


def test_a_full_store_refuses_what_must_be_kept_and_nothing_else(small: Resumable) -> None:
    held = asked("anthropic", NATIVE, next(NUMBERS), durable=True)
    small.provider.break_with("stall:phase=headers", 1, model=held.model)
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting: Future[Heard] = pool.submit(
            post, small.url, PATHS["anthropic"], large_body("anthropic", held.model, stream=False), held.headers
        )
        small.until_seen(held.model, 1)
        for caller in CALLERS:
            ordinary = asked(caller, NATIVE, next(NUMBERS))
            body = large_body(caller, ordinary.model, stream=True)
            heard = post(small.url, PATHS[caller], body)
            assert heard.status == 200
            assert resume(small.url, heard.header("x-mainstay-id"), 1).status in {404, 410}
            refused = post(small.url, PATHS[caller], body, held.headers)
            assert_refused(refused, "must be written down before it is served")
            assert len(small.seen(ordinary.model)) == 1
        small.stand.kill()
        with pytest.raises((HTTPException, OSError)):
            waiting.result()
    small.stand.start()
    # The one that is held is picked up and finished, and makes room.
    small.until_seen(held.model, 2)
    small.provider.until(lambda: not small.seen(held.model)[-1].is_running)
    durable = asked("openai-chat", NATIVE, next(NUMBERS), durable=True)
    body = large_body("openai-chat", durable.model, stream=False)
    assert post(small.url, PATHS["openai-chat"], body, durable.headers).status == 200


def test_a_disk_that_refuses_drafts_stops_no_request_that_can_do_without(small: Resumable) -> None:
    usual = resource.prlimit(small.stand.gateway.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(small.stand.gateway.pid, resource.RLIMIT_FSIZE, (SMALL_FILE_BYTES, usual[1]))
    for caller in CALLERS:
        question = asked(caller, NATIVE, next(NUMBERS), durable=True)
        body = large_body(caller, question.model, stream=True)
        assert_refused(post(small.url, PATHS[caller], body, question.headers), "the disk does not take it now")
        assert small.seen(question.model) == []
        heard = post(small.url, PATHS[caller], body)
        assert heard.status == 200
        assert resume(small.url, heard.header("x-mainstay-id"), 1).status in {404, 410}
    resource.prlimit(small.stand.gateway.pid, resource.RLIMIT_FSIZE, usual)
    # The journal may have met the same limit.
    small.stand.gateway.until(lambda: JOURNAL_IS_WELL in get(small.url, "/readyz").text, "the journal is written")
    again = asked("anthropic", NATIVE, next(NUMBERS), durable=True)
    body = large_body("anthropic", again.model, stream=True)
    heard = post(small.url, PATHS["anthropic"], body, again.headers)
    assert heard.status == 200
    rest = resume(small.url, heard.header("x-mainstay-id"), 1)
    assert len(payloads(rest.body)) == len(payloads(heard.body)) - 1
