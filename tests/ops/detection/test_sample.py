import pytest

from mainstay.model.fault import CLASSES, Blame, FaultKind
from mainstay.ops.detection.sample import ASIDE, OURS, of_attempt, of_exchange, of_gateway, of_probe
from tests.ops.detection.samples import NOW, attempt, exchange, probe_record


def test_an_attempt_that_was_served_tells_its_pace() -> None:
    record = attempt(NOW, first_content_seconds=0.5, total_seconds=2.5, output_tokens=100)
    sample = of_attempt(record, NOW + 2.5)
    assert sample is not None
    assert (sample.kind, sample.first_content_seconds, sample.tokens_per_second) == ("", 0.5, 50.0)
    assert (sample.at, sample.began_at, sample.credential) == (NOW + 2.5, NOW, "one")


def test_short_answers_tell_no_throughput() -> None:
    few = of_attempt(attempt(NOW, first_content_seconds=0.5, total_seconds=2.5, output_tokens=49), NOW)
    quick = of_attempt(attempt(NOW, first_content_seconds=0.5, total_seconds=0.9, output_tokens=100), NOW)
    assert few is not None
    assert quick is not None
    assert few.tokens_per_second is quick.tokens_per_second is None


@pytest.mark.parametrize("kind", FaultKind)
def test_only_the_providers_faults_are_failures(kind: FaultKind) -> None:
    blame = CLASSES[kind].blame
    sample = of_attempt(attempt(NOW, kind.value, blame.value), NOW)
    if blame is Blame.PROVIDER:
        assert sample is not None
        assert (sample.kind, sample.aside) == (kind.value, False)
    elif kind.value in ASIDE:
        assert sample is not None
        assert sample.aside
    else:
        assert sample is None


def test_who_left_says_nothing() -> None:
    assert of_attempt(attempt(NOW, outcome="left"), NOW) is None
    assert of_attempt(attempt(NOW, "server", "provider", outcome="left"), NOW) is None
    assert of_exchange(exchange(NOW, "left", "caller-left"), NOW) is None
    assert of_exchange(exchange(NOW, "refused", "request"), NOW) is None


def test_a_stream_that_broke_after_its_beginning_has_failed() -> None:
    sample = of_attempt(attempt(NOW, "cut", "provider", outcome="continued"), NOW)
    assert sample is not None
    assert sample.kind == "cut"


def test_an_exchange_fails_whatever_the_reason_but_the_gateway_for_its_own_alone() -> None:
    failed = of_exchange(exchange(NOW, "failed", "server"), NOW)
    ours = of_exchange(exchange(NOW, "failed", "internal"), NOW)
    nameless = of_exchange(exchange(NOW, "failed"), NOW)
    assert failed is not None
    assert ours is not None
    assert nameless is not None
    assert (failed.kind, ours.kind, nameless.kind) == ("server", "internal", "unknown")
    assert of_gateway(failed).kind == ""
    assert of_gateway(ours).kind == "internal"
    assert {"internal", "drained"} == OURS


def test_a_probe_of_a_part_fails_unless_we_did() -> None:
    name = "upstream:claude#login"
    refused = of_probe(probe_record(NOW, name, "failed", "auth", "nobody"), NOW, is_part=True)
    assert refused is not None
    assert (refused.kind, refused.aside, refused.is_probe) == ("auth", False, True)
    assert of_probe(probe_record(NOW, name, "failed", "internal", "us"), NOW, is_part=True) is None
    assert of_probe(probe_record(NOW, name, "no-sample"), NOW, is_part=True) is None
    served = of_probe(probe_record(NOW, name), NOW, is_part=True)
    assert served is not None
    assert served.kind == ""


def test_a_probe_of_inference_is_judged_like_an_attempt() -> None:
    name = "upstream:claude/opus"
    throttled = of_probe(probe_record(NOW, name, "failed", "throttle", "nobody"), NOW, is_part=False)
    failed = of_probe(probe_record(NOW, name, "failed", "server", "provider"), NOW, is_part=False)
    assert throttled is not None
    assert failed is not None
    assert throttled.aside
    assert not failed.aside
    assert of_probe(probe_record(NOW, name, "failed", "request", "caller"), NOW, is_part=False) is None
