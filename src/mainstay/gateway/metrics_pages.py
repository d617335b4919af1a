"""One page of metrics for all workers of a gateway.

Whoever asks for `/metrics` reaches any one of them. So each leaves its page in the state folder every few seconds, and
the one that is asked puts all together, each series with the label `worker`.
"""

import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from mainstay.gateway.whole_file import replace_file

PAGE_SECONDS: Final = 5.0
"""How often a worker leaves its page."""
STALE_SECONDS: Final = 30.0
"""A page that is older belongs to a worker that is no more."""
PAGE_BYTES_MAX: Final = 16 * 1024 * 1024
_FAMILY: Final = re.compile(rb"# (?:HELP|TYPE) (\S+)")


class MetricsPages:
    """The pages of one gateway's workers, as one of them sees them."""

    def __init__(self, folder: Path, worker: int, wall: Callable[[], float] = time.time) -> None:
        """`folder` is `state/run`; `wall` gives seconds since 1970."""
        self._folder = folder
        self._worker = worker
        self._wall = wall

    def leave(self, page: bytes) -> None:
        """Let the other workers have ours. Raises `OSError`."""
        replace_file(self._folder / f"metrics-{self._worker}.prom", labelled(page, self._worker), sync=False)

    def together(self, ours: bytes) -> bytes:
        """Ours and those of the others, as one page. What cannot be read is left out."""
        return merged([labelled(ours, self._worker), *self._others()])

    def _others(self) -> Iterable[bytes]:
        for path in sorted(self._folder.glob("metrics-*.prom")):
            if path.name == f"metrics-{self._worker}.prom":
                continue
            try:
                status = path.stat()
                if self._wall() - status.st_mtime <= STALE_SECONDS and status.st_size <= PAGE_BYTES_MAX:
                    yield path.read_bytes()
            except OSError:
                continue


def labelled(page: bytes, worker: int) -> bytes:
    """A page in Prometheus' text format whose every series has the label `worker`."""
    label = b'worker="%d"' % worker
    return b"".join(_with_label(line, label) for line in page.splitlines(keepends=True))


def merged(pages: Iterable[bytes]) -> bytes:
    """Pages as one: each family once, with the series of all pages."""
    heads: dict[bytes, list[bytes]] = {}
    series: dict[bytes, list[bytes]] = {}
    for page in pages:
        name, is_new = b"", True
        for line in page.splitlines(keepends=True):
            found = _FAMILY.match(line)
            if found is None:
                series.setdefault(name, []).append(line)
                continue
            if found[1] != name:
                name, is_new = found[1], found[1] not in heads
            if is_new:
                heads.setdefault(name, []).append(line)
    return b"".join(line for name, head in heads.items() for line in head + series.get(name, []))


def _with_label(line: bytes, label: bytes) -> bytes:
    if line.startswith(b"#") or not line.strip():
        return line
    name, brace, rest = line.partition(b"{")
    if brace and b" " not in name:
        return name + b"{" + label + (b"" if rest.startswith(b"}") else b",") + rest
    name, _, value = line.partition(b" ")
    return name + b"{" + label + b"} " + value
