"""`python -m bench.paper RESULTS DOCS`: write tables and plots of docs/performance.md from kept results."""

import sys
from collections.abc import Sequence
from pathlib import Path

from bench.catalogue import NAMES
from bench.kept import KeptResults
from bench.paper.page import PLOTS, PLOTS_FOLDER, bars_of, replaced, section
from bench.paper.plots import draw

UNABLE = 2
WORDS = 2


def main(words: Sequence[str]) -> int:
    """Write. 0: written; 2: there is nothing to write, or nowhere."""
    if len(words) != WORDS:
        sys.stderr.write("python -m bench.paper RESULTS DOCS\n")
        return UNABLE
    kept, docs = KeptResults(Path(words[0])), Path(words[1])
    results = [result for result in map(kept.result, NAMES) if result is not None]
    if not results:
        sys.stderr.write(f"no results in {words[0]}; `make bench` measures them\n")
        return UNABLE
    folder = docs / PLOTS_FOLDER
    folder.mkdir(exist_ok=True)
    drawn = bars_of(results)
    for stale in folder.glob("*.svg"):
        stale.unlink()
    for name, figures in drawn.items():
        draw(figures, PLOTS[name][1], folder / f"{name}.svg")
    page = docs / "performance.md"
    page.write_text(replaced(page.read_text(), section(results, tuple(drawn))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
