"""Stones for quays."""
