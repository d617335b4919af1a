"""Login through an identity provider: OpenID Connect's authorization code flow with PKCE, state and nonce."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from authlib.oauth2.auth import ClientAuth  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]
    prepare_grant_uri,
    prepare_token_request,
)
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, JoseError

from mainstay.config.snapshot import Login
from mainstay.control.people.cookie_keys import Seal
from mainstay.control.people.fetching import fetch
from mainstay.control.people.issuer import Description, Issuer, IssuerFaultError
from mainstay.control.people.roles import Role, role_of

FLOW_SECONDS: Final = 600.0
"""How long a person may take at the provider."""
LEEWAY_SECONDS: Final = 120
"""How far the provider's clock may be from ours."""
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
"""Only signatures that the provider alone can make: none with a shared secret."""
TOKEN_CHARACTERS_MAX: Final = 100_000

_PURPOSE: Final = "flow"
_VERIFIER: Final = "flow.verifier"
_NONCE: Final = "flow.nonce"


class ProviderRefusedError(Exception):
    """This login is not to be; the text says why in a sentence for the person."""


class Begun(msgspec.Struct, frozen=True):
    """Where to send the browser, and what it keeps for us meanwhile."""

    url: str
    cookie: str


class Vouched(msgspec.Struct, frozen=True):
    """Whom the provider vouches for."""

    name: str
    role: Role
    next: str


class _Flow(msgspec.Struct, frozen=True, array_like=True):
    state: str
    began_at: float
    next: str


class _TokenAnswer(msgspec.Struct, frozen=True):
    id_token: str = ""
    access_token: str = ""
    error: str = ""


class ProviderLogin:
    """The flow. It keeps nothing of its own: what it must know again is in the browser's cookie, signed.

    The PKCE verifier and the nonce are derived from the state by our key, so that the cookie holds neither.
    """

    def __init__(
        self,
        login: Login,
        redirect_url: str,
        issuer: Issuer,
        seal: Seal,
        wall: Callable[[], float],
        random_id: Callable[[], str],
    ) -> None:
        """`redirect_url` is ours, as the provider knows it; `wall` gives seconds since 1970."""
        self._login = login
        self._redirect_url = redirect_url
        self._issuer = issuer
        self._seal = seal
        self._wall = wall
        self._random_id = random_id

    async def begin(self, then: str) -> Begun:
        """Begin a login; `then` is the page to go on with. Raises `IssuerDownError` or `IssuerFaultError`."""
        description = await self._issuer.description()
        state = self._random_id()
        url = prepare_grant_uri(
            description.authorization_endpoint,
            client_id=self._login.client_id,
            response_type="code",
            redirect_uri=self._redirect_url,
            scope=_scope(description),
            state=state,
            nonce=self._seal.mark(_NONCE, state),
            code_challenge=create_s256_code_challenge(self._seal.mark(_VERIFIER, state)),
            code_challenge_method="S256",
        )
        flow = _Flow(state, self._wall(), then)
        return Begun(str(url), self._seal.seal(_PURPOSE, msgspec.json.encode(flow)))

    async def finish(self, answer: Mapping[str, str], cookie: str) -> Vouched:
        """Read what the provider sent the browser back with.

        Raises `ProviderRefusedError`, `IssuerDownError` or `IssuerFaultError`.
        """
        flow = self._flow(cookie, answer.get("state", ""))
        if answer.get("error"):
            raise ProviderRefusedError("The identity provider did not let you in.")
        description = await self._issuer.known()
        if answer.get("iss", description.issuer) != description.issuer:
            raise ProviderRefusedError("The answer is from another identity provider.")
        token = await self._token(description, answer.get("code", ""), self._seal.mark(_VERIFIER, flow.state))
        claims = await self._claims(description, token, self._seal.mark(_NONCE, flow.state))
        role = best_role(claims, self._login)
        if role is None:
            raise ProviderRefusedError(
                "The identity provider knows you, and none of your groups has a role here. "
                "Ask who runs this control plane to add one under control.login.roles."
            )
        return Vouched(_name(claims), role, flow.next)

    def _flow(self, cookie: str, state: str) -> _Flow:
        payload = self._seal.unseal(_PURPOSE, cookie)
        flow = None if payload is None else msgspec.json.decode(payload, type=_Flow)
        if flow is None or flow.state != state:
            raise ProviderRefusedError("This login was not begun in this browser, or began too long ago.")
        if not -LEEWAY_SECONDS <= self._wall() - flow.began_at <= FLOW_SECONDS:
            raise ProviderRefusedError("This login took too long.")
        return flow

    async def _token(self, description: Description, code: str, verifier: str) -> _TokenAnswer:
        methods = description.token_endpoint_auth_methods_supported
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        client = ClientAuth(self._login.client_id, self._login.client_secret.value, method)
        body = prepare_token_request(
            "authorization_code", redirect_uri=self._redirect_url, code=code, code_verifier=verifier
        )
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        url, headers, body = client.prepare("POST", description.token_endpoint, headers, body)
        fetched = await fetch(self._issuer.client, str(url), method="POST", headers=headers, body=str(body))
        try:
            answer = msgspec.json.decode(fetched.body, type=_TokenAnswer)
        except (ValueError, RecursionError) as error:
            raise IssuerFaultError(f"its token endpoint answers {fetched.status} and no JSON") from error
        if answer.error == "invalid_client":
            raise IssuerFaultError("it does not accept `control.login.client_id` and `client_secret`")
        if not fetched.is_success or not 0 < len(answer.id_token) <= TOKEN_CHARACTERS_MAX:
            raise ProviderRefusedError("The identity provider did not confirm this login.")
        return answer

    async def _claims(self, description: Description, token: _TokenAnswer, nonce: str) -> dict[str, object]:
        try:
            decoded = await self._decoded(token.id_token)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": description.issuer},
                    "aud": {"essential": True, "value": self._login.client_id},
                },
                params={"nonce": nonce, "client_id": self._login.client_id, "access_token": token.access_token},
            )
            claims.validate(now=int(self._wall()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise ProviderRefusedError("The identity provider's word about you is not valid.") from error
        return dict(claims)

    async def _decoded(self, token: str) -> jwt.Token:
        key_id = jws.extract_compact(token.encode()).headers().get("kid")
        keys = await self._issuer.keys(key_id if isinstance(key_id, str) else None)
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS)
        except BadSignatureError:
            # Keys may be replaced under an id that is known, or have none.
            return jwt.decode(token, await self._issuer.keys(None, again=True), algorithms=ALGORITHMS)


def best_role(claims: Mapping[str, object], login: Login) -> Role | None:
    """The highest role that the claim's values have; `None` where none has one.

    The claim is looked for by its whole name first, then as a path through objects (`realm_access.roles`).
    """
    found: object = claims.get(login.roles_claim)
    if found is None:
        found = claims
        for part in login.roles_claim.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    values = found if isinstance(found, list) else [found]
    roles = [role_of(login.roles[value]) for value in values if isinstance(value, str) and value in login.roles]
    return max((role for role in roles if role is not None), default=None)


def _name(claims: Mapping[str, object]) -> str:
    for claim in ("preferred_username", "email", "name", "sub"):
        value = claims.get(claim)
        if isinstance(value, str) and value.strip():
            return value
    return "somebody"


def _scope(description: Description) -> str:
    more = [scope for scope in ("profile", "email", "groups") if scope in description.scopes_supported]
    return " ".join(["openid", *(more or ["profile", "email"])])
