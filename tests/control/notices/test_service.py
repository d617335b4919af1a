"""Services of the library apprise, over a real socket where that is possible."""

import json
import logging
from collections.abc import Iterator

import pytest

from mainstay.control.notices.message import Message
from mainstay.control.notices.service import UnknownServiceError, host_of_service, send_to_service, service_of
from mainstay.model.notice import Severity
from tests.control.notices.sink import Sink, running_sink

MESSAGE = Message("msg-1", 1_000_000.0, "key", Severity.CRITICAL, "anthropic is down", "Nothing answers.")


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running_sink() as found:
        yield found


def url(sink: Sink) -> str:
    return f"json://someone:hunter2@127.0.0.1:{sink.server_port}/token-abcdef"


def test_a_message_arrives(sink: Sink) -> None:
    assert send_to_service(url(sink), MESSAGE).is_sent
    ((path, _fields, body),) = sink.posts
    told = json.loads(body)
    assert path == "/token-abcdef"
    assert (told["title"], told["type"]) == ("[CRITICAL] anthropic is down", "failure")
    assert told["message"].startswith("Nothing answers.")


@pytest.mark.parametrize("severity", list(Severity))
def test_every_severity_can_be_told(sink: Sink, severity: Severity) -> None:
    assert send_to_service(url(sink), Message("m", 0.0, "key", severity, "title", "text")).is_sent


@pytest.mark.parametrize("mode", [500, "redirect", "gone"])
def test_a_service_that_fails_says_why(sink: Sink, mode: int | str) -> None:
    sink.mode = mode
    sent = send_to_service(url(sink), MESSAGE)
    assert not sent.is_sent
    assert sent.text
    assert len(sink.posts) == 1


def test_nothing_of_it_is_printed(sink: Sink, capfd: pytest.CaptureFixture[str]) -> None:
    sink.mode = 500
    send_to_service(url(sink), MESSAGE)
    logging.getLogger("apprise").error("a line with hunter2")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("wrong", ["", "nonsense", "bogus://x", "https://example.com/x", "slack://", "tgram://x"])
def test_what_no_service_has_is_refused(wrong: str) -> None:
    with pytest.raises(UnknownServiceError):
        service_of(wrong)


def test_hosts_of_services_hold_no_secret() -> None:
    assert host_of_service(service_of("tgram://123456789:abcdefg_hijklmnop/12315544/")) == "api.telegram.org"
    assert host_of_service(service_of("slack://TokenA123/TokenB123/TokenC12345/#x")) == ""
    assert host_of_service(service_of("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js")) == "discord.com"
