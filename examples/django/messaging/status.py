"""How the service is, told by it and judged by others."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from messaging.models import OutboxMessage, ServiceStatus
from messaging.outbox import PENDING

if TYPE_CHECKING:
    from datetime import datetime

State = ServiceStatus.State

# A service that has missed this many heartbeats is taken for dead.
MISSED_HEARTBEATS = 3


@dataclass(slots=True)
class Progress:
    """What a running service tells of itself."""

    state: ServiceStatus.State = State.WAITING
    detail: str = "starting"
    since: datetime = field(default_factory=timezone.now)
    stored: int = 0
    sent: int = 0
    last_stored_at: datetime | None = None
    # Set where others should hear of it before the next heartbeat.
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def turn(self, state: ServiceStatus.State, detail: str = "") -> None:
        """Enter a state; one that is entered again keeps its time."""
        if state != self.state:
            self.since = timezone.now()
        self.state = state
        self.detail = detail
        self.news.set()


@dataclass(frozen=True, slots=True)
class Health:
    """The judgement: a sentence, and the figures behind it."""

    healthy: bool
    sentence: str
    figures: dict[str, object]


def write_status(client_id: str, progress: Progress) -> None:
    """Write how the service is, with a heartbeat of now."""
    ServiceStatus.objects.update_or_create(
        client_id=client_id,
        defaults={
            "state": progress.state,
            "since": progress.since,
            "detail": progress.detail,
            "heartbeat_at": timezone.now(),
            "stored": progress.stored,
            "sent": progress.sent,
            "last_stored_at": progress.last_stored_at,
        },
    )


def retire_status(client_id: str, successor: str) -> None:
    """Write that the service has left a client id for another one."""
    now = timezone.now()
    ServiceStatus.objects.filter(pk=client_id).update(
        state=State.STOPPED,
        since=now,
        detail=f"it goes on with the MQTT_CLIENT_ID {successor}.",
        heartbeat_at=now,
    )


def read_health(client_id: str) -> Health:
    """Judge the service of a client id by what is in the database."""
    status = ServiceStatus.objects.filter(pk=client_id).first()
    oldest = OutboxMessage.objects.filter(PENDING).order_by("pk").first()
    figures: dict[str, object] = {
        "client_id": client_id,
        "state": status.state if status else None,
        "since": status.since if status else None,
        "heartbeat_at": status.heartbeat_at if status else None,
        "stored": status.stored if status else 0,
        "sent": status.sent if status else 0,
        "last_stored_at": status.last_stored_at if status else None,
        "outbox_pending": OutboxMessage.objects.filter(PENDING).count(),
        "outbox_refused": OutboxMessage.objects.exclude(refusal="").count(),
    }
    fault = judge(status, oldest.created_at if oldest else None, timezone.now())
    return Health(fault is None, fault or f"The service {client_id} is connected.", figures)


def judge(status: ServiceStatus | None, oldest: datetime | None, now: datetime) -> str | None:
    """Say what is wrong, or None; oldest is when the message was written that waits longest."""
    if status is None:
        return "No service has run yet with this MQTT_CLIENT_ID: start run_mqtt_service_secure."
    silence = (now - status.heartbeat_at).total_seconds()
    if status.state == State.STOPPED:
        return f"The service {status.pk} has stopped: {status.detail}"
    if silence > settings.MQTT_HEARTBEAT * MISSED_HEARTBEATS:
        return f"The service {status.pk} has not been heard of for {silence:.0f} s: it or its database hangs."
    if status.state != State.CONNECTED:
        return f"The service {status.pk} is not connected to the broker: {status.detail}"
    waiting = (now - oldest).total_seconds() if oldest else 0.0
    if waiting > settings.MQTT_OUTBOX_PATIENCE:
        return f"A message waits in the outbox since {waiting:.0f} s, though the broker is there."
    return None
