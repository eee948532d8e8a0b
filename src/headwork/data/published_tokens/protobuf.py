"""The wire format of protocol buffers, as far as files of settings need it: a message is numbered fields.

A field is a varint, 8 times its number and its wire type (0 varint, 1 eight bytes, 2 a length and as many bytes, 5 four
bytes), and its value. https://protobuf.dev/programming-guides/encoding/

No length is believed before as many bytes are seen to be there. Whatever is cut off or of another type is a ValueError.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

VARINT, EIGHT, LENGTH, FOUR = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Message:
    """Fields by their number, each with all its (wire type, value) in order."""

    fields: dict[int, list[tuple[int, int | bytes]]]

    def integer(self, number: int, default: int) -> int:
        found = self._last(number, VARINT)
        return default if found is None else int(found)

    def real(self, number: int, default: float) -> float:
        found = self._last(number, FOUR)
        return default if found is None else struct.unpack("<f", bytes(found))[0]

    def raw(self, number: int) -> bytes:
        """The bytes of a field, b"" where it is not there."""
        return bytes(self._last(number, LENGTH) or b"")

    def message(self, number: int) -> "Message":
        return parse(self.raw(number))

    def messages(self, number: int) -> Iterator["Message"]:
        """All values of a field that may be there many times."""
        for wire, value in self.fields.get(number, ()):
            yield parse(bytes(_of(wire, LENGTH, number, value)))

    def _last(self, number: int, wire: int) -> int | bytes | None:
        values = self.fields.get(number)
        return None if not values else _of(values[-1][0], wire, number, values[-1][1])


def parse(data: bytes) -> Message:
    """The fields of a message; those inside a field are not looked at."""
    fields: dict[int, list[tuple[int, int | bytes]]] = {}
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, place = _varint(data, place)
        elif wire in (EIGHT, LENGTH, FOUR):
            length, place = _varint(data, place) if wire == LENGTH else ({EIGHT: 8, FOUR: 4}[wire], place)
            if length > len(data) - place:
                raise ValueError(f"cut off: field {number} says {length:,} bytes, {len(data) - place:,} are there")
            value, place = data[place : place + length], place + length
        else:
            raise ValueError(f"field {number} has the wire type {wire}, which none has")
        fields.setdefault(number, []).append((wire, value))
    return Message(fields)


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """Seven bits a byte, the lowest first, the eighth set where more follow; the number and the place behind it."""
    number = 0
    for shift, byte in enumerate(data[place : place + 10]):
        number |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return number, place + shift + 1
    raise ValueError("cut off inside a number" if len(data) - place < 10 else "a number of more than ten bytes")


def _of(found: int, expected: int, number: int, value: int | bytes) -> int | bytes:
    if found != expected:
        raise ValueError(f"field {number} has the wire type {found}, expected {expected}")
    return value
