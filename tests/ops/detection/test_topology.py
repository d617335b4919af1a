from mainstay.model.components import GATEWAY, Component
from mainstay.ops.detection.topology import Relations
from tests.ops.detection.samples import OPUS, TOPOLOGY, WHOLE


def test_everything_that_is_configured_is_a_component() -> None:
    assert [one.name for one in TOPOLOGY.components()] == [
        "gateway",
        "model:smart",
        "model:fast",
        "upstream:claude",
        "upstream:claude#admin",
        "upstream:claude#login",
        "upstream:claude/opus",
        "upstream:claude/haiku",
        "upstream:openai",
        "upstream:openai#admin",
        "upstream:openai/gpt",
    ]


def test_what_belongs_together_is_found() -> None:
    relations = Relations(TOPOLOGY)
    assert relations.knows("claude")
    assert not relations.knows("nobody")
    assert relations.depends_on("openai") == ("cloudflare",)
    assert relations.depends_on("nobody") == ()
    assert relations.candidates("smart") == (("claude", "opus"), ("openai", "gpt"))
    assert relations.candidates("nothing") == ()
    assert relations.served_by(OPUS) == ("smart",)
    assert relations.served_by(WHOLE) == ("smart", "fast")
    assert relations.served_by(Component("claude", part="login")) == ("smart", "fast")
    assert relations.served_by(Component("nobody", "model")) == ()
    assert relations.served_by(GATEWAY) == ()
