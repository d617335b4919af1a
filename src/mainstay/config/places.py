"""Where each dialect is served: platforms, and the base URLs that follow from region and project."""

from msgspec import UNSET

from mainstay.config.schema import UpstreamSection
from mainstay.model.catalogue import Platform

DIALECTS_SERVED = ("anthropic", "openai-chat", "openai-responses", "bedrock", "gemini")
PLATFORMS: dict[Platform, tuple[str, ...]] = {
    Platform.DIRECT: ("anthropic", "openai-chat", "openai-responses", "gemini"),
    Platform.AZURE: ("openai-chat", "openai-responses"),
    Platform.BEDROCK: ("bedrock", "anthropic"),
    Platform.VERTEX: ("anthropic", "gemini"),
}
"""The dialects that each platform serves."""

GEMINI_URL = "https://generativelanguage.googleapis.com/v1beta"
GLOBAL_REGION = "global"


def platform_of(part: UpstreamSection) -> Platform:
    """The platform that is written, or the only one that serves the dialect."""
    if part.platform is not UNSET:
        return Platform(part.platform)
    return Platform.BEDROCK if part.dialect == "bedrock" else Platform.DIRECT


def base_url_of(part: UpstreamSection) -> str:
    """The base URL that is written, or the one that follows from platform, region and project; else empty."""
    if part.base_url is not UNSET:
        return part.base_url.rstrip("/")
    region = "" if part.region is UNSET else part.region
    match platform_of(part):
        case Platform.BEDROCK if region:
            return f"https://bedrock-runtime.{region}.amazonaws.com"
        case Platform.VERTEX if region and part.project is not UNSET:
            host = "aiplatform.googleapis.com" if region == GLOBAL_REGION else f"{region}-aiplatform.googleapis.com"
            return f"https://{host}/v1/projects/{part.project}/locations/{region}"
        case Platform.DIRECT if part.dialect == "gemini":
            return GEMINI_URL
        case _:
            return ""
