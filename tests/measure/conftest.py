"""A row of a comparison, made from the few numbers that a test cares about."""

import pytest

from headwork.base.results import (
    AccuracyDifference,
    Calibration,
    Cost,
    Cut,
    DataFacts,
    Latency,
    ModelResult,
    Score,
    Split,
)


@pytest.fixture
def model_result():
    def make(name, *, accuracy=0.8, half_width=0.02, bytes=1000, difference=0.0, low=0.0, high=0.0):
        score = Score(mean=accuracy, low=accuracy - half_width, high=accuracy + half_width, spread=0.0)
        against = AccuracyDifference(
            difference=difference, low=low, high=high, p=0.5, p_holm=0.5, mcnemar_p=0.5, mcnemar_p_holm=0.5
        )
        return ModelResult(
            name=name,
            title=name,
            seeds=[0],
            scores={"accuracy": score, "macro_f1": score},
            calibration=Calibration(nll_before=1, nll_after=1, ece_before=0, ece_after=0, temperature=1),
            cost=Cost(train_seconds=1, parameters=1, bytes=bytes, peak_bytes=1),
            latency=Latency(p50_ms=1, p95_ms=1, texts_per_second=1),
            against_best=against,
            against_tfidf=None,
            stopped=["fitted"],
            cut=Cut(rows=0, tokens=0, of_tokens=1),
            reliability_before=[],
            reliability_after=[],
        )

    return make


@pytest.fixture
def data_facts():
    def make(*, dropped=None, class_rows=None, test=1000):
        class_rows = class_rows or {"yes": 2500, "no": 2500}
        return DataFacts(
            source="rows.csv",
            fingerprint="0",
            text_column="text",
            label_column="label",
            rows=sum(class_rows.values()) + sum((dropped or {}).values()),
            classes=list(class_rows),
            split=Split(train=3000, dev=1000, test=test),
            dropped=dropped or {},
            split_by="stratified",
            class_rows=class_rows,
        )

    return make
