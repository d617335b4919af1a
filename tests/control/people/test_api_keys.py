"""Keys of programs."""

from pathlib import Path

import pytest

from mainstay.control.people import api_keys
from mainstay.control.people.api_keys import DAY_SECONDS, ApiKeyError, ApiKeys
from mainstay.control.people.roles import Role


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(tmp_path: Path, clock: Clock) -> ApiKeys:
    return ApiKeys(tmp_path, clock)


def test_a_key_is_known_again(keys: ApiKeys, tmp_path: Path, clock: Clock) -> None:
    key = keys.add("vera", Role.OPERATOR, 1)
    assert keys.owner(key) == ("vera", Role.OPERATOR)
    assert ApiKeys(tmp_path, clock).owner(key) == ("vera", Role.OPERATOR)


@pytest.mark.parametrize("change", [lambda key: key[:-1] + "~", lambda key: key + "x", lambda _: "", lambda _: "msk_"])
def test_any_other_text_is_not(keys: ApiKeys, change: object) -> None:
    assert callable(change)
    assert keys.owner(str(change(keys.add("vera", Role.VIEWER, 1)))) is None


def test_the_secret_of_one_key_does_not_open_another(keys: ApiKeys) -> None:
    first, second = keys.add("vera", Role.VIEWER, 1), keys.add("ada", Role.ADMIN, 1)
    mixed = second[:13] + first[13:]
    assert mixed != second
    assert keys.owner(mixed) is None


def test_it_lives_as_long_as_it_was_made_for(keys: ApiKeys, clock: Clock) -> None:
    key = keys.add("vera", Role.VIEWER, 2)
    clock.now += 2 * DAY_SECONDS - 1
    assert keys.owner(key) is not None
    clock.now += 1
    assert keys.owner(key) is None


def test_the_file_holds_no_secret(keys: ApiKeys) -> None:
    key = keys.add("vera", Role.VIEWER, 1)
    assert key.split("_", 2)[2] not in keys.path.read_text()
    assert keys.path.stat().st_mode & 0o077 == 0
    assert "digest" not in repr(next(iter(keys.all().values())))


def test_a_removed_key_is_refused_at_once(keys: ApiKeys) -> None:
    key = keys.add("vera", Role.VIEWER, 1)
    (identity,) = keys.all()
    assert keys.remove(identity).person == "vera"
    assert keys.owner(key) is None
    with pytest.raises(ApiKeyError, match="no key"):
        keys.remove(identity)


@pytest.mark.parametrize("days", [0, -1, 367, float("nan")])
def test_a_life_without_bounds_is_refused(keys: ApiKeys, days: float) -> None:
    with pytest.raises(ApiKeyError, match="at most 366 days"):
        keys.add("vera", Role.VIEWER, days)


def test_there_are_only_so_many(keys: ApiKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_keys, "KEYS_MAX", 1)
    keys.add("vera", Role.VIEWER, 1)
    with pytest.raises(ApiKeyError, match="already"):
        keys.add("vera", Role.VIEWER, 1)


@pytest.mark.parametrize("content", ["{", '{"keys": {"a": {"role": "god"}}}'])
def test_a_damaged_file_opens_nothing_and_is_told(keys: ApiKeys, content: str) -> None:
    keys.path.parent.mkdir(parents=True)
    keys.path.write_text(content)
    assert keys.all() == {}
    assert "damaged" in (keys.trouble or "")
    with pytest.raises(ApiKeyError, match="damaged"):
        keys.add("vera", Role.VIEWER, 1)
