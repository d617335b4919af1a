"""Which status pages there are to read, by the configuration."""

from typing import Final

import msgspec
from msgspec import UNSET

from mainstay.config.snapshot import WILDCARD, Snapshot
from mainstay.ops.feeds.claims import About

MODELS_MAX: Final = 200


class FeedSource(msgspec.Struct, frozen=True):
    """One status page, as it stands in the configuration, and the upstreams that it is about."""

    url: str
    abouts: tuple[About, ...]

    @property
    def names(self) -> str:
        """The upstreams in words."""
        return ", ".join(one.upstream for one in self.abouts)


def sources_of(snapshot: Snapshot) -> tuple[FeedSource, ...]:
    """Each page once, however many upstreams name it."""
    models: dict[str, dict[str, None]] = {}
    for candidates in snapshot.models.values():
        for candidate in candidates:
            if candidate.model != WILDCARD:
                models.setdefault(candidate.upstream.name, {})[candidate.model] = None
    found: dict[str, list[About]] = {}
    for name, section in snapshot.file.upstreams.items():
        if section.status_feed is not UNSET:
            about = About(name, tuple(models.get(name, ()))[:MODELS_MAX])
            found.setdefault(section.status_feed, []).append(about)
    return tuple(FeedSource(url, tuple(abouts)) for url, abouts in found.items())
