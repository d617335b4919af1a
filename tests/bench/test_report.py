from msgspec import json

from bench.figure import Figure, measured
from bench.kept import Result
from bench.machine import Cores, Machine
from bench.plan import QUICK
from bench.report import Report, encode, markdown, number

FIGURE = Figure("speed", "of nginx", measured([0.1, 0.2, 0.3]), must=0.2, higher_is_better=True, remarks=("noted",))
MACHINE = Machine("cpu", 2, 8.0, "Linux 6", "CPython 3", Cores(0, 1, 1))
RESULT = Result("plain", "abc", MACHINE, QUICK, 9.0, (FIGURE,))
REPORT = Report(MACHINE, quick=True, seconds=9.0, results=(RESULT,))


def test_the_table_names_figure_bound_measure_spread_and_verdict() -> None:
    assert "| speed | >= 0.2 |  | 0.2 of nginx | 0.1 to 0.3 | aim reached |" in markdown(REPORT)


def test_remarks_stand_below_the_table() -> None:
    assert "- speed: noted" in markdown(REPORT)


def test_the_json_can_be_read_back() -> None:
    assert json.decode(encode(REPORT), type=Report) == REPORT


def test_numbers_have_the_digits_that_matter() -> None:
    assert [number(value) for value in (1234.5, 20.0, 12.34, 0.1234, 0.0)] == ["1,234", "20", "12.3", "0.123", "0"]
