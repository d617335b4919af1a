from mainstay.gateway.admission import AdmissionStatus
from mainstay.gateway.admission_metrics import admission_families

STATUS = AdmissionStatus(
    {"critical": 1, "batch": 7},
    {"critical": 5, "batch": 3},
    {"batch/queue_full": 4, "batch/shed": 2},
    {"known": 300, "*": 350, "one": 260, "another": 200},
    0.125,
)


def samples() -> dict[str, float]:
    return {
        f"{sample.name}{dict(sorted(sample.labels.items()))}": sample.value
        for family in admission_families(STATUS, frozenset({"known"}))
        for sample in family.samples
    }


def test_everything_is_told_with_bounded_labels() -> None:
    assert samples() == {
        "mainstay_waiting_requests{'priority': 'critical'}": 1,
        "mainstay_waiting_requests{'priority': 'batch'}": 7,
        "mainstay_called_requests_total{'priority': 'critical'}": 5,
        "mainstay_called_requests_total{'priority': 'batch'}": 3,
        "mainstay_shed_requests_total{'priority': 'batch', 'reason': 'queue_full'}": 4,
        "mainstay_shed_requests_total{'priority': 'batch', 'reason': 'shed'}": 2,
        "mainstay_admission_level{'model': 'known'}": 300,
        "mainstay_admission_level{'model': '*'}": 350,
        "mainstay_admission_level{'model': 'other'}": 200,
        "mainstay_event_loop_lag_seconds{}": 0.125,
    }
