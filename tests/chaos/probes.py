"""Single questions to one replica, beside the steady load."""

from http import HTTPStatus

import msgspec

from tests.chaos.clock import MovedClock
from tests.chaos.plane import GatewayPlane
from tests.chaos.stage import SMALL_ALLOWANCE, Stage
from tests.e2e.raw import Body, Heard, get, post

ENOUGH = 6
"""So many answers in a row that every worker has likely given one."""
ASKED = 3 * SMALL_ALLOWANCE
QUESTION: Body = {"model": "claude", "max_tokens": 100, "messages": [{"role": "user", "content": "Why? [words=1]"}]}


def ask(gateway: GatewayPlane, token: str, **more: object) -> Heard:
    """A short question."""
    return post(gateway.url, "/v1/messages", QUESTION | more, {"x-api-key": token, "anthropic-version": "2023-06-01"})


def all_say(gateway: GatewayPlane, token: str, status: HTTPStatus) -> bool:
    """Whether every worker answers this token so."""
    return all(ask(gateway, token).status == status for _ in range(ENOUGH))


def allowance_trouble(stage: Stage, gateway: GatewayPlane, tenant: str, moved_seconds: float = 0.0) -> str:
    """What is wrong with the allowance of a tenant that nobody has asked for yet; empty where it is neither unlimited
    nor nothing. `moved_seconds` says how far the gateway's clock is moved: its tokens are made on that day."""
    clock = MovedClock(stage.folder / f"clock-of-{tenant}", moved_seconds) if moved_seconds else None
    token = stage.mint(tenant, clock)
    counts = {HTTPStatus.OK: 0, HTTPStatus.TOO_MANY_REQUESTS: 0}
    for _ in range(ASKED):
        heard = ask(gateway, token)
        if heard.status not in counts:
            return f"{tenant}: {heard.status} {heard.text[:300]}"
        counts[HTTPStatus(heard.status)] += 1
    # Two workers may admit a little more than one, for each hears of the other's requests a moment later.
    if not SMALL_ALLOWANCE // 2 <= counts[HTTPStatus.OK] <= 2 * SMALL_ALLOWANCE:
        return f"{tenant}: {counts[HTTPStatus.OK]} of {ASKED} requests were let in, {SMALL_ALLOWANCE} are allowed"
    return ""


class _Standing(msgspec.Struct):
    state: str = ""


def whereabouts(gateway: GatewayPlane, token: str, exchange: str) -> tuple[int, str]:
    """What a replica says of an exchange: the status of its answer, and where the exchange stands."""
    heard = get(gateway.url, f"/v1/mainstay/exchanges/{exchange}", {"x-api-key": token})
    try:
        return heard.status, msgspec.json.decode(heard.body, type=_Standing).state
    except msgspec.DecodeError:
        return heard.status, ""
