"""Pages on models that are asked about tables."""
