"""What others recorded of a hub's traffic, read within bounds, as messages that passed."""
