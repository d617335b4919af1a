"""Mail in a real conversation with a mail server: encrypted, logged in, refused, broken off."""

import smtplib
import ssl
from email import message_from_string, policy
from pathlib import Path

import msgspec
import pytest

from mainstay.config.address import Address
from mainstay.config.notification_settings import EmailTarget, Security
from mainstay.config.secret import Secret
from mainstay.control.notices.mail import letter_of, send_mail
from mainstay.control.notices.message import Message
from mainstay.model.notice import Severity
from tests.control.notices.mail_server import MailServer, running_mail_server

CERTIFICATE = Path(__file__).parents[2] / "gateway" / "http" / "localhost.pem"
MESSAGE = Message("msg-1", 1_000_000.0, "incident/INC-1", Severity.MAJOR, "anthropic is down", "Grüße.\nNothing works.")


def target(server: MailServer, security: Security = "none", *, is_known: bool = False) -> EmailTarget:
    found = EmailTarget(Address("127.0.0.1", server.port), "mainstay@a.example", ("one@b.example", "two@b.example"))
    login = {"user": "mainstay", "password": Secret("hunter2")} if is_known else {}
    return msgspec.structs.replace(found, security=security, **login)


def test_a_letter_is_taken() -> None:
    with running_mail_server() as server:
        assert send_mail(target(server), MESSAGE, 1_000_060.0).is_sent
    (letter,) = server.letters
    read = message_from_string(letter.text, policy=policy.default)
    assert (letter.sender, letter.to) == ("mainstay@a.example", ("one@b.example", "two@b.example"))
    assert read["subject"] == "[MAJOR] anthropic is down"
    assert read["message-id"] == "<msg-1@a.example>"
    assert read["auto-submitted"] == "auto-generated"
    assert read["date"] == "Mon, 12 Jan 1970 13:47:40 +0000"
    assert read.get_content().startswith("Grüße.\r\nNothing works.")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_conversation_is_encrypted_and_logged_in(security: Security, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with running_mail_server(CERTIFICATE, is_tls_from_the_start=security == "tls") as server:
        server.password = "hunter2"
        assert send_mail(target(server, security, is_known=True), MESSAGE, 0.0).is_sent
    (letter,) = server.letters
    assert letter.is_encrypted
    assert letter.login == ("mainstay", "hunter2")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_nobody_vouches_for_hears_nothing(security: Security) -> None:
    with running_mail_server(CERTIFICATE, is_tls_from_the_start=security == "tls") as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            send_mail(target(server, security, is_known=True), MESSAGE, 0.0)
        assert server.letters == []


def test_a_server_that_cannot_encrypt_hears_nothing() -> None:
    with running_mail_server() as server:
        with pytest.raises(smtplib.SMTPNotSupportedError):
            send_mail(target(server, "starttls", is_known=True), MESSAGE, 0.0)
        assert server.letters == []


def test_some_addresses_may_be_refused() -> None:
    with running_mail_server() as server:
        server.mode = "refuse-some"
        sent = send_mail(target(server), MESSAGE, 0.0)
    assert (sent.is_sent, sent.text) == (True, "1 of 2 addresses were refused")


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("refuse-all", smtplib.SMTPRecipientsRefused),
        ("busy", smtplib.SMTPSenderRefused),
        ("break", smtplib.SMTPServerDisconnected),
    ],
)
def test_a_server_may_say_no(mode: str, error: type[Exception]) -> None:
    with running_mail_server() as server:
        server.mode = mode  # type: ignore[assignment]
        with pytest.raises(error):
            send_mail(target(server), MESSAGE, 0.0)


def test_a_title_cannot_add_fields() -> None:
    wild = msgspec.structs.replace(MESSAGE, title="x\r\nBcc: all@b.example")
    with running_mail_server() as server:
        letter = letter_of(target(server), wild, 0.0)
    assert letter["subject"] == "[MAJOR] x Bcc: all@b.example"
    assert letter["bcc"] is None


def test_letters_about_the_same_stand_together() -> None:
    with running_mail_server() as server:
        one = letter_of(target(server), MESSAGE, 0.0)
        two = letter_of(target(server), msgspec.structs.replace(MESSAGE, id="msg-2"), 9.0)
    assert one["references"] == two["references"]
    assert one["message-id"] != two["message-id"]
