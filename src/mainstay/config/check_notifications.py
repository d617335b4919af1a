"""The check of notifications for meaning."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

from msgspec import UNSET

from mainstay.config.mistake import Mistake, child_path, item_path, nearest_hint
from mainstay.config.notification_settings import mail_server
from mainstay.config.operations_schema import EmailSection, NotificationsSection, RouteSection, TargetSection
from mainstay.config.schema import File
from mainstay.config.secret import Secret
from mainstay.config.shape import Shaped

SIGNING_KEY_PREFIX: Final = "whsec_"
"""How a key begins that is written as Standard Webhooks has it: the rest is base64."""

_TARGETS: Final = "notifications.targets"
_ROUTES: Final = "notifications.routes"
_MAIL_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")


def notification_references(section: NotificationsSection) -> Iterator[tuple[str, str]]:
    """Every reference to a secret, with its path."""
    for name, target in section.targets.items():
        path = child_path(_TARGETS, name)
        if target.apprise is not UNSET:
            yield child_path(path, "apprise"), target.apprise
        if target.key is not UNSET:
            yield child_path(path, "key"), target.key
        if target.email is not UNSET and target.email.password is not UNSET:
            yield child_path(child_path(path, "email"), "password"), target.email.password


def notification_mistakes(
    shaped: Shaped[File], section: NotificationsSection, secrets: Mapping[str, Secret]
) -> Iterator[Mistake]:
    """Every mistake in the sound parts of the section. `secrets` maps references to what they point to."""
    for name, target in section.targets.items():
        yield from _target_mistakes(child_path(_TARGETS, name), target, secrets)
    for path, route in shaped.items(_ROUTES, section.routes):
        yield from _route_mistakes(path, route, frozenset(section.targets))


def notification_warnings(section: NotificationsSection) -> Iterator[Mistake]:
    """What may be meant as it stands but deserves a second look."""
    used = {name for route in section.routes for name in _names(route)}
    for name, target in section.targets.items():
        path = child_path(_TARGETS, name)
        if name not in used:
            yield Mistake(path, "hears nothing by itself: no route names it")
        if target.webhook is not UNSET and target.key is UNSET:
            yield Mistake(path, "is not signed: give it a `key`, so that the receiver can tell our notices from others")


def _names(route: RouteSection) -> tuple[str, ...]:
    return (*route.targets, *(() if route.escalate_to is UNSET else route.escalate_to))


def _target_mistakes(path: str, target: TargetSection, secrets: Mapping[str, Secret]) -> Iterator[Mistake]:
    kinds = [name for name in ("apprise", "webhook", "email") if getattr(target, name) is not UNSET]
    if len(kinds) != 1:
        has = f"it has {' and '.join(kinds)}" if kinds else "it has none"
        yield Mistake(path, f"needs exactly one of `apprise`, `webhook` and `email`; {has}")
    if target.webhook is not UNSET and (problem := _webhook_problem(target.webhook)):
        yield Mistake(child_path(path, "webhook"), problem)
    if target.key is not UNSET and target.webhook is UNSET:
        yield Mistake(child_path(path, "key"), "belongs to a webhook, and here is none")
    elif target.key is not UNSET and (problem := _key_problem(secrets.get(target.key))):
        yield Mistake(child_path(path, "key"), problem)
    if target.email is not UNSET:
        yield from _email_mistakes(child_path(path, "email"), target.email)


def _webhook_problem(url: str) -> str:
    """Why a URL cannot be a webhook. Never quotes it: it may hold a password."""
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or not _is_plain(url):
        return "must be a URL such as https://hooks.example.com/notices, with http or https and a host"
    if parts.username is not None or parts.password is not None:
        return "must not hold a user or password; sign it with a `key` instead"
    if parts.fragment:
        return "must not have a fragment (#...): it is never sent"
    if parts.scheme == "http" and not _is_near(parts.hostname):
        return "must be https: others could read and change what is told on the way"
    return ""


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        port = parts.port  # raises where it is no number from 0 to 65535
    except ValueError:
        return None
    return None if port == 0 else parts


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url and "\\" not in url


def _is_near(host: str) -> bool:
    """Whether a host stands on this machine or in a network of our own, by its address or as a bare name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host
    return address.is_private or address.is_loopback


def _key_problem(key: Secret | None) -> str:
    """Why a secret cannot sign. One that is missing is told elsewhere."""
    if key is None or not key.value.startswith(SIGNING_KEY_PREFIX):
        return ""
    try:
        base64.b64decode(key.value.removeprefix(SIGNING_KEY_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return f"points to a key that begins with {SIGNING_KEY_PREFIX} and goes on with what is not base64"
    return ""


def _email_mistakes(path: str, email: EmailSection) -> Iterator[Mistake]:
    server = mail_server(email.server, email.security)
    if server is None or server.port == 0:
        yield Mistake(child_path(path, "server"), "must be a host, or host:port such as mail.example.com:587")
    if not _MAIL_ADDRESS.fullmatch(email.sender):
        yield Mistake(child_path(path, "sender"), "must be a mail address such as mainstay@example.com")
    for index, address in enumerate(email.to):
        if not _MAIL_ADDRESS.fullmatch(address):
            yield Mistake(item_path(child_path(path, "to"), index), "must be a mail address such as ops@example.com")
    if (email.user is UNSET) != (email.password is UNSET):
        yield Mistake(path, "needs both `user` and `password`, or neither")
    is_open = email.security == "none" and email.password is not UNSET
    if is_open and server is not None and not server.is_loopback:
        yield Mistake(child_path(path, "security"), "would send the password unencrypted; use starttls or tls")


def _route_mistakes(path: str, route: RouteSection, known: frozenset[str]) -> Iterator[Mistake]:
    lists = {"targets": route.targets, "escalate_to": () if route.escalate_to is UNSET else route.escalate_to}
    for key, names in lists.items():
        for name in names:
            if name not in known:
                hint = nearest_hint(name, known)
                yield Mistake(child_path(path, key), f"names {name}, which is not the name of a target{hint}")
    if (route.escalate_seconds is UNSET) != (route.escalate_to is UNSET):
        yield Mistake(path, "needs both `escalate_seconds` and `escalate_to`, or neither")
