"""The folder `state/orders`: one small file for each order. Gateways follow it; commands and the control plane write
into it. Each order is a register: of two accounts the one with the higher revision stays."""

import os
import re
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Final

import msgspec

from mainstay.engine.routing.register import newer
from mainstay.engine.routing.soundness import ID, problem_of
from mainstay.gateway.auth.files import locked, read_file
from mainstay.gateway.whole_file import UNFINISHED, replace_file
from mainstay.model.orders import Order

ORDERS_MAX: Final = 1_000
"""Orders that are known at a time, those among them that have ended."""
IN_FORCE_MAX: Final = 200
ORDER_BYTES_MAX: Final = 65_536
REMEMBERED_SECONDS: Final = 86_400.0
"""How long an order is kept beyond its expiry. One that was ended stays until then too: a gateway that was off
meanwhile must learn that it has ended."""
TROUBLES_MAX: Final = 20
LOCK_FILE: Final = "lock"
SUFFIX: Final = ".json"
UNFINISHED_SECONDS: Final = 3_600.0

_NAME: Final = re.compile(ID.pattern + re.escape(SUFFIX))

Stamp = tuple[int, int, int]
"""By which a file is known to be the same: its time, size and number."""


class OrderFolder:
    """Reads and writes the folder. All methods may raise `OSError`, unless they say otherwise."""

    def __init__(self, state: Path) -> None:
        """In this state folder. Nothing is made before something is written."""
        self.path = state / "orders"

    def lock(self) -> AbstractContextManager[None]:
        """Keep all others from writing meanwhile."""
        return locked(self.path / LOCK_FILE)

    def stamps(self) -> dict[str, Stamp]:
        """What the files look like from outside, by the order's id; of too many those with the first names."""
        found: dict[str, Stamp] = {}
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    if _NAME.fullmatch(entry.name):
                        # A file may be replaced or removed at this moment.
                        with suppress(FileNotFoundError):
                            seen = entry.stat(follow_symlinks=False)
                            found[entry.name.removesuffix(SUFFIX)] = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
        except FileNotFoundError:
            return {}
        return found if len(found) <= ORDERS_MAX else dict(sorted(found.items())[:ORDERS_MAX])

    def read(self, identity: str) -> Order | str | None:
        """One order; a text says why its file cannot be used, `None` that there is none. Raises nothing."""
        path = self._path(identity)
        try:
            order = msgspec.json.decode(read_file(path, ORDER_BYTES_MAX), type=Order)
        except FileNotFoundError:
            return None
        except OSError as error:
            return f"{path}: {error.strerror or error}"
        except (ValueError, RecursionError):
            return f"{path}: is no order, or damaged"
        why = problem_of(order) or ("" if order.id == identity else "it is not named after its id")
        return f"{path}: {why}" if why else order

    def all(self) -> tuple[dict[str, Order], list[str]]:
        """Every order that can be read, by its id, and what is wrong with others."""
        orders: dict[str, Order] = {}
        troubles = []
        for identity in self.stamps():
            found = self.read(identity)
            if isinstance(found, Order):
                orders[identity] = found
            elif found is not None:
                troubles.append(found)
        return orders, troubles[:TROUBLES_MAX]

    def keep(self, order: Order) -> Order:
        """Write an order where it is the newer account; which one is kept. Hold the lock."""
        known = self.read(order.id)
        kept = newer(known, order) if isinstance(known, Order) else order
        if kept != known:
            replace_file(self._path(order.id), msgspec.json.encode(kept))
        return kept

    def forget(self, wall: float) -> list[str]:
        """Remove what has been over for long enough, and what somebody left half written; the ids of what was
        removed. Hold the lock."""
        orders, _ = self.all()
        gone = [identity for identity, order in orders.items() if is_past(order, wall)]
        for identity in gone:
            self._path(identity).unlink(missing_ok=True)
        for left in self.path.glob(f"{UNFINISHED}*"):
            with suppress(FileNotFoundError):
                if wall - left.stat().st_mtime > UNFINISHED_SECONDS:
                    left.unlink()
        return gone

    def _path(self, identity: str) -> Path:
        return self.path / f"{identity}{SUFFIX}"


def is_past(order: Order, wall: float) -> bool:
    """Whether nobody needs to know of it any more."""
    return wall >= order.expires_at + REMEMBERED_SECONDS
