"""Warnings: what may be meant as it stands but deserves a second look."""

from collections.abc import Iterator

from msgspec import UNSET

from mainstay.config.mistake import Mistake, child_path
from mainstay.config.places import platform_of
from mainstay.config.schema import File, LimitsSection, UpstreamSection, WorkloadSection
from mainstay.config.snapshot import Snapshot
from mainstay.config.url import url_address, url_path
from mainstay.model.catalogue import Platform

_NAMES_SHOWN_MAX = 5
_DEFAULT_WORKLOAD = WorkloadSection()


def check_warnings(file: File, snapshot: Snapshot) -> tuple[Mistake, ...]:
    """Every warning about a file without mistakes."""
    return (*_unused_keys(file), *_upstream_warnings(file), *_workloads_without_candidates(snapshot))


def _unused_keys(file: File) -> Iterator[Mistake]:
    """Keys of the format that this version accepts and does not act on: silence would be a false promise."""
    written = {
        "include": bool(file.include),
    }
    for name, upstream in file.upstreams.items():
        path = child_path("upstreams", name)
        written[child_path(path, "limits")] = upstream.limits != LimitsSection()
    for name, workload in file.workloads.items():
        path = child_path("workloads", name)
        written |= {
            child_path(path, "priority"): workload.priority != _DEFAULT_WORKLOAD.priority,
            child_path(path, "queue_seconds"): workload.queue_seconds != _DEFAULT_WORKLOAD.queue_seconds,
            child_path(path, "cache"): workload.cache != "off",
        }
    return (
        Mistake(path, "is accepted, but has no effect in this version")
        for path, is_written in written.items()
        if is_written
    )


def _upstream_warnings(file: File) -> Iterator[Mistake]:
    used = {candidate.upstream for model in file.models.values() for candidate in model.candidates}
    for name, upstream in file.upstreams.items():
        path = child_path("upstreams", name)
        if name not in used:
            yield Mistake(path, "is not a candidate of any model")
        yield from _base_url_warnings(child_path(path, "base_url"), upstream)


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


def _workloads_without_candidates(snapshot: Snapshot) -> Iterator[Mistake]:
    for name in snapshot.workloads:
        empty = [model for model in snapshot.models if not snapshot.menus[model, name].candidates]
        if empty:
            more = f" and {len(empty) - _NAMES_SHOWN_MAX} more" if len(empty) > _NAMES_SHOWN_MAX else ""
            shown = ", ".join(empty[:_NAMES_SHOWN_MAX])
            yield Mistake(child_path("workloads", name), f"leaves no candidate for {shown}{more}")
