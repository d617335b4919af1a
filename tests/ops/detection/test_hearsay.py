from mainstay.ops.detection.hearsay import PAGE_SECONDS, PEOPLE_SECONDS, Hearsay
from tests.ops.detection.samples import NOW, OPUS, WHOLE, said


def test_what_is_said_holds_until_it_is_taken_back() -> None:
    hearsay = Hearsay()
    hearsay.hear(said(OPUS))
    hearsay.hear(said(OPUS, NOW + 5, "people", source=""))
    assert [one.kind for one in hearsay.against(OPUS.name, NOW + 10)] == ["page", "people"]
    assert hearsay.against(WHOLE.name, NOW) == []
    hearsay.hear(said(OPUS, NOW + 20, is_bad=False, source="https://another"))
    assert len(hearsay.against(OPUS.name, NOW + 20)) == 2
    hearsay.hear(said(OPUS, NOW + 20, is_bad=False))
    assert [one.kind for one in hearsay.against(OPUS.name, NOW + 20)] == ["people"]
    hearsay.hear(said(OPUS, NOW + 20, "people", is_bad=False, source=""))
    assert hearsay.components() == ()
    hearsay.hear(said(OPUS, is_bad=False))


def test_the_newest_word_of_a_source_counts() -> None:
    hearsay = Hearsay()
    hearsay.hear(said(OPUS, NOW))
    hearsay.hear(said(OPUS, NOW + 60))
    assert [one.at for one in hearsay.against(OPUS.name, NOW + 60)] == [NOW + 60]


def test_old_words_are_over() -> None:
    hearsay = Hearsay()
    hearsay.hear(said(OPUS, NOW))
    hearsay.hear(said(OPUS, NOW, "people"))
    assert len(hearsay.against(OPUS.name, NOW + PEOPLE_SECONDS)) == 2
    assert len(hearsay.against(OPUS.name, NOW + PEOPLE_SECONDS + 1)) == 1
    assert hearsay.against(OPUS.name, NOW + PAGE_SECONDS + 1) == []
    assert hearsay.components() == ()


def test_words_from_the_future_are_nonsense() -> None:
    hearsay = Hearsay()
    hearsay.hear(said(OPUS, NOW + 10_000))
    assert hearsay.against(OPUS.name, NOW) == []


def test_it_is_bounded() -> None:
    hearsay = Hearsay()
    for number in range(100):
        hearsay.hear(said(OPUS, NOW + number, source=f"https://{number}"))
    assert [one.at for one in hearsay.against(OPUS.name, NOW + 100)] == [NOW + number for number in range(92, 100)]
    for number in range(5_000):
        hearsay.hear(said(type(OPUS)("claude", f"model-{number}")))
    assert len(hearsay.components()) == 2_000
