"""What is remembered of a link for a while: the latest, and no more of it than was bargained for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The latest values by their keys: at most `most`, and of those that have a size at most so many bytes."""

    def __init__(self, most: int, size: int = 0) -> None:
        self._most, self._size = most, size
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._bytes = 0

    def __contains__(self, key: K) -> bool:
        return key in self._kept

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[K]:
        return iter(self._kept)

    def put(self, key: K, value: V, size: int = 0) -> None:
        """Keep it, as the latest; the earliest go."""
        self.pop(key)
        self._kept[key] = value, size
        self._bytes += size
        while self._kept and (len(self._kept) > self._most or self._bytes > self._size):
            _, (_, freed) = self._kept.popitem(last=False)
            self._bytes -= freed

    def get(self, key: K) -> V | None:
        found = self._kept.get(key)
        return found[0] if found is not None else None

    def pop(self, key: K) -> V | None:
        found = self._kept.pop(key, None)
        if found is None:
            return None
        self._bytes -= found[1]
        return found[0]
