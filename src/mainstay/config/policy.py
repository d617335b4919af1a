"""The rules that no outage relaxes (law 10): which candidate may serve which workload."""

from mainstay.model.catalogue import Candidate, Workload


def refusal(candidate: Candidate, workload: Workload) -> str:
    """Why `workload` may not be served by `candidate`, or "". Fails closed: an unstated region is no region."""
    upstream = candidate.upstream
    if workload.private_only and not upstream.private:
        return "private_only: the upstream is not private"
    if workload.residency and not upstream.region:
        return "residency: the upstream states no region"
    if workload.residency and not any(_lies_in(upstream.region, region) for region in workload.residency):
        return f"residency: {upstream.region} is not in {', '.join(workload.residency)}"
    reserved = upstream.limits.reserved
    if reserved and sum(share for _, share in reserved) >= 1.0 and workload.name not in dict(reserved):
        return f"reserved for {', '.join(name for name, _ in reserved)}"
    if candidate.substitute and not workload.substitutes:
        return "substitutes: never"
    return ""


def _lies_in(region: str, wanted: str) -> bool:
    return region == wanted or region.startswith(f"{wanted}-")
