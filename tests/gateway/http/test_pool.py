from mainstay.gateway.http.pool import Pool


class Connection:
    def __init__(self) -> None:
        self.closing = False

    def drop(self) -> None:
        self.closing = True


def pool(limit: int = 10) -> Pool[Connection]:
    return Pool(limit, idle_seconds=55.0)


def test_the_last_connection_given_is_the_first_taken() -> None:
    first, second = Connection(), Connection()
    one = pool()
    one.give(first, 0.0)
    one.give(second, 1.0)
    assert one.take(2.0) is second
    assert one.take(2.0) is first
    assert one.take(2.0) is None


def test_closing_and_aged_connections_are_passed_over() -> None:
    old, closing = Connection(), Connection()
    closing.closing = True
    one = pool()
    one.give(old, 0.0)
    one.give(closing, 54.0)
    assert one.take(55.0) is None
    assert old.closing


def test_one_too_many_is_closed() -> None:
    first, second = Connection(), Connection()
    one = pool(limit=1)
    one.give(first, 0.0)
    one.give(second, 0.0)
    assert (first.closing, second.closing, len(one)) == (False, True, 1)


def test_a_sweep_closes_what_has_rested_too_long() -> None:
    old, young = Connection(), Connection()
    one = pool()
    one.give(old, 0.0)
    one.give(young, 30.0)
    one.sweep(54.9)
    assert len(one) == 2
    one.sweep(55.0)
    assert (old.closing, young.closing, len(one)) == (True, False, 1)


def test_a_connection_that_ended_is_forgotten() -> None:
    first, second = Connection(), Connection()
    one = pool()
    one.give(first, 0.0)
    one.give(second, 0.0)
    one.forget(second)
    assert one.take(0.0) is first
