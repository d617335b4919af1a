"""What the demonstration's providers cannot do without. What they do is shown end to end."""

import socket

import pytest

from mainstay.wiring.simulation import run_simulated_providers


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
        with pytest.raises(OSError, match="already in use"):
            run_simulated_providers((port, port, port, port))
