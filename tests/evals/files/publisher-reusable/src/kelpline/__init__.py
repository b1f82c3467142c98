"""Mooring lines for long-running jobs."""
