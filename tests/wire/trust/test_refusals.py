from mainstay.model.fault import Advice, Blame
from mainstay.wire.trust import refusals
from mainstay.wire.trust.refusals import forbidden, unauthenticated, unavailable


def test_who_is_unknown_gets_401_and_who_may_not_gets_403() -> None:
    assert (unauthenticated("a", "b").status, forbidden("a", "b").status) == (401, 403)
    assert {unauthenticated("a", "b").blame, forbidden("a", "b").blame} == {Blame.CALLER}


def test_trouble_of_our_own_is_never_the_callers() -> None:
    for fault in (unavailable("why"), refusals.NO_BUNDLE, refusals.NO_ISSUER_KEYS):
        assert (fault.status, fault.code, fault.blame) == (503, "identity_unavailable", Blame.US)


def test_no_refusal_asks_for_another_attempt() -> None:
    assert refusals.MISSING_TOKEN.advice is Advice.STOP
