"""Every kind of target, and that no secret comes back from any."""

import smtplib
from collections.abc import Iterator

import msgspec
import pytest

from mainstay.config.address import Address
from mainstay.config.notification_settings import AppriseTarget, EmailTarget, NoticeTarget, WebhookTarget
from mainstay.config.secret import Secret
from mainstay.control.notices import sending
from mainstay.control.notices.message import Message, Sent
from mainstay.control.notices.sending import clean, host_of_target, kind_of, place_of_target, send
from mainstay.model.notice import Severity
from tests.control.notices.mail_server import running_mail_server
from tests.control.notices.sink import Sink, running_sink

MESSAGE = Message("msg-1", 1_000_000.0, "key", Severity.MAJOR, "anthropic is down", "Nothing answers.")
TELEGRAM = AppriseTarget(Secret("tgram://123456789:abcdefg_hijklmnop/12315544/"))


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running_sink() as found:
        yield found


def mail(port: int) -> EmailTarget:
    return EmailTarget(Address("127.0.0.1", port), "m@a.example", ("o@b.example",), "none", "me", Secret("hunter2"))


def test_every_kind_arrives(sink: Sink) -> None:
    with running_mail_server() as server:
        server.password = "hunter2"
        assert send(WebhookTarget(sink.url, Secret("key"), is_signed=True), MESSAGE, 5.0) == Sent(is_sent=True)
        assert send(AppriseTarget(Secret(f"json://127.0.0.1:{sink.server_port}/")), MESSAGE, 5.0).is_sent
        assert send(mail(server.port), MESSAGE, 5.0).is_sent
        assert len(server.letters) == 1
    assert [fields.get("webhook-timestamp") for _, fields, _ in sink.posts] == ["5", None]


def test_a_webhook_that_fails_says_why(sink: Sink) -> None:
    sink.mode = 500
    assert send(WebhookTarget(sink.url), MESSAGE, 5.0) == Sent(is_sent=False, text="it answers 500")


@pytest.mark.parametrize(
    "target",
    [
        WebhookTarget("http://127.0.0.1:9/", is_signed=True),
        AppriseTarget(None),
        EmailTarget(Address("127.0.0.1", 9), "m@a.example", ("o@b.example",), user="me"),
    ],
)
def test_nothing_is_sent_without_its_secret(target: NoticeTarget) -> None:
    assert send(target, MESSAGE, 5.0).text == "its secret is missing: see `mainstay check`"


def test_a_mail_server_that_echoes_the_password_is_not_quoted() -> None:
    with running_mail_server() as server:
        server.password = "another"
        assert send(mail(server.port), MESSAGE, 5.0).text == "the mail server refuses user and password (535)"
        server.password, server.mode = "hunter2", "busy"
        assert send(mail(server.port), MESSAGE, 5.0).text == "the mail server answers 452 too busy for ***"
        server.mode = "refuse-all"
        assert send(mail(server.port), MESSAGE, 5.0).text == "the mail server refuses every address"
        server.mode = "break"
        assert send(mail(server.port), MESSAGE, 5.0).text.startswith("the mail server broke off (")
        port = server.port
    assert send(mail(port), MESSAGE, 5.0).text == "no connection (Connection refused)"


def test_a_mail_server_that_cannot_do_it_is_told() -> None:
    with running_mail_server() as server:
        starttls = msgspec.structs.replace(mail(server.port), security="starttls")
        assert send(starttls, MESSAGE, 5.0).text.startswith("the mail server cannot do it: STARTTLS")


@pytest.mark.parametrize("error", [ValueError("hunter2"), KeyError("x"), smtplib.SMTPException("hunter2")])
def test_whatever_is_raised_is_a_failure_without_its_words(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> Sent:
        raise error

    monkeypatch.setattr(sending, "send_to_service", fail)
    sent = send(AppriseTarget(Secret("json://127.0.0.1/")), MESSAGE, 5.0)
    assert not sent.is_sent
    assert type(error).__name__ in sent.text
    assert "hunter2" not in sent.text


def test_an_unknown_service_is_told() -> None:
    sent = send(AppriseTarget(Secret("bogus://hunter2")), MESSAGE, 5.0)
    assert sent.text == "the library apprise makes nothing of this URL"


def test_words_are_cleaned_of_secrets_lines_and_length() -> None:
    words = "refused 123456789:abcdefg_hijklmnop\nfor \x1b[1m12315544 " + "x" * 900
    cleaned = clean(words, TELEGRAM)
    assert cleaned.startswith("refused ***:*** for [1m*** xxx")
    assert len(cleaned) == 300
    webhook = WebhookTarget("https://hooks.example.com/T0123/s%65cret-part", Secret("the-key"))
    assert clean("T0123 secret-part s%65cret-part the-key", webhook) == "*** *** *** ***"


def test_places_hold_no_secret() -> None:
    assert place_of_target(WebhookTarget("https://hooks.example.com:8443/T0123/x")) == "hooks.example.com"
    assert place_of_target(mail(25)) == "127.0.0.1:25"
    assert place_of_target(TELEGRAM) == "Telegram"
    assert place_of_target(AppriseTarget(None)) == "its secret is missing"
    assert place_of_target(AppriseTarget(Secret("bogus://x"))) == "the library apprise makes nothing of this URL"


def test_hosts_are_known_where_they_can_be() -> None:
    targets: list[NoticeTarget] = [WebhookTarget("https://a.example/x"), mail(25), TELEGRAM, AppriseTarget(None)]
    assert [host_of_target(one) for one in targets] == ["a.example", "127.0.0.1", "api.telegram.org", ""]
    assert host_of_target(AppriseTarget(Secret("bogus://x"))) == ""
    assert [kind_of(one) for one in targets] == ["webhook", "email", "apprise", "apprise"]
