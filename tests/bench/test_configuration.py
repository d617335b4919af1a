import json
from pathlib import Path

import pytest

from bench.configuration import Ports, configuration, model_at
from bench.spoken.registry import VOICES, Pace
from mainstay.config.load import load

PORTS = Ports(1001, 1002, 1003, 1004, 1005, 1006)


@pytest.mark.parametrize("pace", [None, Pace(10, 50)], ids=["without pace", "with pace"])
def test_the_file_has_no_mistake(tmp_path: Path, pace: Pace | None) -> None:
    file = tmp_path / "mainstay.yaml"
    file.write_text(json.dumps(configuration(PORTS, 2, pace)))
    loaded = load(file, {"BENCH_KEY": "bench-upstream"})
    assert loaded.mistakes == ()
    assert loaded.snapshot is not None
    served = {model_at(dialect) for dialect in VOICES} & set(loaded.snapshot.model_names)
    assert len(served) == (0 if pace is None else len(VOICES))
