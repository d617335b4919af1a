"""The caller of a kept exchange when the gateway must stop."""

import pytest

from mainstay.model.http import Reply
from tests.gateway.test_kept_caller import ENDED, SSE, Stage


def test_a_stream_that_the_gateway_must_end_stays_open_in_its_draft() -> None:
    stage = Stage()
    stage.kept.begin(200, SSE)
    stage.send("a")
    assert stage.lately
    stage.kept.drain()
    stage.kept.fail(b"stopped")
    assert stage.happened == ["keep open", "fail stopped"]
    assert (stage.kept.outcome, stage.kept.ending) == ("interrupted", b"stopped")


def test_a_durable_stream_gives_what_is_on_disk_before_its_last_words() -> None:
    stage = Stage(durable=True)
    stage.kept.begin(200, SSE)
    stage.send("a")
    stage.kept.drain()
    stage.kept.fail(b"stopped")
    assert not stage.live.failed
    stage.book.write()
    assert stage.happened[-2:] == ["send a", "fail stopped"]


@pytest.mark.parametrize("is_durable", [False, True], ids=["usual", "durable"])
def test_an_answer_that_says_that_the_gateway_stops_is_not_kept(*, is_durable: bool) -> None:
    stage = Stage(durable=is_durable)
    stage.kept.drain()
    stage.kept.reply(Reply(503, (), b"stopped"))
    assert stage.happened == ["keep open", "reply 503"]
    assert stage.kept.answer is None


def test_a_stream_that_ends_well_all_the_same_has_ended() -> None:
    stage = Stage()
    stage.kept.begin(200, SSE)
    stage.kept.drain()
    stage.kept.finish()
    assert stage.happened[-2:] == [ENDED.format("answered"), "finish"]
