"""The living secret of every credential: a key as it is, a token as long as it lives. Implements `model.ports.Keys`.

An identity service that is down is told once to the operator and the journal, and stops nobody whose token lives.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from mainstay.gateway.tokens.reading import words
from mainstay.gateway.tokens.renewer import Renewer, Surroundings
from mainstay.gateway.tokens.source import Token, Trouble
from mainstay.gateway.tokens.sources import source_for
from mainstay.gateway.tokens.store import TokenStore, origin
from mainstay.model.catalogue import Credential, Upstream
from mainstay.model.ports import Journal
from mainstay.model.records import AlertRecord

FAILED_ALERT = "token-renewal-failed"
"""Kind of the alert record at the beginning of an identity service's outage; the last token may still live."""
DEAD_ALERT = "token-expired"
"""Kind of the alert record when the last token has died in an outage: its credential cannot be used."""
RECOVERED_ALERT = "token-renewal-recovered"
"""Kind of the alert record at the end of an outage."""

FILE_BYTES_MAX = 1_048_576
RETIRED_MAX = 1_000

_Key = tuple[str, str, str]


class Waiting(msgspec.Struct, frozen=True):
    """A credential that has no living token, and why."""

    upstream: str
    credential: str
    why: str


def read_text_file(path: str) -> str | Trouble:
    """A `ReadFile` that reads real files. The file's name may be shown, its text never is."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
        return Trouble(f"file {words(path)} cannot be read: {reason}")
    if len(content) > FILE_BYTES_MAX:
        return Trouble(f"file {words(path)} is larger than {FILE_BYTES_MAX} bytes")
    return content.decode("utf-8", "replace").strip()


class _Entry(msgspec.Struct):
    """A renewed credential. `origin` is what its tokens are kept under."""

    renewer: Renewer
    origin: str
    failing: bool = False
    dead_told: bool = False


class TokenKeeper:
    """All renewed credentials of one worker."""

    def __init__(
        self,
        surroundings: Surroundings,
        store: TokenStore,
        journal: Journal,
        environment: Mapping[str, str],
        *,
        report: Callable[[str], None],
        next_id: Callable[[], str],
    ) -> None:
        """Nothing is asked before `start`. `report` takes one line for the operator; `next_id` makes ids of records."""
        self._around = surroundings
        self._store = store
        self._journal = journal
        self._environment = environment
        self._report = report
        self._next_id = next_id
        self._entries: dict[_Key, _Entry] = {}
        self._by_name: dict[tuple[str, str], _Entry] = {}

    def start(self, upstreams: Iterable[Upstream]) -> None:
        """Take the tokens that an earlier run left and live, and ask for the others. Called in the event loop."""
        self._store.prune(self._around.wall())
        self.replace(upstreams)

    def replace(self, upstreams: Iterable[Upstream]) -> None:
        """Follow a new configuration. Credentials that stay keep their tokens; those that went are renewed no more,
        but what still runs with them may use their tokens up."""
        wanted = {
            (upstream.name, credential.name, credential.key): (upstream, credential)
            for upstream in upstreams
            for credential in upstream.credentials
            if credential.renewed
        }
        self._forget_dead()
        for key, entry in self._entries.items():
            if key not in wanted and not entry.renewer.retired:
                entry.renewer.retire()
        for key, (upstream, credential) in wanted.items():
            known = self._entries.get(key)
            if known is None or known.renewer.retired:
                self._add(key, upstream, credential, known)
        self._by_name = {key[:2]: self._entries[key] for key in wanted}

    def living(self, upstream: str, credential: Credential, wall: float) -> str | None:
        """See `model.ports.Keys`."""
        if not credential.renewed:
            return credential.key
        entry = self._entries.get((upstream, credential.name, credential.key))
        return None if entry is None else entry.renewer.living(wall)

    def rejected(self, upstream: str, credential: Credential) -> None:
        """The upstream answered 401 to this credential. Its token is renewed early (not more often than every 30
        seconds), and used until then."""
        entry = self._entries.get((upstream, credential.name, credential.key))
        if entry is not None:
            entry.renewer.rejected()

    def waiting(self) -> tuple[Waiting, ...]:
        """The renewed credentials that cannot be used now."""
        wall = self._around.wall()
        return tuple(
            Waiting(*name, entry.renewer.trouble.text)
            for name, entry in self._by_name.items()
            if entry.renewer.living(wall) is None
        )

    async def close(self) -> None:
        """Ask for nothing more."""
        for entry in self._entries.values():
            entry.renewer.retire()
        self._store.close()
        await self._around.services.close()

    def renewed(self, renewer: Renewer, token: Token) -> None:
        """See `Listener`."""
        entry = self._by_name[renewer.name]
        self._store.save(renewer.name, entry.origin, token)
        if entry.failing:
            entry.failing = entry.dead_told = False
            self._tell(renewer, RECOVERED_ALERT, "its token is renewed again")

    def failed(self, renewer: Renewer, trouble: Trouble) -> None:
        """See `Listener`."""
        entry = self._by_name[renewer.name]
        lives = renewer.living(self._around.wall()) is not None
        if not entry.failing:
            entry.failing = True
            entry.dead_told = not lives
            state = "the last one still lives and is used" if lives else "there is none to use meanwhile"
            self._tell(renewer, FAILED_ALERT, f"no new token, and {state}: {trouble.text}")
        elif not lives and not entry.dead_told:
            entry.dead_told = True
            self._tell(renewer, DEAD_ALERT, f"the last token has died, and there is no new one: {trouble.text}")

    def _add(self, key: _Key, upstream: Upstream, credential: Credential, retired: _Entry | None) -> None:
        name = key[:2]
        source = source_for(upstream.platform, credential.key, self._environment)
        usable = None if isinstance(source, str) else source
        came_from = origin(credential.key, usable.identity if usable else "")
        token = retired.renewer.token if retired else self._store.load(name, came_from, self._around.wall())
        renewer = Renewer(name, usable, self._around, self, token)
        entry = self._entries[key] = self._by_name[name] = _Entry(renewer, came_from)
        if isinstance(source, str):
            renewer.trouble = Trouble(source)
            entry.failing = entry.dead_told = True
            self._tell(renewer, FAILED_ALERT, source)
        renewer.start()

    def _forget_dead(self) -> None:
        """Let go of retired credentials whose tokens are dead, and of the oldest of too many."""
        wall = self._around.wall()
        retired = [key for key, entry in self._entries.items() if entry.renewer.retired]
        excess = len(retired) - RETIRED_MAX
        for number, key in enumerate(retired):
            if number < excess or self._entries[key].renewer.living(wall) is None:
                del self._entries[key]

    def _tell(self, renewer: Renewer, kind: str, message: str) -> None:
        upstream, credential = renewer.name
        self._report(f"credential {credential} of upstream {upstream}: {message}")
        self._journal.write(
            AlertRecord(
                id=self._next_id(),
                at=self._around.wall(),
                kind=kind,
                upstream=upstream,
                model="",
                credential=credential,
                message=message,
            )
        )
