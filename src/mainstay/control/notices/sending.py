"""Sends a message to a target, whatever kind it is. Nothing is raised, and no secret comes back."""

import re
import smtplib
from collections.abc import Iterator
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from mainstay.config.notification_settings import AppriseTarget, EmailTarget, NoticeTarget, WebhookTarget
from mainstay.control.notices.mail import send_mail
from mainstay.control.notices.message import Message, Sent
from mainstay.control.notices.service import UnknownServiceError, host_of_service, send_to_service, service_of
from mainstay.control.notices.webhook import Post, Webhook, post_webhook

TROUBLE_CHARACTERS_MAX: Final = 300
SECRET_CHARACTERS_MIN: Final = 4
"""Shorter parts of a secret URL are words such as `api`, and hide nothing."""
HIDDEN: Final = "***"
MISSING: Final = Sent(is_sent=False, text="its secret is missing: see `mainstay check`")


class Send(Protocol):
    """Sends a message to a target, and raises nothing. `at` is the instant of this try, in seconds since 1970."""

    def __call__(self, target: NoticeTarget, message: Message, at: float) -> Sent:
        """Send it; this may take long."""


def send(target: NoticeTarget, message: Message, at: float) -> Sent:
    """Implements `Send` with real connections."""
    try:
        sent = _send(target, message, at)
    except smtplib.SMTPException as error:
        sent = Sent(is_sent=False, text=_mail_trouble(error))
    except OSError as error:
        sent = Sent(is_sent=False, text=f"no connection ({error.strerror or type(error).__name__})")
    except UnknownServiceError as error:
        sent = Sent(is_sent=False, text=str(error))
    except Exception as error:  # noqa: BLE001 - plug-ins of a library raise what they like
        sent = Sent(is_sent=False, text=f"it cannot be sent ({type(error).__name__})")
    return Sent(sent.is_sent, clean(sent.text, target))


def place_of_target(target: NoticeTarget) -> str:
    """Where a target is, for people: a host, or the name of a service. Holds no secret. Raises nothing."""
    match target:
        case EmailTarget():
            return str(target.server)
        case WebhookTarget():
            return host_of_target(target)
        case AppriseTarget():
            if target.url is None:
                return "its secret is missing"
            try:
                return str(service_of(target.url.value).service_name)
            except UnknownServiceError as error:
                return str(error)


def host_of_target(target: NoticeTarget) -> str:
    """The host that a target is reached at; empty where that is not known. Raises nothing."""
    match target:
        case EmailTarget():
            return target.server.host
        case WebhookTarget():
            return urlsplit(target.url).hostname or ""
        case AppriseTarget():
            try:
                return "" if target.url is None else host_of_service(service_of(target.url.value))
            except UnknownServiceError:
                return ""


def kind_of(target: NoticeTarget) -> str:
    """The key under which a target is configured."""
    match target:
        case EmailTarget():
            return "email"
        case WebhookTarget():
            return "webhook"
        case AppriseTarget():
            return "apprise"


def clean(text: str, target: NoticeTarget) -> str:
    """The text on one line, without any part of the target's secrets, and not long."""
    for part in sorted(_secret_parts(target), key=len, reverse=True):
        text = text.replace(part, HIDDEN)
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line[:TROUBLE_CHARACTERS_MAX]


def _send(target: NoticeTarget, message: Message, at: float) -> Sent:
    match target:
        case EmailTarget(user=user, password=None) if user:
            return MISSING
        case EmailTarget():
            return send_mail(target, message, at)
        case WebhookTarget(key=None, is_signed=True):
            return MISSING
        case WebhookTarget():
            answer = post_webhook(Webhook(target.url, target.key), Post(message.id, at, message.payload()))
            return Sent(not answer.trouble, answer.trouble)
        case AppriseTarget():
            return MISSING if target.url is None else send_to_service(target.url.value, message)


def _mail_trouble(error: smtplib.SMTPException) -> str:
    match error:
        case smtplib.SMTPRecipientsRefused():
            return "the mail server refuses every address"
        case smtplib.SMTPAuthenticationError(smtp_code=code):
            return f"the mail server refuses user and password ({code})"
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=said):
            words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
            return f"the mail server answers {code} {words}"
        case smtplib.SMTPNotSupportedError():
            return f"the mail server cannot do it: {error}"
        case _:
            return f"the mail server broke off ({type(error).__name__})"


def _secret_parts(target: NoticeTarget) -> Iterator[str]:
    match target:
        case EmailTarget(password=secret):
            url = None
        case WebhookTarget(url=url, key=secret):
            pass
        case AppriseTarget(url=secret):
            url = None if secret is None else secret.value
    if secret is not None:
        yield secret.value
    for part in re.split(r"[/:@?&=#,\s]+", url or ""):
        if len(part) >= SECRET_CHARACTERS_MIN:
            yield from {part, unquote(part)}
