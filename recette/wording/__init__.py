"""French wording that every room shares: counts, system errors, syntax errors, the nearest name."""
