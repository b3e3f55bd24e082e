"""A whole run: sets the hub or the target up, plays, judges while playing, tells whoever listens."""
