"""Conformance test harness (cahier de recette runner) for the French Hub Santé."""

__version__ = "0.1.0"
