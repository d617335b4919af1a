import pytest

from mainstay.lab.provider.connection_faults import CONNECTION_FAULTS
from mainstay.lab.provider.error_table import ERRORS
from mainstay.lab.provider.fault_table import FAULTS, FaultGroup
from mainstay.lab.provider.stream_faults import STREAM_FAULTS
from mainstay.lab.provider.turn_faults import TURN_FAULTS


def test_every_fault_is_done_by_exactly_one_table() -> None:
    status = [name for name, entry in FAULTS.items() if entry.group is FaultGroup.STATUS]
    done = [*status, *CONNECTION_FAULTS, *STREAM_FAULTS, *TURN_FAULTS, "ok"]
    assert sorted(done) == sorted(FAULTS)


@pytest.mark.parametrize("dialect", ERRORS)
def test_every_status_fault_is_worded_in_every_dialect(dialect: str) -> None:
    status = {name for name, entry in FAULTS.items() if entry.group is FaultGroup.STATUS}
    assert status - {"status"} <= ERRORS[dialect].keys()


@pytest.mark.parametrize("name", FAULTS)
def test_every_row_explains_itself(name: str) -> None:
    entry = FAULTS[name]
    assert entry.description
    assert all(parameter.meaning for parameter in entry.parameters)
    assert all(parameter.default in parameter.choices for parameter in entry.parameters if parameter.choices)
