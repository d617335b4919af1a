"""Topologies and troubles that several plays share."""

from collections.abc import Callable

from mainstay.model.evidence import Evidence
from mainstay.ops.detection.detector import LogicalModel, Topology, UpstreamPlace
from tests.scenarios.detection.world import NOON

HOUR = 3_600.0

ONE = Topology((UpstreamPlace("claude", ("opus",)),), (LogicalModel("smart", (("claude", "opus"),)),))
TWO = Topology(
    (UpstreamPlace("claude", ("opus",)), UpstreamPlace("bedrock", ("opus-b",))),
    (LogicalModel("smart", (("claude", "opus"), ("bedrock", "opus-b"))),),
)
LOGIN = Topology((UpstreamPlace("claude", ("opus",), has_login=True),), (LogicalModel("smart", (("claude", "opus"),)),))
THREE_MODELS = Topology(
    (UpstreamPlace("claude", ("opus", "sonnet", "haiku")), UpstreamPlace("bedrock", ("b",))),
    tuple(LogicalModel(name, (("claude", name), ("bedrock", "b"))) for name in ("opus", "sonnet", "haiku")),
)
SHARED = Topology(
    (
        UpstreamPlace("claude", ("opus",), ("cloudflare", "aws")),
        UpstreamPlace("openai", ("gpt",), ("cloudflare",)),
        UpstreamPlace("vertex", ("gemini",), ("google",)),
    ),
    (
        LogicalModel("smart", (("claude", "opus"), ("openai", "gpt"), ("vertex", "gemini"))),
        LogicalModel("gpt", (("openai", "gpt"),)),
    ),
)

WHOLE = "upstream:claude"
OPUS = "upstream:claude/opus"
LOGIN_PART = "upstream:claude#login"
ADMIN_PART = "upstream:claude#admin"


def steady(rate: float) -> Callable[[float], float]:
    return lambda _: rate


def page_says(at: float, component: str, *, is_bad: bool) -> tuple[float, Evidence]:
    words = "the provider's status page says partial outage" if is_bad else "the page says that it is well again"
    evidence = Evidence("page", component, NOON + at, is_bad, words, "status", 2.0 * is_bad, 0.0, source="https://page")
    return at, evidence
