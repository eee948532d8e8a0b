"""Pages on learners of algorithms."""
