import asyncio
import threading

import pytest

from mainstay.control.people.passwords import (
    AT_ONCE,
    WAITING_MAX,
    Argon2,
    BusyError,
    Passwords,
    password_problem,
)
from tests.control.stand import QuickHasher

LIGHT = Argon2(memory_kibibytes=64, passes=1)


def test_a_password_is_known_again_and_others_are_not() -> None:
    stored = LIGHT.hash("correct horse battery")
    assert stored.startswith("$argon2id$")
    assert LIGHT.verify(stored, "correct horse battery")
    assert not LIGHT.verify(stored, "correct horse batterz")
    assert LIGHT.hash("correct horse battery") != stored


def test_the_same_letters_from_another_keyboard_are_the_same_password() -> None:
    assert LIGHT.verify(LIGHT.hash("caf\u00e9 au lait, s'il te pla\u00eet"), "cafe\u0301 au lait, s'il te plai\u0302t")


def test_a_hash_of_other_parameters_is_understood() -> None:
    assert Argon2(memory_kibibytes=128, passes=2).verify(LIGHT.hash("correct horse battery"), "correct horse battery")


@pytest.mark.parametrize("stored", ["", "plain", "$argon2id$v=19$m=8,t=1,p=1$", "$2b$12$abc"])
def test_what_is_no_hash_is_nobodys_password(stored: str) -> None:
    assert not LIGHT.verify(stored, "correct horse battery")


def test_a_lone_surrogate_is_a_wrong_password_and_no_fault() -> None:
    assert not LIGHT.verify(LIGHT.hash("correct horse battery"), "\ud800")


def test_an_unknown_name_takes_the_same_work_and_is_never_right() -> None:
    hasher = QuickHasher()

    async def scene() -> None:
        passwords = Passwords(hasher)
        assert await passwords.verify("quick:right", "right")
        assert not await passwords.verify("quick:right", "wrong")
        assert not await passwords.verify(None, "right")
        # Not even with the password that the unknown are compared with.
        assert not await passwords.verify(None, hasher.verified[-1][0].removeprefix("quick:"))
        passwords.close()

    asyncio.run(scene())
    assert len(hasher.verified) == 4
    assert all(stored.startswith("quick:") for stored, _ in hasher.verified)


class Slow(QuickHasher):
    """Works until it is let go, and counts how many work at once."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.working = threading.Semaphore(0)
        self.lock = threading.Lock()
        self.now = 0
        self.most = 0

    def verify(self, stored: str, password: str) -> bool:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.working.release()
        self.go.wait(30)
        with self.lock:
            self.now -= 1
        return super().verify(stored, password)


def test_a_flood_works_two_at_a_time_keeps_the_loop_free_and_is_bounded() -> None:
    slow = Slow()

    async def scene() -> None:
        passwords = Passwords(slow)
        tries = [asyncio.create_task(passwords.verify("quick:right", "right")) for _ in range(WAITING_MAX)]
        for _ in range(AT_ONCE):
            await asyncio.to_thread(slow.working.acquire)
        # The loop is free: it answers this one at once.
        with pytest.raises(BusyError):
            await passwords.verify("quick:right", "right")
        slow.go.set()
        assert all(await asyncio.gather(*tries))
        assert await passwords.verify("quick:right", "right")
        passwords.close()

    asyncio.run(scene())
    assert slow.most == 2


@pytest.mark.parametrize(
    ("password", "name", "words"),
    [
        ("short", "ann", "12 to 256 characters"),
        ("x" * 257, "ann", "12 to 256 characters"),
        ("x" * 12, "ann", "must not be the name"),
        ("Ann@Example.com", "ann@example.com", "must not be the name"),
    ],
)
def test_a_password_that_is_no_secret_is_refused(password: str, name: str, words: str) -> None:
    assert words in str(password_problem(password, name))


def test_a_long_one_is_good() -> None:
    assert password_problem("correct horse battery", "ann") is None
