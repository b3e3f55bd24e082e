"""The recette in the browser: one more consumer of a run's events, one more driver. Nothing imports it but its command."""
