"""Requests that are sent again, and callers that come back, to whichever of several workers takes them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from tests.e2e.workforce import Workforce, workforce

TIMES = 50
REPEATED = "x-mainstay-idempotent"


class Heard(msgspec.Struct):
    """A whole response."""

    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workforce]:
    with workforce(Path(tmp_path_factory.mktemp("again")), workers=3) as running:
        yield running
        assert running.stop() == 0, running.process.output
        assert "defect" not in running.process.output


def say(crew: Workforce, method: str, path: str, body: bytes = b"", key: str = "") -> Heard:
    """One request on a connection of its own, so that any worker may take it."""
    connection = HTTPConnection(urlsplit(crew.url).netloc, timeout=60)
    headers = {"content-type": "application/json", "anthropic-version": "2023-06-01"}
    connection.request(method, path, body or None, headers | ({"x-mainstay-idempotency-key": key} if key else {}))
    response = connection.getresponse()
    heard = Heard(response.status, dict(response.getheaders()), response.read())
    connection.close()
    return heard


def ask(prompt: str, *, stream: bool = False) -> bytes:
    messages = [{"role": "user", "content": prompt}]
    return msgspec.json.encode({"model": "claude", "max_tokens": 100, "messages": messages, "stream": stream})


def at_once(crew: Workforce, body: bytes, key: str) -> list[Heard]:
    with ThreadPoolExecutor(TIMES) as pool:
        return list(pool.map(lambda _: say(crew, "POST", "/v1/messages", body, key), range(TIMES)))


@pytest.mark.parametrize("stream", [False, True])
def test_fifty_at_once_on_three_workers_are_one_call(crew: Workforce, *, stream: bool) -> None:
    before, key = len(crew.provider.requests), f"key-{stream}"
    heard = at_once(crew, ask("Why do bridges hum in 40 words?", stream=stream), key)
    assert {one.status for one in heard} == {200}
    assert len({one.headers["x-mainstay-id"] for one in heard}) == 1
    assert len({one.body for one in heard}) == 1
    assert [one.headers.get(REPEATED) for one in heard].count(None) == 1
    assert len(crew.provider.requests) - before == 1
    again = say(crew, "POST", "/v1/messages", ask("Why do bridges hum in 40 words?", stream=stream), key)
    assert (again.headers[REPEATED], again.body) == ("replayed", heard[0].body)
    assert len(crew.provider.requests) - before == 1


def test_another_body_under_a_known_key_is_refused_by_every_worker(crew: Workforce) -> None:
    assert say(crew, "POST", "/v1/messages", ask("One"), "key-reused").status == 200
    refused = at_once(crew, ask("Two"), "key-reused")
    assert {one.status for one in refused} == {409}
    assert b"another body" in refused[0].body


def test_a_stream_can_be_resumed_at_every_worker(crew: Workforce) -> None:
    whole = say(crew, "POST", "/v1/messages", ask("Why do bridges hum in 30 words?", stream=True))
    path = f"/v1/mainstay/exchanges/{whole.headers['x-mainstay-id']}/stream"
    # What was delivered last may not be on disk yet, where the other workers look.
    crew.until(lambda: {say(crew, "GET", path).status for _ in range(6)} == {200}, "every worker finds it")
    for _ in range(10):
        again = say(crew, "GET", path)
        assert (again.status, again.body) == (200, whole.body)
    assert say(crew, "GET", path + "?after=100000").status == 400
    assert say(crew, "GET", "/v1/mainstay/exchanges/ex_never/stream").status == 404
