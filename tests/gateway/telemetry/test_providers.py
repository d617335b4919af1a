"""Providers in OpenTelemetry's words."""

import pytest

from mainstay.gateway.telemetry.providers import Provider, providers_of
from mainstay.model.catalogue import Platform, Upstream


@pytest.mark.parametrize(
    ("upstream", "provider"),
    [
        (Upstream("u", "anthropic", "https://api.anthropic.com"), Provider("anthropic", "api.anthropic.com", 443)),
        (Upstream("u", "openai-chat", "https://api.mistral.ai/v1"), Provider("mistral_ai", "api.mistral.ai", 443)),
        (Upstream("u", "openai-responses", "http://127.0.0.1:8000/v1"), Provider("openai", "127.0.0.1", 8000)),
        (Upstream("u", "anthropic", "", platform=Platform.BEDROCK), Provider("aws.bedrock")),
        (
            Upstream("u", "openai-chat", "https://x.openai.azure.com", platform=Platform.AZURE),
            Provider("azure.ai.openai", "x.openai.azure.com", 443),
        ),
        (Upstream("u", "gemini", "", platform=Platform.VERTEX), Provider("gcp.vertex_ai")),
        (Upstream("u", "strange", "https://x.example"), Provider("unknown", "x.example", 443)),
    ],
)
def test_an_upstream_is_somebody_s(upstream: Upstream, provider: Provider) -> None:
    assert providers_of([upstream]) == {"u": provider}
