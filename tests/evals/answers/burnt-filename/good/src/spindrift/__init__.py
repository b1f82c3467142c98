"""Sprays work over many cores."""

__version__ = "2.0.1"
