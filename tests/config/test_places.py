"""Where each dialect is served, and the URLs that follow from region and project."""

import pytest

from mainstay.config.places import DIALECTS_SERVED, GEMINI_URL, PLATFORMS, base_url_of, platform_of
from mainstay.config.schema import UpstreamSection
from mainstay.model.catalogue import Platform
from mainstay.wire.registry import DOORS, UPSTREAMS


def test_every_place_that_a_file_may_name_is_spoken_to() -> None:
    assert {(platform, dialect) for platform, dialects in PLATFORMS.items() for dialect in dialects} == set(DOORS)
    assert set(DIALECTS_SERVED) == set(UPSTREAMS)


@pytest.mark.parametrize(
    ("section", "platform"),
    [
        (UpstreamSection(dialect="bedrock"), Platform.BEDROCK),
        (UpstreamSection(dialect="anthropic"), Platform.DIRECT),
        (UpstreamSection(dialect="gemini"), Platform.DIRECT),
        (UpstreamSection(dialect="anthropic", platform="bedrock"), Platform.BEDROCK),
        (UpstreamSection(dialect="gemini", platform="vertex"), Platform.VERTEX),
        (UpstreamSection(dialect="openai-responses", platform="azure"), Platform.AZURE),
        (UpstreamSection(dialect="bedrock", platform="direct"), Platform.DIRECT),
    ],
    ids=lambda value: None if isinstance(value, Platform) else f"{value.dialect} {value.platform}",
)
def test_the_platform_is_the_one_that_is_written_or_follows(section: UpstreamSection, platform: Platform) -> None:
    assert platform_of(section) is platform


@pytest.mark.parametrize(
    ("section", "url"),
    [
        (UpstreamSection(dialect="anthropic", base_url="https://a/b//"), "https://a/b"),
        (UpstreamSection(dialect="gemini"), GEMINI_URL),
        (UpstreamSection(dialect="gemini", region="eu"), GEMINI_URL),
        (UpstreamSection(dialect="gemini", base_url="https://g"), "https://g"),
        (
            UpstreamSection(dialect="anthropic", platform="bedrock", region="us-east-1"),
            "https://bedrock-runtime.us-east-1.amazonaws.com",
        ),
        (UpstreamSection(dialect="bedrock", region="us-east-1", base_url="https://vpce"), "https://vpce"),
        (
            UpstreamSection(dialect="gemini", platform="vertex", region="europe-west4", project="p"),
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4",
        ),
        (
            UpstreamSection(dialect="anthropic", platform="vertex", region="global", project="p"),
            "https://aiplatform.googleapis.com/v1/projects/p/locations/global",
        ),
    ],
)
def test_the_base_url_is_the_one_that_is_written_or_follows(section: UpstreamSection, url: str) -> None:
    assert base_url_of(section) == url


@pytest.mark.parametrize(
    "section",
    [
        UpstreamSection(dialect="bedrock"),
        UpstreamSection(dialect="gemini", platform="vertex", project="p"),
        UpstreamSection(dialect="gemini", platform="vertex", region="global"),
        UpstreamSection(dialect="openai-chat", platform="azure", region="eu"),
        UpstreamSection(dialect="openai-chat"),
    ],
    ids=["no region", "no location", "no project", "Azure", "anybody"],
)
def test_where_nothing_follows_there_is_none(section: UpstreamSection) -> None:
    assert base_url_of(section) == ""
