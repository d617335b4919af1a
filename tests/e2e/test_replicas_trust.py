"""Tokens that were taken back and keys that were changed on one machine are so on all, without anybody pushing them."""

import time
from pathlib import Path

from tests.e2e.lanes import Tree
from tests.e2e.raw import get
from tests.e2e.replicas import Replica, Replicas, measured, one_trust, replicas

SECTIONS: dict[str, Tree] = {"auth": {"callers": "tokens"}}


def status(gateway: Replica, token: str) -> int:
    return get(gateway.url, "/v1/models", {"x-api-key": token}).status


def until_status(gateway: Replica, token: str, expected: int) -> float:
    """Wait until a token is answered so; how long that took."""
    began_at = time.monotonic()
    gateway.until(lambda: status(gateway, token) == expected, f"the token is answered with {expected}")
    return time.monotonic() - began_at


def serials(world: Replicas) -> list[int]:
    return [one.readiness.identity.serial for one in world.gateways]


def test_revocation_and_rotation_reach_all_machines_and_outlive_a_restart_without_redis(tmp_path: Path) -> None:
    with replicas(tmp_path, workers=2, prepare=one_trust, sections=SECTIONS) as world:
        first, second = world.gateways
        token, kept = first.token(), first.token()
        assert [status(second, one) for one in (token, kept)] == [200, 200]
        first.command("token", "revoke", token)
        measured(f"revoked at the second machine {until_status(second, token, 401):.2f} s after the command")
        assert status(second, kept) == 200
        first.command("token", "keys", "rotate")
        fresh = first.token()
        measured(f"a token of the new key is good there {until_status(second, fresh, 200):.2f} s after the command")
        assert status(second, kept) == 200, "older keys verify until their tokens are over"
        # The machine that has heard it starts again, with nobody to ask.
        second.until(lambda: len(set(serials(world))) == 1, "both have the same bundle")
        world.redis.kill()
        second.kill_all()
        second.start()
        assert [status(second, one) for one in (token, kept, fresh)] == [401, 200, 200]
        # What happens meanwhile it learns when it can.
        first.command("token", "revoke", kept)
        until_status(first, kept, 401)
        assert status(second, kept) == 200
        world.redis.start()
        measured(f"revoked at the second machine {until_status(second, kept, 401):.2f} s after Redis was back")
        # Every token ends with its key. What the operator shows is no good any more, too.
        first.command("token", "keys", "rotate", "--retire-now")
        measured(f"all older tokens ended there within {until_status(second, fresh, 401):.2f} s")
        for one in world.gateways:
            until_status(one, first.token(), 200)


def test_a_machine_that_was_off_learns_it_when_it_starts(tmp_path: Path) -> None:
    with replicas(tmp_path, prepare=one_trust, sections=SECTIONS) as world:
        first, second = world.gateways
        token = first.token()
        second.kill_all()
        first.command("token", "revoke", token)
        until_status(first, token, 401)
        second.start()
        measured(f"revoked {until_status(second, token, 401):.2f} s after the second machine started")
