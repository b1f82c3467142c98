"""Marks how high the water came."""

__version__ = "1.3.1"
