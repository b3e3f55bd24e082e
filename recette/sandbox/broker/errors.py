"""AMQP's own errors, as the broker gives them."""

from __future__ import annotations


class AmqpError(Exception):
    """A reply code and text; `hard` ones close the connection, the others only the channel."""

    def __init__(self, code: int, text: str, *, hard: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.hard = hard


def access_refused(text: str) -> AmqpError:
    return AmqpError(403, f"ACCESS_REFUSED - {text}")


def not_found(text: str) -> AmqpError:
    return AmqpError(404, f"NOT_FOUND - {text}")


def precondition_failed(text: str) -> AmqpError:
    return AmqpError(406, f"PRECONDITION_FAILED - {text}")


def not_implemented(text: str) -> AmqpError:
    return AmqpError(540, f"NOT_IMPLEMENTED - {text}", hard=True)
