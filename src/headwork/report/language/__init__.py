"""Pages on language models."""
