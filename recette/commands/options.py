"""Options of the command line that cannot be used."""

from __future__ import annotations


class OptionsError(ValueError):
    """An option that is wrong, or that does not go with another; the text says what to write instead."""
