"""The clock of one replica is moved while tokens and allowances are in use, and set right again."""

from http import HTTPStatus
from threading import Event

from tests.chaos.clock import SEEN_SECONDS
from tests.chaos.load import Sample
from tests.chaos.play import Act, Deed, Pace, Row
from tests.chaos.probes import allowance_trouble
from tests.chaos.rows import FIRST
from tests.chaos.stage import SMALL_TENANT, Stage

HOUR_SECONDS = 3_600.0
DAY_SECONDS = 86_400.0


def moved(name: str, seconds: float) -> Act:
    """Move it by so much."""

    def act(stage: Stage, pace: Pace) -> Deed:
        replica = stage.replicas[FIRST]
        assert replica.clock is not None
        replica.clock.move(seconds)
        Event().wait(SEEN_SECONDS)
        during = allowance_trouble(stage, replica.gateway, f"{SMALL_TENANT}-{name}-moved", seconds)
        pace.hold(stage)
        replica.clock.move(0)
        Event().wait(SEEN_SECONDS)
        over_at = stage.now()
        after = allowance_trouble(stage, replica.gateway, f"{SMALL_TENANT}-{name}-back")
        return Deed(over_at, wrong=tuple(filter(None, (during, after))))

    return act


def is_of_another_day(sample: Sample) -> bool:
    """Tokens that live 400 days at the most are not valid 400 days from now, and were not 400 days ago."""
    return sample.status == HTTPStatus.UNAUTHORIZED and sample.home == FIRST


CLOCKS = (
    Row("clock of one replica an hour ahead", moved("hour-ahead", HOUR_SECONDS), moves=False),
    Row("clock of one replica an hour behind", moved("hour-behind", -HOUR_SECONDS), moves=False),
    Row("clock of one replica 400 days ahead", moved("far-ahead", 400 * DAY_SECONDS), is_of_another_day),
    Row("clock of one replica 400 days behind", moved("far-behind", -400 * DAY_SECONDS), is_of_another_day),
)
