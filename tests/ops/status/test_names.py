"""Names, ids and text that may be shown."""

import pytest
from hypothesis import given
from hypothesis.strategies import text

from mainstay.model.components import GATEWAY, Component
from mainstay.ops.status.names import component_name, public_id, safe_url, shown


@pytest.mark.parametrize(
    ("component", "name"),
    [
        (GATEWAY, "Gateway"),
        (Component(model="sonnet"), "sonnet"),
        (Component("north"), "north"),
        (Component("north", "sonnet-v4"), "sonnet-v4 at north"),
        (Component("north", part="login"), "north login"),
        (Component("north", part="admin"), "north administration"),
    ],
)
def test_a_component_has_a_name_for_people(component: Component, name: str) -> None:
    assert component_name(component) == name


def test_an_id_stays_the_same_and_shows_nothing() -> None:
    assert public_id("model:sonnet") == public_id("model:sonnet") == "".join(public_id("model:sonnet").split("sonnet"))
    assert len(public_id("x")) == 12
    assert public_id("a") != public_id("b")


@given(text())
def test_shown_text_has_no_control_characters(given_text: str) -> None:
    found = shown(given_text, 50)
    assert len(found) <= 50
    assert all(one == "\n" or one.isprintable() or ord(one) >= 0xA0 for one in found)


def test_lines_stay_apart_and_long_text_is_cut() -> None:
    assert shown("a\nb\x1b[2J\x7f") == "a\nb[2J"
    assert shown("abcdef", 4) == "abc…"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://status.example/path", "https://status.example/path"),
        ("https://user:key@status.example:8443/p?token=x#y", "https://status.example:8443/p"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("https://[bad", ""),
        ("https://host:99999/", ""),
        ("", ""),
    ],
)
def test_addresses_are_shown_without_secrets(url: str, safe: str) -> None:
    assert safe_url(url) == safe
