"""Settings of notifications: targets with their secrets, and the policy who is told. Made from a checked section."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from mainstay.config.address import Address, parse_address
from mainstay.config.operations_schema import EmailSection, NotificationsSection, RouteSection, TargetSection
from mainstay.config.secret import Secret
from mainstay.model.notice import NoticePolicy, Route, Severity

Security = Literal["starttls", "tls", "none"]
MAIL_PORTS: Final[Mapping[Security, int]] = {"starttls": 587, "tls": 465, "none": 25}


class AppriseTarget(msgspec.Struct, frozen=True):
    """A service that the library apprise knows. `url` is `None` where its secret is missing."""

    url: Secret | None


class WebhookTarget(msgspec.Struct, frozen=True):
    """A URL that notices are posted to. `is_signed` and no `key`: the secret is missing, and nothing may be sent."""

    url: str
    key: Secret | None = None
    is_signed: bool = False


class EmailTarget(msgspec.Struct, frozen=True):
    """A mail server and whom it is to write to. `user` and no `password`: the secret is missing."""

    server: Address
    sender: str
    to: tuple[str, ...]
    security: Security = "starttls"
    user: str = ""
    password: Secret | None = None


NoticeTarget = AppriseTarget | WebhookTarget | EmailTarget


class NotificationSettings(msgspec.Struct, frozen=True):
    """Who can be told, how, and when they are."""

    targets: dict[str, NoticeTarget] = {}
    policy: NoticePolicy = NoticePolicy()


def notification_settings(section: NotificationsSection, secrets: Mapping[str, Secret]) -> NotificationSettings:
    """The settings of a section without mistakes. A target whose secret is missing stays, and cannot be used."""
    targets = {name: _target(part, secrets) for name, part in section.targets.items()}
    policy = NoticePolicy(tuple(targets), tuple(map(_route, section.routes)), section.window_seconds, section.per_hour)
    return NotificationSettings(targets, policy)


def mail_server(text: str, security: Security) -> Address | None:
    """Read `host` or `host:port`; without a port it is the usual one. `None` for anything else."""
    return parse_address(text) or parse_address(f"{text}:{MAIL_PORTS[security]}")


def _target(part: TargetSection, secrets: Mapping[str, Secret]) -> NoticeTarget:
    if part.email is not UNSET:
        return _email(part.email, secrets)
    if part.webhook is not UNSET:
        return WebhookTarget(part.webhook, _secret(part.key, secrets), is_signed=part.key is not UNSET)
    return AppriseTarget(_secret(part.apprise, secrets))


def _email(part: EmailSection, secrets: Mapping[str, Secret]) -> EmailTarget:
    server = mail_server(part.server, part.security)
    if server is None:
        raise ValueError("notification_settings() was given a section that was not checked")
    user = "" if part.user is UNSET else part.user
    return EmailTarget(server, part.sender, part.to, part.security, user, _secret(part.password, secrets))


def _secret(reference: str | UnsetType, secrets: Mapping[str, Secret]) -> Secret | None:
    return None if reference is UNSET else secrets.get(reference)


def _route(part: RouteSection) -> Route:
    seconds = None if part.escalate_seconds is UNSET else part.escalate_seconds
    return Route(
        Severity(part.severity), part.targets, seconds, () if part.escalate_to is UNSET else tuple(part.escalate_to)
    )
