"""All places: bounded, and never forgetting what is under way."""

import pytest

from mainstay.engine.capacity import places as module
from mainstay.engine.capacity.learned import LearnedLimit
from mainstay.engine.capacity.places import Places
from mainstay.engine.key import Key


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEYS_MAX", 10)
    monkeypatch.setattr(module, "POOLS_HEARD_MAX", 3)


def key(number: int) -> Key:
    return Key("alpha", f"model-{number}", "main")


def test_credentials_share_a_line_and_models_an_upstream() -> None:
    places = Places()
    main = places.made(Key("alpha", "sonnet", "main"), 0.0)
    spare = places.made(Key("alpha", "sonnet", "spare"), 0.0)
    haiku = places.made(Key("alpha", "haiku", "main"), 0.0)
    assert main.line is spare.line
    assert main.line is not haiku.line
    assert main.pool is haiku.pool


def test_idle_places_are_forgotten_when_there_are_too_many() -> None:
    places = Places()
    for number in range(100):
        places.made(key(number), 0.0)
        assert len(places.known) <= 10
        assert len(places._lines) <= 10


def test_those_with_something_to_remember_are_kept_longer() -> None:
    places = Places()
    places.made(key(0), 0.0).line.learned = LearnedLimit(10, 0.0)
    for number in range(1, 15):
        places.made(key(number), 0.0)
    assert key(0) in places.known
    for one in places.known.values():
        one.line.learned = LearnedLimit(10, 0.0)
    for number in range(15, 20):
        places.made(key(number), 0.0)
    assert key(0) not in places.known


def test_what_is_under_way_is_never_forgotten_and_looked_through_seldom() -> None:
    places = Places()
    for number in range(100):
        places.made(key(number), 0.0).line.running = 1
    assert len(places.known) == 100
    assert places._room > 100, "or each new one would be the reason to look through all"
    for number in range(100, 1000):
        places.made(key(number), 0.0)
    assert len(places.known) <= 400
    assert all(key(number) in places.known for number in range(100))


def test_upstreams_that_only_others_speak_of_are_bounded() -> None:
    places = Places()
    assert [places.pool_to_hear(name) is not None for name in ("a", "b", "c", "d", "a")] == [
        True,
        True,
        True,
        False,
        True,
    ]
    assert places.made(Key("own", "sonnet", "main"), 0.0).pool is places.pools["own"]
