"""How long to wait before the next attempt."""

import random
from collections.abc import Iterator

Pauses = Iterator[float]


def backoff(maximum: float, *, first: float = 0.5) -> Pauses:
    """Give seconds that double up to the maximum, each between half of itself and the whole.

    The chance in it keeps many clients of a broker that comes back from calling at once.
    """
    longest = first
    while True:
        # Chance, not a secret.
        yield random.uniform(longest / 2, longest)  # noqa: S311
        longest = min(longest * 2, maximum)
