"""Attention mechanisms, one a file: the paper's formula in the open, a fast path beside it."""
