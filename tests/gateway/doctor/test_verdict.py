import msgspec
import pytest

from mainstay.gateway.doctor.examination import Examined
from mainstay.gateway.doctor.findings import Check
from mainstay.gateway.doctor.verdict import ModelReport, model_report
from mainstay.model.catalogue import Candidate, Credential, Limits, Menu, Price, Skipped, Workload
from mainstay.model.fault import FaultKind
from tests.gateway.doctor.wards import MAIN, candidate, examined, fault, load, menu

ALPHA = candidate("alpha")
BETA = candidate("beta", model="gpt", price=Price(1, 1, 1, 1))
GAMMA = candidate("gamma")
ILL = Check("credential", "failed", "refused")


def reported(*menus: Menu, **ill: Check) -> ModelReport:
    """All candidates are well but those of these upstreams."""
    found = {}
    for one in {one.upstream.name: one for its in menus for one in its.candidates}.values():
        name = one.upstream.name
        found[examined(one).patient.subject.key] = examined(one, *([ill[name]] if name in ill else []))
    return model_report("claude", menus, found, None)


def survivals(report: ModelReport) -> list[tuple[str, bool | None]]:
    return [(one.workload, one.survives) for one in report.workloads]


def test_a_model_with_a_proven_standby_survives() -> None:
    report = reported(menu(ALPHA, BETA, GAMMA))
    (one,) = report.workloads
    assert (one.first, one.survives, one.standbys) == ("alpha/claude", True, ("beta/gpt", "gamma/claude"))
    assert one.words == "survives its first choice"
    assert report.is_well


def test_one_proven_standby_is_enough_to_survive_and_not_to_be_well() -> None:
    report = reported(menu(ALPHA, BETA, GAMMA), beta=ILL)
    assert survivals(report) == [("default", True)]
    assert report.workloads[0].standbys == ("gamma/claude",)
    assert not report.is_well


def test_without_a_proven_standby_it_does_not_survive() -> None:
    report = reported(menu(ALPHA, BETA, GAMMA), beta=ILL, gamma=Check("model", "unknown", ""))
    (one,) = report.workloads
    assert (one.survives, one.standbys) == (False, ())
    assert one.words == (
        "does not survive its first choice (beta/gpt: credential failed; gamma/claude: nothing is proven)"
    )


def test_a_first_choice_that_is_ill_matters_only_to_being_well() -> None:
    report = reported(menu(ALPHA, BETA), alpha=ILL)
    assert (survivals(report), report.is_well) == ([("default", True)], False)


def test_a_single_candidate_has_no_standby_and_is_well() -> None:
    report = reported(menu(ALPHA))
    assert survivals(report) == [("default", None)]
    assert report.workloads[0].words.startswith("has no standby")
    assert report.is_well


def test_each_workload_counts_for_itself() -> None:
    skip = Skipped("beta", "gpt", "substitutes: never")
    report = reported(menu(ALPHA, BETA), menu(ALPHA, workload="never", skipped=(skip,)))
    assert survivals(report) == [("default", True), ("never", None)]
    (policy,) = [one for one in report.proofs[1].checks if one.name == "policy"]
    assert (policy.outcome, policy.words) == ("ok", "default; never not: substitutes: never")


def test_whom_no_workload_may_use_is_told_and_proves_nothing() -> None:
    report = reported(menu(ALPHA, skipped=(Skipped("beta", "gpt", "not in eu"),)))
    kept_out = report.proofs[1]
    assert (kept_out.key, kept_out.outcome) == (("beta", "gpt", ""), "unknown")
    assert kept_out.checks[0].words == "no workload may use it; default not: not in eu"
    assert report.is_well


def test_a_workload_that_nobody_may_serve_is_told() -> None:
    report = reported(menu(ALPHA), menu(workload="eu", skipped=(Skipped("alpha", "claude", "not in eu"),)))
    assert (report.workloads[1].survives, report.workloads[1].words) == (
        None,
        "nobody may serve it (alpha: not in eu)",
    )


@pytest.mark.parametrize(
    ("workload", "why"),
    [
        (Workload("w", strict=True), "strict, and it would lose top_k"),
        (Workload("w", substitutes=False), "substitutes: never, and it would lose top_k"),
        (Workload("w"), ""),
    ],
)
def test_a_lossy_translation_is_no_standby_for_whom_nothing_may_be_lost(workload: Workload, why: str) -> None:
    lossy = {one.patient.subject.key: one for one in (examined(ALPHA), examined(BETA, losses=("top_k",)))}
    (one,) = model_report("claude", [menu(ALPHA, BETA, workload=workload)], lossy, None).workloads
    assert (one.survives, why in one.words) == (not why, True)


def test_names_that_pass_through_have_standbys_of_their_own_dialect_alone() -> None:
    first = candidate("alpha", "anthropic", passes_through=True)
    other = candidate("beta", "openai-chat", passes_through=True)
    same = candidate("gamma", "anthropic", passes_through=True)
    assert survivals(reported(menu(first, other))) == [("default", None)]
    assert reported(menu(first, other, same)).workloads[0].standbys == ("gamma/claude",)
    named = candidate("delta", "openai-chat", "gpt")
    assert reported(menu(first, other, named)).workloads[0].standbys == ("delta/gpt",)
    assert survivals(reported(menu(candidate("alpha", model="*"), candidate("beta", "openai-chat", "*")))) == [
        ("default", None)
    ]


def test_one_credential_that_works_is_enough_for_a_standby() -> None:
    both = candidate("beta", credentials=(MAIN, Credential("spare", "x")))
    main, spare = (as_with(both, credential) for credential in both.upstream.credentials)
    ill = msgspec.structs.replace(spare, checks=(ILL,))
    found = {one.patient.subject.key: one for one in (examined(ALPHA), main, ill)}
    report = model_report("claude", [menu(ALPHA, both)], found, None)
    assert [(one.credential, one.outcome) for one in report.proofs[1:]] == [("main", "ok"), ("spare", "failed")]
    assert (survivals(report), report.is_well) == ([("default", True)], False)


def as_with(one: Candidate, credential: Credential) -> Examined:
    place = msgspec.structs.replace(one.upstream, credentials=(credential,))
    return examined(msgspec.structs.replace(one, upstream=place))


def test_quota_and_cost_are_told_beside_what_was_seen() -> None:
    tight = candidate("beta", limits=Limits(requests_per_minute=1))
    throttled = examined(candidate("gamma"), why=fault(FaultKind.THROTTLE))
    found = {one.patient.subject.key: one for one in (examined(ALPHA), examined(tight), throttled)}
    report = model_report("claude", [menu(ALPHA, tight, candidate("gamma"))], found, load(requests=2))
    quotas = [one.outcome for proof in report.proofs for one in proof.checks if one.name == "quota"]
    assert quotas == ["unknown", "failed", "failed"]
    assert [one.name for one in report.proofs[0].checks] == ["policy", "answers", "quota", "cost"]
    assert survivals(report) == [("default", False)]
