"""All ways of one call: who can serve it, and how each is spoken to."""

from collections.abc import Mapping

import msgspec

from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Candidate, Platform, Skipped, Workload
from mainstay.model.conversation import Prompt
from mainstay.model.fault import Fault
from mainstay.model.ports import Dialect, Passage
from mainstay.wire.codec import CallerCodec, Identity, UpstreamCodec
from mainstay.wire.crossing.needs import lacking, needs_of
from mainstay.wire.crossing.passage import Translated, Verbatim
from mainstay.wire.platform import PlatformDoor

ANSWER = CallKind.ANSWER
MODELS = CallKind.MODELS
DIRECT = Platform.DIRECT


class Speech(msgspec.Struct, frozen=True):
    """Everything that this version speaks. `doors` know platforms by (platform, dialect)."""

    dialects: Mapping[str, Dialect]
    callers: Mapping[str, CallerCodec]
    upstreams: Mapping[str, UpstreamCodec]
    doors: Mapping[tuple[Platform, str], PlatformDoor]


class CallPassages:
    """`model.ports.Passages` of one call; owned by one exchange."""

    __slots__ = ("_call", "_created", "_id", "_known", "_last", "_last_way", "_prompt", "_speech", "_workload")

    def __init__(self, speech: Speech, call: Call, workload: Workload, exchange_id: str, wall: float) -> None:
        """`wall` (seconds since 1970) dates answers that are written here."""
        self._speech = speech
        self._call = call
        self._workload = workload
        self._id = exchange_id
        self._created = int(wall)
        self._prompt: Prompt | Fault | None = None
        self._known: dict[int, Passage] = {}
        self._last: Candidate | None = None
        self._last_way: Passage | None = None

    def fitting(self, candidates: tuple[Candidate, ...]) -> tuple[tuple[Candidate, ...], tuple[Skipped, ...]]:
        """Who of these can do what the call asks for, and who cannot and why."""
        # A loop, because each exchange asks, and nearly always nobody is special.
        dialect = self._call.dialect
        for one in candidates:
            if one.declared or one.passes_through or one.upstream.dialect != dialect:
                break
        else:
            if not self._call.bound and self._call.kind is not MODELS:
                return candidates, ()
        candidates = self._meant(candidates)
        reasons = [(one, self._objection(one, candidates)) for one in candidates]
        return (
            tuple(one for one, reason in reasons if not reason),
            tuple(Skipped(one.upstream.name, one.model, reason) for one, reason in reasons if reason),
        )

    def _meant(self, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
        """Those that this call is meant for: who passes any name through does so in its own dialect only, and only a
        provider itself lists its models. If nobody is left all of them are, and each is told why not."""
        dialect, is_listing = self._call.dialect, self._call.kind is MODELS
        meant = [
            one
            for one in candidates
            if (not one.passes_through or one.upstream.dialect == dialect)
            and not (is_listing and one.upstream.platform is not DIRECT)
        ]
        return tuple(meant) or candidates

    def to(self, candidate: Candidate) -> Passage:
        """The way to a candidate that fits."""
        # Each exchange asks five times, and nearly always for the same one.
        if candidate is self._last and self._last_way is not None:
            return self._last_way
        known = self._known.get(id(candidate))
        if known is None:
            known = self._known[id(candidate)] = self._way(candidate)
        self._last, self._last_way = candidate, known
        return known

    def _way(self, candidate: Candidate) -> Passage:
        upstream, speech = candidate.upstream, self._speech
        if upstream.dialect == self._call.dialect:
            door = None if upstream.platform is DIRECT else speech.doors[upstream.platform, upstream.dialect]
            return Verbatim(self._call, candidate, speech.dialects[upstream.dialect], door)
        return self._translated(candidate)

    def _translated(self, candidate: Candidate) -> Translated:
        call, speech, upstream = self._call, self._speech, candidate.upstream
        prompt = self._read()
        assert isinstance(prompt, Prompt), "only a candidate that fits is asked for"  # noqa: S101 - the port's contract
        return Translated(
            call,
            prompt,
            candidate,
            dialect=speech.dialects[call.dialect],
            caller=speech.callers[call.dialect],
            upstream=speech.upstreams[upstream.dialect],
            door=speech.doors[upstream.platform, upstream.dialect],
            identity=Identity(call.answer_id or self._id, self._created, candidate.model, upstream.name),
        )

    def _objection(self, candidate: Candidate, candidates: tuple[Candidate, ...]) -> str:
        """Why this one cannot serve the call; empty where it can."""
        call = self._call
        is_crossing = candidate.upstream.dialect != call.dialect
        if call.bound and candidate.upstream.name != _home(candidates, call.dialect):
            return f"{call.bound} is known to its own provider only"
        if call.kind is not ANSWER or (is_crossing and candidate.passes_through):
            return self._stranger(candidate) if is_crossing or call.kind is MODELS else ""
        prompt = self._read()
        if is_crossing:
            return self._untranslatable(candidate, prompt) or self._lacking(candidate, prompt) or self._loss(candidate)
        return self._lacking(candidate, prompt) if candidate.declared else ""

    def _stranger(self, candidate: Candidate) -> str:
        """Why this one has nothing to do with the call."""
        if candidate.passes_through and candidate.upstream.dialect != self._call.dialect:
            return "passes names on to callers of its own dialect only"
        if candidate.upstream.dialect == self._call.dialect:
            return "lists no models" if candidate.upstream.platform is not DIRECT else ""
        return f"{self._call.kind.value} is answered in its own dialect only"

    def _untranslatable(self, candidate: Candidate, prompt: Prompt | Fault) -> str:
        if isinstance(prompt, Fault):
            return "the request cannot be translated"
        stays = ", ".join(prompt.stays)
        return f"cannot be told in {candidate.upstream.dialect}: {stays}" if stays else ""

    def _lacking(self, candidate: Candidate, prompt: Prompt | Fault) -> str:
        if isinstance(prompt, Fault):
            return ""
        needs = needs_of(prompt)
        # Its own provider may know better than we do whether it can be continued from a prefill.
        if candidate.upstream.dialect == self._call.dialect:
            needs = msgspec.structs.replace(needs, prefill=False)
        return lacking(needs, candidate.capabilities)

    def _loss(self, candidate: Candidate) -> str:
        """Why a workload that wants all or nothing cannot be served here."""
        workload = self._workload
        if workload.substitutes and not workload.strict:
            return ""
        way = self._translated(candidate)
        self._known[id(candidate)] = way
        if way.refusal is not None:
            return way.refusal.message
        if not way.losses:
            return ""
        rule = "strict" if workload.strict else "substitutes: never"
        return f"{rule}: would lose {', '.join(way.losses)}"

    def _read(self) -> Prompt | Fault:
        if self._prompt is None:
            self._prompt = self._speech.callers[self._call.dialect].read_prompt(self._call)
        return self._prompt


def _home(candidates: tuple[Candidate, ...], dialect: str) -> str:
    """The upstream that a provider's state is taken to live at: the first that speaks the caller's dialect."""
    return next((one.upstream.name for one in candidates if one.upstream.dialect == dialect), "")
