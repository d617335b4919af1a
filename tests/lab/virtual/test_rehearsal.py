"""Rehearsals: the same seed gives the same ledger; six hours pass in seconds."""

import hashlib
from collections import Counter
from pathlib import Path

from mainstay.config.from_environment import demo
from mainstay.lab.provider.fault import FaultSpec, parse_fault
from mainstay.lab.provider.request import Personality, ProviderRequest
from mainstay.lab.virtual.rehearsal import HashingJournal, Outcome, Rehearsal
from mainstay.lab.virtual.traffic import Profile, arrivals
from mainstay.lab.virtual.upstreams import Place
from mainstay.wire.registry import SPEECH

NAMES = ("claude-primary", "claude-standby", "gpt-primary", "gpt-standby")
STORMS = tuple(
    parse_fault(text)
    for text in (
        "overloaded",
        "server-error",
        "cut:after=30",
        "stall:phase=content",
        "throttle:retry_after=3",
        "refuse",
    )
)
OK = parse_fault("ok")


def stormy(upstream: str, now: float, request: ProviderRequest) -> FaultSpec:
    """A primary is ill for ten minutes of every hour; otherwise one request in fifty fails. Decided by the request."""
    chance = int.from_bytes(hashlib.sha256(upstream.encode() + request.body + repr(now).encode()).digest()[:4], "big")
    storm = STORMS[chance % len(STORMS)]
    if upstream.endswith("primary") and now % 3600 < 600:
        return storm
    return storm if chance % 50 == 0 else OK


def rehearse(seed: str, profile: Profile) -> tuple[list[Outcome], HashingJournal, int]:
    snapshot = demo(("http://a", "http://b"), ("http://c/v1", "http://d/v1"), Path("/nowhere"))
    places = {name: Place(Personality(name=name, words_per_event=4)) for name in NAMES}
    journal = HashingJournal()
    rehearsal = Rehearsal(snapshot, SPEECH, places, stormy, seed, journal)
    outcomes: list[Outcome] = []
    rehearsal.run(arrivals(profile, seed), outcomes.append)
    return outcomes, journal, rehearsal.world.opened


def test_the_same_seed_gives_the_same_ledger() -> None:
    profile = Profile(requests=400, seconds=3600)
    first, first_journal, _ = rehearse("one", profile)
    second, second_journal, _ = rehearse("one", profile)
    assert first_journal.sha256 == second_journal.sha256
    assert first == second
    _, other_journal, _ = rehearse("two", profile)
    assert other_journal.sha256 != first_journal.sha256


def test_every_caller_is_answered_completely_while_each_primary_is_ill_for_ten_minutes_an_hour() -> None:
    outcomes, journal, opened = rehearse("three", Profile(requests=2000, seconds=7200))
    assert len(outcomes) == 2000
    assert Counter(outcome.status for outcome in outcomes) == {200: 2000}
    assert all(outcome.finished for outcome in outcomes)
    endings = (b"event: message_stop", b"[DONE]", b'"stop_reason":"end_turn"', b'"finish_reason":"stop"')
    assert all(any(ending in outcome.body for ending in endings) for outcome in outcomes)
    assert not any(b"event: error" in outcome.body or b'"error"' in outcome.body for outcome in outcomes)
    assert journal.count >= opened + 2000
