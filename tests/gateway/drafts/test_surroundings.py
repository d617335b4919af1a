import time

from mainstay.gateway.drafts.surroundings import Sharing
from tests.gateway.drafts.cloud import Cloud
from tests.gateway.drafts.conftest import ManualLoop


def test_replicas_are_timed_by_a_clock_that_is_never_set() -> None:
    assert Sharing(Cloud(), ManualLoop()).clock is time.monotonic
