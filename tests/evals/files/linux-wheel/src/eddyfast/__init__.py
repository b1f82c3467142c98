"""Fast eddies."""
