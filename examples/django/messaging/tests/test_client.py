import struct
from unittest import TestCase

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.exception import MalformedPacket
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from messaging.client import read_string
from messaging.delivery import MESSAGE_ID, read_delivery

BOM = "\ufeff"


class PublishPacketTest(TestCase):
    def test_a_byte_order_mark_is_a_character_like_any_other_in_topic_and_properties(self) -> None:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = f"{BOM}text/plain"
        properties.ResponseTopic = f"naboom/{BOM}"
        properties.UserProperty = [(f"{BOM}name", f"a{BOM}b"), (MESSAGE_ID, BOM)]
        message = self.read(f"naboom/{BOM}a", properties)
        delivery = read_delivery(message)
        self.assertEqual((delivery.topic, delivery.message_id), (f"naboom/{BOM}a", BOM))
        self.assertEqual((delivery.payload, delivery.packet_id), (b"payload", 7))
        self.assertEqual(vars(message.properties), vars(properties))

    def test_what_is_no_string_of_mqtt_stays_malformed(self) -> None:
        for data in (b"\0\3a\0b", b"\0\3ab", b"\0"):
            with self.subTest(data), self.assertRaises(MalformedPacket):
                read_string(data, len(data))
        with self.assertRaises(UnicodeDecodeError):
            read_string(b"\0\3\xed\xa0\x80", 5)

    def read(self, topic: str, properties: Properties) -> paho.MQTTMessage:
        """Let paho read a PUBLISH at QoS 1 with packet id 7 as if it came from the network."""
        messages: list[paho.MQTTMessage] = []
        client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5, manual_ack=True)
        client.on_message = lambda _, __, message: messages.append(message)
        name = topic.encode()
        packed = properties.pack()  # type: ignore[no-untyped-call]
        packet = struct.pack("!H", len(name)) + name + struct.pack("!H", 7) + packed + b"payload"
        client._in_packet["command"], client._in_packet["packet"] = 0x32, bytearray(packet)
        client._handle_publish()
        return messages[0]
