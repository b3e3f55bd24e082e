"""What depends on the machine: randomness, and whatever one platform has and another lacks."""
