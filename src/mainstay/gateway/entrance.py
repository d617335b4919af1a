"""The entrance: who asks, for which workload, within which allowance. Every answer comes from memory alone."""

from collections.abc import Callable

import msgspec

from mainstay.config.snapshot import Snapshot
from mainstay.engine.allowances import Allowances
from mainstay.engine.purse import Purse
from mainstay.gateway.asking import Asking, read_asking
from mainstay.model.call import Call
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers
from mainstay.model.identity import LOCAL, UNBOUNDED, Identity
from mainstay.model.ports import Authenticator, Dialect
from mainstay.wire.trust.permission import may_use, permits, workload_of


class OpenGate:
    """Lets everybody in: `model.ports.Authenticator` of a gateway without keys."""

    def identify(self, headers: Headers, wall: float) -> Identity | Fault:  # noqa: ARG002 (nothing is looked at)
        """Everybody is `LOCAL`."""
        return LOCAL


class Entrance:
    """Asked once for each request."""

    def __init__(self, gate: Authenticator, allowances: Allowances | None, wall: Callable[[], float]) -> None:
        """`wall` gives seconds since 1970. Without `allowances` nobody is bounded."""
        self._gate = gate
        self._allowances = allowances
        self._wall = wall

    def identify(self, headers: Headers) -> Identity | Fault:
        """Who asks."""
        return self._gate.identify(headers, self._wall())

    def asking(self, identity: Identity, headers: Headers, model: str, snapshot: Snapshot) -> Asking | Fault:
        """What the headers of ours ask for, if this caller may have it."""
        asking = read_asking(headers, snapshot.workloads)
        if isinstance(asking, Fault) or not (identity.workload or identity.models):
            return asking
        fault = permits(identity, model, asking.workload)
        if fault is not None:
            return fault
        workload = workload_of(identity, asking.workload)
        if workload == asking.workload:
            return asking
        if workload not in snapshot.workloads:
            message = f"the token is bound to the workload {workload!r}, which this gateway's file does not have"
            return Fault(FaultKind.INTERNAL, message, status=503, code="workload_unavailable")
        return msgspec.structs.replace(asking, workload=workload)

    def admit(
        self, identity: Identity, snapshot: Snapshot, dialect: Dialect, call: Call | None
    ) -> Purse | Fault | None:
        """Count the request, with its tokens where a provider is to be asked (`call`); what its exchange may spend, or
        why it may not begin."""
        # Where nobody is bounded there is nothing to count.
        if self._allowances is None or (identity.allowance is UNBOUNDED and not snapshot.tenants):
            return None
        allowance, wall = snapshot.allowance(identity.tenant), self._wall()
        admitted = self._allowances.admit(identity, allowance, wall, call)
        if not isinstance(admitted, Fault):
            return admitted
        told = self._allowances.told(identity, allowance, wall)
        return admitted if told is None else msgspec.structs.replace(admitted, headers=dialect.rated((), told, wall))

    def count(self, identity: Identity, snapshot: Snapshot, dialect: Dialect) -> Fault | None:
        """Count a request that no provider is asked for, and that so may spend nothing; or why it may not be served."""
        purse = self.admit(identity, snapshot, dialect, None)
        if isinstance(purse, Fault):
            return purse
        if purse is not None:
            purse.close()
        return None

    def purse(self, identity: Identity, snapshot: Snapshot) -> Purse | None:
        """What an exchange may spend that was let in before and is taken up again."""
        if self._allowances is None:
            return None
        return self._allowances.purse(identity, snapshot.allowance(identity.tenant), self._wall())

    def seen_by(self, identity: Identity, models: tuple[str, ...]) -> tuple[str, ...]:
        """Those of these models that this caller may use."""
        return tuple(one for one in models if may_use(identity, one)) if identity.models else models
