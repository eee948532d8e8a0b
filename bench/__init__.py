"""Speed, side by side with what people would use instead: `python -m bench`. Never part of the tests."""
