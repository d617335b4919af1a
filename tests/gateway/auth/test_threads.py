from threading import Event, current_thread

from mainstay.gateway.auth.threads import run_beside


def test_a_job_runs_beside_us_and_holds_nobody_up() -> None:
    done = Event()
    seen: list[tuple[str, bool]] = []

    def job() -> None:
        seen.append((current_thread().name, current_thread().daemon))
        done.set()

    run_beside(job)
    assert done.wait(20.0)
    assert seen == [("auth-files", True)]
