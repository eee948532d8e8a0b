"""Pages on parsers of log lines."""
