"""llama.cpp's own server as a running process: started on loopback, watched and stopped by its id."""

import os
import subprocess
import time
from pathlib import Path
from typing import Self

from tests.e2e.process import answer_or_none, free_port

FOLDER_VARIABLE = "MAINSTAY_SELFHOSTED"
"""Names the folder where `scripts/install-selfhosted` has put the server; without it these tests are not collected."""
READY_SECONDS = 60.0
STOP_SECONDS = 10.0
GLANCE_SECONDS = 0.02
TAIL_CHARACTERS = 4_000

EXACT = [
    "--parallel",
    "1",
    "--threads",
    "1",
    "--threads-batch",
    "1",
    "--cache-type-k",
    "f32",
    "--cache-type-v",
    "f32",
    "--flash-attn",
    "off",
    "--cache-ram",
    "0",
    "--ctx-size",
    "4096",
    "--temp",
    "0",
]
"""Always the likeliest word, one request at a time, and no rounding of what was computed before: the same text leads to
the same next word, however the server came by that text. `--ctx-size` also bounds an answer that is not told when to
end."""
QUIET = ["--offline", "--no-ui", "--log-verbosity", "2", "--log-colors", "off"]


class LlamaServer:
    """A server of one model. The `with` block begins when it is ready."""

    def __init__(self, name: str, model: Path, directory: Path) -> None:
        self.log = directory / f"{name}.txt"
        address = ["--host", "127.0.0.1", "--port", str(free_port())]
        self.url = f"http://127.0.0.1:{address[-1]}"
        program = Path(os.environ[FOLDER_VARIABLE]).resolve() / "bin" / "llama-server"
        self._command = [str(program), "--model", str(model), "--alias", name, *address, *EXACT, *QUIET]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, at the same address each time; returns when it is ready."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the server that was installed for this
                self._command,
                cwd=self.log.parent,
                env={"PATH": os.environ["PATH"], "HOME": str(self.log.parent), "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_ready(self._process)

    def kill(self) -> None:
        """End it at once, as a power failure would: `kill -9`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while (heard := answer_or_none(self.url, "/health")) is None or heard.status != 200:
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"not ready\n{self.log.read_text(errors='replace')[-TAIL_CHARACTERS:]}")
            time.sleep(GLANCE_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
