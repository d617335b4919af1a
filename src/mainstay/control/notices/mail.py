"""Mail: one message to one mail server (SMTP)."""

import hashlib
import smtplib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from mainstay.config.notification_settings import EmailTarget
from mainstay.control.notices.message import Message, Sent

STEP_SECONDS: Final = 8.0
"""For each step of the conversation; all of it is cut elsewhere."""


def send_mail(target: EmailTarget, message: Message, at: float) -> Sent:
    """Hand the message to the server. `at` is the instant of this try, in seconds since 1970. Raises `OSError` and
    `smtplib.SMTPException`."""
    letter = letter_of(target, message, at)
    with _connected(target) as server:
        refused = server.send_message(letter, target.sender, list(target.to))
    if refused:
        return Sent(is_sent=True, text=f"{len(refused)} of {len(target.to)} addresses were refused")
    return Sent(is_sent=True)


def letter_of(target: EmailTarget, message: Message, at: float) -> EmailMessage:
    """The message as mail. Mail about the same key stands together where it is read."""
    domain = target.sender.rpartition("@")[2]
    topic = hashlib.sha256(message.key.encode()).hexdigest()[:32]
    letter = EmailMessage()
    letter["From"] = target.sender
    letter["To"] = ", ".join(target.to)
    letter["Subject"] = " ".join(message.headline.split())
    letter["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))
    letter["Message-ID"] = f"<{message.id}@{domain}>"
    letter["References"] = f"<{topic}@{domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.body, cte="quoted-printable")
    return letter


def _connected(target: EmailTarget) -> smtplib.SMTP:
    host, port = target.server.host, target.server.port
    if target.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=STEP_SECONDS, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(host, port, timeout=STEP_SECONDS)
    try:
        if target.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if target.user and target.password is not None:
            server.login(target.user, target.password.value)
    except BaseException:
        server.close()
        raise
    return server
