"""What vectors of texts are good for: written down, searched, put into groups."""
