from pathlib import Path

from mainstay.gateway.asking import refused
from mainstay.gateway.refusals import refusal_record, told_of, unknown_model
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Reply
from mainstay.model.identity import Identity
from mainstay.wire.registry import DIALECTS
from tests.gateway.kept_rig import KeptRig

ASKER = Identity("acme", "tok_1")
REPLY = Reply(400, (), b"no, and this is why")


def test_a_refusal_is_written_down_with_who_asked_and_what_he_was_told() -> None:
    fault = refused(400, "invalid_deadline", "it must be a number")
    record = refusal_record("ex_1", 5.0, DIALECTS["anthropic"], fault, REPLY, ASKER)
    assert (record.id, record.at, record.tenant, record.token) == ("ex_1", 5.0, "acme", "tok_1")
    assert (record.dialect, record.outcome, record.status) == ("anthropic", "refused", 400)
    assert (record.fault, record.fault_code, record.bytes_sent) == ("refused", "invalid_deadline", len(REPLY.body))


def test_what_was_our_own_trouble_is_no_refusal() -> None:
    fault = Fault(FaultKind.SHED, "full", status=503, code="shed")
    record = refusal_record("ex_1", 5.0, DIALECTS["openai-chat"], fault, REPLY, ASKER)
    assert (record.outcome, record.fault, record.fault_code) == ("failed", "shed", "shed")


def test_what_was_read_of_the_request_is_told_too(tmp_path: Path) -> None:
    rig = KeptRig(tmp_path)
    job = rig.job(stream=True)
    record = refusal_record("ex_1", 5.0, job.dialect, refused(429, "x", "no"), REPLY, ASKER)
    told = told_of(record, job)
    assert (told.workload, told.kind, told.stream, told.model_asked) == ("default", "answer", True, "claude")
    assert told.id == "ex_1"


def test_a_model_that_nobody_serves_is_not_found_and_its_name_is_cut() -> None:
    fault = unknown_model("m" * 10_000)
    assert (fault.status, fault.code) == (404, "not_found_error")
    assert len(fault.message) < 300
