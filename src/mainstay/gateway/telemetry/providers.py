"""Who a provider is in OpenTelemetry's words, and where it is reached."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from mainstay.config.url import url_address
from mainstay.model.catalogue import Platform, Upstream

_HOSTS: Final[Mapping[str, str]] = {
    "api.anthropic.com": "anthropic",
    "api.openai.com": "openai",
    "api.mistral.ai": "mistral_ai",
    "api.groq.com": "groq",
    "api.deepseek.com": "deepseek",
    "api.x.ai": "x_ai",
    "api.perplexity.ai": "perplexity",
    "api.cohere.com": "cohere",
    "generativelanguage.googleapis.com": "gcp.gemini",
}
_PLATFORMS: Final[Mapping[Platform, str]] = {
    Platform.AZURE: "azure.ai.openai",
    Platform.BEDROCK: "aws.bedrock",
    Platform.VERTEX: "gcp.vertex_ai",
}
_DIALECTS: Final[Mapping[str, str]] = {
    "anthropic": "anthropic",
    "openai-chat": "openai",
    "openai-responses": "openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
}


class Provider(msgspec.Struct, frozen=True):
    """`name` is a value of `gen_ai.provider.name`. Host and port are empty and 0 where the platform chooses them."""

    name: str
    host: str = ""
    port: int = 0


UNKNOWN: Final = Provider("unknown")


def providers_of(upstreams: Iterable[Upstream]) -> dict[str, Provider]:
    """The provider of each upstream, by the upstream's name."""
    return {one.name: _provider(one) for one in upstreams}


def _provider(upstream: Upstream) -> Provider:
    address = url_address(upstream.base_url)
    host, port = ("", 0) if address is None else (address.host, address.port)
    # What speaks a dialect at a host of its own is counted as who invented the dialect, as instrumented clients do.
    name = _PLATFORMS.get(upstream.platform) or _HOSTS.get(host) or _DIALECTS.get(upstream.dialect, UNKNOWN.name)
    return Provider(name, host, port)
