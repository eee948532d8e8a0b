"""Pages on models that summarise."""
