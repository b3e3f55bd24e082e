"""What holds: verifying a run, signing it, and copying it without what others must not read."""
