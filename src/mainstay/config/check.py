"""The check for meaning: what a well-formed file still gets wrong. One function per part of the file."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import assert_never

import msgspec
from msgspec import UNSET

from mainstay.config.address import Address, parse_address
from mainstay.config.check_notifications import notification_mistakes, notification_references
from mainstay.config.check_operations import operations_mistakes
from mainstay.config.check_playbook_names import names_of
from mainstay.config.check_playbooks import playbook_mistakes, playbook_references, playbook_warnings
from mainstay.config.mistake import Mistake, child_path, nearest_hint
from mainstay.config.places import DIALECTS_SERVED, PLATFORMS, base_url_of, platform_of
from mainstay.config.schema import CandidateSection, CredentialSection, File, UpstreamSection
from mainstay.config.secret import AWS_ENVIRONMENT, NoSecret, Secret, aws_environment, resolve
from mainstay.config.shape import Shaped
from mainstay.config.snapshot import WILDCARD
from mainstay.config.url import url_address, url_path, url_problem
from mainstay.model.catalogue import Platform

MENU_ENTRIES_MAX = 200_000
PERCENT = 100

_OPEN_TO_OTHERS = (
    "would let in everybody whom the network lets through: with `callers: open` the gateway may listen on loopback "
    "only; remove this line, and make tokens with `mainstay token mint`"
)


class Setting(msgspec.Struct, frozen=True):
    """What surrounds a file: its folder, the environment, the names of upstreams it meant to define.

    `lenient` turns a secret that is absent (variable not set, file not readable) from a mistake into a warning.
    """

    directory: Path
    environment: Mapping[str, str]
    upstream_names: frozenset[str]
    lenient: bool = False


class Checked(msgspec.Struct, frozen=True):
    """The findings about a file, and what its references point to."""

    mistakes: tuple[Mistake, ...]
    warnings: tuple[Mistake, ...]
    secrets: dict[str, Secret]


def check(shaped: Shaped[File], file: File, setting: Setting) -> Checked:
    """Check the meaning of every sound part of the file."""
    secrets: dict[str, Secret] = {}
    missing: list[Mistake] = []
    mistakes: list[Mistake] = []
    for path, reference in _references(shaped, file):
        found = resolve(reference, setting.environment, setting.directory)
        match found:
            case Secret():
                secrets[reference] = found
            case NoSecret():
                lenient = setting.lenient and found.absent
                (missing if lenient else mistakes).append(Mistake(path, found.message))
            case _:
                assert_never(found)
    static = aws_environment(setting.environment)
    if static is not None:
        secrets[AWS_ENVIRONMENT] = static
    mistakes += _listen_mistakes(file)
    mistakes += _auth_mistakes(shaped, file)
    mistakes += _state_mistakes(file, setting.directory)
    for name, upstream in file.upstreams.items():
        mistakes += _upstream_mistakes(
            shaped, child_path("upstreams", name), upstream, parse_address(file.gateway.listen)
        )
        mistakes += _reserved_mistakes(child_path("upstreams", name), upstream, {*file.workloads, "default"})
    for name, model in file.models.items():
        mistakes += _model_mistakes(shaped, name, model.candidates, setting.upstream_names)
    mistakes += _size_mistakes(file)
    mistakes += operations_mistakes(file, setting.directory)
    mistakes += notification_mistakes(shaped, file.notifications, secrets)
    mistakes += playbook_mistakes(file.playbooks, shaped, names_of(file, setting.upstream_names))
    return Checked(tuple(mistakes), (*missing, *playbook_warnings(file.playbooks, shaped)), secrets)


def _references(shaped: Shaped[File], file: File) -> Iterator[tuple[str, str]]:
    for name, upstream in file.upstreams.items():
        path = child_path(child_path("upstreams", name), "credentials")
        for where, credential in shaped.items(path, upstream.credentials):
            yield child_path(where, "key"), credential.key
    if file.store is not UNSET:
        yield "store", file.store
    if file.shared is not UNSET:
        yield "shared", file.shared
    if file.cache != "off" and file.cache.key is not UNSET:
        yield "cache.key", file.cache.key
    if file.drafts != "off" and file.drafts.key is not UNSET:
        yield "drafts.key", file.drafts.key
    if file.control.login is not UNSET:
        yield "control.login.client_secret", file.control.login.client_secret
    yield from notification_references(file.notifications)
    yield from playbook_references(file.playbooks, shaped)


def _auth_mistakes(shaped: Shaped[File], file: File) -> Iterator[Mistake]:
    for path, issuer in shaped.items("auth.issuers", file.auth.issuers):
        urls = {"issuer": issuer.issuer} | ({} if issuer.keys_url is UNSET else {"keys_url": issuer.keys_url})
        yield from _identity_url_mistakes(path, urls)
        if (issuer.tenant is UNSET) == (issuer.tenant_claim is UNSET):
            yield Mistake(path, "needs one of `tenant` and `tenant_claim`: whose work is it?")
        if issuer.workload is not UNSET and issuer.workload_claim is not UNSET:
            yield Mistake(path, "has both `workload` and `workload_claim`; one of them is enough")
        if issuer.workload is not UNSET and issuer.workload not in {*file.workloads, "default"}:
            yield Mistake(child_path(path, "workload"), "is not the name of a workload")
    if file.control.login is not UNSET:
        yield from _identity_url_mistakes("control.login", {"issuer": file.control.login.issuer})
    if file.control.url is not UNSET and (problem := url_problem(file.control.url)):
        yield Mistake("control.url", problem)


def _identity_url_mistakes(path: str, urls: dict[str, str]) -> Iterator[Mistake]:
    for name, url in urls.items():
        problem = url_problem(url)
        address = url_address(url)
        if problem:
            yield Mistake(child_path(path, name), problem)
        elif url.lower().startswith("http:") and not (address and address.is_loopback):
            yield Mistake(child_path(path, name), "must be https: who can change what it answers decides who is let in")


def _listen_mistakes(file: File) -> Iterator[Mistake]:
    gateway, control = parse_address(file.gateway.listen), parse_address(file.control.listen)
    for path, address in (("gateway.listen", gateway), ("control.listen", control)):
        if address is None:
            yield Mistake(path, "must be host:port such as 127.0.0.1:8484, with a port from 0 to 65535")
    if gateway is not None and not gateway.is_loopback and file.auth.callers == "open":
        yield Mistake("auth.callers", _OPEN_TO_OTHERS)
    if gateway is not None and gateway == control and gateway.port != 0:
        yield Mistake("control.listen", "must differ from gateway.listen")


def _state_mistakes(file: File, directory: Path) -> Iterator[Mistake]:
    if file.state.startswith("~"):
        yield Mistake("state", "must be a path without ~, which is not expanded here")
    elif (directory / file.state).exists() and not (directory / file.state).is_dir():
        yield Mistake("state", "must be a folder; a file has that name")


def _upstream_mistakes(
    shaped: Shaped[File], path: str, upstream: UpstreamSection, gateway: Address | None
) -> Iterator[Mistake]:
    where = child_path(path, "dialect")
    if upstream.dialect not in DIALECTS_SERVED:
        yield Mistake(where, f"is not a known dialect{nearest_hint(upstream.dialect, DIALECTS_SERVED)}")
    else:
        yield from _platform_mistakes(path, upstream)
        yield from _base_url_mistakes(child_path(path, "base_url"), upstream, gateway)
    if upstream.status_feed is not UNSET and (problem := url_problem(upstream.status_feed)):
        yield Mistake(child_path(path, "status_feed"), problem)
    yield from _credential_mistakes(shaped, child_path(path, "credentials"), upstream.credentials)


def _reserved_mistakes(path: str, upstream: UpstreamSection, workloads: set[str]) -> Iterator[Mistake]:
    path = child_path(child_path(path, "limits"), "reserved")
    for name in upstream.limits.reserved:
        if name not in workloads:
            yield Mistake(child_path(path, name), f"is not the name of a workload{nearest_hint(name, workloads)}")
    total = sum(upstream.limits.reserved.values())
    if total > PERCENT:
        yield Mistake(path, f"comes to {total:g} percent; no more than {PERCENT} can be kept")


def _platform_mistakes(path: str, upstream: UpstreamSection) -> Iterator[Mistake]:
    platform = platform_of(upstream)
    if upstream.dialect not in PLATFORMS[platform]:
        served = ", ".join(PLATFORMS[platform])
        message = f"{platform.value} does not serve the dialect {upstream.dialect}; it serves {served}"
        yield Mistake(child_path(path, "platform"), message)
    if platform is Platform.BEDROCK and upstream.region is UNSET:
        yield Mistake(child_path(path, "region"), "is missing; requests to bedrock are signed for a region")
    if upstream.api_version is not UNSET and platform is not Platform.AZURE:
        yield Mistake(child_path(path, "api_version"), "belongs to the platform azure only")
    if upstream.project is not UNSET and platform is not Platform.VERTEX:
        yield Mistake(child_path(path, "project"), "belongs to the platform vertex only")


def _base_url_mistakes(path: str, upstream: UpstreamSection, gateway: Address | None) -> Iterator[Mistake]:
    if upstream.base_url is UNSET:
        if not base_url_of(upstream) and platform_of(upstream) is Platform.VERTEX:
            yield Mistake(path, "is missing, and so is region or project, from which it would follow")
        elif not base_url_of(upstream) and platform_of(upstream) is not Platform.BEDROCK:
            yield Mistake(path, f"is missing; the dialect {upstream.dialect} needs the URL of the place that serves it")
    elif problem := url_problem(upstream.base_url):
        yield Mistake(path, problem)
    elif _is_direct_anthropic(upstream) and url_path(upstream.base_url).endswith("/v1"):
        yield Mistake(path, "must not end with /v1: the paths of this dialect begin with it")
    elif gateway is not None and gateway.port != 0 and url_address(upstream.base_url) == gateway:
        yield Mistake(path, "points to this gateway itself (gateway.listen), so that requests would go in a circle")


def _is_direct_anthropic(upstream: UpstreamSection) -> bool:
    return upstream.dialect == "anthropic" and platform_of(upstream) is Platform.DIRECT


def _credential_mistakes(
    shaped: Shaped[File], path: str, credentials: tuple[CredentialSection, ...]
) -> Iterator[Mistake]:
    names: set[str] = set()
    for where, credential in shaped.items(path, credentials):
        if credential.name in names:
            yield Mistake(child_path(where, "name"), "is the name of an earlier credential of this upstream")
        names.add(credential.name)


def _model_mistakes(
    shaped: Shaped[File], name: str, candidates: tuple[CandidateSection, ...], upstream_names: frozenset[str]
) -> Iterator[Mistake]:
    path = child_path("models", name)
    if WILDCARD in name and name != WILDCARD:
        yield Mistake(path, f"holds a {WILDCARD}; only the whole name {WILDCARD} stands for other names")
    seen: dict[tuple[str, str], str] = {}
    for where, candidate in shaped.items(child_path(path, "candidates"), candidates):
        if candidate.upstream not in upstream_names:
            hint = nearest_hint(candidate.upstream, upstream_names)
            yield Mistake(child_path(where, "upstream"), f"is not the name of an upstream{hint}")
        if candidate.model is not UNSET and WILDCARD in candidate.model:
            yield Mistake(
                child_path(where, "model"), f"must not hold a {WILDCARD}; leave it out to keep the asked name"
            )
        key = (candidate.upstream, name if candidate.model is UNSET else candidate.model)
        if key in seen:
            yield Mistake(where, f"repeats {seen[key]}: same upstream and model")
        seen.setdefault(key, where)


def _size_mistakes(file: File) -> Iterator[Mistake]:
    entries = sum(len(model.candidates) for model in file.models.values()) * (len(file.workloads) + 1)
    if entries > MENU_ENTRIES_MAX:
        yield Mistake("models", f"has {entries} candidates over all workloads; the most is {MENU_ENTRIES_MAX}")
