"""One connection to the broker, from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, TypeVar

from aiomqtt import MqttError
from django.conf import settings

from messaging.client import DurableClient
from messaging.dispatcher import dispatch
from messaging.inbox import receive
from messaging.logs import log
from messaging.rotation import changed
from messaging.status import Progress, State
from messaging.stop import Stop
from messaging.storage import open_session

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from messaging.broker import Broker
    from messaging.database import Database

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

# Seconds of MQTT_STOP_TIMEOUT that are for what comes after the messages: the disconnection, and the
# service's last words.
FAREWELL = 3.0


class Connection:
    """A connection that stores and sends until it ends, the settings change, or the service stops."""

    def __init__(
        self,
        broker: Broker,
        read: Callable[[], Broker],
        databases: tuple[Database, Database],
        progress: Progress,
        stop: asyncio.Event,
    ) -> None:
        self._broker = broker
        self._read = read
        self._inbox, self._outbox = databases
        self._progress = progress
        self._stop = stop
        self._client = DurableClient(
            broker,
            receive_maximum=settings.MQTT_RECEIVE_MAXIMUM,
            session_seconds=settings.MQTT_SESSION_DAYS * 86_400,
        )

    async def hold(self) -> None:
        """Connect, serve and disconnect. MqttError where the connection fails, or ends by itself."""
        async with contextlib.AsyncExitStack() as stack:
            if not await self._unless_stopped(stack.enter_async_context(self._client)):
                return
            await self._serve()
        end = self._client.disconnected.exception()
        if isinstance(end, MqttError):
            raise end
        if end is not None:
            raise MqttError(str(end)) from end

    async def _serve(self) -> None:
        client = self._client
        session = await self._inbox.insist(
            lambda: open_session(self._broker.client_id, present=client.session_present)
        )
        refused = await client.subscribe_all(settings.MQTT_SUBSCRIPTIONS)
        if refused:
            raise Stop(
                f"The broker lets {self._broker.username!r} not subscribe to {', '.join(refused)}: "
                "give this user the right to read there."
            )
        self._tell_connected()
        end = asyncio.Event()
        work = asyncio.create_task(self._work(session, end))
        rotated = asyncio.create_task(changed(self._read, self._broker, self._stop))
        await _first(work, rotated, client.disconnected)
        end.set()
        if not client.disconnected.done():
            client.finish()
        try:
            await self._wind_up(work)
        finally:
            rotated.cancel()
            if client.dropped:
                log(logger, logging.WARNING, "dropped at QoS 0", messages=client.dropped)

    async def _work(self, session: int, end: asyncio.Event) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(receive(self._client, self._inbox, self._progress, session))
                group.create_task(dispatch(self._client, self._outbox, self._progress, end))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _wind_up(self, work: asyncio.Task[None]) -> None:
        """Let what is in hand come to its end; after a stop, for a limited time."""
        stopping = asyncio.create_task(self._stop.wait())
        await _first(work, stopping)
        stopping.cancel()
        seconds = max(settings.MQTT_STOP_TIMEOUT - FAREWELL, 0.0)
        await asyncio.wait([work], timeout=seconds)
        if not work.done():
            log(logger, logging.WARNING, "not done in time", seconds=seconds)
            work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work

    async def _unless_stopped(self, call: Coroutine[object, object, Result]) -> Result | None:
        """Give the result of a call, or None where the service has to stop before."""
        task = asyncio.create_task(call)
        stopping = asyncio.create_task(self._stop.wait())
        await _first(task, stopping)
        stopping.cancel()
        if task.done():
            return task.result()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, MqttError):
            await task
        return None

    def _tell_connected(self) -> None:
        self._progress.turn(State.CONNECTED)
        log(
            logger,
            logging.INFO,
            "connected",
            broker=f"{self._broker.host}:{self._broker.port}",
            tls=self._broker.tls,
            username=self._broker.username,
            session_present=self._client.session_present,
        )


async def _first(*futures: asyncio.Future[Any]) -> None:
    """Wait until one of them is done."""
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
