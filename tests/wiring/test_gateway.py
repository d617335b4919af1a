"""What a gateway is not begun with. What it does is shown end to end."""

from pathlib import Path

import pytest

from mainstay.config.load import Loaded
from mainstay.config.mistake import Mistake
from mainstay.wiring.gateway import run_gateway
from mainstay.wiring.source import Source


def test_a_configuration_with_mistakes_does_not_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot run"):
        run_gateway(Source(None, {}, tmp_path), Loaded(None, (Mistake("", "wrong"),)))
