"""What a test of the running gateway has in its hands."""

from typing import Self

import msgspec

from mainstay.lab.provider.seen import RequestSeen
from mainstay.lab.provider.thread import FakeProviderThread
from tests.e2e.callers import Answer, Callers, Question
from tests.e2e.lanes import Lane, LaneKind, LanePool
from tests.e2e.process import GatewayProcess


class _Model(msgspec.Struct):
    model: str


class World:
    """The gateway, the providers behind it, and lanes that no other test uses."""

    def __init__(
        self,
        gateway: GatewayProcess,
        providers: dict[str, FakeProviderThread],
        lanes: LanePool,
        usual: LaneKind = LaneKind.SHARED,
    ) -> None:
        self.gateway = gateway
        self.primary = providers["primary"]
        self.standby = providers["standby"]
        self._providers = providers
        self._lanes = lanes
        self._usual = usual
        self.callers = Callers(gateway.url)
        self.direct = Callers(self.primary.url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.callers.close()
        self.direct.close()

    @property
    def url(self) -> str:
        """Base URL of the gateway."""
        return self.gateway.url

    def lane(self, dialect: str, kind: LaneKind | None = None) -> Lane:
        """A lane of this dialect that nobody has used yet; of the gateway's usual kind where none is given."""
        return self._lanes.take(dialect, kind or self._usual)

    def ask(self, dialect: str, question: Question) -> Answer:
        """Ask the gateway with the SDK of this dialect."""
        return self.callers.ask(dialect, question)

    def ask_primary(self, dialect: str, question: Question) -> Answer:
        """Ask the first provider itself: what the answer should be."""
        return self.direct.ask(dialect, question)

    def standby_of(self, kind: LaneKind) -> FakeProviderThread:
        """The provider behind the standby of such a lane."""
        return self._providers.get(kind.value, self.standby)


def seen(provider: FakeProviderThread, lane: Lane) -> list[RequestSeen]:
    """The requests for this lane that have reached the provider, oldest first."""
    return [one for one in provider.requests if one.request.body and _model(one) == lane.model]


def _model(one: RequestSeen) -> str:
    try:
        return msgspec.json.decode(one.request.body, type=_Model).model
    except msgspec.DecodeError:
        return ""
