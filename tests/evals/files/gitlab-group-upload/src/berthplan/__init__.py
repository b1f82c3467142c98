"""Plans berths."""
