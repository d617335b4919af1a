from collections import Counter
from itertools import islice

from bench.soak.upstream import ILL_EVERY, MOODS, moods


def test_one_stream_in_so_many_goes_wrong_and_each_mood_has_its_turn() -> None:
    found = Counter(islice(moods(), ILL_EVERY * len(MOODS)))
    assert found.pop("") == (ILL_EVERY - 1) * len(MOODS)
    assert found == Counter(MOODS)
