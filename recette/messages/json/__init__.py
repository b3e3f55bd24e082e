"""Messages in JSON: bytes to a tree within bounds, and the schemas that judge it."""
