from mainstay.gateway.drafts.trouble import DiskTrouble


def test_each_change_is_told_once() -> None:
    told: list[str] = []
    trouble = DiskTrouble(told.append)
    trouble.be_well()
    assert (trouble.text, told) == (None, [])
    for _ in range(3):
        trouble.suffer(OSError("full"))
    assert (trouble.text, len(told)) == ("full", 1)
    trouble.suffer(OSError("gone"))
    trouble.be_well()
    trouble.be_well()
    assert trouble.text is None
    assert told[1:] == [
        "drafts: cannot be kept: gone. Requests are served, and cannot be resumed",
        "drafts: are kept again",
    ]
