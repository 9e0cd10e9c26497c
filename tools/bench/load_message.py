"""What the client sends and the sink receives, one module for both: a message
is made from its name alone, so that nothing has to be kept of it.

A name is "N.T": message N of the queue, its T-th try. Each try is a message of
its own, so that it is known of each what became of it.
"""

import hashlib
import json
import random
import socket
import struct


def make(name):
    """The text as bytes, with CRLF line ends: dots at line beginnings, bytes
    above 127, from some hundred bytes to a megabyte, most of them small."""
    source = random.Random(name)
    size = source.choices(
        (source.randrange(10, 300), source.randrange(300, 6000),
         source.randrange(6000, 80000), source.randrange(80000, 1000000)),
        (30, 58, 11.5, 0.5))[0]
    body = bytearray(source.randbytes(size))
    for byte in b"\0\r\n":
        body = body.replace(bytes([byte]), b"..")
    lines, at = [], 0
    while at < len(body):
        length = source.randrange(1, 200)
        dots = source.choice((b"", b"", b"", b".", b".."))
        lines.append(dots + bytes(body[at:at + length]))
        at += length
    text = b"\r\n".join(lines) + b"\r\n"
    return (f"Message-ID: <{name}@load>\r\nX-Length: {len(text)}\r\n\r\n"
            ).encode() + text


def digest(text):
    return hashlib.sha256(text).hexdigest()


def name_of(text):
    """The name in the message's header; "?" where there is none."""
    first = text[:200].split(b"\r\n", 1)[0]
    if first.startswith(b"Message-ID: <") and first.endswith(b"@load>"):
        return first[13:-6].decode(errors="replace")
    return "?"


def length_of(head):
    """How many bytes the body has, by the header; None before it is there."""
    before, end, _ = head.partition(b"\r\n\r\n")
    if not end:
        return None
    return len(before) + 4 + int(before.rpartition(b"X-Length: ")[2] or 0)


class Record:
    """A file of one JSON object a line, whole at any time."""

    def __init__(self, path):
        self.file = open(path, "a", buffering=1)

    def add(self, **fields):
        self.file.write(json.dumps(fields) + "\n")


def read_record(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


def close_by_reset(connection):
    """The TCP connection will end with RST when it is closed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
