"""What the written page says, read back."""

from pathlib import Path

import msgspec
import pytest

from mainstay.control.status_page.public_folder import PublicFolder
from mainstay.control.status_page.rendering import Renderer
from mainstay.control.status_page.summary import summary_of
from mainstay.ops.status.reading import status_view
from tests.ops.status.samples import NOW, sources


def test_it_says_what_was_written(tmp_path: Path) -> None:
    PublicFolder(tmp_path).replace(Renderer().files(status_view(sources())))
    summary = summary_of(tmp_path)
    assert summary.status.description == "Partial outage"
    assert [one.name for one in summary.components if not one.group] == ["Gateway", "sonnet", "opus", "north", "south"]
    assert [one.id for one in summary.incidents] == ["INC-2"]
    assert summary.generated_at.timestamp() == NOW


def test_what_is_not_there_or_damaged_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        summary_of(tmp_path)
    (tmp_path / "api" / "v2").mkdir(parents=True)
    (tmp_path / "api" / "v2" / "summary.json").write_text('{"page": 1}')
    with pytest.raises(msgspec.DecodeError):
        summary_of(tmp_path)
