"""Conformance test harness (cahier de recette runner) for the French Hub Santé."""

__version__ = "1.0.0"
