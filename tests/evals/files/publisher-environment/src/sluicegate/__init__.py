"""Opens and closes things at the right time."""
