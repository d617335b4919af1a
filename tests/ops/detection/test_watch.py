from mainstay.model.components import Component
from mainstay.ops.detection.watch import Watch
from tests.ops.detection.samples import OPUS


def test_only_logins_watch_credentials() -> None:
    assert Watch(OPUS).login is None
    assert Watch(Component("claude", part="login")).login is not None


def test_its_trouble_is_what_was_settled() -> None:
    watch = Watch(OPUS)
    watch.condition.started_at, watch.group, watch.cause, watch.is_settled = 5.0, "upstream:claude", "aws", True
    trouble = watch.trouble
    assert (trouble.component, trouble.started_at, trouble.is_settled) == (OPUS, 5.0, True)
    assert (trouble.group, trouble.cause) == ("upstream:claude", "aws")
