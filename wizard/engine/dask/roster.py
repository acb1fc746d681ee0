"""The workers of a cluster that take part: each has passed the look, and has its places among those of its host."""

from collections.abc import Collection
from itertools import count

from wizard.engine.executors.look import Look, Sight


class Roster:
    """Who takes part, who may not, and which number each of their processes has on its host."""

    def __init__(self) -> None:
        self.members: dict[str, Sight] = {}
        """What each that takes part saw, by its address."""
        self.refused: set[str] = set()
        self._numbers: dict[str, dict[tuple[str, int], int]] = {}

    def judge(self, address: str, sight: Sight, look: Look, ignored: Collection[str]) -> str:
        """Lets a worker take part, or says in clauses why it may not."""
        wrong = [clause for name, clause in sight.wrong(look).items() if name not in ignored or sight.failure]
        if wrong:
            self.refused.add(address)
        else:
            self.members[address] = sight
        return "; ".join(wrong)

    def remove_absent(self, present: Collection[str]) -> list[tuple[str, Sight]]:
        """Removes those that are no longer there, and gives them with their addresses."""
        self.refused.intersection_update(present)
        gone = [(address, sight) for address, sight in self.members.items() if address not in present]
        for address, sight in gone:
            del self.members[address]
            places = self._numbers.get(sight.host, {})
            for place in [place for place in places if place[0] == address]:
                del places[place]
        return gone

    def unknown(self, present: Collection[str]) -> list[str]:
        """The addresses of those that have not been looked at."""
        return [address for address in present if address not in self.members and address not in self.refused]

    @property
    def calls(self) -> int:
        """How many calls they take at a time."""
        return sum(sight.calls for sight in self.members.values())

    def number(self, address: str, place: int) -> int:
        """The number of a worker's process among those of its host, from 1; that of a lost one is given again."""
        host = self.members[address].host if address in self.members else address
        taken = self._numbers.setdefault(host, {})
        if (address, place) not in taken:
            taken[address, place] = next(each for each in count(1) if each not in taken.values())
        return taken[address, place]
