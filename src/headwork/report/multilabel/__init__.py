"""Pages on models that give a text any number of labels."""
