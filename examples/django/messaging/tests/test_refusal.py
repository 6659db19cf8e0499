import ssl
from unittest import TestCase

from aiomqtt import MqttError
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from messaging.broker import Broker
from messaging.refusal import refusal

BROKER = Broker(
    host="broker", port=8883, tls=True, username="django", client_id="c", keepalive=60, password="p4ssw0rd"
)


def refused(code: int) -> MqttConnectError:
    return MqttConnectError(ReasonCode(PacketTypes.CONNACK, identifier=code))


class RefusalTest(TestCase):
    def test_refused_credentials_stop_with_a_sentence_without_them(self) -> None:
        for code in (0x86, 0x87):
            sentence = str(refusal(refused(code), BROKER))
            self.assertIn("refuses user 'django'", sentence)
            self.assertNotIn("p4ssw0rd", sentence)

    def test_a_busy_broker_and_a_broken_connection_are_tried_again(self) -> None:
        for error in (refused(0x88), refused(0x89), MqttError("Connection refused")):
            self.assertIsNone(refusal(error, BROKER))

    def test_every_other_refusal_stops(self) -> None:
        self.assertIn("client id 'c'", str(refusal(refused(0x85), BROKER)))

    def test_a_certificate_that_does_not_hold_stops(self) -> None:
        error = MqttError("failed")
        error.__context__ = ssl.SSLCertVerificationError()
        error.__context__.verify_message = "unable to get local issuer certificate"
        self.assertIn("(unable to get local issuer certificate)", str(refusal(error, BROKER)))
