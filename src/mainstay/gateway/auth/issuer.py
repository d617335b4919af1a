"""One issuer of others' tokens: its keys, fetched beside the path of requests and used however old they are."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Final

import msgspec

from mainstay.gateway.alarms import Timer
from mainstay.gateway.auth.issuer_asking import ask_for_keys
from mainstay.gateway.auth.issuer_files import KeptKeys, issuer_path, keep, read_kept
from mainstay.gateway.auth.threads import Run
from mainstay.gateway.tokens.renewal import Outcome, Renewal
from mainstay.gateway.tokens.renewer import Surroundings
from mainstay.gateway.tokens.schedule import JITTER_SHARE, retry_delay
from mainstay.gateway.tokens.source import Trouble
from mainstay.wire.trust.key_set import KeySet, read_key_set

REFRESH_SECONDS: Final = 3_600.0
ASKED_AGAIN_SECONDS: Final = 60.0
"""Tokens with unknown keys, which anybody can make, cause at most so many fetches: one in this time."""


class Desk(msgspec.Struct, frozen=True):
    """What all issuers share. `report` takes one line for the operator, `changed` is called when keys have changed,
    `run` runs a piece of writing."""

    state: Path
    around: Surroundings
    report: Callable[[str], None]
    changed: Callable[[], None]
    run: Run


class Issuer:
    """One issuer, at work from `start` to `close`. Never two fetches at a time."""

    def __init__(self, issuer: str, keys_url: str, desk: Desk) -> None:
        """`keys_url` is empty where the issuer is to be asked for it."""
        self.name = issuer
        self.keys_url = keys_url
        self.keys: KeySet | None = None
        self._desk = desk
        self._path = issuer_path(desk.state, issuer, keys_url)
        self._trouble: str | None = None
        self._failures = 0
        self._fetched_at = -inf
        self._begun_at = -inf
        self._due_at = inf
        self._text = ""
        self._renewal: Renewal | None = None
        self._timer: Timer | None = None

    def start(self) -> None:
        """Take the keys that an earlier run left, and ask for those of today."""
        kept = read_kept(self._path, self.name)
        if kept is not None:
            self.keys, self._fetched_at = kept
        self._rest(0.0)

    def close(self) -> None:
        """Ask no more."""
        self._stop()
        if self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None

    def missed(self) -> None:
        """A token names a key that is not known: perhaps a new one. Never blocks."""
        now = self._desk.around.clock.time()
        due_at = max(now, self._begun_at + ASKED_AGAIN_SECONDS)
        if self._renewal is None and due_at < self._due_at:
            self._rest(due_at - now)

    @property
    def state(self) -> str:
        """`ok`, or what is wrong."""
        if self._trouble is None:
            return "ok" if self.keys is not None else "its keys have not been fetched yet"
        if self.keys is None:
            return f"{self._trouble}; it has no keys yet, so its tokens cannot be verified"
        return f"{self._trouble}; going on with its keys of {_date(self._fetched_at)}"

    def _rest(self, seconds: float) -> None:
        self._stop()
        clock = self._desk.around.clock
        self._due_at = clock.time() + seconds
        self._timer = clock.call_at(self._due_at, self._fetch)

    def _stop(self) -> None:
        self._due_at = inf
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fetch(self) -> None:
        self._stop()
        around = self._desk.around
        self._begun_at = around.clock.time()
        asking = ask_for_keys(self.name, self.keys_url)
        self._renewal = Renewal(asking, self.name, around.services, around.clock, self._done)
        self._renewal.start()

    def _done(self, outcome: Outcome) -> None:
        self._renewal = None
        dice = self._desk.around.dice
        if isinstance(outcome, Trouble):
            self._failures += 1
            self._troubled(outcome.text)
            # An issuer that is down longer is asked once a minute, as others' tokens are never asked for more often.
            self._rest(retry_delay(self._failures, dice))
            return
        self._failures = 0
        self._take(outcome.value)
        self._rest(REFRESH_SECONDS * (1 - JITTER_SHARE * dice()))

    def _take(self, text: str) -> None:
        keys = read_key_set(text.encode("utf-8", "surrogatepass"))
        if isinstance(keys, str):
            self._troubled(keys)
            return
        if self._trouble is not None:
            self._trouble = None
            self._desk.report(f"auth: issuer {self.name}: its keys are fetched again")
        self.keys, self._fetched_at = keys, self._desk.around.wall()
        if text != self._text:
            self._text = text
            self._desk.changed()
        kept = KeptKeys(self.name, self._fetched_at, text)
        self._desk.run(lambda: self._keep(kept))

    def _keep(self, kept: KeptKeys) -> None:
        try:
            keep(self._path, kept)
        except OSError as error:
            self._desk.report(f"auth: issuer {self.name}: its keys cannot be kept: {error.strerror or error}")

    def _troubled(self, why: str) -> None:
        was, self._trouble = self._trouble, why
        if was is None:
            self._desk.report(f"auth: issuer {self.name}: {self.state}")


def _date(at: float) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return "an unknown date"
