"""What was asked on each channel and is still to be answered, which a hub does in the order in which it was asked."""

from __future__ import annotations

from recette.relay.recent import Recent

_CHANNELS = 4_096
_MOST = 64
"""Names that are remembered of one channel; of more that wait, how many they are."""


class InTurn:
    """Names by channel, first in, first out, within bounds."""

    def __init__(self) -> None:
        self._waiting: Recent[int, tuple[tuple[str, ...], int]] = Recent(_CHANNELS)

    def ask(self, channel: int, name: str) -> None:
        names, beyond = self._waiting.get(channel) or ((), 0)
        if beyond or len(names) == _MOST:
            self._waiting.put(channel, (names, beyond + 1))
        else:
            self._waiting.put(channel, ((*names, name), 0))

    def answered(self, channel: int) -> str:
        """The name that the next answer is about; empty where it is not remembered."""
        names, beyond = self._waiting.pop(channel) or ((), 0)
        if len(names) > 1 or (names and beyond):
            self._waiting.put(channel, (names[1:], beyond))
        elif beyond > 1:
            self._waiting.put(channel, ((), beyond - 1))
        return names[0] if names else ""

    def forget(self, channel: int) -> None:
        """The channel is a new one."""
        self._waiting.pop(channel)
