"""People: whom a cookie belongs to, and the login with a password."""

import hashlib
from typing import Final

import msgspec

from mainstay.config.snapshot import Login
from mainstay.control.people.accounts import Accounts, account_name
from mainstay.control.people.api_keys import ApiKeys
from mainstay.control.people.passwords import Passwords
from mainstay.control.people.roles import NOBODY_LOGS_IN, Origin, Person, Role, role_of
from mainstay.control.people.sessions import Session, Sessions
from mainstay.control.people.throttle import Throttle

SHOWN_CHARACTERS_MAX: Final = 100

_BROWSER: Final = "browser"


class LoggedIn(msgspec.Struct, frozen=True):
    """A login that succeeded: the cookie of its session, and one by which the browser is known again."""

    person: Person
    cookie: str
    browser_cookie: str


class Refused(msgspec.Struct, frozen=True):
    """A login that failed. `wait_seconds` above 0: it was not even tried."""

    wait_seconds: float = 0.0


class Known(msgspec.Struct, frozen=True):
    """Whom a request comes from; without a session where nobody logs in."""

    person: Person
    session: Session | None = None


class People:
    """All that the control plane knows of people. Nothing here waits for another part of the product."""

    def __init__(  # noqa: PLR0913 - everything that is known of people
        self,
        accounts: Accounts,
        passwords: Passwords,
        sessions: Sessions,
        throttle: Throttle,
        *,
        login: Login | None,
        may_run_open: bool,
        keys: ApiKeys | None = None,
    ) -> None:
        """`may_run_open`: whether only this machine can reach us, so that nobody needs to log in while there is neither
        an account nor an identity provider."""
        self.accounts = accounts
        self.passwords = passwords
        self.sessions = sessions
        self.throttle = throttle
        self.keys = keys
        self.policy = "" if login is None else _policy(login)
        self._login = login
        self._may_run_open = may_run_open

    @property
    def is_open(self) -> bool:
        """Whether everybody is admin without a login. It ends for good with the first account."""
        if self._may_run_open and (self._login is not None or self.accounts.were_ever_seen):
            self._may_run_open = False
        return self._may_run_open

    @property
    def mode(self) -> str:
        """How people log in, in a word or two."""
        if self.is_open:
            return "open"
        ways = ["local"] if self.accounts.all() else []
        return "+".join([*ways, *(["provider"] if self._login is not None else [])]) or "nobody"

    def identify_key(self, key: str) -> Known | None:
        """Whom a program acts for that sends this key. It may never do more than its person."""
        owner = None if self.keys is None else self.keys.owner(key)
        account = None if owner is None else self.accounts.get(owner[0])
        role = None if account is None else role_of(account.role)
        if owner is None or role is None:
            return None
        return Known(Person(owner[0], min(role, owner[1]), Origin.KEY))

    def identify(self, cookie: str) -> Known | None:
        """Whom a session cookie belongs to; without a look at anything but our own files."""
        session = self.sessions.read(cookie) if cookie else None
        person = None if session is None else self._person(session)
        if person is not None:
            return Known(person, session)
        return Known(NOBODY_LOGS_IN) if self.is_open else None

    async def log_in(self, name: str, password: str, address: str, browser_cookie: str) -> LoggedIn | Refused:
        """Log in with a password. Known and unknown names take the same work. Raises `BusyError`."""
        kept = account_name(name) or ""
        browser = self._browser_of(browser_cookie, kept)
        # A throttled name is one of ours or none of ours alike; the key is bounded as names are.
        key = kept or hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
        wait = self.throttle.begin(key, address, browser)
        if wait > 0:
            return Refused(wait)
        account = self.accounts.get(kept)
        if not await self.passwords.verify(None if account is None else account.password, password) or account is None:
            return Refused()
        self.throttle.succeeded(key, address, browser)
        person = Person(kept, role_of(account.role) or Role.VIEWER, Origin.LOCAL)
        cookie = self.sessions.begin(kept, Origin.LOCAL, epoch=account.epoch)
        known = (kept, browser or self.sessions.random_id())
        return LoggedIn(person, cookie, self.sessions.seal.seal(_BROWSER, msgspec.json.encode(known)))

    def log_in_provided(self, name: str, role: Role) -> tuple[Person, str]:
        """Log in whom the identity provider has vouched for; gives the cookie too."""
        shown = shown_name(name)
        cookie = self.sessions.begin(shown, Origin.PROVIDER, role=role, policy=self.policy)
        return Person(shown, role, Origin.PROVIDER), cookie

    def _person(self, session: Session) -> Person | None:
        match session.origin:
            case Origin.LOCAL:
                account = self.accounts.get(session.name)
                role = None if account is None or account.epoch != session.epoch else role_of(account.role)
                return None if role is None else Person(session.name, role, Origin.LOCAL)
            case Origin.PROVIDER if self.policy and session.policy == self.policy:
                return Person(session.name, session.role, Origin.PROVIDER)
            case _:
                return None

    def _browser_of(self, cookie: str, name: str) -> str:
        """The id of a browser in which this person has logged in before; "" for any other."""
        payload = self.sessions.seal.unseal(_BROWSER, cookie) if cookie else None
        if payload is None:
            return ""
        try:
            owner, browser = msgspec.json.decode(payload, type=tuple[str, str])
        except ValueError:
            return ""
        return browser if owner == name else ""


def shown_name(text: str) -> str:
    """A name that others made up, fit for pages and logs: printable and of bounded length."""
    kept = "".join(character for character in text[: SHOWN_CHARACTERS_MAX * 4] if character.isprintable()).strip()
    return kept[:SHOWN_CHARACTERS_MAX] or "somebody"


def _policy(login: Login) -> str:
    """A digest of who is let in: sessions that an earlier rule let in are over."""
    rule = msgspec.json.encode((login.issuer, login.client_id, login.roles_claim, sorted(login.roles.items())))
    return hashlib.sha256(rule).hexdigest()[:16]
