from mainstay.control.shipping.findings import FINDINGS_MAX, Findings
from mainstay.control.shipping.status import Finding


def test_a_finding_is_told_once_until_it_was_resolved() -> None:
    told: list[Finding] = []
    findings = Findings(told.append, lambda: 5.0)
    for _ in range(3):
        findings.add("journal-broken", "ch_0a", "record 3")
    assert told == [Finding("journal-broken", "ch_0a", "record 3", 5.0)]
    findings.resolve("ch_0a", "store-disagrees")
    findings.add("journal-broken", "ch_0a", "record 3")
    assert len(told) == 1
    findings.resolve("ch_0a", "journal-broken")
    findings.add("journal-broken", "ch_0a", "record 3")
    assert len(told) == 2


def test_files_without_a_chain_are_told_apart() -> None:
    told: list[Finding] = []
    findings = Findings(told.append, lambda: 5.0)
    for name in ("journal-0", "journal-1", "journal-0"):
        findings.add("journal-unreadable", "", "torn", name)
    assert len(told) == 2


def test_however_much_is_found_little_is_kept() -> None:
    findings = Findings(lambda _finding: None, lambda: 5.0)
    for number in range(3 * FINDINGS_MAX):
        findings.add("journal-broken", f"ch_{number:x}", "torn")
    assert len(findings.newest()) == FINDINGS_MAX
    assert findings.newest()[-1].chain == f"ch_{3 * FINDINGS_MAX - 1:x}"
    assert len(findings._active) <= FINDINGS_MAX
