"""Between an editor and its hub: bytes go through as they are, and a journal says what they were."""
