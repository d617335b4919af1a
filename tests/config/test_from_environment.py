from pathlib import Path

import pytest

from mainstay.config.from_environment import ANTHROPIC_DEMO_MODEL, OPENAI_DEMO_MODEL, demo, from_environment
from mainstay.config.snapshot import Snapshot


def snapshot_of(environment: dict[str, str]) -> Snapshot:
    loaded = from_environment(environment, Path())
    assert loaded is not None
    assert loaded.mistakes == ()
    assert loaded.snapshot is not None
    return loaded.snapshot


@pytest.mark.parametrize("environment", [{}, {"ANTHROPIC_API_KEY": ""}, {"OPENAI_API_KEY": "  "}])
def test_without_keys_there_is_no_configuration(environment: dict[str, str]) -> None:
    assert from_environment(environment, Path()) is None


def test_one_key_gives_one_upstream_at_the_providers_own_url() -> None:
    (upstream,) = snapshot_of({"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": ""}).upstreams
    assert (upstream.name, upstream.dialect, upstream.base_url) == (
        "anthropic",
        "anthropic",
        "https://api.anthropic.com",
    )
    assert upstream.credentials[0].key == "k"
    assert not upstream.simulated


def test_both_keys_give_both_upstreams_behind_every_name() -> None:
    snapshot = snapshot_of({"ANTHROPIC_API_KEY": "a", "OPENAI_API_KEY": "o"})
    menu = snapshot.menu("any-model", "default")
    assert menu is not None
    assert [(candidate.upstream.dialect, candidate.model) for candidate in menu.candidates] == [
        ("anthropic", "any-model"),
        ("openai-chat", "any-model"),
        ("openai-responses", "any-model"),
    ]
    assert all(candidate.passes_through for candidate in menu.candidates)


def test_base_urls_come_from_our_own_variables_only() -> None:
    environment = {
        "ANTHROPIC_API_KEY": "a",
        "OPENAI_API_KEY": "o",
        "ANTHROPIC_BASE_URL": "http://wrong",
        "OPENAI_BASE_URL": "http://wrong",
        "MAINSTAY_ANTHROPIC_BASE_URL": "http://127.0.0.1:9001/",
        "MAINSTAY_OPENAI_BASE_URL": "",
    }
    urls = [upstream.base_url for upstream in snapshot_of(environment).upstreams]
    assert urls == ["http://127.0.0.1:9001", "https://api.openai.com/v1", "https://api.openai.com/v1"]


def test_a_mistake_names_its_variable() -> None:
    loaded = from_environment(
        {"OPENAI_API_KEY": "a\nb", "ANTHROPIC_API_KEY": "k", "MAINSTAY_ANTHROPIC_BASE_URL": "nonsense"}, Path()
    )
    assert loaded is not None
    assert loaded.snapshot is None
    assert {mistake.path for mistake in loaded.mistakes} == {"OPENAI_API_KEY", "MAINSTAY_ANTHROPIC_BASE_URL"}


def test_the_hash_follows_what_was_configured_and_not_the_secret() -> None:
    def sha256(environment: dict[str, str]) -> str:
        loaded = from_environment(environment, Path())
        assert loaded is not None
        return loaded.sha256

    first = sha256({"OPENAI_API_KEY": "one"})
    assert first == sha256({"OPENAI_API_KEY": "two"})
    assert first != sha256({"OPENAI_API_KEY": "one", "MAINSTAY_OPENAI_BASE_URL": "https://h/v1"})


def test_the_demonstration_has_two_simulated_upstreams_per_dialect(tmp_path: Path) -> None:
    urls = ("http://127.0.0.1:1", "http://127.0.0.1:2")
    snapshot = demo(urls, (f"{urls[0]}/v1", f"{urls[1]}/v1"), tmp_path)
    assert snapshot.model_names == (ANTHROPIC_DEMO_MODEL, OPENAI_DEMO_MODEL)
    assert snapshot.is_simulated
    menu = snapshot.menu("gpt-demo", "default")
    assert menu is not None
    assert [(item.upstream.name, item.upstream.base_url, item.upstream.simulated) for item in menu.candidates] == [
        ("gpt-primary", "http://127.0.0.1:1/v1", True),
        ("gpt-standby", "http://127.0.0.1:2/v1", True),
    ]
    assert {item.upstream.dialect for item in snapshot.models["claude-demo"]} == {"anthropic"}
