"""Internal berth planning."""
