"""The check for meaning of the sections about operations. One function per section."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import UNSET

from mainstay.config.mistake import Mistake, child_path, item_path, nearest_hint
from mainstay.config.schema import File
from mainstay.config.url import url_problem


def operations_mistakes(file: File, directory: Path) -> Iterator[Mistake]:
    """Every mistake in them."""
    yield from _status_page_mistakes(file, directory)
    if file.telemetry is not UNSET and (problem := url_problem(file.telemetry.otlp_endpoint)):
        yield Mistake("telemetry.otlp_endpoint", problem)


def _status_page_mistakes(file: File, directory: Path) -> Iterator[Mistake]:
    page = file.status_page
    if page.url is not UNSET and (problem := url_problem(page.url)):
        yield Mistake("status_page.url", problem)
    for index, name in enumerate(page.components):
        if name not in file.models:
            hint = nearest_hint(name, file.models)
            yield Mistake(item_path("status_page.components", index), f"is not the name of a model{hint}")
    if page.export is not UNSET:
        where = child_path("status_page", "export")
        if page.export.startswith("~"):
            yield Mistake(where, "must be a path without ~, which is not expanded here")
        elif (directory / page.export).exists() and not (directory / page.export).is_dir():
            yield Mistake(where, "must be a folder; a file has that name")
