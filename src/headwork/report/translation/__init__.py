"""Pages on translators."""
