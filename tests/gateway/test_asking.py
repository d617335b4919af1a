import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.asking import DEADLINE_SECONDS_MAX, NAMES_SHOWN_MAX, Asking, read_asking, refused
from mainstay.model.fault import Blame, Fault

WORKLOADS = {"default": None, "batch": None}


def test_silence_means_the_default() -> None:
    assert read_asking((("content-type", "application/json"),), WORKLOADS) == Asking("default", None)


def test_workload_and_deadline_are_read() -> None:
    headers = (("x-mainstay-workload", " batch "), ("x-mainstay-deadline-seconds", "2.5"))
    assert read_asking(headers, WORKLOADS) == Asking("batch", 2.5)
    assert read_asking(headers[1:], WORKLOADS) == Asking("default", 2.5)


def test_an_unknown_workload_is_refused_with_those_that_there_are() -> None:
    fault = read_asking((("x-mainstay-workload", "bacth"),), WORKLOADS)
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code, fault.blame) == (400, "unknown_workload", Blame.CALLER)
    assert "batch, default" in fault.message
    assert "bacth" not in fault.message


def test_the_list_of_workloads_in_a_refusal_is_bounded() -> None:
    many = {f"w{number:03}": None for number in range(100)}
    fault = read_asking((("x-mainstay-workload", "w"),), many)
    assert isinstance(fault, Fault)
    assert fault.message.count("w0") == NAMES_SHOWN_MAX


@pytest.mark.parametrize("text", ["", "soon", "0", "-1", "nan", "inf", "1e9", "5 s", str(DEADLINE_SECONDS_MAX + 1)])
def test_a_deadline_that_is_nonsense_is_refused(text: str) -> None:
    fault = read_asking((("x-mainstay-deadline-seconds", text),), WORKLOADS)
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code) == (400, "invalid_deadline")


@given(st.text(max_size=20))
def test_a_deadline_is_a_number_in_range_or_refused(text: str) -> None:
    asking = read_asking((("x-mainstay-deadline-seconds", text),), WORKLOADS)
    if isinstance(asking, Asking):
        assert asking.deadline_seconds is not None
        assert math.isfinite(asking.deadline_seconds)
        assert 0 < asking.deadline_seconds <= DEADLINE_SECONDS_MAX


@pytest.mark.parametrize(
    ("key", "authorization", "agree"),
    [
        ("one", "Bearer one", True),
        ("one", "bearer  one ", True),
        ("one", "", True),
        ("one", "Bearer", True),
        ("", "Bearer two", True),
        ("one", "Bearer two", False),
        ("one", "Basic b25l", False),
    ],
)
def test_two_credentials_must_agree(key: str, authorization: str, agree: bool) -> None:  # noqa: FBT001 - a row
    asking = read_asking((("x-api-key", key), ("authorization", authorization)), WORKLOADS)
    if agree:
        assert isinstance(asking, Asking)
    else:
        assert isinstance(asking, Fault)
        assert (asking.status, asking.code, asking.blame) == (401, "conflicting_credentials", Blame.CALLER)


def test_a_refusal_shows_no_credential() -> None:
    fault = read_asking((("x-api-key", "sk-one"), ("authorization", "Bearer sk-two")), WORKLOADS)
    assert isinstance(fault, Fault)
    assert "sk-" not in fault.message


def test_a_refusal_is_the_callers() -> None:
    fault = refused(404, "name", "words")
    assert (fault.status, fault.code, fault.message, fault.blame) == (404, "name", "words", Blame.CALLER)


@pytest.mark.parametrize("name", ["x-mainstay-idempotency-key", "idempotency-key"])
@pytest.mark.parametrize("key", ["k", "!~", "0190-ab_C.d/e", "x" * 255])
def test_an_idempotency_key_is_read(name: str, key: str) -> None:
    assert read_asking(((name, key),), WORKLOADS) == Asking(idempotency_key=key)


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "\x7f", "\x1f", "ä", "a\t"])
def test_what_is_no_idempotency_key_is_refused(key: str) -> None:
    fault = read_asking((("idempotency-key", key),), WORKLOADS)
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code) == (400, "invalid_idempotency_key")
    assert not key.strip() or key not in fault.message


def test_two_keys_must_agree() -> None:
    same = (("idempotency-key", "one"), ("x-mainstay-idempotency-key", "one"))
    assert read_asking(same, WORKLOADS) == Asking(idempotency_key="one")
    fault = read_asking((("idempotency-key", "one"), ("x-mainstay-idempotency-key", "two")), WORKLOADS)
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code) == (400, "invalid_idempotency_key")


@pytest.mark.parametrize("wish", ["repeatable", "refresh", "off", " Repeatable "])
def test_a_wish_about_the_cache_is_read(wish: str) -> None:
    headers = (("x-mainstay-cache", wish), ("x-mainstay-workload", "batch"))
    assert read_asking(headers, WORKLOADS) == Asking("batch", cache=wish.strip().lower())


@pytest.mark.parametrize("wishes", [("always",), ("off", "refresh"), ("hit",)])
def test_a_wish_that_nobody_knows_is_refused_with_those_that_there_are(wishes: tuple[str, ...]) -> None:
    fault = read_asking(tuple(("x-mainstay-cache", one) for one in wishes), WORKLOADS)
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code) == (400, "invalid_cache_wish")
    assert "repeatable, refresh, off" in fault.message
