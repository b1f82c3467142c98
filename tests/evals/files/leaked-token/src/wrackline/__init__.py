"""Finds what was washed ashore."""
