"""Counts things."""

__version__ = "1.1.0"
