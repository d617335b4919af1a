from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.seen import ENTRIES_MAX, RequestLog, summary

REQUEST = ProviderRequest(
    "POST", "/v1/messages", "beta=true", (("authorization", "Bearer secret"), ("accept", "*/*")), b"body", 5.0
)


def test_a_summary_has_no_secrets_and_no_body() -> None:
    seen = RequestLog().add(REQUEST, "ok", started=1.0)
    shown = summary(seen)
    assert shown.headers == (("authorization", "(hidden)"), ("accept", "*/*"))
    assert (shown.body_bytes, shown.query, shown.at) == (4, "beta=true", 5.0)
    assert seen.request is REQUEST


def test_an_entry_runs_until_it_is_finished_or_the_client_left() -> None:
    finished, left, running = (RequestLog().add(REQUEST, "ok", started=1.0) for _ in range(3))
    finished.finished_seconds = 0.1
    left.client_left_seconds = 0.1
    assert (finished.is_running, left.is_running, running.is_running) == (False, False, True)


def test_the_log_is_bounded_and_counts_on() -> None:
    log = RequestLog()
    for _ in range(ENTRIES_MAX + 5):
        log.add(REQUEST, "ok", started=1.0)
    assert [entry.number for entry in log.entries] == list(range(6, ENTRIES_MAX + 6))
    log.clear()
    assert (log.entries, log.count) == ((), ENTRIES_MAX + 5)
