"""From a checked file to a snapshot: defaults, inheritance of clocks, menus. Nothing is checked here."""

from pathlib import Path

import msgspec
from msgspec import UNSET, UnsetType

from mainstay.config.address import Address, parse_address
from mainstay.config.build_operations import (
    detection_settings,
    incident_settings,
    status_page_settings,
    telemetry_settings,
)
from mainstay.config.known_models import known_capabilities
from mainstay.config.notification_settings import notification_settings
from mainstay.config.places import base_url_of, platform_of
from mainstay.config.policy import refusal
from mainstay.config.schema import (
    CacheSection,
    CacheStoreSection,
    CapabilitiesSection,
    DraftsSection,
    File,
    LimitsSection,
    LoginSection,
    PriceSection,
    RetriesSection,
    TenantSection,
    TimeoutsSection,
    UpstreamSection,
    WorkloadSection,
)
from mainstay.config.secret import AWS_ENVIRONMENT, Secret
from mainstay.config.snapshot import CacheLimits, DraftLimits, JournalLimits, Login, Snapshot, price_of
from mainstay.model.catalogue import (
    CacheRule,
    Candidate,
    Capabilities,
    Credential,
    Limits,
    Menu,
    Platform,
    PrefillForm,
    Price,
    Priority,
    RecoveryMode,
    Retries,
    Skipped,
    Timeouts,
    Upstream,
    Workload,
)
from mainstay.model.identity import Allowance

DEFAULT_WORKLOAD = "default"
BYTES_PER_MEGABYTE = 1_000_000
NANODOLLARS_PER_TOKEN = 1_000
"""What a dollar for a million tokens comes to."""


def build(file: File, secrets: dict[str, Secret], directory: Path, *, simulated: bool = False) -> Snapshot:
    """Make the snapshot of a file without mistakes.

    `secrets` maps references to what they point to; a credential whose reference is not in it is left out. Relative
    paths start at `directory`. `simulated` marks every upstream as no real provider.
    """
    upstreams = {name: _upstream(name, part, secrets, simulated=simulated) for name, part in file.upstreams.items()}
    workloads = {name: _workload(name, part) for name, part in _workload_sections(file).items()}
    models = {name: _candidates(file, name, upstreams) for name in file.models}
    menus = {
        (model, name): _menu(file, model, workload, upstreams)
        for model in file.models
        for name, workload in workloads.items()
    }
    return Snapshot(
        gateway=_address(file.gateway.listen),
        control=_address(file.control.listen),
        workers=file.gateway.workers,
        state=(directory / file.state).absolute(),
        upstreams=tuple(upstreams.values()),
        models=models,
        workloads=workloads,
        menus=menus,
        file=file,
        drafts=None if file.drafts == "off" else _drafts(file.drafts),
        drain_seconds=file.gateway.drain_seconds,
        journal=JournalLimits(file.journal.keep_seconds, file.journal.megabytes_max * BYTES_PER_MEGABYTE),
        must_authenticate=must_authenticate(file),
        issuers=file.auth.issuers,
        tenants={name: _allowance(part) for name, part in file.tenants.items()},
        weights={name: part.weight for name, part in file.tenants.items() if part.weight != 1.0},
        without_cache=frozenset(name for name, part in file.tenants.items() if part.cache == "off"),
        queue_max=file.gateway.queue_max,
        cache=None if file.cache == "off" else _cache_limits(file.cache, secrets),
        prices=_prices(file),
        store=_secret(file.store, secrets),
        shared=_secret(file.shared, secrets),
        draft_key=None if file.drafts == "off" else _secret(file.drafts.key, secrets),
        control_url="" if file.control.url is UNSET else file.control.url.rstrip("/"),
        login=_login(file.control.login, secrets),
        detection=detection_settings(file.detection),
        incidents=incident_settings(file.incidents),
        status_page=status_page_settings(file.status_page, directory),
        notifications=notification_settings(file.notifications, secrets),
        telemetry=None if file.telemetry is UNSET else telemetry_settings(file.telemetry),
    )


def must_authenticate(file: File) -> bool:
    """Whether callers need a token: where the file says so, and wherever other machines could call."""
    if file.auth.callers is not UNSET:
        return file.auth.callers == "tokens"
    return not _address(file.gateway.listen).is_loopback


def _secret(reference: str | UnsetType, secrets: dict[str, Secret]) -> Secret | None:
    return None if reference is UNSET else secrets.get(reference)


def _login(part: LoginSection | UnsetType, secrets: dict[str, Secret]) -> Login | None:
    if part is UNSET or part.client_secret not in secrets:
        return None
    return Login(part.issuer, part.client_id, secrets[part.client_secret], part.roles_claim, dict(part.roles))


def _allowance(part: TenantSection) -> Allowance:
    written = {name: getattr(part, name) for name in Allowance.__struct_fields__}
    return Allowance(**{name: value for name, value in written.items() if value is not UNSET})


def _prices(file: File) -> dict[str, Price]:
    return {name: _price(part) for name, part in file.prices.items()}


def _price(part: PriceSection) -> Price:
    cached = part.input if part.cached_input is UNSET else part.cached_input
    written = part.input if part.cache_write is UNSET else part.cache_write
    return Price(*(round(usd * NANODOLLARS_PER_TOKEN) for usd in (part.input, part.output, cached, written)))


def _cache_limits(part: CacheStoreSection, secrets: dict[str, Secret]) -> CacheLimits:
    return CacheLimits(part.megabytes_max * BYTES_PER_MEGABYTE, _secret(part.key, secrets))


def _limits(part: LimitsSection) -> Limits:
    reserved = tuple((name, percent / 100.0) for name, percent in part.reserved.items())
    written = {name: getattr(part, name) for name in Limits.__struct_fields__ if name != "reserved"}
    return Limits(**{name: value for name, value in written.items() if value is not UNSET}, reserved=reserved)


def _cache_rule(part: CacheSection) -> CacheRule:
    return CacheRule(part.ttl_seconds, part.stale_if_error_seconds, part.requests == "all")


def _drafts(part: DraftsSection) -> DraftLimits:
    return DraftLimits(part.keep_seconds, part.megabytes_max * BYTES_PER_MEGABYTE)


def inherit_timeouts(base: Timeouts, *sections: TimeoutsSection) -> Timeouts:
    """`base` with what the sections write, the later (narrower) ones last.

    A first-byte limit that somebody wrote down holds for plain answers too, unless these have a limit of their own. The
    default does not: the first byte of a plain answer comes with its last.
    """
    for section in sections:
        base = msgspec.structs.replace(base, **_written(section))
    is_written = any(section.first_byte_seconds is not UNSET for section in sections)
    if is_written and base.plain_answer_seconds is None:
        return msgspec.structs.replace(base, plain_answer_seconds=base.first_byte_seconds)
    return base


def inherit_retries(base: Retries, *sections: RetriesSection) -> Retries:
    """`base` with what the sections write, the later (narrower) ones last."""
    for section in sections:
        base = msgspec.structs.replace(base, **_written(section))
    return base


def _written(section: TimeoutsSection | RetriesSection) -> dict[str, float]:
    return {name: value for name, value in msgspec.structs.asdict(section).items() if value is not UNSET}


def _workload_sections(file: File) -> dict[str, WorkloadSection]:
    return {DEFAULT_WORKLOAD: WorkloadSection()} | file.workloads


def _address(text: str) -> Address:
    address = parse_address(text)
    if address is None:
        raise ValueError("build() was given a file that was not checked")
    return address


def _upstream(name: str, part: UpstreamSection, secrets: dict[str, Secret], *, simulated: bool) -> Upstream:
    platform = platform_of(part)
    return Upstream(
        name=name,
        dialect=part.dialect,
        base_url=base_url_of(part),
        credentials=_credentials(part, platform, secrets),
        region="" if part.region is UNSET else part.region,
        private=part.private,
        simulated=simulated,
        platform=platform,
        api_version="" if part.api_version is UNSET else part.api_version,
        limits=_limits(part.limits),
    )


def _credentials(part: UpstreamSection, platform: Platform, secrets: dict[str, Secret]) -> tuple[Credential, ...]:
    """Those of the file; without any, a cloud's upstream uses what its machine or environment offers."""
    found = tuple(
        Credential(one.name, secrets[one.key].value, renewed=is_exchanged(platform, secrets[one.key].value))
        for one in part.credentials
        if one.key in secrets
    )
    if part.credentials or platform not in {Platform.BEDROCK, Platform.VERTEX}:
        return found
    static = secrets.get(AWS_ENVIRONMENT) if platform is Platform.BEDROCK else None
    return (Credential("environment", static.value if static else "", renewed=static is None),)


def is_exchanged(platform: Platform, secret: str) -> bool:
    """Whether this secret is exchanged for tokens (Google's credential files, a role's ARN) and not sent itself."""
    beginnings = {Platform.VERTEX: "{", Platform.BEDROCK: "arn:"}
    return platform in beginnings and secret.startswith(beginnings[platform])


def _able(wide: CapabilitiesSection, narrow: CapabilitiesSection, model: str) -> tuple[Capabilities, tuple[str, ...]]:
    """What a candidate can do, and of what the file says so."""
    written: dict[str, object] = {
        name: value
        for section in (wide, narrow)
        for name, value in msgspec.structs.asdict(section).items()
        if value is not UNSET
    }
    form = written.get("prefill")
    if isinstance(form, str):
        written |= {"prefill": True, "prefill_form": PrefillForm(form)}
    return msgspec.structs.replace(known_capabilities(model), **written), tuple(written)


def _workload(name: str, part: WorkloadSection) -> Workload:
    return Workload(
        name=name,
        priority=Priority(part.priority),
        deadline_seconds=part.deadline_seconds,
        queue_seconds=part.queue_seconds,
        substitutes=part.substitutes == "allowed",
        recovery=RecoveryMode.CONTINUE if part.recovery is UNSET else RecoveryMode(part.recovery),
        continue_substitutes=part.recovery == "continue",
        hold_tools=part.tool_streaming == "held",
        residency=part.residency,
        private_only=part.private_only,
        strict=part.strict,
        durable=part.durable,
        cache=None if part.cache == "off" else _cache_rule(part.cache),
    )


def _candidates(
    file: File, model: str, upstreams: dict[str, Upstream], workload: WorkloadSection | None = None
) -> tuple[Candidate, ...]:
    """The candidates of `model` in order, clocks resolved: file < upstream < candidate < workload."""
    last = workload or WorkloadSection()
    prices = _prices(file)
    found = []
    for part in file.models[model].candidates:
        wide = file.upstreams[part.upstream]
        name = model if part.model is UNSET else part.model
        able, declared = _able(wide.capabilities, part.capabilities, name)
        candidate = Candidate(
            upstream=upstreams[part.upstream],
            model=name,
            substitute=part.substitute,
            timeouts=inherit_timeouts(Timeouts(), file.timeouts, wide.timeouts, part.timeouts, last.timeouts),
            retries=inherit_retries(Retries(), file.retries, wide.retries, part.retries, last.retries),
            capabilities=able,
            declared=declared,
            price=price_of(prices, part.upstream, name),
        )
        found.append(candidate)
    return tuple(found)


def _menu(file: File, model: str, workload: Workload, upstreams: dict[str, Upstream]) -> Menu:
    candidates = _candidates(file, model, upstreams, _workload_sections(file)[workload.name])
    reasons = [(candidate, refusal(candidate, workload)) for candidate in candidates]
    return Menu(
        model=model,
        workload=workload,
        candidates=tuple(candidate for candidate, reason in reasons if not reason),
        skipped=tuple(Skipped(item.upstream.name, item.model, reason) for item, reason in reasons if reason),
    )
