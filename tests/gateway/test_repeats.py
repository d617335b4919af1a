from pathlib import Path

from mainstay.gateway.repeats import End, record_of_repeat
from tests.gateway.kept_rig import KeptRig


def test_a_repeat_says_whose_answer_it_was_and_used_nothing(tmp_path: Path) -> None:
    rig = KeptRig(tmp_path)
    job = rig.job(stream=True)
    record = record_of_repeat(rig.runs.around, job, "ex_first", End("answered", 200, 1.5, 70), "coalesced")
    assert (record.repeats, record.cache, record.outcome, record.status) == ("ex_first", "coalesced", "answered", 200)
    assert (record.workload, record.stream, record.model_asked) == ("default", True, "claude")
    assert (record.total_seconds, record.bytes_sent, record.bytes_received) == (1.5, 70, len(job.call.body))
    assert (record.attempts, record.output_tokens, record.cost_nanodollars) == (0, 0, None)
    assert record.id != "ex_first"
