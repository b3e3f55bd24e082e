"""The data dictionary: what every message is made of, edition by edition, and what is told from it."""
