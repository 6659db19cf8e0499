from itertools import islice
from unittest import TestCase

from messaging.backoff import backoff


class BackoffTest(TestCase):
    def test_pauses_double_up_to_the_maximum_and_stay_within_half_of_themselves(self) -> None:
        longest = [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
        for _ in range(100):
            for pause, limit in zip(islice(backoff(30), 9), longest, strict=True):
                self.assertLessEqual(limit / 2, pause)
                self.assertLessEqual(pause, limit)

    def test_two_clients_do_not_come_at_the_same_time(self) -> None:
        self.assertNotEqual(list(islice(backoff(30), 5)), list(islice(backoff(30), 5)))
