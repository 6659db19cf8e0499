"""The rival of the service: an aiomqtt subscriber as in its documentation, which stores nothing.

Reads the document's MQTT_* variables, and BARE_PROTOCOL: 5 by default, 4 for MQTT 3.1.1.
Without arguments it makes its session; COUNT reads that many
messages from it, and prints the seconds from the connection to the last one.
"""

import asyncio
import json
import os
import ssl
import sys
import time

import aiomqtt
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

TOPIC = "naboom/community/#"


async def drain(count: int) -> None:
    """Read messages and count them; none is to make the session alone."""
    protocol = aiomqtt.ProtocolVersion(int(os.getenv("BARE_PROTOCOL", "5")))
    async with make_client(protocol) as client:
        started = time.perf_counter()
        if count == 0:
            await client.subscribe(TOPIC, qos=1)
            return
        received = 0
        async for _ in client.messages:
            received += 1
            if received == count:
                break
        seconds = time.perf_counter() - started
    print(json.dumps({"messages": received, "seconds": seconds}))


def make_client(protocol: aiomqtt.ProtocolVersion) -> aiomqtt.Client:
    """Make a client with a session that stays, in MQTT 3.1.1 or 5."""
    five = protocol == aiomqtt.ProtocolVersion.V5
    properties = None
    if five:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 3600
    return aiomqtt.Client(
        os.environ["MQTT_HOST"],
        int(os.environ["MQTT_SSL_PORT"]),
        username=os.environ["MQTT_USERNAME"],
        password=os.environ["MQTT_PASSWORD"],
        identifier=os.environ["MQTT_CLIENT_ID"],
        protocol=protocol,
        clean_session=None if five else False,
        clean_start=False if five else MQTT_CLEAN_START_FIRST_ONLY,
        properties=properties,
        tls_context=ssl.create_default_context(cafile=os.environ["MQTT_CA_FILE"]),
    )


if __name__ == "__main__":
    asyncio.run(drain(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
