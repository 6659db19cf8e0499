"""Publishing from Django: what is committed is sent."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db import models
from django.utils import timezone

from messaging.models import OutboxMessage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# MQTT 5, 1.5.4: a string is at most this many bytes.
LONGEST_TOPIC = 65_535

PENDING = models.Q(sent_at__isnull=True, refusal="")


def publish(topic: str, payload: Any = b"", *, retain: bool = False) -> OutboxMessage:  # noqa: ANN401
    """Put a message into the outbox, as a part of the caller's transaction.

    The service sends it at QoS 1 within MQTT_OUTBOX_POLL seconds of the commit, or once the broker is
    back. bytes and str (as UTF-8) are sent as they are, anything else as JSON. Raises ValueError for a
    topic that nobody can publish to, and TypeError for what JSON cannot hold.
    """
    return OutboxMessage.objects.create(topic=check_topic(topic), payload=encode(payload), retain=retain)


async def apublish(topic: str, payload: Any = b"", *, retain: bool = False) -> OutboxMessage:  # noqa: ANN401
    """Do as publish does, from asynchronous code."""
    return await sync_to_async(publish)(topic, payload, retain=retain)


def check_topic(topic: str) -> str:
    """Give the topic back; ValueError where it is none that can be published to (MQTT 5, 4.7)."""
    if not topic or any(character in topic for character in "+#\0"):
        raise ValueError(f"{topic!r} is no topic to publish to: it must be without +, # and NUL.")
    if len(topic.encode()) > LONGEST_TOPIC:
        raise ValueError(f"The topic has {len(topic.encode())} bytes: at most {LONGEST_TOPIC} are allowed.")
    return topic


def encode(payload: Any) -> bytes:  # noqa: ANN401
    """Give the bytes of a payload."""
    if isinstance(payload, bytes | bytearray | memoryview):
        return bytes(payload)
    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    return text.encode()


def pending(limit: int) -> Sequence[OutboxMessage]:
    """Give what waits to be sent, oldest first, each with a message id that stays."""
    rows = list(OutboxMessage.objects.filter(PENDING).order_by("pk")[:limit])
    nameless = [row for row in rows if row.message_id is None]
    for row in nameless:
        row.message_id = uuid.uuid4()
    OutboxMessage.objects.bulk_update(nameless, ["message_id"])
    return rows


def record(sent: Sequence[int], refused: Mapping[int, str]) -> None:
    """Write down what the broker took, and what it did not and why; may be repeated."""
    if sent:
        OutboxMessage.objects.filter(pk__in=sent).update(sent_at=timezone.now())
    for pk, reason in refused.items():
        OutboxMessage.objects.filter(pk=pk).update(refusal=reason)
