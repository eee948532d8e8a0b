"""Latency with a clock that the test turns, and once with a real one."""

import time

import pytest

from headwork.measure.latency import BATCHES, SINGLES, WARM_UP, measure_latency


class Model:
    """Takes `start` seconds for a call and `each` for a text, on its own clock; remembers the calls."""

    def __init__(self, *, start: float, each: float, first: float = 0.0):
        self.start, self.each, self.first = start, each, first
        self.now = 0.0
        self.calls: list[int] = []

    def clock(self) -> float:
        return self.now

    def __call__(self, texts):
        self.now += self.start + self.each * len(texts) + (0 if self.calls else self.first)
        self.calls.append(len(texts))


texts = [f"text {i}" for i in range(500)]


def test_single_texts_and_many_are_told_apart():
    model = Model(start=0.004, each=0.001)
    latency = measure_latency(model, texts, seconds=60, clock=model.clock)
    assert latency.p50_ms == pytest.approx(5)
    assert latency.p95_ms == pytest.approx(5)
    assert latency.texts_per_second == pytest.approx(500 / 0.504)


def test_the_first_call_is_not_counted():
    model = Model(start=0.001, each=0.001, first=9.0)
    latency = measure_latency(model, texts, seconds=4, clock=model.clock)
    assert latency.p95_ms == pytest.approx(2)
    assert model.calls[:WARM_UP] == [1] * WARM_UP


@pytest.mark.parametrize("each", [1e-5, 0.01, 0.3, 5.0])
def test_the_time_is_bounded(each):
    model = Model(start=0.0, each=each)
    measure_latency(model, texts, seconds=4, clock=model.clock)
    assert model.now <= 4 + (WARM_UP + 2) * each + 2
    assert model.calls.count(1) <= WARM_UP + SINGLES + BATCHES


def test_the_slow_tail_shows_in_p95():
    model = Model(start=0.0, each=0.001)

    def hesitant(batch):
        model(batch)
        model.now += 0.1 * (len(model.calls) % 10 == 0)

    latency = measure_latency(hesitant, texts, seconds=60, clock=model.clock)
    assert latency.p50_ms == pytest.approx(1)
    assert latency.p95_ms > 50


def test_a_real_clock():
    latency = measure_latency(lambda texts: time.sleep(0.002), texts, seconds=0.2)
    assert 2 <= latency.p50_ms <= latency.p95_ms < 200
    assert latency.texts_per_second > 100
