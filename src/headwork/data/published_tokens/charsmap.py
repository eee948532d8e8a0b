"""The table by which SentencePiece makes characters plain, checked before the library walks through it.

    <I  n, the bytes of a trie;  n/4 units <I;  plain texts, each ended by a zero byte

The trie is a double array (darts-clone of Yata): from the node p with unit u the byte c leads to p ^ offset(u) ^ c,
where the label must be c; where u has a leaf, the unit at p ^ offset(u) says where its plain text begins.

    label(u) = u & 0x800000FF     offset(u) = (u >> 10) << 8 if bit 9 else (u >> 10)     leaf: bit 8
    of a leaf bit 31 is set, so that it is never taken for a node; the other 31 bits are its value
"""

import numpy as np


def check_charsmap(charsmap: bytes) -> None:
    """ValueError where a walk could leave the trie, or a plain text begins outside the texts or inside a letter."""
    length = int.from_bytes(charsmap[:4], "little")
    if len(charsmap) < 4 or length > len(charsmap) - 4 or length % 1024 or not length:
        raise ValueError(f"a table of characters of {length:,} bytes in {len(charsmap):,}")
    units = np.frombuffer(charsmap, "<u4", length // 4, 4).astype(np.int64)
    plain = charsmap[4 + length :]
    plain.decode("utf-8")
    nodes = np.array([0, *np.flatnonzero(units >> 31 == 0)])  # a walk starts at 0, whatever its label
    found = units[nodes]
    ahead = nodes ^ ((found >> 10) << ((found & (1 << 9)) >> 6))
    if (ahead | 0xFF).max(initial=0) >= len(units):
        raise ValueError("a table of characters that leads outside itself")
    starts = units[ahead[(found >> 8) & 1 == 1]] & 0x7FFFFFFF
    ends = np.frombuffer(plain + b"\0", np.uint8)
    if (starts > len(plain)).any() or (ends[starts] & 0xC0 == 0x80).any():
        raise ValueError("a table of characters whose plain texts begin elsewhere than its letters")
