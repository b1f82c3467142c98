"""Keeps locks."""
