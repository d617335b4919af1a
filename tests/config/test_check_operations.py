"""Mistakes in the sections about operations."""

from pathlib import Path

import pytest

from tests.config.conftest import LoadText


@pytest.mark.parametrize(
    ("section", "path", "words"),
    [
        ("telemetry: {otlp_endpoint: nowhere}", "telemetry.otlp_endpoint", "http"),
        ("status_page: {url: nowhere}", "status_page.url", "http"),
        ("status_page: {components: [claud]}", "status_page.components[0]", "did you mean claude?"),
        ("status_page: {export: ~/x}", "status_page.export", "without ~"),
        ("status_page: {export: taken}", "status_page.export", "a file has that name"),
    ],
)
def test_a_mistake_is_found(
    load_yaml: LoadText, good: str, tmp_path: Path, section: str, path: str, words: str
) -> None:
    (tmp_path / "taken").write_text("")
    (found,) = load_yaml(f"{good}\n{section}").mistakes
    assert found.path == path
    assert words in found.message
