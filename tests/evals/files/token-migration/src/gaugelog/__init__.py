"""Reads the logs of float gauges."""
