"""What an operator does with tokens and keys: mint, revoke, rotate. Works on the folder alone; no gateway need run."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from mainstay.gateway.auth.trust_folder import Minted, TrustFolder
from mainstay.model.fault import Fault
from mainstay.wire.trust.bundle import Bundle, Trust, sign_bundle
from mainstay.wire.trust.changes import (
    OVERLAP_SECONDS,
    first_bundle,
    issue_at,
    rotated,
    without_tenant,
    without_token,
)
from mainstay.wire.trust.claims import ISSUER, LEEWAY_SECONDS, AllowanceClaim, Claims, checked, token_id
from mainstay.wire.trust.keys import SEED_BYTES, SigningKey, key_from_seed
from mainstay.wire.trust.token import PREFIX, mint, read_token

_TOKEN_ID: Final = re.compile(r"tok_[0-9a-f]{25}")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ID_BYTES: Final = 7
_DAY_SECONDS: Final = 86_400


class RegistrarError(Exception):
    """Why something cannot be done, in a line that says what to do."""


class Wish(msgspec.Struct, frozen=True):
    """The token that somebody wants."""

    tenant: str
    name: str
    days: int
    workload: str | None = None
    models: tuple[str, ...] = ()
    allowance: AllowanceClaim | None = None


class Registrar:
    """Changes one folder. Those of concurrent commands wait for one another.

    Every method raises `RegistrarError` where the wish cannot be granted or the folder cannot be read or written.
    """

    def __init__(self, folder: TrustFolder, wall: Callable[[], float], random_bytes: Callable[[int], bytes]) -> None:
        """`wall` gives seconds since 1970, `random_bytes` so many bytes that nobody can guess."""
        self._folder = folder
        self._wall = wall
        self._random_bytes = random_bytes

    def mint(self, wish: Wish) -> tuple[str, Claims]:
        """A new token and what it says. The first one makes the key and the trust bundle too."""
        with self._at_work():
            trust, key = self._begun()
            wall = self._wall()
            issued_at = issue_at(trust.bundle, wish.tenant, wall)
            claims = checked(
                Claims(
                    iss=ISSUER,
                    jti=token_id(wall, self._random_bytes(_ID_BYTES)),
                    sub=wish.name,
                    tenant=wish.tenant,
                    iat=issued_at,
                    exp=issued_at + wish.days * _DAY_SECONDS,
                    workload=wish.workload,
                    models=wish.models,
                    allowance=wish.allowance,
                )
            )
            if isinstance(claims, str):
                raise RegistrarError(f"no token is minted: {claims}")
            try:
                token = mint(claims, key)
            except ValueError as error:
                raise RegistrarError(f"{error}; name fewer models, or patterns with *") from error
            self._note(claims, wall)
            return token, claims

    def revoke_token(self, subject: str) -> Trust:
        """Take back a token, named by itself or by its id."""
        with self._at_work():
            trust = self._trust()
            token, until = self._named(subject, trust)
            return self._change(trust, without_token(trust.bundle, token, until, self._wall()))

    def revoke_tenant(self, tenant: str) -> Trust:
        """Take back all tokens that a tenant has now."""
        if not NAME.fullmatch(tenant):
            raise RegistrarError("that is not the name of a tenant")
        with self._at_work():
            trust = self._trust()
            return self._change(trust, without_tenant(trust.bundle, tenant, self._wall()))

    def rotate(self, *, retire_now: bool) -> Trust:
        """Sign with a new key from now on. The private key before it is destroyed: what verifies needs none."""
        with self._at_work():
            trust = self._trust()
            old, new = self._signing_key(trust), key_from_seed(self._random_bytes(SEED_BYTES))
            bundle = rotated(trust.bundle, new, old, self._wall(), retire_now=retire_now)
            if isinstance(bundle, str):
                raise RegistrarError(bundle)
            self._folder.write_key(new)
            following = self._write(bundle, new)
            self._folder.remove_keys_except(new.id)
            return following

    def trust(self) -> Trust:
        """The trust bundle of the folder."""
        with self._told():
            return self._trust()

    def minted(self) -> list[Minted]:
        """The tokens that were minted and may still be in use, oldest first."""
        with self._told():
            return [note for note in self._folder.minted() if note.exp + LEEWAY_SECONDS > self._wall()]

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        with self._told(), self._folder.lock():
            yield

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RegistrarError(f"{error.filename or self._folder.path}: {error.strerror or error}") from error

    def _begun(self) -> tuple[Trust, SigningKey]:
        """The bundle and its signing key, made where there never was a bundle."""
        if self._folder.bundle() is not None or self._folder.previous_bundle() is not None:
            trust = self._trust()
            return trust, self._signing_key(trust)
        key = key_from_seed(self._random_bytes(SEED_BYTES))
        self._folder.write_key(key)
        return self._write(first_bundle(key, self._wall()), key), key

    def _trust(self) -> Trust:
        found = self._folder.bundle()
        if isinstance(found, Trust):
            return found
        if isinstance(self._folder.previous_bundle(), Trust):
            raise RegistrarError(
                f"{found or f'{self._folder.path}: the trust bundle is gone'}; its last good copy lies beside it: "
                "copy trust.previous.jws to trust.jws (changes after it are lost), then try again"
            )
        raise RegistrarError(
            found or f"{self._folder.path}: no trust bundle here; `mainstay token mint` makes the first one"
        )

    def _signing_key(self, trust: Trust) -> SigningKey:
        wanted = trust.bundle.signing_key.kid
        found = self._folder.signing_key(wanted)
        if found is None:
            raise RegistrarError(
                f"{self._folder.path}: the private key {wanted} is not here (or damaged): "
                "work on the machine that keeps it"
            )
        return found

    def _change(self, trust: Trust, bundle: Bundle | str) -> Trust:
        if isinstance(bundle, str):
            raise RegistrarError(bundle)
        return trust if bundle is trust.bundle else self._write(bundle, self._signing_key(trust))

    def _write(self, bundle: Bundle, key: SigningKey) -> Trust:
        text = sign_bundle(bundle, key)
        self._folder.write_bundle(text)
        return Trust(bundle, text)

    def _note(self, claims: Claims, wall: float) -> None:
        notes = [note for note in self._folder.minted() if note.exp + LEEWAY_SECONDS > wall]
        note = Minted(claims.jti, claims.sub, claims.tenant, claims.iat, claims.exp, claims.allowance)
        self._folder.write_minted([*notes, note])

    def _named(self, subject: str, trust: Trust) -> tuple[str, int]:
        """The id of a token, and until when it must be known as revoked."""
        wall = self._wall()
        if subject.startswith(PREFIX):
            found = read_token(subject, trust, wall)
            if isinstance(found, Fault):
                raise RegistrarError(f"not a token that could be used: {found.message}")
            return found.claims.jti, found.claims.exp + LEEWAY_SECONDS
        if not _TOKEN_ID.fullmatch(subject):
            raise RegistrarError("name a token (mst_...) or its id (tok_...); `mainstay token list` shows ids")
        noted = next((note.exp + LEEWAY_SECONDS for note in self._folder.minted() if note.id == subject), None)
        return subject, noted if noted is not None else int(wall) + OVERLAP_SECONDS
