"""Getting the editor to act: one module a driver."""
