import msgspec
import pytest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families

from mainstay.gateway.metrics import METRICS_CONTENT_TYPE, Metrics
from mainstay.gateway.series import SERIES_MAX
from mainstay.ledger.writing.status import JournalStatus
from mainstay.model.records import ExchangeRecord, ProcessRecord, Record
from tests.ledger.conftest import alert, attempt, breaker, exchange

WELL = JournalStatus()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(version="1.2.3", upstreams=["anthropic", "openai"], models=["claude"])


def page(metrics: Metrics, running: int = 0, journal: JournalStatus = WELL) -> dict[str, float]:
    """All samples as a person reads them: `name{label="value"}` and number, read back by Prometheus' own parser."""
    samples = {}
    text = metrics.render(running=running, journal=journal).decode()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            samples[f"{sample.name.removeprefix('mainstay_')}{{{labels}}}"] = sample.value
    return samples


def observed(metrics: Metrics, *records: Record) -> dict[str, float]:
    for record in records:
        metrics.observe(record)
    return page(metrics)


def ended(**changes: object) -> ExchangeRecord:
    return msgspec.structs.replace(exchange(), **changes)


def test_exchanges_are_counted_by_outcome(metrics: Metrics) -> None:
    seen = observed(metrics, ended(), ended(), ended(outcome="failed"))
    assert seen["exchanges_total{dialect=anthropic,outcome=answered}"] == 2
    assert seen["exchanges_total{dialect=anthropic,outcome=failed}"] == 1


def test_attempts_are_counted_by_upstream_outcome_and_fault(metrics: Metrics) -> None:
    failed = msgspec.structs.replace(attempt(), outcome="failed", fault="overload")
    seen = observed(metrics, attempt(), failed, failed)
    assert seen["attempts_total{fault=,outcome=served,upstream=anthropic}"] == 1
    assert seen["attempts_total{fault=overload,outcome=failed,upstream=anthropic}"] == 2


def test_exchanges_are_counted_by_model_and_outcome(metrics: Metrics) -> None:
    seen = observed(metrics, ended(), ended(outcome="failed"), ended(model_asked="strange"))
    assert seen["model_exchanges_total{model=claude,outcome=answered}"] == 1
    assert seen["model_exchanges_total{model=claude,outcome=failed}"] == 1
    assert seen["model_exchanges_total{model=other,outcome=answered}"] == 1


def test_attempts_are_timed_by_upstream(metrics: Metrics) -> None:
    served = msgspec.structs.replace(attempt(), outcome="served", total_seconds=3.0, first_content_seconds=0.2)
    failed = msgspec.structs.replace(served, outcome="failed", total_seconds=60.0, first_content_seconds=None)
    seen = observed(metrics, served, failed, msgspec.structs.replace(served, upstream="strange"))
    assert seen["attempt_seconds_sum{upstream=anthropic}"] == 3.0
    assert seen["attempt_seconds_count{upstream=anthropic}"] == 1
    assert seen["attempt_first_content_seconds_bucket{le=0.25,upstream=anthropic}"] == 1
    assert seen["attempt_first_content_seconds_count{upstream=other}"] == 1


def test_a_failover_is_an_answer_from_another_than_the_first_choice(metrics: Metrics) -> None:
    saved = ended(upstream="openai", degraded="anthropic: overload", absorbed=("anthropic: overload",))
    seen = observed(metrics, saved, ended())
    assert seen["failovers_total{upstream=openai}"] == 1
    assert seen["absorbed_faults_total{dialect=anthropic}"] == 1
    assert "failovers_total{upstream=anthropic}" not in seen


def test_what_was_not_answered_is_no_failover(metrics: Metrics) -> None:
    seen = observed(metrics, ended(outcome="failed", degraded="anthropic: overload", absorbed=("anthropic: overload",)))
    assert not any(name.startswith(("failovers", "absorbed")) for name in seen)


def test_a_fault_absorbed_by_the_first_choice_itself_is_no_failover(metrics: Metrics) -> None:
    seen = observed(metrics, ended(absorbed=("anthropic: server", "anthropic: server")))
    assert seen["absorbed_faults_total{dialect=anthropic}"] == 2
    assert "failovers_total{upstream=anthropic}" not in seen


def test_recoveries_are_counted_by_how_the_exchange_ended(metrics: Metrics) -> None:
    seen = observed(metrics, ended(recovered=2), ended(recovered=1, outcome="failed"))
    assert seen["recoveries_total{dialect=anthropic,outcome=answered}"] == 2
    assert seen["recoveries_total{dialect=anthropic,outcome=failed}"] == 1


def test_durations_become_histograms(metrics: Metrics) -> None:
    seen = observed(metrics, ended(total_seconds=3.0, first_content_seconds=0.3), ended(total_seconds=700.0))
    assert seen["exchange_seconds_bucket{le=5.0,model=claude}"] == 1
    assert seen["exchange_seconds_bucket{le=2.5,model=claude}"] == 0
    assert seen["exchange_seconds_bucket{le=+Inf,model=claude}"] == seen["exchange_seconds_count{model=claude}"] == 2
    assert seen["exchange_seconds_sum{model=claude}"] == 703
    assert seen["first_content_seconds_count{model=claude}"] == 1


def test_tokens_are_counted_by_model_and_direction(metrics: Metrics) -> None:
    seen = observed(metrics, ended(input_tokens=7, output_tokens=11), ended(input_tokens=1))
    assert seen["tokens_total{direction=input,model=claude}"] == 8
    assert seen["tokens_total{direction=output,model=claude}"] == 11


def test_alerts_and_malformed_events_are_counted(metrics: Metrics) -> None:
    seen = observed(metrics, alert(), alert(), msgspec.structs.replace(attempt(), dropped_events=3))
    assert seen["alerts_total{kind=billing}"] == 2
    assert seen["dropped_events_total{upstream=anthropic}"] == 3


def test_a_breaker_shows_its_last_state(metrics: Metrics) -> None:
    labels = "{credential=main,model=claude,upstream=anthropic}"
    numbers = [observed(metrics, breaker(state))[f"breaker_state{labels}"] for state in ("open", "half-open", "closed")]
    assert numbers == [2, 1, 0]
    assert metrics.breakers == {("anthropic", "claude", "main"): "closed"}


def test_of_too_many_breakers_the_one_that_moved_longest_ago_is_forgotten(metrics: Metrics) -> None:
    for number in range(SERIES_MAX):
        metrics.observe(breaker("open", credential=str(number)))
    everybody = {str(number) for number in range(SERIES_MAX)}
    for credential in ("5", "0"):
        metrics.observe(breaker("closed", credential=credential))
        assert {known for _, _, known in metrics.breakers} == everybody
    metrics.observe(breaker("open", credential="new"))
    assert {known for _, _, known in metrics.breakers} == everybody - {"1"} | {"new"}


def test_names_that_nobody_configured_are_other(metrics: Metrics) -> None:
    strange = msgspec.structs.replace(attempt(), upstream="elsewhere")
    seen = observed(metrics, strange, ended(model_asked='x"} evil 1\n', upstream="elsewhere", degraded="why"))
    assert seen["attempts_total{fault=,outcome=served,upstream=other}"] == 1
    assert seen["exchange_seconds_count{model=other}"] == 1
    assert seen["failovers_total{upstream=other}"] == 1


def test_a_new_configuration_brings_new_names_and_keeps_the_counts(metrics: Metrics) -> None:
    metrics.observe(attempt())
    metrics.configured(["openai"], ["gpt"])
    seen = observed(metrics, attempt(), ended(model_asked="gpt"))
    assert seen["attempts_total{fault=,outcome=served,upstream=anthropic}"] == 1
    assert seen["attempts_total{fault=,outcome=served,upstream=other}"] == 1
    assert seen["exchange_seconds_count{model=gpt}"] == 1


def test_journal_running_and_version_are_those_of_the_moment(metrics: Metrics) -> None:
    journal = JournalStatus(trouble="disk is full", pending=5, written=7, dropped=2)
    seen = page(metrics, running=3, journal=journal)
    assert seen["exchanges_running{}"] == 3
    assert seen["journal_records_pending{}"] == 5
    assert seen["journal_records_written_total{}"] == 7
    assert seen["journal_records_dropped_total{}"] == 2
    assert seen["journal_trouble{}"] == 1
    assert seen["build_info{version=1.2.3}"] == 1
    assert page(metrics)["journal_trouble{}"] == 0


def test_other_records_count_nothing(metrics: Metrics) -> None:
    def own(samples: dict[str, float]) -> dict[str, float]:
        return {name: value for name, value in samples.items() if not name.startswith("process_")}

    before = own(page(metrics))
    record = ProcessRecord(id="p", at=0.0, role="gateway", event="started", version="1")
    assert own(observed(metrics, record)) == before


def test_the_process_itself_is_measured(metrics: Metrics) -> None:
    assert page(metrics)["process_resident_memory_bytes{}"] > 0


def test_two_sets_of_metrics_do_not_share_numbers(metrics: Metrics) -> None:
    other = Metrics(version="1")
    observed(metrics, ended())
    assert "exchanges_total{dialect=anthropic,outcome=answered}" not in page(other)


def test_the_content_type_is_the_one_prometheus_expects() -> None:
    assert METRICS_CONTENT_TYPE.startswith("text/plain; version=0.0.4")


def test_what_was_refused_repeated_and_paid_is_counted() -> None:
    metrics = Metrics(version="1", upstreams=("a",), models=("m",))
    ended = ExchangeRecord(
        "ex_1", 0.0, "acme", "default", "anthropic", "answer", stream=False, model_asked="m", outcome="answered"
    )
    metrics.observe(
        msgspec.structs.replace(ended, cost_nanodollars=2_500_000_000, cached_tokens=3, cache_write_tokens=4)
    )
    metrics.observe(msgspec.structs.replace(ended, outcome="refused", fault="allowance", fault_code="usd_per_day"))
    metrics.observe(msgspec.structs.replace(ended, outcome="refused", fault="request", fault_code="any", attempts=1))
    metrics.observe(msgspec.structs.replace(ended, repeats="ex_0"))
    text = metrics.render(running=0, journal=JournalStatus()).decode()
    for line in (
        'mainstay_cost_dollars_total{model="m"} 2.5',
        'mainstay_tokens_total{direction="cached",model="m"} 3.0',
        'mainstay_tokens_total{direction="cache-write",model="m"} 4.0',
        'mainstay_refusals_total{code="usd_per_day"} 1.0',
        'mainstay_refusals_total{code="request"} 1.0',
        'mainstay_repeats_total{dialect="anthropic"} 1.0',
    ):
        assert line in text


def test_the_journals_room_and_the_parts_in_trouble_are_told() -> None:
    journal = JournalStatus(full=True, sequence=9, shipped_sequence=4, bytes=77)
    troubles = {"drafts": False, "sharing": True}
    text = Metrics(version="1").render(running=0, journal=journal, troubles=troubles).decode()
    for line in (
        "mainstay_journal_full 1.0",
        "mainstay_journal_bytes 77.0",
        "mainstay_journal_records_unshipped 5.0",
        'mainstay_part_trouble{part="drafts"} 0.0',
        'mainstay_part_trouble{part="sharing"} 1.0',
    ):
        assert line in text


def test_those_who_waited_are_told_by_workload(metrics: Metrics) -> None:
    samples = observed(metrics, ended(queued_seconds=0.3, workload="batch"), ended(queued_seconds=0.0))
    assert samples["queued_seconds_count{workload=batch}"] == 1
    assert samples["queued_seconds_bucket{le=0.5,workload=batch}"] == 1
    assert samples["queued_seconds_bucket{le=0.25,workload=batch}"] == 0


def test_other_parts_tell_theirs_on_the_same_page(metrics: Metrics) -> None:
    def others(models: frozenset[str]) -> list[Metric]:
        return [GaugeMetricFamily("mainstay_models", "How many.", value=len(models))]

    metrics.others.append(others)
    assert page(metrics)["models{}"] == 1
