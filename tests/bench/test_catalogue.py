from bench.catalogue import HEADLINES, MEASURES, NAMES, USUAL
from bench.paper.page import SECTIONS


def test_every_measure_has_a_name_of_its_own_and_a_place_on_the_page() -> None:
    assert len(set(NAMES)) == len(MEASURES)
    assert {name for names in SECTIONS.values() for name in names} == set(NAMES)


def test_what_takes_long_is_measured_only_where_it_is_asked_for() -> None:
    assert set(NAMES) - set(USUAL) == {"soak", "overload-all", "pages", "pages-all"}
    assert set(HEADLINES) <= set(USUAL)
