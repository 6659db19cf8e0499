"""The service: connected as long as it can be, until it is told to stop."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import logging
import signal
from typing import TYPE_CHECKING

from aiomqtt import MqttError
from django.conf import settings
from django.db import Error

from messaging.backoff import backoff
from messaging.broker import Broker, read_broker
from messaging.connection import Connection
from messaging.database import Database, GivenUpError, reason, wait_for
from messaging.logs import log
from messaging.refusal import TAKEN_OVER, code_of, describe, refusal
from messaging.rotation import changed_within
from messaging.schema import check_migrated
from messaging.status import Progress, State, retire_status, write_status
from messaging.stop import Stop

if TYPE_CHECKING:
    from messaging.backoff import Pauses

logger = logging.getLogger(__name__)

# Seconds: how long after a refusal the files may still change, which are not written all at once; and
# how long a connection has to stand for the next pause to be a short one again.
GRACE = 3.0
STEADY = 10.0
# Two services with one client id end each other's connection in turn (MQTT 5, 3.1.4), for ever.
TAKEOVERS = 2
TAKEOVER_SECONDS = 60.0
# Seconds of MQTT_STOP_TIMEOUT that are left where a connection does not end: to break it off, to write
# that the service has stopped, and to close the databases, some of which may hang.
LAST_WORDS = 2.5
BREAKING_OFF = 0.5
LAST_HEARTBEAT = 1.0
CLOSING = 0.5


class Service:
    """One service process."""

    def __init__(self, *, tls: bool | None = None) -> None:
        self._read = functools.partial(read_broker, tls=tls)
        self._stop = asyncio.Event()
        self._progress = Progress()
        # Storing does not wait for the outbox, nor either of them for the heartbeat.
        self._inbox = Database("inbox", self._stop)
        self._outbox = Database("outbox", self._stop)
        self._heart = Database("heartbeat", self._stop)
        self._takeovers: list[float] = []
        # Of the connection in use, or of the attempt at one.
        self._client_id = ""

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises Stop for what trying again does not mend."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        broker = self._read()
        self._client_id = broker.client_id
        log(logger, logging.INFO, "starting", client_id=broker.client_id)
        _warn_of_plaintext(broker)
        heartbeat = asyncio.create_task(self._beat())
        try:
            await self._serve_until_stopped(broker)
            self._progress.turn(State.STOPPED, "it was told to.")
        except GivenUpError:
            self._progress.turn(State.STOPPED, "it was told to, while the database was away.")
        except BaseException as error:
            self._progress.turn(State.STOPPED, str(error) if isinstance(error, Stop) else "it failed.")
            raise
        finally:
            await self._say_goodbye(heartbeat)

    async def _serve_until_stopped(self, broker: Broker) -> None:
        """Serve; after a stop for a limited time, whatever hangs."""
        serving = asyncio.create_task(self._serve(broker))
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        seconds = max(settings.MQTT_STOP_TIMEOUT - LAST_WORDS, 0.0)
        await asyncio.wait([serving], timeout=seconds)
        if serving.done():
            return await serving
        log(logger, logging.WARNING, "not done in time", seconds=seconds)
        serving.cancel()
        await asyncio.wait([serving], timeout=BREAKING_OFF)
        return None

    async def _serve(self, broker: Broker) -> None:
        await self._inbox.insist(check_migrated)
        await self._stay_connected(broker)

    async def _say_goodbye(self, heartbeat: asyncio.Task[None]) -> None:
        await asyncio.wait([heartbeat], timeout=LAST_HEARTBEAT)
        if not heartbeat.done():
            log(logger, logging.WARNING, "no heartbeat", reason="not done in time")
            heartbeat.cancel()
        databases = (self._inbox, self._outbox, self._heart)
        await asyncio.gather(*(database.close(CLOSING) for database in databases))
        log(logger, logging.INFO, "stopped", stored=self._progress.stored, sent=self._progress.sent)
        if heartbeat.done() and not heartbeat.cancelled():
            # What nobody has foreseen in it is told.
            await heartbeat

    async def _stay_connected(self, broker: Broker) -> None:
        loop = asyncio.get_running_loop()
        pauses: Pauses = backoff(settings.MQTT_BACKOFF_MAXIMUM)
        while not self._stop.is_set():
            started = loop.time()
            self._client_id = broker.client_id
            try:
                connection = Connection(
                    broker, self._read, (self._inbox, self._outbox), self._progress, self._stop
                )
                await connection.hold()
            except MqttError as error:
                if loop.time() - started > STEADY:
                    pauses = backoff(settings.MQTT_BACKOFF_MAXIMUM)
                await self._recover(error, broker, next(pauses))
            broker = await self._read_again(broker)

    async def _recover(self, error: MqttError, broker: Broker, pause: float) -> None:
        """Wait before the next attempt. Raises Stop where it would be of no use."""
        if self._stop.is_set():
            return
        stop = refusal(error, broker)
        if stop is not None:
            if await changed_within(GRACE, self._read, broker, self._stop):
                return
            raise stop
        self._count_takeover(error, broker)
        log(logger, logging.WARNING, "waiting", reason=describe(error), seconds=round(pause, 1))
        self._progress.turn(State.WAITING, describe(error))
        await wait_for(self._stop, pause)

    async def _read_again(self, broker: Broker) -> Broker:
        """Give the settings as they are now, or the former ones while they are being replaced."""
        try:
            again = await asyncio.to_thread(self._read)
        except Stop as stop:
            # A kit's files are moved one by one. Said at each attempt, for as long as it lasts.
            log(
                logger,
                logging.WARNING,
                "settings cannot be read",
                reason=str(stop),
                instead=f"the former ones, {broker.username} at {broker.host}:{broker.port}",
            )
            return broker
        if again != broker:
            log(
                logger,
                logging.INFO,
                "settings changed",
                broker=f"{again.host}:{again.port}",
                username=again.username,
            )
        return again

    def _count_takeover(self, error: MqttError, broker: Broker) -> None:
        if code_of(error) != TAKEN_OVER:
            return
        now = asyncio.get_running_loop().time()
        self._takeovers = [moment for moment in self._takeovers if now - moment < TAKEOVER_SECONDS]
        self._takeovers.append(now)
        if len(self._takeovers) >= TAKEOVERS:
            raise Stop(
                f"Another client uses the client id {broker.client_id!r} too: stop the other one if it is "
                "a service on this database, and else give it an MQTT_CLIENT_ID of its own."
            )

    async def _beat(self) -> None:
        """Write how the service is: regularly, when it changes, and at its end."""
        written = self._client_id
        while True:
            await wait_for(self._progress.news, settings.MQTT_HEARTBEAT)
            self._progress.news.clear()
            over = self._progress.state == State.STOPPED
            current = self._client_id
            try:
                if current != written:
                    await self._heart.run(functools.partial(retire_status, written, current))
                written = current
                await self._heart.run(functools.partial(write_status, current, self._progress))
            except Error as error:
                log(logger, logging.WARNING, "no heartbeat", reason=reason(error))
            if over:
                return


def _warn_of_plaintext(broker: Broker) -> None:
    try:
        local = ipaddress.ip_address(broker.host).is_loopback
    except ValueError:
        local = broker.host == "localhost"
    if not broker.tls and not local:
        log(
            logger,
            logging.WARNING,
            "password goes over the network in the clear",
            broker=broker.host,
        )
