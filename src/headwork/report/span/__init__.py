"""Pages on models that answer from passages."""
