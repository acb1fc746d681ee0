"""The recent rate of a growing total."""

from collections import deque

_SETTLING = 3.0
"""Seconds before a rate is meaningful."""
_GRAIN = 40
"""Number of steps that a window is divided into."""


class RateMeter:
    """Mean growth of a total over a window of the last seconds, from its first value on."""

    def __init__(self, window: float) -> None:
        self._window = window
        self._seen: deque[tuple[float, float]] = deque()
        self._total = 0.0

    def add(self, now: float, total: float) -> None:
        """Records the total at a time."""
        self._total = total
        if not self._seen or now - self._seen[-1][0] >= self._window / _GRAIN:
            self._seen.append((now, total))
        while len(self._seen) > 1 and self._seen[1][0] <= now - self._window:
            self._seen.popleft()

    def rate(self, now: float) -> float | None:
        """Growth per second; None until it is meaningful."""
        if not self._seen:
            return None
        since, before = self._seen[0]
        return max(0.0, self._total - before) / (now - since) if now - since >= _SETTLING else None
