import threading

from mainstay.control.background import Background, StopSignal


def test_a_job_runs_until_it_is_told_to_end() -> None:
    began = threading.Event()

    def job(stop: StopSignal) -> None:
        began.set()
        stop.wait()

    background = Background("a job", job)
    background.start()
    assert began.wait(10)
    assert background.close()


def test_a_job_that_does_not_end_holds_nobody_up() -> None:
    release = threading.Event()

    def job(_stop: StopSignal) -> None:
        release.wait()

    background = Background("a job", job)
    background.start()
    assert not background.close(0.01)
    release.set()
    assert background.close()


def test_a_job_that_never_began_is_closed_without_harm() -> None:
    assert Background("a job", lambda _stop: None).close()
