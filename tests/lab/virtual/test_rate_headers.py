from mainstay.lab.virtual.rate_headers import told_headers
from mainstay.lab.virtual.station import Station, Strength
from mainstay.lab.virtual.timeline import Timeline


def station(strength: Strength) -> Station:
    return Station(strength, Timeline(), lambda: 0.5)


def test_what_is_left_and_when_all_of_it_is_there_again() -> None:
    busy = station(Strength(concurrency=9, service_seconds=1.0, requests_per_minute=60, burst_seconds=10.0))
    for _ in range(4):
        busy.work_on(lambda: None)
    assert told_headers(busy, 0.0) == (
        ("anthropic-ratelimit-requests-limit", "60"),
        ("anthropic-ratelimit-requests-remaining", "6"),
        ("anthropic-ratelimit-requests-reset", "2026-03-02T10:49:04Z"),
    )


def test_without_a_rate_nothing_is_told() -> None:
    assert told_headers(station(Strength(concurrency=9, service_seconds=1.0)), 0.0) == ()
