"""How good, how sure, how fast: scores, intervals, paired tests, calibration, latency, memory. No torch."""
