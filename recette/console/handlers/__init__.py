"""What the console answers, a module a part; each gives its routes."""
