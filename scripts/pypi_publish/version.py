"""The one place that states which version of pypi-publish this is."""

VERSION = "0.1.0"
