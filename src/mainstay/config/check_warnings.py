"""Warnings: what may be meant as it stands but deserves a second look."""

from collections.abc import Iterator

from msgspec import UNSET

from mainstay.config.check_notifications import notification_warnings
from mainstay.config.mistake import Mistake, child_path
from mainstay.config.places import platform_of
from mainstay.config.schema import File, UpstreamSection
from mainstay.config.snapshot import Snapshot
from mainstay.config.url import url_address, url_path
from mainstay.model.catalogue import Platform

_NAMES_SHOWN_MAX = 5
_PERCENT = 100


def check_warnings(file: File, snapshot: Snapshot) -> tuple[Mistake, ...]:
    """Every warning about a file without mistakes."""
    found = (
        _upstream_warnings(file),
        _caches_without_store(file),
        notification_warnings(file.notifications),
    )
    return (*(one for part in found for one in part), *_workloads_without_candidates(snapshot))


def _upstream_warnings(file: File) -> Iterator[Mistake]:
    used = {candidate.upstream for model in file.models.values() for candidate in model.candidates}
    for name, upstream in file.upstreams.items():
        path = child_path("upstreams", name)
        if name not in used:
            yield Mistake(path, "is not a candidate of any model")
        yield from _reserved_warnings(child_path(path, "limits"), upstream)
        yield from _base_url_warnings(child_path(path, "base_url"), upstream)


def _reserved_warnings(path: str, upstream: UpstreamSection) -> Iterator[Mistake]:
    limits = upstream.limits
    rates = (
        limits.concurrency,
        limits.requests_per_minute,
        limits.input_tokens_per_minute,
        limits.output_tokens_per_minute,
    )
    is_share = limits.reserved and sum(limits.reserved.values()) < _PERCENT
    if is_share and all(rate is UNSET for rate in rates):
        yield Mistake(child_path(path, "reserved"), "keeps a share of limits that are not written, so it keeps nothing")


def _base_url_warnings(path: str, upstream: UpstreamSection) -> Iterator[Mistake]:
    if upstream.base_url is UNSET:
        return
    address = url_address(upstream.base_url)
    is_plain = upstream.base_url.lower().startswith("http:")
    if is_plain and upstream.credentials and not upstream.private and address and not address.is_loopback:
        yield Mistake(path, "sends the credential unencrypted; use https, or set `private: true` on your own hardware")
    is_direct = platform_of(upstream) is Platform.DIRECT
    if is_direct and upstream.dialect.startswith("openai-") and not url_path(upstream.base_url):
        yield Mistake(path, "has no path; the base URL of this dialect usually ends with /v1")


def _caches_without_store(file: File) -> Iterator[Mistake]:
    for name, workload in file.workloads.items():
        if file.cache == "off" and workload.cache != "off":
            path = child_path(child_path("workloads", name), "cache")
            yield Mistake(path, "keeps nothing, for `cache: off` stands in the file")


def _workloads_without_candidates(snapshot: Snapshot) -> Iterator[Mistake]:
    for name in snapshot.workloads:
        empty = [model for model in snapshot.models if not snapshot.menus[model, name].candidates]
        if empty:
            more = f" and {len(empty) - _NAMES_SHOWN_MAX} more" if len(empty) > _NAMES_SHOWN_MAX else ""
            shown = ", ".join(empty[:_NAMES_SHOWN_MAX])
            yield Mistake(child_path("workloads", name), f"leaves no candidate for {shown}{more}")
