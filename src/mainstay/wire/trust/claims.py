"""What a token of ours says. Everything is typed and bounded; what is not listed here is refused."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from mainstay.model.identity import UNBOUNDED, Allowance, Identity

ISSUER: Final = "mainstay"
LEEWAY_SECONDS: Final = 60
"""How far the clocks of whoever mints and whoever verifies may be apart."""
LIFETIME_SECONDS_MAX: Final = 400 * 86_400
MODELS_MAX: Final = 100

Name = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]
"""A name, as `mainstay.yaml` has them."""
ModelPattern = Annotated[str, Meta(pattern=r"\A[!-~]{1,200}\Z")]
"""A model's name, or a pattern in which each `*` stands for any characters."""
TokenId = Annotated[str, Meta(pattern=r"\Atok_[0-9a-f]{25}\Z")]
Instant = Annotated[int, Meta(ge=0, le=253_402_300_799)]
"""Seconds since 1970, until the end of the year 9999."""
Usd = Annotated[float, Meta(gt=0, le=1_000_000_000)]
PER_MINUTE_MAX: Final = 1_000_000_000
PerMinute = Annotated[int, Meta(ge=1, le=PER_MINUTE_MAX)]


class AllowanceClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the bearer may use. Days and months are those of UTC."""

    requests_per_minute: PerMinute | None = None
    usd_per_day: Usd | None = None
    usd_per_month: Usd | None = None
    input_tokens_per_minute: PerMinute | None = None
    output_tokens_per_minute: PerMinute | None = None

    def allowance(self) -> Allowance:
        """The same, as the engine has it."""
        return Allowance(
            self.requests_per_minute,
            self.usd_per_day,
            self.usd_per_month,
            self.input_tokens_per_minute,
            self.output_tokens_per_minute,
        )


class Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The claims of a token. `sub` is the bearer's name, `jti` the token's id (RFC 7519, section 4.1)."""

    iss: Literal["mainstay"]
    jti: TokenId
    sub: Name
    tenant: Name
    iat: Instant
    exp: Instant
    nbf: Instant | None = None
    workload: Name | None = None
    models: Annotated[tuple[ModelPattern, ...], Meta(max_length=MODELS_MAX)] = ()
    allowance: AllowanceClaim | None = None

    @property
    def starts_at(self) -> float:
        """From when on the token holds, leeway included."""
        return max(self.iat, self.nbf or 0) - LEEWAY_SECONDS

    @property
    def ends_at(self) -> float:
        """Until when the token holds, leeway included."""
        return self.exp + LEEWAY_SECONDS

    def identity(self) -> Identity:
        """Who the bearer is."""
        return Identity(
            tenant=self.tenant,
            token=self.jti,
            name=self.sub,
            workload=self.workload or "",
            models=self.models,
            allowance=UNBOUNDED if self.allowance is None else self.allowance.allowance(),
            expires_at=self.exp,
        )


def claims_from(data: bytes) -> Claims | str:
    """Read claims; a text says what is wrong with them, without what came from outside."""
    try:
        claims = msgspec.json.decode(data, type=Claims)
    except (ValueError, RecursionError) as error:
        return _told(error)
    return lifetime_problem(claims) or claims


def checked(claims: Claims) -> Claims | str:
    """The same claims, checked as if they had come from outside; a text says what is wrong with them."""
    found = claims_from(msgspec.json.encode(claims))
    # JSON knows no infinity and no "not a number", and their absence would mean "no bound".
    return found if isinstance(found, str) or found == claims else "one of its numbers is not a number"


def lifetime_problem(claims: Claims) -> str | None:
    """Why a token must not live from `iat` to `exp`; `None` where it may."""
    if claims.exp <= claims.iat or (claims.nbf is not None and claims.nbf >= claims.exp):
        return "it ends before it begins"
    if claims.exp - claims.iat > LIFETIME_SECONDS_MAX:
        return f"it lives longer than {LIFETIME_SECONDS_MAX // 86_400} days"
    return None


def _told(error: Exception) -> str:
    """The claim that is wrong, if one of ours is."""
    _, _, path = str(error).partition(" - at `$.")
    field = path.partition("`")[0].partition("[")[0]
    known = set(Claims.__struct_fields__) | {f"allowance.{name}" for name in AllowanceClaim.__struct_fields__}
    return f"the claim {field} is not as it must be" if field in known else "its claims are not as they must be"


def token_id(wall: float, random_bytes: bytes) -> str:
    """An id for a new token: sortable by time (milliseconds since 1970), with 7 random bytes behind it."""
    return f"tok_{int(wall * 1000):011x}{random_bytes.hex()}"
