"""Reads turbidity sensors."""
