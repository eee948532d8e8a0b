"""Pages on taggers of words."""
