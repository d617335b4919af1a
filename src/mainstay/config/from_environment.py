"""The configuration without a file: provider keys from the environment, or a demonstration with simulated providers.

The SDKs' own `ANTHROPIC_BASE_URL` and `OPENAI_BASE_URL` are never read: a user sets them to point at this gateway.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from mainstay.config.build import build
from mainstay.config.load import Loaded, load_tree
from mainstay.config.mistake import Mistake
from mainstay.config.schema import CandidateSection, File, ModelSection, UpstreamSection
from mainstay.config.snapshot import WILDCARD, Snapshot
from mainstay.config.yaml_text import Tree

ANTHROPIC_DEMO_MODEL = "claude-demo"
OPENAI_DEMO_MODEL = "gpt-demo"


class _Provider(msgspec.Struct, frozen=True):
    """A provider that the environment can name."""

    name: str
    dialect: str
    key_variable: str
    url_variable: str
    url: str


_PROVIDERS = (
    _Provider(
        "anthropic",
        "anthropic",
        "ANTHROPIC_API_KEY",
        "MAINSTAY_ANTHROPIC_BASE_URL",
        "https://api.anthropic.com",
    ),
    _Provider(
        "openai",
        "openai-chat",
        "OPENAI_API_KEY",
        "MAINSTAY_OPENAI_BASE_URL",
        "https://api.openai.com/v1",
    ),
    _Provider(
        "openai-responses",
        "openai-responses",
        "OPENAI_API_KEY",
        "MAINSTAY_OPENAI_BASE_URL",
        "https://api.openai.com/v1",
    ),
)


def from_environment(environment: Mapping[str, str], directory: Path) -> Loaded | None:
    """The configuration that the provider keys in `environment` ask for; `None` where there is no key.

    Every model name passes through (the wildcard). An empty variable counts as not set. State goes under `directory`.
    A mistake names the variable as its path.
    """
    given = [provider for provider in _PROVIDERS if environment.get(provider.key_variable, "").strip()]
    if not given:
        return None
    candidates: list[Tree] = [{"upstream": provider.name} for provider in given]
    tree: Tree = {
        "upstreams": {provider.name: _upstream(provider, environment) for provider in given},
        "models": {WILDCARD: {"candidates": candidates}},
    }
    loaded = load_tree(tree, directory, environment)
    sha256 = hashlib.sha256(msgspec.json.encode(tree, order="deterministic")).hexdigest()
    mistakes = tuple(_at_variable(mistake, given) for mistake in loaded.mistakes)
    warnings = tuple(_at_variable(warning, given) for warning in loaded.warnings)
    return Loaded(loaded.snapshot, mistakes, warnings, sha256)


def demo(anthropic_urls: tuple[str, str], openai_urls: tuple[str, str], directory: Path) -> Snapshot:
    """Two simulated upstreams per dialect behind `claude-demo` and `gpt-demo`, the first of each pair preferred.

    The URLs are the base URLs of fake providers, as a file would name them (those of OpenAI end with `/v1`). The
    upstreams are called `claude-primary`, `claude-standby`, `gpt-primary` and `gpt-standby`.
    """
    upstreams: dict[str, UpstreamSection] = {}
    models: dict[str, ModelSection] = {}
    for model, family, dialect, urls in (
        (ANTHROPIC_DEMO_MODEL, "claude", "anthropic", anthropic_urls),
        (OPENAI_DEMO_MODEL, "gpt", "openai-chat", openai_urls),
    ):
        names = (f"{family}-primary", f"{family}-standby")
        parts = (UpstreamSection(dialect=dialect, base_url=url) for url in urls)
        upstreams |= dict(zip(names, parts, strict=True))
        models[model] = ModelSection(candidates=tuple(CandidateSection(upstream=name) for name in names))
    return build(File(upstreams=upstreams, models=models), {}, directory, simulated=True)


def _upstream(provider: _Provider, environment: Mapping[str, str]) -> Tree:
    return {
        "dialect": provider.dialect,
        "base_url": environment.get(provider.url_variable, "").strip() or provider.url,
        "credentials": [{"name": "main", "key": f"env:{provider.key_variable}"}],
    }


def _at_variable(mistake: Mistake, given: list[_Provider]) -> Mistake:
    for provider in given:
        if mistake.path.startswith(f"upstreams.{provider.name}.credentials"):
            return Mistake(provider.key_variable, mistake.message)
        if mistake.path.startswith(f"upstreams.{provider.name}."):
            return Mistake(provider.url_variable, mistake.message)
    return mistake
