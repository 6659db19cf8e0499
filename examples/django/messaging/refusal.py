"""What a failed connection means: try again, or stop."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from aiomqtt import MqttCodeError, MqttError
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.reasoncodes import ReasonCode

from messaging.stop import Stop

if TYPE_CHECKING:
    from messaging.broker import Broker

# MQTT 5, 3.2.2.2: what passes by itself. A broker that speaks 3.1.1 knows only "server unavailable".
TEMPORARY = frozenset({0x88, 0x89, 0x97, 0x9F})
CREDENTIALS = frozenset({0x86, 0x87, 0x8A, 0x8C})
# MQTT 5, 3.14.2.1.
TAKEN_OVER = 0x8E


def refusal(error: MqttError, broker: Broker) -> Stop | None:
    """Give why trying again is of no use, or None where it may be."""
    cause = error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _untrusted(cause, broker)
    if not isinstance(error, MqttConnectError) or code_of(error) in TEMPORARY:
        return None
    if code_of(error) in CREDENTIALS:
        return Stop(
            f"The broker at {broker.host}:{broker.port} refuses user {broker.username!r}: "
            "put the current MQTT_USERNAME and MQTT_PASSWORD into the environment or MQTT_ENV_FILE."
        )
    return Stop(
        f"The broker at {broker.host}:{broker.port} refuses client id {broker.client_id!r} "
        f"({error.rc}): it needs MQTT 5 and an allowed MQTT_CLIENT_ID."
    )


def code_of(error: BaseException | None) -> int | None:
    """Give the MQTT 5 reason code of an error, if it has one."""
    if isinstance(error, MqttCodeError) and isinstance(error.rc, ReasonCode):
        return error.rc.value
    return None


def describe(error: BaseException | None) -> str:
    """Say in a few words why a connection failed or ended."""
    if isinstance(error, MqttCodeError) and isinstance(error.rc, ReasonCode):
        return str(error.rc).lower()
    return str(error) or type(error).__name__


def _untrusted(cause: ssl.SSLCertVerificationError, broker: Broker) -> Stop:
    trusted = f"MQTT_CA_FILE {broker.authority.name}" if broker.authority.name else "the system's CAs"
    return Stop(
        f"The certificate of the broker at {broker.host}:{broker.port} does not hold against {trusted} "
        f"({cause.verify_message.rstrip('.')}): set MQTT_CA_FILE to the CA that issued it, "
        "and MQTT_HOST to a name in it."
    )
