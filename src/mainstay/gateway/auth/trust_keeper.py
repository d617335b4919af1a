"""The trust bundle that this process goes by: from its own disk at first, later also from elsewhere.

Whatever happens to the file, a bundle that was good once is used until a newer one descends from it.
"""

from collections.abc import Callable
from typing import Final

from mainstay.gateway.alarms import Clock, Timer
from mainstay.gateway.auth.threads import Run, run_beside
from mainstay.gateway.auth.trust_folder import Stamp, TrustFolder
from mainstay.wire.trust.bundle import Trust, read_bundle
from mainstay.wire.trust.succession import successor

LOOK_SECONDS: Final = 1.0


class TrustKeeper:
    """One process's bundle. Workers of one gateway share the folder, each with a keeper of its own."""

    def __init__(
        self, folder: TrustFolder, report: Callable[[str], None], changed: Callable[[Trust], None], run: Run | None
    ) -> None:
        """`report` takes one line for the operator; `changed` is told of each bundle that takes over. `run` runs a
        piece of writing; without it, a thread does."""
        self.trust: Trust | None = None
        self._folder = folder
        self._report = report
        self._changed = changed
        self._run = run or run_beside
        self._clock: Clock | None = None
        self._timer: Timer | None = None
        self._seen: Stamp | None = None
        self._is_absent = True
        self._file_trouble: str | None = None
        self._unsaved: Trust | None = None
        self._saving = False
        self._save_trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """What is wrong with the folder, in words for an operator."""
        return self._file_trouble or self._save_trouble

    def start(self, clock: Clock) -> None:
        """Read the folder, and look at it from now on."""
        self._clock = clock
        self._begin()
        self._rest()

    def close(self) -> None:
        """Look no more."""
        self._clock = None
        if self._timer is not None:
            self._timer.cancel()

    def offer(self, text: str) -> str | None:
        """Take a bundle that came from elsewhere, if it is newer and genuine; a text says why it was not taken.

        The one that is known already is no reason to complain. Where no bundle is pinned, none is taken: the first one
        must come by the disk.
        """
        if self.trust is None:
            return f"no trust bundle is pinned here: put the first one into {self._folder.path}"
        found = successor(self.trust, text.strip())
        if isinstance(found, str):
            return found
        if found is not self.trust:
            self._unsaved = found
            self._save()
            self._adopt(found)
        return None

    def _begin(self) -> None:
        try:
            self._seen = self._folder.stamp()
        except OSError as error:
            self._seen = None
            self._troubled(f"{self._folder.path}: {error.strerror or error}")
        found = self._folder.bundle()
        self._is_absent = self._seen is None and not isinstance(found, Trust)
        previous = self._folder.previous_bundle() if not isinstance(found, Trust) else None
        if isinstance(found, Trust):
            self.trust = found
        elif isinstance(previous, Trust):
            self.trust = previous
            self._troubled(f"{found or 'the trust bundle is gone'}; going on with the last good copy")
        elif found is not None or previous is not None:
            self._troubled(f"{found or previous}; tokens cannot be verified")
        if self.trust is not None:
            self._changed(self.trust)

    def _rest(self) -> None:
        if self._clock is not None:
            self._timer = self._clock.call_at(self._clock.time() + LOOK_SECONDS, self._tick)

    def _tick(self) -> None:
        self._look()
        self._save()
        self._rest()

    def _look(self) -> None:
        """Follow the file, if it has changed."""
        try:
            stamp = self._folder.stamp()
            if stamp is None and self._is_absent:
                # There never was one, and so nothing is wrong (any more).
                self._file_trouble = None
                return
            if stamp == self._seen:
                return
            text = self._folder.bundle_text() if stamp is not None else ""
        except OSError as error:
            self._seen = None
            self._troubled(f"{self._folder.path}: {error.strerror or error}; going on with what is known")
            return
        self._seen = stamp
        self._is_absent = False
        if stamp is None:
            self._troubled(f"{self._folder.path}: the trust bundle is gone; going on with what is known")
            return
        found = successor(self.trust, text) if self.trust is not None else read_bundle(text)
        if isinstance(found, str):
            self._troubled(
                f"{self._folder.path}: the trust bundle there is not taken, for {found}; "
                "a restart of the gateway would pin it"
            )
            return
        self._file_trouble = None
        if found is not self.trust:
            self._adopt(found)

    def _adopt(self, trust: Trust) -> None:
        self.trust = trust
        self._changed(trust)

    def _troubled(self, why: str) -> None:
        if why != self._file_trouble:
            self._file_trouble = why
            self._report(f"auth: {why}")

    def _save(self) -> None:
        """Keep what came from elsewhere. What cannot be kept now is tried again."""
        if self._unsaved is not None and not self._saving:
            self._saving = True
            self._run(self._save_beside)

    def _save_beside(self) -> None:
        trust = self._unsaved
        try:
            if trust is not None:
                with self._folder.lock():
                    kept = self._folder.bundle()
                    if not isinstance(kept, Trust) or kept.serial < trust.serial:
                        self._folder.write_bundle(trust.text)
        except OSError as error:
            why = f"{self._folder.path}: a newer trust bundle cannot be kept: {error.strerror or error}"
            if why != self._save_trouble:
                self._save_trouble = why
                self._report(f"auth: {why}")
        else:
            self._save_trouble = None
            if self._unsaved is trust:
                self._unsaved = None
        finally:
            self._saving = False
