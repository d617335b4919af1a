"""What a well-formed section of notifications still gets wrong."""

import pytest

from mainstay.config.check_notifications import notification_mistakes, notification_references, notification_warnings
from mainstay.config.schema import File
from mainstay.config.secret import Secret
from mainstay.config.shape import Shaped, shape
from mainstay.config.yaml_text import Tree

GOOD: dict[str, Tree] = {
    "chat": {"apprise": "env:CHAT"},
    "hook": {"webhook": "https://hooks.example.com/x?a=b", "key": "env:KEY"},
    "mail": {"email": {"server": "mail.example.com:587", "sender": "m@example.com", "to": ["o@example.com"]}},
}
ROUTES: list[Tree] = [{"severity": "info", "targets": ["chat", "hook"]}]
KNOWN: dict[str, Tree] = {"server": "127.0.0.1", "sender": "m@x", "to": ["o@x"], "user": "m", "password": "env:P"}


def shaped(targets: dict[str, Tree], routes: list[Tree]) -> Shaped[File]:
    found = shape({"notifications": {"targets": targets, "routes": routes}}, File)
    assert found.value is not None
    assert [one for one in found.mistakes if one.path.startswith("notifications")] == []
    return found


def mistakes(targets: dict[str, Tree], routes: list[Tree] | None = None, key: str = "secret") -> dict[str, str]:
    found = shaped(targets, routes or [])
    assert found.value is not None
    section = found.value.notifications
    return {one.path: one.message for one in notification_mistakes(found, section, {"env:KEY": Secret(key)})}


def test_a_good_section_has_no_mistakes() -> None:
    assert mistakes(GOOD, ROUTES) == {}
    assert mistakes({"mail": {"email": KNOWN | {"security": "none"}}}) == {}


def test_every_reference_is_named_with_its_path() -> None:
    found = shaped(GOOD | {"mail": {"email": KNOWN}}, [])
    assert found.value is not None
    assert list(notification_references(found.value.notifications)) == [
        ("notifications.targets.chat.apprise", "env:CHAT"),
        ("notifications.targets.hook.key", "env:KEY"),
        ("notifications.targets.mail.email.password", "env:P"),
    ]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({}, "it has none"),
        ({"apprise": "env:A", "webhook": "https://x/"}, "it has apprise and webhook"),
        ({"webhook": "https://x/", "email": KNOWN}, "it has webhook and email"),
    ],
)
def test_a_target_is_of_one_kind(target: Tree, words: str) -> None:
    needs = "needs exactly one of `apprise`, `webhook` and `email`"
    assert mistakes({"t": target})["notifications.targets.t"] == f"{needs}; {words}"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://hooks.example.com/x", "must be https: others could read and change what is told on the way"),
        ("http://8.8.8.8/x", "must be https: others could read and change what is told on the way"),
        ("https://me:pw@example.com/", "must not hold a user or password; sign it with a `key` instead"),
        ("https://example.com/#a", "must not have a fragment (#...): it is never sent"),
        ("ftp://example.com/", "must be a URL such as"),
        ("https:///x", "must be a URL such as"),
        ("https://exa mple.com/", "must be a URL such as"),
        ("https://example.com:0/", "must be a URL such as"),
        ("https://example.com:x/", "must be a URL such as"),
        ("nonsense", "must be a URL such as"),
    ],
)
def test_a_webhook_is_a_safe_url(url: str, words: str) -> None:
    assert mistakes({"t": {"webhook": url}})["notifications.targets.t.webhook"].startswith(words)


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "localhost", "[::1]", "10.1.2.3", "192.168.1.1", "receiver"])
def test_near_webhooks_may_be_unencrypted(host: str) -> None:
    assert mistakes({"t": {"webhook": f"http://{host}/x"}}) == {}


def test_a_key_signs_webhooks_and_can_be_read() -> None:
    path = "notifications.targets.t.key"
    assert mistakes({"t": {"apprise": "env:A", "key": "env:KEY"}})[path] == "belongs to a webhook, and here is none"
    signed: dict[str, Tree] = {"t": {"webhook": "https://x/", "key": "env:KEY"}}
    assert mistakes(signed, key="whsec_c2VjcmV0") == {}
    assert "not base64" in mistakes(signed, key="whsec_%%%")[path]
    assert "%%%" not in mistakes(signed, key="whsec_%%%")[path]


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"server": "smtp://x"}, ".server", "must be a host"),
        ({"server": "x:0"}, ".server", "must be a host"),
        ({"sender": "nobody"}, ".sender", "must be a mail address"),
        ({"sender": "a@b, c@d"}, ".sender", "must be a mail address"),
        ({"to": ["o@x", "Name <o@x>"]}, ".to[1]", "must be a mail address"),
        ({"server": "mail.example.com", "security": "none"}, ".security", "would send the password unencrypted"),
    ],
)
def test_mail_can_be_sent(change: dict[str, Tree], path: str, words: str) -> None:
    assert mistakes({"t": {"email": KNOWN | change}})[f"notifications.targets.t.email{path}"].startswith(words)


@pytest.mark.parametrize("left_out", ["user", "password"])
def test_user_and_password_belong_together(left_out: str) -> None:
    half: dict[str, Tree] = {key: value for key, value in KNOWN.items() if key != left_out}
    found = mistakes({"t": {"email": half}})
    assert found == {"notifications.targets.t.email": "needs both `user` and `password`, or neither"}


def test_routes_name_targets() -> None:
    routes: list[Tree] = [
        {"severity": "info", "targets": ["chat"]},
        {"severity": "major", "targets": ["chta"], "escalate_seconds": 60, "escalate_to": ["hook", "bos"]},
    ]
    found = mistakes(GOOD, routes)
    hint = "names chta, which is not the name of a target; did you mean chat?"
    assert found["notifications.routes[1].targets"] == hint
    assert found["notifications.routes[1].escalate_to"].startswith("names bos, which is not the name of a target")
    assert len(found) == 2


@pytest.mark.parametrize("half", [{"escalate_seconds": 60}, {"escalate_to": ["chat"]}])
def test_an_escalation_needs_time_and_targets(half: dict[str, Tree]) -> None:
    routes: list[Tree] = [{"severity": "info", "targets": ["chat"], **half}]
    assert mistakes(GOOD, routes) == {
        "notifications.routes[0]": "needs both `escalate_seconds` and `escalate_to`, or neither"
    }


def test_warnings_name_what_deserves_a_second_look() -> None:
    routes: list[Tree] = [{"severity": "info", "targets": ["chat"], "escalate_seconds": 60, "escalate_to": ["mail"]}]
    found = shaped(GOOD | {"open": {"webhook": "https://x/"}}, routes)
    assert found.value is not None
    warnings = {one.path: one.message for one in notification_warnings(found.value.notifications)}
    unnamed = "hears nothing by itself: no route names it"
    assert warnings["notifications.targets.hook"] == unnamed
    assert warnings["notifications.targets.open"].startswith("is not signed")
    assert set(warnings) == {"notifications.targets.hook", "notifications.targets.open"}
