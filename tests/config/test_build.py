from pathlib import Path

import msgspec
import pytest

from mainstay.config.build import build, inherit_retries, inherit_timeouts
from mainstay.config.schema import (
    CandidateSection,
    CapabilitiesSection,
    ControlSection,
    CredentialSection,
    DraftsSection,
    File,
    GatewaySection,
    JournalSection,
    LoginSection,
    ModelSection,
    PriceSection,
    RetriesSection,
    TenantSection,
    TimeoutsSection,
    UpstreamSection,
    WorkloadSection,
)
from mainstay.config.secret import AWS_ENVIRONMENT, Secret
from mainstay.config.snapshot import DraftLimits, JournalLimits, Login
from mainstay.model.catalogue import (
    Candidate,
    Capabilities,
    Credential,
    Platform,
    PrefillForm,
    Price,
    Priority,
    RecoveryMode,
    Retries,
    Timeouts,
    Upstream,
    Workload,
)
from mainstay.model.identity import UNBOUNDED, Allowance


def file(workloads: dict[str, WorkloadSection] | None = None) -> File:
    return File(
        upstreams={"u": UpstreamSection(dialect="anthropic", base_url="https://u/")},
        models={"m": ModelSection(candidates=(CandidateSection("u"),))},
        workloads=workloads or {},
    )


def workload(section: WorkloadSection) -> Workload:
    return build(file({"w": section}), {}, Path()).workloads["w"]


def test_narrower_places_win_key_by_key() -> None:
    sections = (TimeoutsSection(connect_seconds=1, silence_seconds=2), TimeoutsSection(silence_seconds=3))
    assert inherit_timeouts(Timeouts(), *sections) == Timeouts(connect_seconds=1, silence_seconds=3)
    assert inherit_retries(Retries(), RetriesSection(budget_percent=0), RetriesSection()) == Retries(budget_percent=0)


def test_clocks_go_from_file_to_upstream_to_candidate_to_workload() -> None:
    def clocks(connect: float, first: float, content: float, silence: float) -> TimeoutsSection:
        written = zip(Timeouts.__struct_fields__, (connect, first, content, silence), strict=False)
        return TimeoutsSection(**{name: value for name, value in written if value})

    candidate = CandidateSection("u", timeouts=clocks(0, 0, 3, 3))
    whole = File(
        upstreams={"u": UpstreamSection(dialect="anthropic", base_url="https://u", timeouts=clocks(0, 2, 2, 2))},
        models={"m": ModelSection(candidates=(candidate,))},
        workloads={"w": WorkloadSection(timeouts=clocks(0, 0, 0, 4), retries=RetriesSection(attempts_per_upstream=1))},
        timeouts=clocks(1, 1, 1, 1),
    )
    snapshot = build(whole, {}, Path())
    assert snapshot.models["m"][0].timeouts == Timeouts(1, 2, 3, 3, 2)
    assert snapshot.menus["m", "default"].candidates[0].timeouts == Timeouts(1, 2, 3, 3, 2)
    assert snapshot.menus["m", "w"].candidates[0].timeouts == Timeouts(1, 2, 3, 4, 2)
    assert snapshot.menus["m", "w"].candidates[0].retries == Retries(attempts_per_upstream=1)


@pytest.mark.parametrize(
    ("section", "seconds"),
    [
        (TimeoutsSection(), None),
        (TimeoutsSection(first_byte_seconds=7), 7),
        (TimeoutsSection(first_byte_seconds=7, plain_answer_seconds=90), 90),
        (TimeoutsSection(silence_seconds=7), None),
    ],
    ids=["nothing written", "first byte written", "both written", "another one written"],
)
def test_a_plain_answer_is_bounded_by_what_somebody_wrote_down(section: TimeoutsSection, seconds: float | None) -> None:
    assert inherit_timeouts(Timeouts(), section).plain_answer_seconds == seconds


def test_an_upstream_has_its_secrets_and_no_last_slash() -> None:
    section = UpstreamSection(
        dialect="openai-chat",
        base_url="https://u/v1/",
        credentials=(CredentialSection("a", "env:A"), CredentialSection("b", "env:B")),
        region="eu",
        private=True,
    )
    whole = msgspec.structs.replace(file(), upstreams={"u": section})
    assert build(whole, {"env:A": Secret("1")}, Path()).upstreams == (
        Upstream(
            name="u",
            dialect="openai-chat",
            base_url="https://u/v1",
            credentials=(Credential("a", "1"),),
            region="eu",
            private=True,
        ),
    )


def test_a_workload_without_keys_has_the_defaults_of_the_model() -> None:
    assert workload(WorkloadSection()) == Workload(name="w")


def test_a_workload_takes_every_key() -> None:
    section = WorkloadSection(
        priority="batch",
        deadline_seconds=1,
        queue_seconds=2,
        substitutes="never",
        recovery="buffer",
        tool_streaming="live",
        residency=("eu",),
        private_only=True,
        strict=True,
        durable=True,
    )
    assert workload(section) == Workload(
        name="w",
        priority=Priority.BATCH,
        deadline_seconds=1,
        queue_seconds=2,
        substitutes=False,
        recovery=RecoveryMode.BUFFER,
        hold_tools=False,
        residency=("eu",),
        private_only=True,
        strict=True,
        durable=True,
    )


def test_substitutes_may_continue_only_where_recovery_is_written_out() -> None:
    assert not workload(WorkloadSection()).continue_substitutes
    assert workload(WorkloadSection(recovery="continue")).continue_substitutes
    assert workload(WorkloadSection(recovery="continue")).recovery is RecoveryMode.CONTINUE
    assert not workload(WorkloadSection(recovery="error")).continue_substitutes


def test_the_default_workload_always_exists_and_may_be_changed() -> None:
    assert build(file(), {}, Path()).workloads == {"default": Workload()}
    changed = build(file({"default": WorkloadSection(queue_seconds=7)}), {}, Path())
    assert changed.workloads["default"].queue_seconds == 7


def test_state_lies_beside_the_file(tmp_path: Path) -> None:
    assert build(file(), {}, tmp_path).state == tmp_path / "mainstay-data"
    assert build(file(), {}, Path()).state.is_absolute()


def test_simulated_marks_every_upstream() -> None:
    assert build(file(), {}, Path(), simulated=True).is_simulated
    assert not build(file(), {}, Path()).is_simulated


def test_a_file_that_was_not_checked_is_a_bug_of_ours() -> None:
    unchecked = msgspec.structs.replace(file(), gateway=GatewaySection(listen="nonsense"))
    with pytest.raises(ValueError, match="not checked"):
        build(unchecked, {}, Path())


# -- abilities


def candidate(model: str, wide: CapabilitiesSection, narrow: CapabilitiesSection) -> Candidate:
    """The candidate of a file that says so much of an upstream and of a candidate there."""
    upstream = UpstreamSection(dialect="anthropic", base_url="https://u", capabilities=wide)
    whole = File(
        upstreams={"u": upstream},
        models={"m": ModelSection(candidates=(CandidateSection("u", model=model, capabilities=narrow),))},
    )
    return build(whole, {}, Path()).menus["m", "default"].candidates[0]


UNSAID = CapabilitiesSection()


def test_of_a_model_that_nobody_knows_nothing_is_said() -> None:
    one = candidate("house-model", UNSAID, UNSAID)
    assert (one.capabilities, one.declared) == (Capabilities(), ())


def test_what_is_known_of_a_model_is_not_declared() -> None:
    one = candidate("gpt-4", UNSAID, UNSAID)
    assert (one.capabilities.context_tokens, one.capabilities.images, one.declared) == (8_192, False, ())


def test_abilities_go_from_what_is_known_to_upstream_to_candidate_key_by_key() -> None:
    wide = CapabilitiesSection(prefill=True, context_tokens=1, output_tokens=1)
    one = candidate("gpt-4", wide, CapabilitiesSection(context_tokens=2))
    assert one.capabilities == Capabilities(
        prefill=True, context_tokens=2, output_tokens=1, images=False, documents=False
    )


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [(CapabilitiesSection(tools=True), UNSAID), (UNSAID, CapabilitiesSection(tools=False))],
    ids=["upstream", "candidate"],
)
def test_one_key_anywhere_is_a_declaration(wide: CapabilitiesSection, narrow: CapabilitiesSection) -> None:
    assert candidate("house-model", wide, narrow).declared


def test_every_ability_can_be_written_down() -> None:
    names = CapabilitiesSection.__struct_fields__
    assert {*names, "prefill_form"} == set(Capabilities.__struct_fields__)
    written: dict[str, bool | int] = {name: 7 if name.endswith("_tokens") else True for name in names}
    section = msgspec.convert(written, CapabilitiesSection)
    assert candidate("house-model", section, UNSAID).capabilities == msgspec.convert(written, Capabilities)


@pytest.mark.parametrize("form", PrefillForm)
def test_the_form_of_a_prefill_says_that_there_is_one(form: PrefillForm) -> None:
    one = candidate("house-model", CapabilitiesSection(prefill=form.value), UNSAID)
    assert one.capabilities == Capabilities(prefill=True, prefill_form=form)


def test_a_candidate_may_take_the_prefill_of_its_upstream_back() -> None:
    one = candidate("house-model", CapabilitiesSection(prefill="plain"), CapabilitiesSection(prefill=False))
    assert not one.capabilities.prefill


# -- platforms and their credentials


def upstream(section: UpstreamSection, secrets: dict[str, Secret] | None = None) -> Upstream:
    whole = msgspec.structs.replace(file(), upstreams={"u": section})
    return build(whole, secrets or {}, Path()).upstreams[0]


def test_an_upstream_knows_its_platform_and_the_version_of_its_api() -> None:
    section = UpstreamSection(
        dialect="openai-chat", platform="azure", base_url="https://a/", api_version="2025-04-01-preview"
    )
    one = upstream(section)
    assert (one.platform, one.base_url, one.api_version) == (Platform.AZURE, "https://a", "2025-04-01-preview")
    assert upstream(UpstreamSection(dialect="gemini")).platform is Platform.DIRECT


@pytest.mark.parametrize(
    ("section", "url"),
    [
        (
            UpstreamSection(dialect="bedrock", region="eu-west-1"),
            "https://bedrock-runtime.eu-west-1.amazonaws.com",
        ),
        (
            UpstreamSection(dialect="anthropic", platform="vertex", region="us-east5", project="p"),
            "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5",
        ),
    ],
    ids=["bedrock", "vertex"],
)
def test_a_clouds_address_follows_from_the_region(section: UpstreamSection, url: str) -> None:
    assert upstream(section).base_url == url


KEY_FILE = '{"type":"service_account"}'
VERTEX = UpstreamSection(dialect="gemini", platform="vertex", region="global", project="p")
BEDROCK = UpstreamSection(dialect="bedrock", region="eu-west-1")
FROM_FILE = (CredentialSection("main", "file:key.json"),)


def test_a_clouds_key_file_is_exchanged_and_a_key_is_sent() -> None:
    section = msgspec.structs.replace(VERTEX, credentials=FROM_FILE)
    (exchanged,) = upstream(section, {"file:key.json": Secret(KEY_FILE)}).credentials
    assert exchanged == Credential("main", KEY_FILE, renewed=True)
    (sent,) = upstream(section, {"file:key.json": Secret("ya29.token")}).credentials
    assert sent == Credential("main", "ya29.token", renewed=False)


@pytest.mark.parametrize("section", [VERTEX, BEDROCK], ids=["vertex", "bedrock"])
def test_a_cloud_without_credentials_uses_what_its_machine_offers(section: UpstreamSection) -> None:
    assert upstream(section).credentials == (Credential("environment", "", renewed=True),)


def test_the_static_keys_of_amazons_own_variables_serve_bedrock_alone() -> None:
    secrets = {AWS_ENVIRONMENT: Secret("ID:SECRET")}
    assert upstream(BEDROCK, secrets).credentials == (Credential("environment", "ID:SECRET", renewed=False),)
    assert upstream(VERTEX, secrets).credentials == (Credential("environment", "", renewed=True),)


def test_a_clouds_own_credential_that_is_missing_is_not_replaced_by_the_machines() -> None:
    section = msgspec.structs.replace(BEDROCK, credentials=FROM_FILE)
    assert upstream(section, {AWS_ENVIRONMENT: Secret("ID:SECRET")}).credentials == ()


def test_elsewhere_no_credential_means_none() -> None:
    secrets = {AWS_ENVIRONMENT: Secret("ID:SECRET")}
    assert upstream(UpstreamSection(dialect="anthropic", base_url="https://u"), secrets).credentials == ()


# -- drafts


def drafts(section: DraftsSection | None) -> DraftLimits | None:
    written = "off" if section is None else section
    return build(msgspec.structs.replace(file(), drafts=written), {}, Path()).drafts


def test_drafts_are_kept_for_a_day_unless_the_file_says_otherwise() -> None:
    assert build(file(), {}, Path()).drafts == DraftLimits(keep_seconds=86_400.0, bytes_max=1_024_000_000)
    assert drafts(DraftsSection(keep_seconds=60, megabytes_max=2)) == DraftLimits(60, 2_000_000)


def test_drafts_can_be_switched_off() -> None:
    assert drafts(None) is None


def test_prices_become_nanodollars_for_each_token() -> None:
    named = PriceSection(input=3, output=15, cached_input=0.3, cache_write=3.75)
    written = msgspec.structs.replace(file(), prices={"m": PriceSection(input=1, output=2), "u/m": named})
    snapshot = build(written, {}, Path())
    assert snapshot.models["m"][0].price == Price(3_000, 15_000, 300, 3_750)
    assert snapshot.prices["m"] == Price(1_000, 2_000, 1_000, 1_000)
    assert build(file(), {}, Path()).models["m"][0].price is None


def test_a_name_that_passes_through_has_the_price_of_that_name() -> None:
    wild = msgspec.structs.replace(
        file(),
        models={"*": ModelSection(candidates=(CandidateSection("u"),))},
        prices={"some": PriceSection(input=1, output=2)},
    )
    snapshot = build(wild, {}, Path())
    menus = {name: snapshot.menu(name, "default") for name in ("some", "other")}
    assert {name: menu.candidates[0].price for name, menu in menus.items() if menu} == {
        "some": Price(1_000, 2_000, 1_000, 1_000),
        "other": None,
    }


def test_a_tenant_that_is_not_named_is_bounded_like_all_others() -> None:
    tenants = {"a": TenantSection(usd_per_day=5), "*": TenantSection(requests_per_minute=2)}
    snapshot = build(msgspec.structs.replace(file(), tenants=tenants), {}, Path())
    assert snapshot.allowance("a") == Allowance(usd_per_day=5)
    assert snapshot.allowance("b") == Allowance(requests_per_minute=2)
    assert build(file(), {}, Path()).allowance("b") == UNBOUNDED


def test_what_replicas_share_is_named_by_references_and_never_shown() -> None:
    written = msgspec.structs.replace(
        file(), store="env:STORE", shared="env:SHARED", drafts=DraftsSection(key="env:DRAFTS")
    )
    snapshot = build(
        written, {f"env:{name}": Secret(f"{name}-secret") for name in ("STORE", "SHARED", "DRAFTS")}, Path()
    )
    found = (snapshot.store, snapshot.shared, snapshot.draft_key)
    assert found == (Secret("STORE-secret"), Secret("SHARED-secret"), Secret("DRAFTS-secret"))
    assert "-secret" not in repr(snapshot)
    assert build(file(), {}, Path()).store is None


def test_people_log_in_through_the_identity_provider_that_the_file_names() -> None:
    login = LoginSection("https://login", "client", "env:LOGIN", roles={"staff": "operator"})
    control = ControlSection(url="https://mainstay.example.com/", login=login)
    snapshot = build(msgspec.structs.replace(file(), control=control), {"env:LOGIN": Secret("s")}, Path())
    assert snapshot.login == Login("https://login", "client", Secret("s"), "groups", {"staff": "operator"})
    assert snapshot.control_url == "https://mainstay.example.com"
    assert build(msgspec.structs.replace(file(), control=control), {}, Path()).login is None


def test_the_journal_and_the_drain_have_their_bounds() -> None:
    assert build(file(), {}, Path()).journal == JournalLimits(604_800.0, 4_096_000_000)
    written = msgspec.structs.replace(
        file(), journal=JournalSection(keep_seconds=1, megabytes_max=8), gateway=GatewaySection(drain_seconds=3)
    )
    assert build(written, {}, Path()).journal == JournalLimits(1, 8_000_000)
    assert build(written, {}, Path()).drain_seconds == 3
