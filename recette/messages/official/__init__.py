"""Official bundles: reading one, and holding the dictionary against it."""
