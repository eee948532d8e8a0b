"""Pages on models of text pairs."""
