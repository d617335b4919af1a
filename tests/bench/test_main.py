import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import read_arguments
from bench.catalogue import HEADLINES, USUAL
from bench.stage import ROOT


def test_everything_usual_is_measured_unless_something_is_named() -> None:
    assert read_arguments([]).only == USUAL
    assert read_arguments(["--only", "soak", "--only", "plain"]).only == ("soak", "plain")
    assert read_arguments(["--headlines"]).only == HEADLINES


def test_to_go_on_needs_a_folder_to_go_on_from(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_arguments(["--resume"])
    assert ended.value.code == 2
    assert "--kept FOLDER" in capsys.readouterr().err


def test_a_folder_is_the_same_wherever_programs_run(tmp_path: Path) -> None:
    assert read_arguments(["--kept", str(tmp_path / "a")]).kept == tmp_path / "a"
    kept = read_arguments(["--kept", "a"]).kept
    assert kept is not None
    assert kept.is_absolute()


_STARTS_A_CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
import uvloop
from bench.__main__ import end_as_by_a_key
from bench.child import started

async def wait(pid):
    print(pid, flush=True)
    await asyncio.sleep(60)

signal.signal(signal.SIGINT, signal.SIG_IGN)
end_as_by_a_key()
core = min(os.sched_getaffinity(0))
try:
    with started("child", ["sleep", "60"], core, Path(sys.argv[1]), os.environ) as child:
        uvloop.run(wait(child.process.pid))
except KeyboardInterrupt:
    sys.exit(7)
"""


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_what_was_started_ends_with_it(tmp_path: Path, ending: signal.Signals) -> None:
    command = [sys.executable, "-c", _STARTS_A_CHILD, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as bench:  # noqa: S603 - ours
        assert bench.stdout is not None
        child = int(bench.stdout.readline())
        bench.send_signal(ending)
        assert bench.wait(20) == 7
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
