"""What a user can do wrong with keys and copies."""

from __future__ import annotations


class KeyFileError(ValueError):
    """A key cannot be used; the text says why and what to do."""


class CopyError(ValueError):
    """The copy cannot be made; the text says why."""
