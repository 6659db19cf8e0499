"""Sending what is in the outbox."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiomqtt import MqttError
from django.conf import settings

from messaging import outbox
from messaging.database import wait_for
from messaging.logs import log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from messaging.client import DurableClient
    from messaging.database import Database
    from messaging.models import OutboxMessage
    from messaging.status import Progress

logger = logging.getLogger(__name__)

BATCH = 100
# Bytes of a PUBLISH packet beside topic and payload: header, lengths, packet id, and the message id.
OVERHEAD = 80


async def dispatch(client: DurableClient, database: Database, progress: Progress, end: asyncio.Event) -> None:
    """Send rows in their order until the end is asked for or the connection is gone."""
    while not end.is_set() and not client.disconnected.done():
        rows = await database.insist(lambda: outbox.pending(BATCH))
        if rows:
            await _send(client, database, progress, rows)
        else:
            await wait_for(end, settings.MQTT_OUTBOX_POLL)


async def _send(
    client: DurableClient, database: Database, progress: Progress, rows: Sequence[OutboxMessage]
) -> None:
    answers = await asyncio.gather(*(_publish(client, row) for row in rows))
    sent = [row.pk for row, answer in zip(rows, answers, strict=True) if answer == ""]
    refused = {row.pk: answer for row, answer in zip(rows, answers, strict=True) if answer}
    # Rows without an answer stay as they are, and are sent again with the same message id.
    await database.insist(lambda: outbox.record(sent, refused))
    progress.sent += len(sent)
    if sent:
        log(logger, logging.INFO, "sent", messages=len(sent))
    for row in rows:
        if row.pk in refused:
            log(
                logger,
                logging.ERROR,
                "refused",
                outbox=row.pk,
                topic=row.topic,
                reason=refused[row.pk],
            )


async def _publish(client: DurableClient, row: OutboxMessage) -> str | None:
    """Give why the broker will not have it, "" if it has it, or None if that is not known."""
    # Text where SQL inserted text into SQLite, which keeps it as such.
    payload = outbox.encode(row.payload)
    try:
        outbox.check_topic(row.topic)
    except ValueError as error:
        return str(error)
    size = len(payload) + len(row.topic.encode()) + OVERHEAD
    if size > client.maximum_packet:
        return f"a packet of about {size} bytes, and the broker takes {client.maximum_packet}"
    try:
        code = await client.publish_acknowledged(
            row.topic, payload, message_id=str(row.message_id), retain=row.retain
        )
    except MqttError:
        return None
    return str(code).lower() if code.is_failure else ""
