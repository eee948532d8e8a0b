"""Rows in: readers, tokenizers, splits, batches, and where weights and data sets are found. No torch."""
