import msgspec
import pytest

from mainstay.wire.trust.bundle import INTRODUCTIONS_MAX, Bundle, Trust, TrustedKey
from mainstay.wire.trust.changes import without_tenant
from mainstay.wire.trust.jws import sign
from mainstay.wire.trust.succession import KIND, introduction, successor
from tests.wire.trust.makers import DAY, WALL, first, key, renumbered, rotation, signed

UNLED = "it is signed by a key that the known bundle does not lead to"


def followed(known: Trust, offered: Trust) -> bool:
    found = successor(known, offered.text)
    return isinstance(found, Trust) and found.text == offered.text


def test_a_newer_bundle_of_the_same_key_follows() -> None:
    newer = without_tenant(first().bundle, "acme", WALL)
    assert isinstance(newer, Bundle)
    assert followed(first(), signed(newer, key()))


def test_the_bundle_that_is_known_is_given_back() -> None:
    known = first()
    assert successor(known, known.text) is known


def test_an_older_bundle_is_refused() -> None:
    known = rotation(first(), 2, 1)
    assert successor(known, first().text) == "it is older (serial 1) than the one that is known (serial 2)"


def test_another_bundle_with_the_same_number_is_refused() -> None:
    other = signed(msgspec.structs.replace(first().bundle, issued_at=1), key())
    assert (
        successor(first(), other.text) == "it has the serial number of the one that is known (1), but not its content"
    )


def test_a_bundle_of_strangers_is_refused_however_new() -> None:
    assert successor(first(1), renumbered(first(2), 99, by=2).text) == UNLED


def test_a_forged_bundle_is_refused() -> None:
    text = first(2).text
    assert isinstance(successor(first(1), text[:-4] + "AAAA"), str)


def test_a_rotation_follows() -> None:
    assert followed(first(), rotation(first(), 2, 1))
    assert followed(first(), rotation(first(), 2, 1, retire_now=True))


@pytest.mark.parametrize("retire_now", [False, True])
def test_many_rotations_may_have_been_missed(*, retire_now: bool) -> None:
    latest = first()
    for number in range(2, 2 + INTRODUCTIONS_MAX):
        latest = rotation(latest, number, number - 1, WALL + number * 500 * DAY, retire_now=retire_now)
    assert followed(first(), latest)
    one_more = rotation(latest, 40, 1 + INTRODUCTIONS_MAX, WALL + 50 * 500 * DAY, retire_now=retire_now)
    assert successor(first(), one_more.text) == UNLED
    assert followed(rotation(first(), 2, 1), one_more)


def test_a_key_that_was_rotated_out_leads_nowhere() -> None:
    known = rotation(first(), 2, 1)
    for retire_now in (False, True):
        stolen = rotation(renumbered(first(), 10), 3, 1, retire_now=retire_now)
        assert successor(known, stolen.text) == UNLED
    assert successor(known, renumbered(first(), 10).text) == UNLED


def with_introductions(*texts: str) -> Trust:
    """A bundle of key 3, which says that these statements lead to it."""
    bundle = Bundle(9, int(WALL), (TrustedKey(key(3).id, key(3).x, "signing"),), introductions=texts)
    return signed(bundle, key(3))


def test_an_introduction_must_be_genuine_and_in_order() -> None:
    good = (introduction(key(2), key(1)), introduction(key(3), key(2)))
    assert followed(first(), with_introductions(*good))
    assert not followed(first(), with_introductions(*reversed(good)))
    assert not followed(first(), with_introductions(good[1]))
    assert not followed(first(), with_introductions(good[0], introduction(key(3), key(4))))
    assert not followed(first(), with_introductions(good[0][:-4] + "AAAA", good[1]))


def test_an_introduction_that_names_one_key_and_shows_another_is_passed_over() -> None:
    lie = msgspec.json.encode({"kid": key(3).id, "x": key(4).x})
    assert not followed(first(), with_introductions(sign(lie, KIND, key(1))))


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b"[" * 300])
def test_an_introduction_of_nonsense_is_passed_over(payload: bytes) -> None:
    good = introduction(key(3), key(1))
    assert followed(first(), with_introductions("", "a.b.c", sign(payload, KIND, key(1)), good))
    assert not followed(first(), with_introductions(sign(payload, KIND, key(1))))


def test_a_token_or_bundle_is_no_introduction() -> None:
    statement = msgspec.json.encode({"kid": key(3).id, "x": key(3).x})
    assert followed(first(), with_introductions(sign(statement, KIND, key(1))))
    assert not followed(first(), with_introductions(sign(statement, "mainstay+jwt", key(1))))
