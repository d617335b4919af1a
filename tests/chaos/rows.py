"""What is broken: each dependency and each part, killed and paused."""

import signal
from collections.abc import Callable
from time import monotonic

from tests.chaos.plane import ControlPlane
from tests.chaos.play import Deed, Pace, Row
from tests.chaos.stage import Stage
from tests.e2e.process import is_running
from tests.services.processes import send

FIRST = 0
"""The number of the replica whose gateway is hurt."""


def kill_postgres(stage: Stage, pace: Pace) -> Deed:
    stage.postgres.kill()
    pace.hold(stage)
    stage.postgres.start()
    return Deed(monotonic())


def pause_postgres(stage: Stage, pace: Pace) -> Deed:
    stage.postgres.pause()
    pace.hold(stage)
    stage.postgres.resume()
    return Deed(monotonic())


def kill_redis(stage: Stage, pace: Pace) -> Deed:
    stage.redis.kill()
    pace.hold(stage)
    stage.redis.start()
    return Deed(monotonic())


def pause_redis(stage: Stage, pace: Pace) -> Deed:
    stage.redis.pause()
    pace.hold(stage)
    stage.redis.resume()
    return Deed(monotonic())


def kill_control(stage: Stage, _pace: Pace) -> Deed:
    acting = stage.acting()
    began = monotonic()
    acting.kill()
    remark = taken_over(stage, acting, began)
    acting.start()
    return Deed(monotonic(), remark)


def pause_control(stage: Stage, _pace: Pace) -> Deed:
    acting = stage.acting()
    began = monotonic()
    acting.pause()
    remark = taken_over(stage, acting, began)
    acting.resume()
    return Deed(monotonic(), remark)


def taken_over(stage: Stage, gone: ControlPlane, began: float) -> str:
    """Wait until the other control plane acts."""
    others = [one for one in stage.controls if one is not gone]
    stage.until(lambda: any(one.acts for one in others), "the standby takes over")
    return f"standby acts after {monotonic() - began:.1f} s"


def kill_worker(stage: Stage, _pace: Pace) -> Deed:
    gateway = stage.replicas[FIRST].gateway
    before = gateway.workers
    victim = before[0]
    killed_at = monotonic()
    send([victim], signal.SIGKILL)
    stage.until(lambda: len(gateway.workers) == len(before) and victim not in gateway.workers, "the worker is back")
    return Deed(killed_at, killed=(FIRST,), killed_at=killed_at)


def pause_worker(stage: Stage, pace: Pace) -> Deed:
    victim = stage.replicas[FIRST].gateway.workers[0]
    send([victim], signal.SIGSTOP)
    pace.hold(stage)
    send([victim], signal.SIGCONT)
    return Deed(monotonic())


def stop_worker(stage: Stage, _pace: Pace) -> Deed:
    """Pause a worker until its supervisor gives it up. What it had not written when it was paused it never writes."""
    victim = stage.replicas[FIRST].gateway.workers[0]
    paused_at = monotonic()
    send([victim], signal.SIGSTOP)
    stage.until(lambda: not is_running(victim), "the silent worker is given up")
    return Deed(monotonic(), f"given up after {monotonic() - paused_at:.1f} s", (FIRST,), paused_at)


def kill_replica(stage: Stage, pace: Pace) -> Deed:
    replica = stage.replicas[FIRST]
    killed_at = monotonic()
    replica.gateway.kill()
    replica.control.kill()
    pace.hold(stage)
    replica.gateway.start()
    replica.control.start()
    return Deed(monotonic(), killed=(FIRST,), killed_at=killed_at)


def pause_replica(stage: Stage, pace: Pace) -> Deed:
    replica = stage.replicas[FIRST]
    replica.gateway.pause()
    replica.control.pause()
    pace.hold(stage)
    replica.control.resume()
    replica.gateway.resume()
    return Deed(monotonic())


def pause_everything(stage: Stage, pace: Pace) -> Deed:
    pauses: list[Callable[[], None]] = [stage.postgres.pause, stage.redis.pause, *(one.pause for one in stage.controls)]
    for pause in pauses:
        pause()
    pace.hold(stage)
    stage.postgres.resume()
    stage.redis.resume()
    for one in stage.controls:
        one.resume()
    return Deed(monotonic())


def kill_everything(stage: Stage, pace: Pace) -> Deed:
    stage.postgres.kill()
    stage.redis.kill()
    for one in stage.controls:
        one.kill()
    pace.hold(stage)
    stage.postgres.start()
    stage.redis.start()
    for one in stage.controls:
        one.start()
    return Deed(monotonic())


OUTAGES = (
    Row("PostgreSQL paused", pause_postgres, moves=False),
    Row("PostgreSQL killed", kill_postgres, moves=False),
    Row("Redis paused", pause_redis, moves=False),
    Row("Redis killed", kill_redis, moves=False),
    Row("acting control plane paused", pause_control, moves=False),
    Row("acting control plane killed", kill_control, moves=False),
    Row("one worker paused", pause_worker, moves=False),
    Row("one worker killed", kill_worker),
    Row("PostgreSQL, Redis, both control planes paused at once", pause_everything, moves=False),
    Row("PostgreSQL, Redis, both control planes killed at once", kill_everything, moves=False),
)
"""Rows of a few seconds each."""
MACHINES = (
    Row("one worker paused for good", stop_worker),
    Row("one replica paused", pause_replica),
    Row("one replica killed", kill_replica),
)
