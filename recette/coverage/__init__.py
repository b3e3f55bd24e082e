"""What the recette proves of itself: requirements side by side, seeded faults, faultless editors."""
