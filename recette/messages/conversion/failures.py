"""What cannot be converted, as the hub's conversion service tells it."""

from __future__ import annotations


class ConversionError(Exception):
    """The conversion service refuses: `status` is its HTTP status, the text one sentence.

    The dispatcher reports it as 300 INVALID_MESSAGE (hub-sante-2026 4.2).
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def not_implemented(what: str) -> ConversionError:
    """No rule converts this (hub-sante-2026 4.3)."""
    return ConversionError(400, f"Aucune conversion n'existe pour {what}.")
