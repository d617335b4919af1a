"""What the end of an attempt teaches about its place."""

from mainstay.engine.capacity.learned import LIMIT_MIN, LearnedLimit
from mainstay.engine.capacity.learned_rate import WORTH_LEARNING, LearnedRate
from mainstay.engine.capacity.place import Place
from mainstay.engine.observation import Observation
from mainstay.model.events import Breakage
from mainstay.model.fault import Blame, Fault, FaultKind

OVERLOAD, STALL, CONNECT, THROTTLE = FaultKind.OVERLOAD, FaultKind.STALL, FaultKind.CONNECT, FaultKind.THROTTLE
PROVIDER = Blame.PROVIDER
"""Names of their own, because looking them up in the enumeration takes ten times as long."""
CONNECT_TIMEOUT = Breakage.CONNECT_TIMEOUT.value


def learn(place: Place, running: int, seen: Observation) -> None:
    """An attempt has ended; `running` were under way on its line with it."""
    _grow(place, running, seen)
    _climb(place, seen)
    _check(place, seen)
    _pace(place, seen)


def _grow(place: Place, running: int, seen: Observation) -> None:
    """What the end of an attempt says of how many are borne; `running` were under way with it."""
    learned, now, fault = place.line.learned, seen.ended_at, seen.fault
    why = "" if learned is None else learned.why_forgotten(now)
    if learned is not None and why:
        place.line.learned = learned = None
        place.add_change("limit", "none", why)
    if fault is None:
        if learned is not None:
            learned.succeeded(running, now)
    elif _is_overload(fault) and place.goal is None:
        refused = fault.kind is OVERLOAD and seen.content_at is None
        if learned is not None:
            is_news = learned.overloaded(running, now, refused=refused)
        else:
            is_news = running > LIMIT_MIN
            if is_news:
                learned = place.line.learned = LearnedLimit(running, now)
        if is_news and learned is not None:
            place.add_change("limit", str(learned.places), f"{fault.kind.value} with {running} attempts under way")


def _is_overload(fault: Fault) -> bool:
    kind = fault.kind
    return kind is OVERLOAD or kind is STALL or (kind is CONNECT and fault.code == CONNECT_TIMEOUT)


def _climb(place: Place, seen: Observation) -> None:
    """What the end of an attempt says of the return from an outage."""
    ramp, fault = place.ramp, seen.fault
    if ramp is None:
        return
    badly = fault is not None and fault.blame is PROVIDER
    if ramp.ended(seen.ended_at, seen.started_at, well=fault is None, badly=badly):
        place.ramp = None
        place.look()
        place.add_change("ramp", "end", f"{ramp.goal:.3g} starts per second, as before the outage")


def _check(place: Place, seen: Observation) -> None:
    """Whether what the provider tells of its limits is borne out."""
    quota = place.quota
    if quota is None:
        return
    if seen.fault is None:
        nonsense = quota.succeeded(seen.started_at, seen.ended_at)
        if nonsense is not None:
            place.add_change("quota", nonsense.state, nonsense.reason)
    elif seen.fault.kind is THROTTLE:
        quota.throttled()


def _pace(place: Place, seen: Observation) -> None:
    """What the end of an attempt says of how many starts per second are borne."""
    throttle, fault, now = place.throttle, seen.fault, seen.ended_at
    if fault is not None and fault.kind is THROTTLE:
        if throttle is not None:
            throttle.throttled(now)
        elif (place.quota is None or not place.quota.left(now)) and place.rate.peak(now) >= WORTH_LEARNING:
            # Whoever tells its limits needs no guessing.
            throttle = place.throttle = LearnedRate(place.rate.peak(now), now)
            place.look()
            place.add_change("rate", f"{throttle.rate:.3g}", "starts per second after the first that was throttled")
    elif fault is None and throttle is not None:
        throttle.succeeded(now)
        if throttle.is_forgotten(now):
            place.throttle = None
            place.look()
            place.add_change("rate", "none", "no longer throttled")
