"""Services that the library apprise knows: chat rooms, pagers, telephones. The URL of one holds its secrets."""

import logging
import warnings
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyType
from apprise.logger import NotifyLogEntry

from mainstay.control.notices.message import Message, Sent
from mainstay.model.notice import Severity

KINDS: Final = {
    Severity.INFO: NotifyType.INFO,
    Severity.WARNING: NotifyType.WARNING,
    Severity.MAJOR: NotifyType.FAILURE,
    Severity.CRITICAL: NotifyType.FAILURE,
}
LINES_MAX: Final = 3


class UnknownServiceError(Exception):
    """The library makes nothing of the URL."""


def send_to_service(url: str, message: Message) -> Sent:
    """Let the library send it. Raises `UnknownServiceError`, and whatever a plug-in of the library raises."""
    hub = Apprise(asset=_asset())
    hub.add(service_of(url))
    lines: list[str] = []

    def hear(entry: NotifyLogEntry, _service: NotifyBase | None) -> None:
        lines.append(entry.message)

    result = hub.notify(
        body=message.body,
        title=message.headline,
        notify_type=KINDS[message.severity],
        body_format="text",
        log_callback=hear,
        log_level=logging.WARNING,
    )
    if result:
        return Sent(is_sent=True)
    return Sent(is_sent=False, text="; ".join(lines[-LINES_MAX:]) or "the service did not take it")


def service_of(url: str) -> NotifyBase:
    """The library's service of this URL. Raises `UnknownServiceError`."""
    load_services()
    keep_quiet()
    found = Apprise.instantiate(url, asset=_asset(), suppress_exceptions=True)
    if not isinstance(found, NotifyBase):
        raise UnknownServiceError("the library apprise makes nothing of this URL")
    return found


def host_of_service(service: NotifyBase) -> str:
    """The host that a service is reached at, where it has one of its own; never a part of the URL that may be secret.

    In the URLs of chat rooms and pagers, tokens stand where other URLs have their host.
    """
    own = getattr(service, "notify_url", None)
    host = urlsplit(own).hostname if isinstance(own, str) and own else None
    return "" if host is None or "{" in host else host


@cache
def load_services() -> None:
    """Let the library load all its plug-ins, as it does for the first URL, once."""
    with warnings.catch_warnings():
        # Some of them use what Python will lose one day.
        warnings.simplefilter("ignore", DeprecationWarning)
        Apprise.instantiate("json://localhost")


def keep_quiet() -> None:
    """Keep what the library logs out of our output: it could hold parts of a URL."""
    logger = logging.getLogger("apprise")
    if not any(isinstance(one, logging.NullHandler) for one in logger.handlers):
        logger.addHandler(logging.NullHandler())
    logger.propagate = False


def _asset() -> AppriseAsset:
    # Nothing is kept on disk, no redirect is followed, and our own thread is the only one.
    return AppriseAsset(
        storage_mode="memory", async_mode=False, http_redirects=False, secure_logging=True, app_id="Mainstay"
    )
