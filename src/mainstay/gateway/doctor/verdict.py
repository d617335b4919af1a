"""The verdict: does each model survive the loss of its first choice? And the report of it all."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from mainstay.gateway.doctor.examination import Examined
from mainstay.gateway.doctor.findings import Check, Proof, check, in_order, together
from mainstay.gateway.doctor.load import Load
from mainstay.gateway.doctor.quota import quota_check
from mainstay.gateway.doctor.rounds import candidates_of, is_passed_through
from mainstay.gateway.doctor.switch_cost import cost_check
from mainstay.model.catalogue import Candidate, Menu, Workload

REASONS_MAX: Final = 5

Place = tuple[str, str]
"""An upstream and its name of a model."""


class Survival(msgspec.Struct, frozen=True):
    """Whether a model's work of one workload survives its first choice. `survives` is `None` where no other candidate
    may take over. `standbys` are those that were proven to, as `UPSTREAM/MODEL`."""

    workload: str
    first: str
    survives: bool | None
    standbys: tuple[str, ...]
    words: str


class ModelReport(msgspec.Struct, frozen=True):
    """What was found of one model, by the name that callers use. `proofs` come in order of preference."""

    model: str
    proofs: tuple[Proof, ...]
    workloads: tuple[Survival, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing failed, and it survives for each workload that has a standby."""
        failed = any(one.outcome == "failed" for one in self.proofs)
        return not failed and all(one.survives is not False for one in self.workloads)


class Report(msgspec.Struct, frozen=True):
    """What `mainstay doctor --json` prints. `at` is in seconds since 1970; `ok` decides about the exit code."""

    at: float
    ok: bool
    models: tuple[ModelReport, ...]
    warnings: tuple[str, ...] = ()


def model_report(
    model: str, menus: Sequence[Menu], examined: Mapping[tuple[str, str, str], Examined], load: Load | None
) -> ModelReport:
    """What the examinations come to for one model."""
    candidates = candidates_of(menus)
    proofs = tuple(
        _proof(examined[key], candidate, candidates[0], menus, load)
        for candidate in candidates
        for key in _keys(candidate)
        if key in examined
    )
    return ModelReport(model, (*proofs, *_kept_out(menus)), tuple(_survival(menu, proofs) for menu in menus))


def _keys(candidate: Candidate) -> list[tuple[str, str, str]]:
    names = [one.name for one in candidate.upstream.credentials] or [""]
    return [(candidate.upstream.name, candidate.model, name) for name in names]


def _proof(
    examined: Examined, candidate: Candidate, first: Candidate, menus: Sequence[Menu], load: Load | None
) -> Proof:
    limits = candidate.upstream.limits
    checks = (
        *examined.checks,
        _policy_check(_place(candidate), menus),
        quota_check(examined.told, limits, load, examined.fault),
        cost_check(candidate, first, load),
    )
    return Proof(
        *examined.patient.subject.key,
        candidate.upstream.dialect,
        together(checks),
        in_order(checks),
        examined.first_content_seconds,
        examined.losses,
    )


def _policy_check(place: Place, menus: Sequence[Menu]) -> Check:
    """Which workloads may use this candidate, and why others may not."""
    may = [menu.workload.name for menu in menus if any(_place(one) == place for one in menu.candidates)]
    not_ = [
        f"{menu.workload.name} not: {skip.reason}"
        for menu in menus
        for skip in menu.skipped
        if (skip.upstream, skip.model) == place
    ]
    words = "; ".join([", ".join(may) or "no workload may use it", *not_[:REASONS_MAX]])
    return check("policy", "ok" if may else "unknown", words)


def _kept_out(menus: Sequence[Menu]) -> tuple[Proof, ...]:
    """Candidates that no workload may use. Nothing is sent to them, not even a test."""
    used = {_place(one) for one in candidates_of(menus)}
    places = dict.fromkeys((skip.upstream, skip.model) for menu in menus for skip in menu.skipped)
    return tuple(
        Proof(*place, "", "", "unknown", (_policy_check(place, menus),)) for place in places if place not in used
    )


def _survival(menu: Menu, proofs: Sequence[Proof]) -> Survival:
    workload = menu.workload
    if not menu.candidates:
        reasons = "; ".join(f"{skip.upstream}: {skip.reason}" for skip in menu.skipped[:REASONS_MAX])
        return Survival(workload.name, "", None, (), f"nobody may serve it ({reasons})")
    first, *others = menu.candidates
    if is_passed_through(first):
        dialect = first.upstream.dialect
        others = [one for one in others if not is_passed_through(one) or one.upstream.dialect == dialect]
    if not others:
        return Survival(workload.name, _name(first), None, (), "has no standby: add a candidate at another upstream")
    objections = {_name(one): _why_not(one, workload, proofs) for one in others}
    proven = tuple(name for name, why in objections.items() if not why)
    if proven:
        return Survival(workload.name, _name(first), True, proven, "survives its first choice")  # noqa: FBT003 - a field
    words = "; ".join(f"{name}: {why}" for name, why in list(objections.items())[:REASONS_MAX])
    return Survival(workload.name, _name(first), False, (), f"does not survive its first choice ({words})")  # noqa: FBT003


def _why_not(candidate: Candidate, workload: Workload, proofs: Iterable[Proof]) -> str:
    """Why a candidate could not take over for this workload; empty where one of its credentials was proven."""
    its = [one for one in proofs if (one.upstream, one.model) == _place(candidate)]
    well = [one for one in its if one.outcome == "ok"]
    if not well:
        bad = [entry for one in its for entry in one.checks if entry.outcome == "failed"]
        return f"{bad[0].name} failed" if bad else "nothing is proven"
    lost = well[0].losses
    if lost and (workload.strict or not workload.substitutes):
        return f"{'strict' if workload.strict else 'substitutes: never'}, and it would lose {', '.join(lost)}"
    return ""


def _place(candidate: Candidate) -> Place:
    return candidate.upstream.name, candidate.model


def _name(candidate: Candidate) -> str:
    return f"{candidate.upstream.name}/{candidate.model}"
