"""AMQP's own errors, as one end tells them to the other."""

NAMES = {
    311: "CONTENT_TOO_LARGE",
    320: "CONNECTION_FORCED",
    403: "ACCESS_REFUSED",
    404: "NOT_FOUND",
    405: "RESOURCE_LOCKED",
    406: "PRECONDITION_FAILED",
    501: "FRAME_ERROR",
    502: "SYNTAX_ERROR",
    503: "COMMAND_INVALID",
    504: "CHANNEL_ERROR",
    505: "UNEXPECTED_FRAME",
    530: "NOT_ALLOWED",
    540: "NOT_IMPLEMENTED",
    541: "INTERNAL_ERROR",
}
MAX_TEXT = 255  # a reply text is a short string


class AmqpError(Exception):
    """An AMQP error: `hard` ones (AMQP 0-9-1, "reply codes") close the connection, others the channel."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.text = f"{NAMES[code]} - {text}".encode()[:MAX_TEXT].decode(errors="ignore")
        self.index = 0
        """Class and method to blame; 0 where there is none."""
        super().__init__(f"{code} {self.text}")

    @property
    def hard(self) -> bool:
        return self.code == 320 or self.code >= 500


class MalformedError(ValueError):
    """Bytes that are no field table, no properties."""
