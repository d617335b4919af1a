import re
from itertools import count, pairwise

from mainstay.gateway.identity import POOL_IDS, SeededDice, id_maker


def test_ids_are_unique_beyond_one_pool_of_random_bytes() -> None:
    next_id = id_maker(lambda: 1_772_448_540.0)
    ids = [next_id() for _ in range(3 * POOL_IDS)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"ex_[0-9a-f]{25}", one) for one in ids)


def test_ids_sort_by_time() -> None:
    milliseconds = count(1_772_448_540_000)
    next_id = id_maker(lambda: next(milliseconds) / 1000)
    ids = [next_id() for _ in range(100)]
    assert all(one < other for one, other in pairwise(ids[::2]))


def test_two_makers_do_not_share_their_chance() -> None:
    one, other = id_maker(lambda: 1.0), id_maker(lambda: 1.0)
    assert {one() for _ in range(100)}.isdisjoint({other() for _ in range(100)})


def test_the_same_seed_throws_the_same() -> None:
    one, same, other = SeededDice("ex_1"), SeededDice("ex_1"), SeededDice("ex_2")
    throws = [one() for _ in range(20)]
    assert throws == [same() for _ in range(20)]
    assert throws != [other() for _ in range(20)]
    assert all(0 <= throw < 1 for throw in throws)
    assert len(set(throws)) == 20
