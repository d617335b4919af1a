"""The toy dialect on both sides: every candidate fits, bytes pass."""

from mainstay.model.call import Call
from mainstay.model.catalogue import Candidate, Skipped
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Answer
from mainstay.model.http import Headers, Outgoing
from mainstay.model.ports import Dialect, FrameReader
from mainstay.model.rates import Bucket, Told


class ToyPassage:
    """The way to one candidate."""

    def __init__(
        self, dialect: Dialect, call: Call, candidate: Candidate, losses: tuple[str, ...], refusal: str
    ) -> None:
        self.losses = losses
        self._dialect = dialect
        self._call = call
        self._candidate = candidate
        self._refusal = refusal

    def request(self, key: str, wall: float) -> Outgoing | Fault:
        if self._refusal:
            return Fault(FaultKind.NO_CANDIDATE, self._refusal)
        return self._sent(self._dialect.request_body(self._call, self._candidate.model), key)

    def continuation(self, key: str, wall: float, text: str) -> Outgoing | None:
        body = self._dialect.continuation_body(self._call, self._candidate, text)
        return None if body is None else self._sent(body, key)

    def _sent(self, body: bytes, key: str) -> Outgoing:
        dialect, call = self._dialect, self._call
        url = self._candidate.upstream.base_url + dialect.request_path(call)
        return Outgoing(url, dialect.request_headers(call, key), body)

    def response_headers(self, headers: Headers) -> Headers:
        return self._dialect.response_headers(headers)

    def told(self, headers: Headers, wall: float) -> Told | None:
        left = next((int(value) for name, value in headers if name == "limit-left"), None)
        return None if left is None else Told(requests=Bucket(None, left, wall + 60.0))

    def is_stream(self, headers: Headers) -> bool:
        return dict(headers).get("content-type", "text/event-stream").startswith("text/event-stream")

    def classify(self, status: int, headers: Headers, body: bytes, wall: float) -> Fault:
        return self._dialect.classify(status, headers, body, wall)

    def read_answer(self, headers: Headers, body: bytes) -> Answer:
        return self._dialect.read_answer(self._call, headers, body)

    def frames(self, headers: Headers) -> FrameReader:
        return self._dialect.frames()


class ToyPassages:
    """`unfit` names upstreams that are skipped before they are tried, `mute` those that cannot be told the request,
    `losses` what an upstream lacks."""

    def __init__(
        self,
        dialect: Dialect,
        call: Call,
        *,
        unfit: dict[str, str] | None = None,
        mute: dict[str, str] | None = None,
        losses: dict[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._dialect = dialect
        self._call = call
        self._unfit = unfit or {}
        self._mute = mute or {}
        self._losses = losses or {}

    def fitting(self, candidates: tuple[Candidate, ...]) -> tuple[tuple[Candidate, ...], tuple[Skipped, ...]]:
        unfit = self._unfit
        return (
            tuple(one for one in candidates if one.upstream.name not in unfit),
            tuple(
                Skipped(one.upstream.name, one.model, unfit[one.upstream.name])
                for one in candidates
                if one.upstream.name in unfit
            ),
        )

    def to(self, candidate: Candidate) -> ToyPassage:
        name = candidate.upstream.name
        return ToyPassage(self._dialect, self._call, candidate, self._losses.get(name, ()), self._mute.get(name, ""))
