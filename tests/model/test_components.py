"""Names of components."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.components import GATEWAY, Component, component_of

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,10}", fullmatch=True)
MODELS = st.from_regex(r"[!-~]{1,20}", fullmatch=True)


@pytest.mark.parametrize(
    ("component", "name"),
    [
        (GATEWAY, "gateway"),
        (Component(model="gpt"), "model:gpt"),
        (Component("openai"), "upstream:openai"),
        (Component("openai", "gpt/5#login"), "upstream:openai/gpt/5#login"),
        (Component("openai", part="login"), "upstream:openai#login"),
        (Component("openai", part="admin"), "upstream:openai#admin"),
    ],
)
def test_each_has_its_name(component: Component, name: str) -> None:
    assert component.name == name
    assert component_of(name) == component


@given(NAMES, MODELS)
def test_a_name_leads_back_to_its_component(upstream: str, model: str) -> None:
    for component in (Component(upstream), Component(upstream, model), Component(model=model)):
        assert component_of(component.name) == component


@pytest.mark.parametrize("name", ["", "model:", "upstream:", "upstream:a/", "upstream:#login", "upstream:a#b", "other"])
def test_what_is_no_name_leads_nowhere(name: str) -> None:
    assert component_of(name) is None


def test_providers_are_somebody_else() -> None:
    assert Component("openai").is_provider
    assert not Component(model="gpt").is_provider
    assert not GATEWAY.is_provider
