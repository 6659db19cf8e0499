import uuid
from datetime import UTC, datetime

from django.test import TestCase

from messaging.delivery import Delivery, identify
from messaging.models import Message
from messaging.storage import open_session, store


def deliver(
    packet_id: int, *, message_id: str = "", topic: str = "naboom/community/a", redelivered: bool = False
) -> Delivery:
    return Delivery(
        topic=topic,
        payload=b"the same",
        qos=1,
        retained=False,
        redelivered=redelivered,
        packet_id=packet_id,
        message_id=message_id,
        received_at=datetime.now(UTC),
        identity=identify(topic, message_id) if message_id else uuid.uuid4(),
    )


class StorageTest(TestCase):
    def setUp(self) -> None:
        self.session = open_session("django", present=False)

    def count_after(self, *batches: list[Delivery]) -> int:
        for batch in batches:
            store(self.session, batch)
        return Message.objects.count()

    def test_a_publishers_id_is_stored_once_on_a_topic(self) -> None:
        again = deliver(9, message_id="1")
        self.assertEqual(self.count_after([deliver(1, message_id="1"), again], [again]), 1)
        self.assertEqual(self.count_after([deliver(2, message_id="1", topic="naboom/system/a")]), 2)

    def test_without_an_id_equal_messages_are_messages_of_their_own(self) -> None:
        self.assertEqual(self.count_after([deliver(1), deliver(2)], [deliver(1)]), 3)

    def test_without_an_id_a_redelivery_of_what_is_stored_is_known(self) -> None:
        self.assertEqual(self.count_after([deliver(1), deliver(2)]), 2)
        again = [deliver(1, redelivered=True), deliver(2, redelivered=True), deliver(3, redelivered=True)]
        self.assertEqual(store(self.session, again), 2)
        self.assertEqual(Message.objects.count(), 3)

    def test_another_session_has_packet_ids_of_its_own(self) -> None:
        self.count_after([deliver(1)])
        self.session = open_session("django", present=False)
        self.assertEqual(self.count_after([deliver(1, redelivered=True)]), 2)

    def test_a_batch_may_be_stored_again_where_nobody_knows_whether_it_was(self) -> None:
        batch = [deliver(1), deliver(2, message_id="2"), deliver(3, redelivered=True)]
        self.assertEqual(self.count_after(batch, batch), 3)

    def test_a_session_that_the_broker_has_is_the_last_one(self) -> None:
        self.assertEqual(open_session("django", present=True), self.session)
        self.assertNotEqual(open_session("other", present=True), self.session)

    def test_topics_and_payloads_of_any_size_are_stored(self) -> None:
        topic = "naboom/community/" + "".join(str(uuid.uuid4()) for _ in range(1_800))
        self.assertEqual(self.count_after([deliver(1, topic=topic, message_id="m" * 60_000)]), 1)
