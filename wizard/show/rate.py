"""How fast a total grows, lately."""

from collections import deque

_SETTLING = 3.0
"""Seconds before a rate is worth telling."""
_GRAIN = 40
"""Into so many steps a window is divided."""


class RateMeter:
    """The mean growth of a total over the last seconds; what it was when it was first told does not count.

    Args:
        window: how many seconds.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._seen: deque[tuple[float, float]] = deque()
        self._total = 0.0

    def add(self, now: float, total: float) -> None:
        """What the total has come to."""
        self._total = total
        if not self._seen or now - self._seen[-1][0] >= self._window / _GRAIN:
            self._seen.append((now, total))
        while len(self._seen) > 1 and self._seen[1][0] <= now - self._window:
            self._seen.popleft()

    def rate(self, now: float) -> float | None:
        """Growth a second; None while that says nothing yet."""
        if not self._seen:
            return None
        since, before = self._seen[0]
        return max(0.0, self._total - before) / (now - since) if now - since >= _SETTLING else None
