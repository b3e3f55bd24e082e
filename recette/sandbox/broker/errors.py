"""What goes wrong when a broker is started, told to the person who starts it."""


class BrokerStartError(RuntimeError):
    """The broker cannot start as asked; the message is one French sentence: what is wrong, what to do."""


class PortTakenError(BrokerStartError):
    """The port that was asked for cannot be had."""


class DefinitionsError(BrokerStartError):
    """Definitions that cannot be served; the message names the record."""
