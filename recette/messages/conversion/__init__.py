"""What the hub makes of a message for a recipient of another generation, or on the fire side (hub-sante-2026 4)."""
