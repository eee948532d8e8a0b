"""Damaged files."""

import random


def mutated(data: bytes, draw: random.Random) -> bytes:
    """One or a few of: a bit turned, bytes overwritten, cut out, repeated, put in; the end cut off."""
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 5))):
        at = draw.randrange(len(changed) + 1)
        length = draw.choice((1, 1, 2, 8, 64))
        kind = draw.randrange(6)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << draw.randrange(8)
        elif kind == 1:
            changed[at : at + length] = draw.randbytes(len(changed[at : at + length]))
        elif kind == 2:
            del changed[at : at + length]
        elif kind == 3:
            changed[at:at] = changed[max(0, at - length) : at]
        elif kind == 4:
            changed[at:at] = draw.choice((b"9" * 20, b"[" * 2000, b'{"a":' * 500, b"\x00", b"-", b'"', b"1e999"))
        else:
            del changed[at:]
        if not changed:
            break
    return bytes(changed)
