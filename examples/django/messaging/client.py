"""An aiomqtt client that acknowledges a message only when it is told to."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any, Self, cast

import aiomqtt
from paho.mqtt import properties as paho_properties
from paho.mqtt.exception import MalformedPacket
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from messaging.delivery import MESSAGE_ID, Delivery, read_delivery

if TYPE_CHECKING:
    from collections.abc import Sequence

    import paho.mqtt.client as paho
    from paho.mqtt.reasoncodes import ReasonCode

    from messaging.broker import Broker

# Messages that nobody acknowledges are dropped beyond this many times the receive maximum.
QOS0_WINDOWS = 20


def read_string(buffer: bytes, longest: int) -> tuple[str, int]:
    """Read a UTF-8 string of a property, and give it with the bytes that it takes.

    paho's own takes U+FEFF for malformed, though MQTT 5 (1.5.4-3) has it read like any other character.
    A message with one would end each connection that it comes with, and never be stored.
    """
    data, size = paho_properties.readBytes(buffer, longest)  # type: ignore[no-untyped-call]
    text = bytes(data).decode()
    if "\0" in text:
        raise MalformedPacket("[MQTT-1.5.4-2] Null found in UTF-8 data")
    return text, size


# The only place where paho lets strings be read otherwise, which is why its version is pinned too.
paho_properties.readUTF = read_string


class DurableClient(aiomqtt.Client):
    """A client with a session that outlives it, made for one connection.

    aiomqtt 2 acknowledges a message as soon as it has read it, and hides whether the broker has sent
    it before and whether it took a message. paho, which it wraps, can do better: manual_ack, dup,
    and the reason code of PUBACK. The callbacks that are overridden here are aiomqtt's own, which is
    why its version is pinned.
    """

    def __init__(self, broker: Broker, *, receive_maximum: int, session_seconds: int) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = session_seconds
        properties.ReceiveMaximum = receive_maximum
        super().__init__(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            identifier=broker.client_id,
            protocol=aiomqtt.ProtocolVersion.V5,
            keepalive=broker.keepalive,
            clean_start=False,
            properties=properties,
            tls_context=broker.tls_context,
            timeout=10,
        )
        self._client.manual_ack_set(True)
        self._receive_maximum = receive_maximum
        self._deliveries: deque[Delivery] = deque()
        self._news = asyncio.Event()
        self._finished = False
        self._acknowledgements: dict[int, asyncio.Future[ReasonCode]] = {}
        # Whether the broker still had the session. Known once connected, as is the next one.
        self.session_present = False
        # The largest packet that the broker takes, in bytes.
        self.maximum_packet = 268_435_455
        # QoS 0 messages that there was no room for.
        self.dropped = 0

    async def __aenter__(self) -> Self:
        """Connect; after a failure nothing is left of the attempt."""
        try:
            await super().__aenter__()
        except BaseException:
            # Otherwise an attempt that was given up could still be taken, and end a later one. aiomqtt
            # asks the future for its exception then, which a cancelled one does not give.
            self._connected = asyncio.get_running_loop().create_future()
            self._client.disconnect()
            raise
        self._disconnected.add_done_callback(self._on_end)
        return self

    @property
    def disconnected(self) -> asyncio.Future[None]:
        """Done once the connection is gone, with an exception unless it was ended from here."""
        return self._disconnected

    async def subscribe_all(self, filters: Sequence[str]) -> list[str]:
        """Subscribe at QoS 1 and give the filters that the broker refused.

        Own messages do not come back, and retained ones come with a new subscription only.
        """
        options = SubscribeOptions(qos=1, noLocal=True, retainHandling=1)
        codes = cast("list[ReasonCode]", await self.subscribe([(topic, options) for topic in filters]))
        return [topic for topic, code in zip(filters, codes, strict=True) if code.is_failure]

    async def next_deliveries(self) -> list[Delivery]:
        """Wait for messages and give the oldest ones; none once there will be none.

        At most half of the receive maximum, so that the broker sends while these are stored.
        What has arrived is given even after the connection has ended, but not after `finish`.
        """
        while not self._deliveries and not self._disconnected.done() and not self._finished:
            self._news.clear()
            await self._news.wait()
        if self._finished:
            return []
        count = min(len(self._deliveries), max(self._receive_maximum // 2, 1))
        return [self._deliveries.popleft() for _ in range(count)]

    def finish(self) -> None:
        """Give no more messages; what is not acknowledged comes again in the next connection."""
        self._finished = True
        self._news.set()

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker that it may forget these."""
        if self._disconnected.done():
            return
        for delivery in deliveries:
            if delivery.qos > 0:
                self._client.ack(delivery.packet_id, delivery.qos)

    async def publish_acknowledged(
        self, topic: str, payload: bytes, *, message_id: str, retain: bool
    ) -> ReasonCode:
        """Publish at QoS 1 and give the broker's answer; MqttError if the connection ends before."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.UserProperty = (MESSAGE_ID, message_id)
        information = self._client.publish(topic, payload, 1, retain, properties)
        if self._disconnected.done():
            raise aiomqtt.MqttError("disconnected")
        answer: asyncio.Future[ReasonCode] = asyncio.get_running_loop().create_future()
        self._acknowledgements[information.mid] = answer
        return await answer

    def _on_connect(
        self,
        client: paho.Client,
        userdata: Any,  # noqa: ANN401
        flags: paho.ConnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        self.session_present = flags.session_present
        self.maximum_packet = getattr(properties, "MaximumPacketSize", self.maximum_packet)
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_message(
        self,
        client: paho.Client,  # noqa: ARG002
        userdata: Any,  # noqa: ANN401, ARG002
        message: paho.MQTTMessage,
    ) -> None:
        # The broker keeps to the receive maximum at QoS 1, and knows no such thing at QoS 0.
        if message.qos == 0 and len(self._deliveries) >= self._receive_maximum * QOS0_WINDOWS:
            self.dropped += 1
            return
        self._deliveries.append(read_delivery(message))
        self._news.set()

    def _on_publish(
        self,
        client: paho.Client,  # noqa: ARG002
        userdata: Any,  # noqa: ANN401, ARG002
        mid: int,
        reason_code: ReasonCode,
        properties: Properties,  # noqa: ARG002
    ) -> None:
        answer = self._acknowledgements.pop(mid, None)
        if answer is not None and not answer.done():
            answer.set_result(reason_code)

    def _on_end(self, disconnected: asyncio.Future[None]) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            disconnected.exception()
        for answer in self._acknowledgements.values():
            if not answer.done():
                answer.set_exception(aiomqtt.MqttError("disconnected"))
        self._acknowledgements.clear()
        self._news.set()
