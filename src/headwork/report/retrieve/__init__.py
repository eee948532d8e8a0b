"""The report on models of search."""
