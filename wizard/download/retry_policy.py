"""How long a server is waited for, and how often it is asked again."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """Times in seconds.

    Attributes:
        connect: until a connection stands.
        stall: without a byte, until a connection counts as broken.
        first: the first wait before another attempt; each further one is twice as long.
        most: the longest wait that we choose.
        longest: the longest wait that a server may ask for.
        attempts: in a row without a byte, before it is given up.
        strange: the same for a server that has never answered, whose address may be wrong.
    """

    connect: float = 30.0
    stall: float = 60.0
    first: float = 1.0
    most: float = 300.0
    longest: float = 3600.0
    attempts: int = 12
    strange: int = 4

    def wait(self, attempt: int, asked: float = 0.0, *, strange: bool = False) -> float | None:
        """Seconds until an attempt; None where it is given up.

        >>> [RetryPolicy().wait(attempt) for attempt in (1, 2, 3, 10, 13)]
        [1.0, 2.0, 4.0, 300.0, None]

        Args:
            attempt: its number, from 1, since the last byte that came.
            asked: seconds that the server wants to be left alone.
            strange: whether nothing has ever come from there. A server that says when to come again is none of these.
        """
        most = self.strange - 1 if strange and not asked else self.attempts
        if attempt > most or asked > self.longest:
            return None
        return max(asked, min(self.most, self.first * 2.0 ** (attempt - 1)))
