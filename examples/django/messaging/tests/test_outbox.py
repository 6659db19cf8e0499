from django.db import connection, transaction
from django.test import TestCase

from messaging import outbox
from messaging.models import OutboxMessage


class OutboxTest(TestCase):
    def test_a_transaction_that_fails_publishes_nothing(self) -> None:
        with self.assertRaises(RuntimeError), transaction.atomic():
            outbox.publish("naboom/community/a", "never")
            raise RuntimeError
        self.assertEqual(outbox.pending(10), [])

    def test_what_the_broker_took_or_will_not_have_waits_no_longer(self) -> None:
        first, second, third = (outbox.publish("naboom/community/a", number) for number in range(3))
        outbox.record([first.pk], {second.pk: "not authorized"})
        self.assertEqual([row.pk for row in outbox.pending(10)], [third.pk])

    def test_a_row_by_sql_is_sent_with_an_id_that_stays(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO messaging_outboxmessage (topic, payload) VALUES ('naboom/a', 'x')")
        (row,) = outbox.pending(10)
        self.assertIsNotNone(row.message_id)
        self.assertEqual(OutboxMessage.objects.get().message_id, row.message_id)

    def test_payloads_are_bytes_text_or_json(self) -> None:
        given = [b"\0", "ü", {"a": ["ü", 1, None]}, 1.5, True]
        expected = [b"\0", "ü".encode(), '{"a": ["ü", 1, null]}'.encode(), b"1.5", b"true"]
        self.assertEqual([outbox.encode(payload) for payload in given], expected)
        with self.assertRaises(TypeError):
            outbox.encode(object())

    def test_a_topic_that_nobody_can_publish_to_is_refused_at_once(self) -> None:
        for topic in ("", "naboom/+", "naboom/#", "naboom/\0", "a" * 65_536):
            with self.assertRaises(ValueError):
                outbox.publish(topic)

    async def test_asynchronous_code_publishes_too(self) -> None:
        row = await outbox.apublish("naboom/community/a", "text", retain=True)
        self.assertEqual((bytes(row.payload), row.retain), (b"text", True))
