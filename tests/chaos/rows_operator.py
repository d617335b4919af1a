"""What operators do while callers call: replace keys, restart, load a bad file; and a disk that is full."""

from http import HTTPStatus

from tests.chaos.balancer import EXCHANGE_HEADER
from tests.chaos.load import Sample
from tests.chaos.play import Deed, Pace, Row
from tests.chaos.probes import ENOUGH, all_say, ask, whereabouts
from tests.chaos.stage import DRAFT_KEY, TENANT, Replica, Stage

SECOND = 1
"""The number of the replica whose disk can be filled."""
REFUSED = 1
"""Exit code of a command that refuses."""


def fill_disk(stage: Stage, pace: Pace) -> Deed:
    """Durable work is refused there; a load balancer gives it to the other replica."""
    replica = stage.replicas[SECOND]
    stage.load.moves_on = lambda status, _body: status == HTTPStatus.SERVICE_UNAVAILABLE
    pids = replica.gateway.pids
    replica.disk.fill(pids)
    pace.hold(stage)
    said = {replica.gateway.status().status for _ in range(ENOUGH)}
    replica.disk.free(pids)
    over_at = stage.now()
    stage.until(stage.is_normal, "there is room again")
    stage.load.moves_on = lambda _status, _body: False
    wrong = () if "degraded" in said else (f"/readyz said {said} while the disk was full",)
    return Deed(over_at, f"by {replica.disk.way}", wrong=wrong)


def rotate_keys(stage: Stage, pace: Pace) -> Deed:
    """A new key signs; callers go on with the old tokens."""
    rotate(stage)
    fresh = stage.mint(TENANT)
    stage.until(
        lambda: all(all_say(one.gateway, fresh, HTTPStatus.OK) for one in stage.replicas), "new tokens are good"
    )
    pace.hold(stage)
    return Deed(stage.now())


def retire_keys(stage: Stage, _pace: Pace) -> Deed:
    """All old tokens end at once; callers get new ones."""
    old = stage.load.token
    rotate(stage, "--retire-now")
    began = stage.now()
    gateways = [one.gateway for one in stage.replicas]
    stage.until(lambda: all(all_say(one, old, HTTPStatus.UNAUTHORIZED) for one in gateways), "old tokens are refused")
    took = stage.now() - began
    stage.load.token = stage.mint(TENANT)
    over_at = stage.now()
    return Deed(over_at, f"old tokens are refused everywhere {took:.1f} s after the command")


def rotate(stage: Stage, *options: str) -> None:
    """Make a new signing key where tokens are made, and tell both gateways."""
    places = [word for one in stage.replicas for word in ("--to", one.gateway.url)]
    stage.replicas[0].command("token", "keys", "rotate", *options, *places)


def is_of_a_retired_key(sample: Sample) -> bool:
    """A token that was taken back, used until its caller had the new one."""
    return sample.status == HTTPStatus.UNAUTHORIZED


def replace_draft_key(stage: Stage, _pace: Pace) -> Deed:
    """Both replicas get a new key for drafts, worker by worker."""
    first, second = (one.gateway for one in stage.replicas)
    token = stage.load.token
    old = begun(stage.replicas[0], token)
    (stage.folder / DRAFT_KEY).write_text("the second key of drafts, which both replicas have from now on")
    for one in stage.replicas:
        one.command("route", "restart")
    over_at = stage.now()
    fresh = begun(stage.replicas[0], token)
    stage.until(lambda: whereabouts(second, token, fresh) == (HTTPStatus.OK, "complete"), "the other replica reads it")
    told = [whereabouts(one, token, old)[0] for one in (first, second)]
    remark = f"drafts of the old key: {' and '.join(map(str, told))}"
    wrong = tuple(f"a draft of the old key: {one}" for one in told if one == HTTPStatus.INTERNAL_SERVER_ERROR)
    return Deed(over_at, remark, wrong=wrong)


def begun(replica: Replica, token: str) -> str:
    """The id of a stream that was given and is kept."""
    return ask(replica.gateway, token, stream=True).header(EXCHANGE_HEADER)


def restart(stage: Stage, _pace: Pace) -> Deed:
    """Every worker of both replicas is replaced, one by one."""
    for one in stage.replicas:
        one.command("route", "restart")
    return Deed(stage.now())


def load_a_bad_file(stage: Stage, pace: Pace) -> Deed:
    """The file gets a mistake; the gateway is asked to load it, and finds it by itself."""
    replica = stage.replicas[0]
    replica.write({**stage.tree, "upstreams": {}})
    refused = replica.command("route", "reload", code=REFUSED)
    stage.until(lambda: "refused" in replica.command("route", "status"), "the gateway says that it was refused")
    pace.hold(stage)
    replica.write(stage.tree)
    replica.command("route", "reload")
    wrong = () if "upstreams" in refused else (f"the mistake is not told: {refused}",)
    return Deed(stage.now(), wrong=wrong)


OPERATORS = (
    Row("disk of one replica full", fill_disk),
    Row("rolling restart of both replicas", restart, moves=False),
    Row("reload with a bad file", load_a_bad_file, moves=False),
    Row("token keys rotated", rotate_keys, moves=False),
    Row("token keys rotated, older ones retired at once", retire_keys, is_of_a_retired_key),
    Row("key of drafts replaced by a rolling restart", replace_draft_key, moves=False),
)
