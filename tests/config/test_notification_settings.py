"""From the section to settings: targets with their secrets, routes, mail servers."""

import msgspec
import pytest

from mainstay.config.address import Address
from mainstay.config.notification_settings import (
    AppriseTarget,
    EmailTarget,
    NotificationSettings,
    Security,
    WebhookTarget,
    mail_server,
    notification_settings,
)
from mainstay.config.operations_schema import NotificationsSection
from mainstay.config.secret import Secret
from mainstay.model.notice import NoticePolicy, Route, Severity

SECTION = {
    "targets": {
        "chat": {"apprise": "env:CHAT"},
        "hook": {"webhook": "https://hooks.example.com/x", "key": "env:KEY"},
        "plain": {"webhook": "https://hooks.example.com/y"},
        "mail": {
            "email": {
                "server": "mail.example.com",
                "sender": "m@example.com",
                "to": ["o@example.com"],
                "user": "m",
                "password": "env:PASSWORD",
            }
        },
    },
    "routes": [
        {"severity": "warning", "targets": ["chat"]},
        {"severity": "critical", "targets": ["hook"], "escalate_seconds": 600, "escalate_to": ["mail"]},
    ],
    "window_seconds": 60,
    "per_hour": 5,
}


def settings(secrets: dict[str, Secret]) -> NotificationSettings:
    return notification_settings(msgspec.convert(SECTION, NotificationsSection), secrets)


def test_a_section_becomes_settings() -> None:
    found = settings({"env:CHAT": Secret("json://x"), "env:KEY": Secret("k"), "env:PASSWORD": Secret("p")})
    assert found.targets == {
        "chat": AppriseTarget(Secret("json://x")),
        "hook": WebhookTarget("https://hooks.example.com/x", Secret("k"), is_signed=True),
        "plain": WebhookTarget("https://hooks.example.com/y"),
        "mail": EmailTarget(
            Address("mail.example.com", 587), "m@example.com", ("o@example.com",), "starttls", "m", Secret("p")
        ),
    }
    routes = (
        Route(Severity.WARNING, ("chat",)),
        Route(Severity.CRITICAL, ("hook",), 600.0, ("mail",)),
    )
    assert found.policy == NoticePolicy(("chat", "hook", "plain", "mail"), routes, 60.0, 5)


def test_a_target_without_its_secret_stays_and_shows_it() -> None:
    found = settings({})
    assert found.targets["chat"] == AppriseTarget(None)
    assert found.targets["hook"] == WebhookTarget("https://hooks.example.com/x", None, is_signed=True)


def test_without_a_section_nobody_is_told() -> None:
    assert notification_settings(NotificationsSection(), {}) == NotificationSettings()


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_a_mail_server_has_a_usual_port(security: Security, port: int) -> None:
    assert mail_server("mail.example.com", security) == Address("mail.example.com", port)
    assert mail_server("mail.example.com:2525", security) == Address("mail.example.com", 2525)
    assert mail_server("smtp://mail.example.com", security) is None


def test_a_section_that_was_not_checked_is_refused() -> None:
    wrong = msgspec.convert(
        {"targets": {"mail": {"email": {"server": "a b", "sender": "m@x", "to": ["o@x"]}}}}, NotificationsSection
    )
    with pytest.raises(ValueError, match="not checked"):
        notification_settings(wrong, {})
