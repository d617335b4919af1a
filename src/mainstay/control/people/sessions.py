"""Sessions: signed cookies that hold all there is to know, so that no outage of another part logs anybody out."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from mainstay.control.people.cookie_keys import Seal
from mainstay.control.people.roles import Origin, Role

LIFE_SECONDS: Final = 43_200.0
"""How long a session lives unused."""
RENEW_SECONDS: Final = 900.0
"""A cookie that is older is replaced when it is used."""
WHOLE_LIFE_SECONDS: Final = 604_800.0
"""After so long a person logs in again, however busy the session is."""
CLOCK_LEEWAY_SECONDS: Final = 3_600.0
"""A session from a further future was made while the clock was wrong."""
ENDED_MAX: Final = 10_000

_PURPOSE: Final = "session"


class Session(msgspec.Struct, frozen=True, array_like=True):
    """What the cookie holds. `epoch` is that of a local account; `role` and `policy` are those of a provider's person.

    Instants are seconds since 1970."""

    id: str
    name: str
    origin: Origin
    epoch: int
    role: Role
    policy: str
    began_at: float
    issued_at: float


class Sessions:
    """Makes, reads and ends sessions. Asks nobody."""

    def __init__(self, seal: Seal, wall: Callable[[], float], random_id: Callable[[], str]) -> None:
        """`wall` gives seconds since 1970; `random_id` words that nobody can guess."""
        self.seal = seal
        self.random_id = random_id
        self._wall = wall
        self._ended: OrderedDict[str, None] = OrderedDict()

    def begin(self, name: str, origin: Origin, *, epoch: int = 0, role: Role = Role.VIEWER, policy: str = "") -> str:
        """The cookie of a new session, under an id that was never given before."""
        now = self._wall()
        return self._sealed(Session(self.random_id(), name, origin, epoch, role, policy, now, now))

    def read(self, cookie: str) -> Session | None:
        """The session of a cookie; `None` for one that is forged, over or ended."""
        payload = self.seal.unseal(_PURPOSE, cookie)
        if payload is None:
            return None
        try:
            session = msgspec.json.decode(payload, type=Session)
        except ValueError:  # signed by another version of ours
            return None
        now = self._wall()
        is_over = now >= min(session.issued_at + LIFE_SECONDS, session.began_at + WHOLE_LIFE_SECONDS)
        is_from_future = session.issued_at > now + CLOCK_LEEWAY_SECONDS
        return None if is_over or is_from_future or session.id in self._ended else session

    def renewed(self, session: Session) -> str | None:
        """A younger cookie of the same session; `None` while the one that was sent is young enough."""
        now = self._wall()
        if now - session.issued_at < RENEW_SECONDS:
            return None
        return self._sealed(msgspec.structs.replace(session, issued_at=now))

    def end(self, session: Session) -> None:
        """Refuse its cookies from now on, until we end: then only their own end counts."""
        self._ended[session.id] = None
        if len(self._ended) > ENDED_MAX:
            self._ended.popitem(last=False)

    def _sealed(self, session: Session) -> str:
        return self.seal.seal(_PURPOSE, msgspec.json.encode(session))
