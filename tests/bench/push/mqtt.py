"""The few packets of MQTT 3.1.1 the bench needs (OASIS standard, sections 2 and 3), as bytes."""

import struct
from collections.abc import Iterator

_CONNECT, _PUBLISH, _PUBACK, _SUBSCRIBE, _SUBACK = 0x10, 0x32, 0x40, 0x82, 0x90  # with QoS 1 where there is one
_CONNACK_SIZE = 4


def greeting(client: str, topic: str) -> bytes:
    """CONNECT with a clean session and no keep-alive, and SUBSCRIBE with QoS 1."""
    connect = _text("MQTT") + bytes([4, 2]) + struct.pack(">H", 0) + _text(client)
    subscribe = struct.pack(">H", 1) + _text(topic) + bytes([1])
    return _packet(_CONNECT, connect) + _packet(_SUBSCRIBE, subscribe)


def publish(topic: str, payload: bytes, number: int) -> bytes:
    """PUBLISH with QoS 1."""
    return _packet(_PUBLISH, _text(topic) + struct.pack(">H", number) + payload)


def is_subscribed(answers: bytes) -> bool:
    """Whether CONNACK and SUBACK have come."""
    return len(answers) > _CONNACK_SIZE and answers[_CONNACK_SIZE] == _SUBACK


def acknowledgements(answers: bytes) -> Iterator[bytes]:
    """A PUBACK for each PUBLISH in some whole packets."""
    at = 0
    while at + 2 <= len(answers):
        kind, length, begins = answers[at], 0, at + 1
        for shift in range(0, 28, 7):
            length |= (answers[begins] & 0x7F) << shift
            begins += 1
            if not answers[begins - 1] & 0x80:
                break
        if kind & 0xF0 == _PUBLISH & 0xF0:
            topic = struct.unpack_from(">H", answers, begins)[0]
            yield _packet(_PUBACK, answers[begins + 2 + topic : begins + 4 + topic])
        at = begins + length


def _packet(kind: int, body: bytes) -> bytes:
    length, rest = b"", len(body)
    while True:
        rest, digit = rest >> 7, rest & 0x7F
        length += bytes([digit | (0x80 if rest else 0)])
        if not rest:
            return bytes([kind]) + length + body


def _text(text: str) -> bytes:
    return struct.pack(">H", len(text)) + text.encode()
