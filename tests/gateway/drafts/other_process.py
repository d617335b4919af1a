"""Another worker process, for tests: runs on a folder until it is told to end, or killed.

`python other_process.py STATE WORKER write` keeps a running draft; `... claim COUNT` claims keys as fast as it can.
"""

import asyncio
import sys
from pathlib import Path

from mainstay.gateway.drafts.claiming import Claimed
from mainstay.gateway.drafts.entries import Opening
from mainstay.gateway.drafts.siblings import drafts_folder
from mainstay.gateway.drafts.store import DraftStore

EVENT = b'event: delta\ndata: {"number":1}\n\n'


def opening(owner: str) -> Opening:
    return Opening(
        "ex_1", 0.0, 1e12, "local", "default", False, "anthropic", "/v1/messages", (), b"{}", "m", "answer", True,  # noqa: FBT003 - as its fields
        owner=owner,
    )  # fmt: skip


async def write(store: DraftStore) -> None:
    """A draft that nobody ends."""
    draft = store.open(opening(store.owner.token))
    draft.delivered(EVENT)
    done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    draft.delivered(EVENT, written=done.set_result)
    await done
    print("ready", flush=True)  # noqa: T201 - whoever started us waits for it
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


async def claim(store: DraftStore, count: int) -> None:
    """Claim key after key; say which were ours."""
    print("ready", flush=True)  # noqa: T201 - as above
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    for number in range(count):
        done: asyncio.Future[Claimed] = asyncio.get_running_loop().create_future()
        claims = store.claims
        wanted = claims.new(f"ex_{store.owner.token}_{number}", "digest")
        claims.claim(claims.name("acme", "/v1", f"key-{number}"), wanted, done.set_result)
        claimed = await done
        print(int(claimed.is_ours), claimed.claim.exchange_id, flush=True)  # noqa: T201 - as above


async def main(state: str, worker: str, role: str, *rest: str) -> None:
    """Play a role."""
    folder = drafts_folder(Path(state), int(worker))
    store = DraftStore(
        folder,
        Path(state) / "keys",
        asyncio.get_running_loop(),
        report=print,
        key=bytes(range(32)),
        node=f"here/{worker}",
    )
    store.start()
    if role == "write":
        await write(store)
    else:
        await claim(store, int(rest[0]))
    store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
