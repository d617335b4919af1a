import os
import socket
import threading
from pathlib import Path

from bench.child import connections_of, free_ports, started, thread_cpu_seconds


def test_connections_are_counted_at_the_end_that_was_called() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as calling:
            assert connections_of(os.getpid(), port) == 0
            with server.accept()[0]:
                assert connections_of(os.getpid(), port) == 1
                assert connections_of(os.getpid(), calling.getsockname()[1]) == 1


def test_free_ports_differ() -> None:
    assert len(set(free_ports(20))) == 20


def test_the_time_of_a_thread_is_its_own() -> None:
    going_on = threading.Event()
    idle = threading.Thread(target=going_on.wait)
    idle.start()
    try:
        mine, its = thread_cpu_seconds(threading.current_thread()), thread_cpu_seconds(idle)
        sum(range(1_000_000))
        assert thread_cpu_seconds(threading.current_thread()) - mine > thread_cpu_seconds(idle) - its
    finally:
        going_on.set()
        idle.join()


def test_what_a_child_says_is_told_without_the_usual(tmp_path: Path) -> None:
    says = "echo reload: accepted; echo 'journal: cannot write' >&2"
    core = min(os.sched_getaffinity(0))
    with started("child", ["sh", "-c", says], core, tmp_path, os.environ) as child:
        child.process.wait(20)
        assert child.said("reload: ") == ["journal: cannot write"]
