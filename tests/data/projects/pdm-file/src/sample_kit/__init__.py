"""Sample."""

__version__ = "5.1.0"  # of the release
