"""Rests: until somebody is ready, with an eye on the caller."""

from tests.engine.play import Play, candidate
from tests.engine.toy import ToyDialect

TOY = ToyDialect()
ALPHA, BETA = candidate("alpha"), candidate("beta")


def test_a_caller_who_leaves_during_a_wait_is_noticed() -> None:
    play = Play(TOY, ALPHA)
    play.expect_open("alpha")
    play.answers(429, headers=(("retry-after", "20"),))
    play.leaves()
    assert play.exchange_record.outcome == "left"


def test_a_gateway_that_stops_ends_a_wait() -> None:
    play = Play(TOY, ALPHA)
    play.expect_open("alpha")
    play.answers(429, headers=(("retry-after", "20"),))
    play.drains()
    assert play.status == 503
    assert (play.exchange_record.outcome, play.exchange_record.fault) == ("failed", "drained")
