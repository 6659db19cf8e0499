"""Storing deliveries, each message once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from messaging.models import Message, Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from messaging.delivery import Delivery


def open_session(client_id: str, *, present: bool) -> int:
    """Give the id of the broker's session: the one that it still had, or a new one."""
    known = Session.objects.filter(client_id=client_id).order_by("-id").first()
    if present and known is not None:
        return known.pk
    return Session.objects.create(client_id=client_id).pk


def store(session: int, deliveries: Sequence[Delivery]) -> int:
    """Insert what is not stored yet, in one statement, and give how many were found stored before.

    May be repeated with the same deliveries.
    """
    before = _stored_before(session, deliveries)
    rows = [
        Message(
            identity=delivery.identity,
            message_id=delivery.message_id[:255],
            topic=delivery.topic,
            payload=delivery.payload,
            retained=delivery.retained,
            received_at=delivery.received_at,
            session_id=session,
            packet_id=delivery.packet_id if delivery.qos > 0 else None,
        )
        for delivery in deliveries
        if delivery.packet_id not in before
    ]
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    return len(before)


def _stored_before(session: int, deliveries: Sequence[Delivery]) -> frozenset[int]:
    """Give the packet ids of redelivered messages without an id of their own that are stored.

    A message keeps its packet id as long as it is not acknowledged (MQTT 5, 4.4), and what is stored
    but not acknowledged is among the session's last stored ones, at most as many as may be on their way.
    """
    redelivered = {
        delivery.packet_id: (delivery.topic, delivery.payload)
        for delivery in deliveries
        if delivery.redelivered and not delivery.message_id
    }
    if not redelivered:
        return frozenset()
    last = Message.objects.filter(session=session, packet_id__isnull=False).order_by("-id")
    window = list(last.values_list("pk", "packet_id")[: settings.MQTT_RECEIVE_MAXIMUM])
    candidates = [pk for pk, packet_id in window if packet_id in redelivered]
    stored = Message.objects.filter(pk__in=candidates)
    return frozenset(
        packet_id
        for packet_id, topic, payload in stored.values_list("packet_id", "topic", "payload")
        if packet_id is not None and redelivered[packet_id] == (topic, bytes(payload))
    )
