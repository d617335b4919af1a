"""Whose requests are answered from the cache."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.cache.asked import Asked, digest_of, may_read, objection, rule_for
from mainstay.gateway.cache.shelf import Place
from mainstay.gateway.runs import Job
from mainstay.gateway.visits import Visitor
from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import CacheRule
from mainstay.model.identity import Identity
from tests.engine.caching.answers import kept
from tests.gateway.kept_rig import KeptRig, kept_rig
from tests.gateway.listener import Listener

MARKED, EVERY = CacheRule(60.0), CacheRule(60.0, every=True)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path)


def job(rig: KeptRig, rule: CacheRule | None = MARKED, **changes: object) -> Job:
    """A job of a workload with this rule."""
    made = rig.job(stream=False)
    workload = msgspec.structs.replace(made.menu.workload, cache=rule)
    return msgspec.structs.replace(made, menu=msgspec.structs.replace(made.menu, workload=workload), **changes)


def called(made: Job, **fields: object) -> Job:
    call: Call = msgspec.structs.replace(made.call, **fields)
    return msgspec.structs.replace(made, call=call)


@pytest.mark.parametrize(
    ("wish", "may_mark", "is_kept", "rule", "refusal"),
    [
        ("", False, False, None, None),
        ("off", False, False, None, None),
        ("repeatable", True, True, MARKED, None),
        ("repeatable", False, True, MARKED, (403, "cache_not_allowed")),
        ("refresh", False, False, None, (403, "cache_not_allowed")),
        ("refresh", True, True, None, (400, "cache_unavailable")),
        ("repeatable", True, False, MARKED, (400, "cache_unavailable")),
    ],
)
def test_wishes_that_cannot_be_fulfilled(
    rig: KeptRig,
    wish: str,
    *,
    may_mark: bool,
    is_kept: bool,
    rule: CacheRule | None,
    refusal: tuple[int, str] | None,
) -> None:
    fault = objection(job(rig, rule), wish, may_mark=may_mark, is_kept=is_kept)
    assert (None if fault is None else (fault.status, fault.code)) == refusal


@pytest.mark.parametrize(
    ("rule", "wish", "unsampled", "is_repeatable"),
    [
        (MARKED, "", False, False),
        (MARKED, "", True, True),
        (MARKED, "repeatable", False, True),
        (MARKED, "refresh", False, True),
        (MARKED, "off", True, False),
        (EVERY, "", False, True),
        (EVERY, "off", False, False),
        (None, "", True, False),
    ],
)
def test_which_requests_can_be_answered_again(
    rig: KeptRig, rule: CacheRule | None, wish: str, *, unsampled: bool, is_repeatable: bool
) -> None:
    made = called(job(rig, rule), unsampled=unsampled)
    assert (rule_for(made, wish, may_mark=True) is rule and rule is not None) is is_repeatable


def test_a_tenant_without_the_cache_has_none(rig: KeptRig) -> None:
    assert rule_for(job(rig, EVERY), "", may_mark=False) is None


@pytest.mark.parametrize(
    "fields",
    [{"bound": "container"}, {"home": "alpha"}, {"answer_id": "resp_1"}, {"kind": CallKind.COUNT_TOKENS}],
)
def test_what_is_bound_or_no_answer_is_never_repeated(rig: KeptRig, fields: dict[str, object]) -> None:
    assert rule_for(called(job(rig, EVERY), **fields), "", may_mark=True) is None


@pytest.mark.parametrize("changes", [{"exchange_id": "ex_7"}, {"background": True}, {"remembered": True}])
def test_what_goes_on_by_itself_is_never_repeated(rig: KeptRig, changes: dict[str, object]) -> None:
    assert rule_for(job(rig, EVERY, **changes), "", may_mark=True) is None


def test_durable_work_is_never_repeated(rig: KeptRig) -> None:
    made = job(rig, EVERY)
    workload = msgspec.structs.replace(made.menu.workload, durable=True)
    durable = msgspec.structs.replace(made, menu=msgspec.structs.replace(made.menu, workload=workload))
    assert rule_for(durable, "", may_mark=True) is None


def test_a_digest_belongs_to_the_first_choice_s_model(rig: KeptRig) -> None:
    made = job(rig)
    (one,) = made.menu.candidates
    other = msgspec.structs.replace(one, model="other")
    substitute = msgspec.structs.replace(other, substitute=True)

    def digest(*candidates: object) -> bytes | None:
        menu = msgspec.structs.replace(made.menu, candidates=candidates)
        return digest_of(msgspec.structs.replace(made, menu=menu))

    assert digest(one) == digest(one, other) == digest(substitute, one) is not None
    assert digest(other) != digest(one)
    assert digest(substitute) is None


def test_who_may_have_given_the_answer(rig: KeptRig) -> None:
    made = job(rig, identity=Identity("acme"))
    listener = Listener()
    asked = Asked(made, Visitor(listener, listener.refuse), lambda *_: None, MARKED, Place(b"", "", ""), 0.0)
    right = msgspec.structs.replace(kept(), tenant="acme", dialect="anthropic", upstream="alpha", model="claude")
    assert asked.owns(right)
    for field in ("tenant", "dialect", "upstream", "model"):
        assert not asked.owns(msgspec.structs.replace(right, **{field: "another"}))
    assert not asked.owns(msgspec.structs.replace(right, stream=True))
    (one,) = made.menu.candidates
    menu = msgspec.structs.replace(made.menu, candidates=(msgspec.structs.replace(one, substitute=True),))
    substituted = msgspec.structs.replace(asked, job=msgspec.structs.replace(made, menu=menu))
    assert not substituted.owns(right)


def test_who_wants_a_new_answer_reads_no_old_one() -> None:
    assert [may_read(wish) for wish in ("", "repeatable", "refresh")] == [True, True, False]
