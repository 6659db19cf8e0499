import asyncio
from collections.abc import Callable
from typing import TypeVar
from unittest import mock

from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.test import TestCase
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from messaging import outbox
from messaging.database import Database
from messaging.dispatcher import dispatch
from messaging.models import OutboxMessage
from messaging.status import Progress

Result = TypeVar("Result")

UNPUBLISHABLE = (
    *("", "naboom/+", "naboom/#", "naboom/\0", "a" * 65_536, "ü" * 32_768, "/" * 201),
    *(f"naboom/{chr(code)}" for code in (0x01, 0x1F, 0x7F, 0x9F, 0xFDD0, 0xFDEF)),
    *(f"naboom/{chr(code)}" for code in (0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF, 0xD800, 0xDFFF)),
)
UNUSUAL = (" ", "$x", "a/\ufeffb", "\xa0", "\ufdcf\ufdf0\ufffd", "\U0001f600", "/" * 200, "a" * 65_535)


class InlineDatabase(Database):
    """A database in the test's own thread, where its transaction is."""

    def __init__(self) -> None:
        super().__init__("inline", asyncio.Event())

    async def run(self, call: Callable[[], Result]) -> Result:
        return await sync_to_async(call)()


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
        insert("INSERT INTO messaging_outboxmessage (topic, payload) VALUES ('naboom/a', 'x')")
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
        for topic in UNPUBLISHABLE:
            with self.subTest(ascii(topic[:20])), self.assertRaises(ValueError):
                outbox.publish(topic)
        self.assertFalse(OutboxMessage.objects.exists())

    def test_a_topic_of_unusual_characters_is_published(self) -> None:
        for topic in UNUSUAL:
            with self.subTest(ascii(topic[:20])):
                self.assertEqual(outbox.publish(topic).topic, topic)

    async def test_a_row_by_sql_with_a_malformed_topic_is_refused_and_blocks_nobody(self) -> None:
        for topic in ("naboom/a\x1fb", "naboom/\ufffe", "/" * 201, "naboom/b"):
            await OutboxMessage.objects.acreate(topic=topic, payload=b"x")
        with self.assertLogs("messaging.dispatcher", "ERROR") as logged:
            self.assertEqual(await self.sent(), [("naboom/b", b"x")])
        self.assertEqual(len(logged.records), 3)
        refusals = [row.refusal async for row in OutboxMessage.objects.order_by("pk")]
        for said, expected in zip(refusals, ("'\\x1f' at", "'\\ufffe' at", "201 slashes", ""), strict=True):
            self.assertIn(expected, said)

    async def test_a_payload_by_sql_is_sent_as_bytes_where_the_database_keeps_text(self) -> None:
        await sync_to_async(insert)("INSERT INTO messaging_outboxmessage (topic, payload) VALUES ('a', 'x')")
        with self.assertLogs("messaging.dispatcher"):
            self.assertEqual(await self.sent(), [("a", b"x")])

    async def test_asynchronous_code_publishes_too(self) -> None:
        row = await outbox.apublish("naboom/community/a", "text", retain=True)
        self.assertEqual((bytes(row.payload), row.retain), (b"text", True))

    async def sent(self) -> list[tuple[str, bytes]]:
        """Let the outbox be dispatched once to a broker that takes all, and give what reached it."""
        client = mock.Mock(maximum_packet=1_000)
        client.disconnected.done.side_effect = [False, True]
        client.publish_acknowledged = mock.AsyncMock(return_value=ReasonCode(PacketTypes.PUBACK))
        await dispatch(client, InlineDatabase(), Progress(), asyncio.Event())
        return [call.args for call in client.publish_acknowledged.await_args_list]


def insert(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
