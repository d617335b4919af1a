"""The login of an upstream, as our gateways see it: keys that are rejected, tokens that cannot be renewed.

A rejected key is no proof: somebody may have revoked it. But a key that is served after it was rejected is valid, and
so, most likely, are several keys that were served before and are rejected at the same time.
"""

from typing import Final, NamedTuple

from mainstay.model.components import Component
from mainstay.model.evidence import Evidence
from mainstay.ops.detection.finding import Finding, Grade, span_words

REJECTION: Final = "auth"
RENEWAL_FAILED: Final = frozenset({"token-renewal-failed", "token-expired"})
RENEWAL_RECOVERED: Final = "token-renewal-recovered"

_CREDENTIALS_MAX: Final = 200
_WINDOW_SECONDS: Final = 900.0
_KNOWN_GOOD_SECONDS: Final = 3_600.0
_AGE_SECONDS: Final = 180.0
_SUSPICIOUS_MIN: Final = 3
_CERTAIN_MIN: Final = 5
_SPREAD_SECONDS: Final = 20.0
_SEVERAL: Final = 2
_FORGOTTEN_SECONDS: Final = 86_400.0


class _Credential:
    """What became of one credential."""

    __slots__ = (
        "failing_at",
        "failing_since",
        "first_rejected_at",
        "last_rejected_at",
        "rejections",
        "served_at",
        "served_before_at",
    )

    def __init__(self) -> None:
        self.rejections = 0
        self.first_rejected_at = 0.0
        self.last_rejected_at = 0.0
        self.served_at = 0.0
        self.served_before_at = 0.0
        """When it was last served before it was first rejected."""
        self.failing_since = 0.0
        """Since when its token cannot be renewed; 0 if it can."""
        self.failing_at = 0.0

    @property
    def is_proven(self) -> bool:
        """Whether it was served after it had been rejected."""
        return self.rejections > 0 and self.served_at > self.first_rejected_at

    @property
    def was_good(self) -> bool:
        """Whether it was served shortly before it was rejected."""
        return self.served_before_at >= self.first_rejected_at - _KNOWN_GOOD_SECONDS


class _Seen(NamedTuple):
    grade: Grade
    measure: str
    words: str
    samples: int
    began_at: float


class LoginWatch:
    """All credentials of one upstream."""

    def __init__(self, component: Component) -> None:
        """`component` is the upstream's login."""
        self._component = component
        self._credentials: dict[str, _Credential] = {}

    def served(self, credential: str, at: float) -> None:
        """An attempt with this credential was served."""
        self._of(credential).served_at = at

    def rejected(self, credential: str, at: float) -> None:
        """The upstream does not accept it."""
        known = self._of(credential)
        if not known.rejections or at - known.last_rejected_at > _WINDOW_SECONDS:
            known.rejections = 0
            known.first_rejected_at = at
            known.served_before_at = known.served_at
        known.rejections += 1
        known.last_rejected_at = at

    def renewal(self, credential: str, at: float, *, failed: bool) -> None:
        """Its token could not be renewed, or can be again."""
        known = self._of(credential)
        known.failing_since = (known.failing_since or at) if failed else 0.0
        known.failing_at = at

    def judge(self, wall: float) -> Finding | None:
        """What this proves now; `None` for nothing."""
        found = [one for one in (self._judge_rejections(wall), self._judge_renewals(wall)) if one is not None]
        if len(found) > 1:
            return Finding(Grade.CONCLUSIVE, found[0].evidence)
        return found[0] if found else None

    def _judge_rejections(self, wall: float) -> Finding | None:
        hit = [
            one
            for one in self._credentials.values()
            if one.rejections and wall - one.last_rejected_at < _WINDOW_SECONDS
        ]
        if not hit or max(one.last_rejected_at for one in hit) < wall - _AGE_SECONDS:
            return None
        count = sum(one.rejections for one in hit)
        if count < _SUSPICIOUS_MIN:
            return None
        span = max(one.last_rejected_at for one in hit) - min(one.first_rejected_at for one in hit)
        proven = sum(one.is_proven for one in hit)
        good = sum(one.was_good and one.rejections >= _SEVERAL for one in hit)
        certain = (proven > 0 or good >= _SEVERAL) and count >= _CERTAIN_MIN and span >= _SPREAD_SECONDS
        if proven:
            why = "the same keys are served in between, so they are valid"
        elif good >= _SEVERAL:
            why = f"{good} keys that were served before are rejected at the same time"
        else:
            why = "either a key was revoked, or the provider's login is ill"
        words = f"{count} attempts were answered that the key is not valid within {span_words(max(1.0, span))}; {why}"
        grade = Grade.CONCLUSIVE if certain else Grade.SUSPICIOUS
        return self._finding(wall, _Seen(grade, "auth", words, count, min(one.first_rejected_at for one in hit)))

    def _judge_renewals(self, wall: float) -> Finding | None:
        failing = [
            one
            for one in self._credentials.values()
            if one.failing_since and wall - one.failing_at < _FORGOTTEN_SECONDS
        ]
        if not failing:
            return None
        since = min(one.failing_since for one in failing)
        many = f"{len(failing)} credentials get" if len(failing) > 1 else "a credential gets"
        words = f"{many} no new token, for {span_words(max(1.0, wall - since))}"
        grade = Grade.CONCLUSIVE if len(failing) >= _SEVERAL else Grade.SUSPICIOUS
        return self._finding(wall, _Seen(grade, "token-renewal", words, len(failing), since))

    def _finding(self, wall: float, seen: _Seen) -> Finding:
        evidence = Evidence(
            "own",
            self._component.name,
            wall,
            is_bad=True,
            words=seen.words,
            measure=seen.measure,
            samples=seen.samples,
            is_conclusive=seen.grade is Grade.CONCLUSIVE,
        )
        return Finding(seen.grade, evidence, began_at=seen.began_at)

    def _of(self, credential: str) -> _Credential:
        known = self._credentials.get(credential)
        if known is None:
            if len(self._credentials) >= _CREDENTIALS_MAX:
                del self._credentials[next(iter(self._credentials))]
            known = self._credentials[credential] = _Credential()
        return known
