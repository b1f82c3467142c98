"""Sample."""

PYTHON = "3.12"
RELEASE = "2.2.0"
