"""Machines that are replaced one after the other, while SDKs ask: no request fails, and no record is lost."""

import threading
from collections import Counter
from pathlib import Path
from typing import Self

import anthropic
import openai
import pytest

from tests.e2e.callers import Callers, Question
from tests.e2e.replicas import Replica, Replicas, lane, measured, replicas

PROMPT = "Why do bridges hum in 12 words?"
DIALECTS = ("anthropic", "openai-chat", "openai-responses")
CALLERS = 6


class Wanderers:
    """SDKs that do not try again by themselves. Who finds nobody listening goes to the next machine."""

    def __init__(self, world: Replicas) -> None:
        self.failures: list[str] = []
        self.answered: list[str] = []
        self.refused_connections = 0
        self._models = {dialect: lane(dialect) for dialect in DIALECTS}
        self._urls = [one.url for one in world.gateways]
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,), daemon=True) for number in range(CALLERS)]

    def _ask(self, number: int) -> None:
        dialect = DIALECTS[number % len(DIALECTS)]
        callers = [Callers(url) for url in self._urls]
        question = Question(model=self._models[dialect], prompt=PROMPT, stream=number % 2 == 0)
        at = number
        while not self._over.is_set():
            try:
                answer = callers[at % len(callers)].ask(dialect, question)
                assert answer.text
            except (anthropic.APIConnectionError, openai.APIConnectionError) as error:
                if "refused" not in repr(error.__cause__):
                    self.failures.append(f"{type(error).__name__}: {error.__cause__!r}")
                self.refused_connections += 1
                at += 1
            except Exception as error:  # noqa: BLE001 - whatever an SDK raises is a failure here
                self.failures.append(f"{type(error).__name__}: {error}")
            else:
                self.answered.append(answer.headers["x-mainstay-id"])
        for one in callers:
            one.close()

    def until_more(self, gateway: Replica, more: int) -> None:
        """Wait for so many answers from now on, while this gateway lives."""
        enough = len(self.answered) + more
        gateway.until(lambda: len(self.answered) >= enough, "callers are served")

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)


@pytest.mark.parametrize("workers", [1, 2])
def test_machines_are_replaced_one_after_the_other_without_a_failed_request(workers: int, tmp_path: Path) -> None:
    with replicas(tmp_path, workers=workers) as world:
        with Wanderers(world) as callers:
            callers.until_more(world.gateways[0], 30)
            for number, one in enumerate(world.gateways):
                other = world.gateways[1 - number]
                assert one.gateway.stop() == 0, one.gateway.output
                callers.until_more(other, 20)
                one.start()
                callers.until_more(other, 20)
            callers.until_more(world.gateways[0], 30)
        assert callers.failures == []
        assert callers.refused_connections > 0
        measured(f"{len(callers.answered)} answers, {callers.refused_connections} times nobody listened, none failed")
        world.gateways[0].until(lambda: told(world) == Counter(callers.answered), "each answer has one record")


def told(world: Replicas) -> Counter[str]:
    return Counter(two.id for one in world.gateways for two in one.exchanges(outcome="answered"))
