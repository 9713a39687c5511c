"""Frames of JSON over a pair of file descriptors."""

import json
import os
import struct

FRAME_BYTES_MAX = 256 << 20


class Wire:
    def __init__(self, incoming, outgoing):
        self.incoming = incoming
        self.outgoing = outgoing

    @classmethod
    def take_over_stdio(cls):
        """Moves the control pipes out of the way of programs that read or print."""
        incoming, outgoing = os.dup(0), os.dup(1)
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.close(null)
        return cls(incoming, outgoing)

    def read(self):
        """The next frame, or None at the end."""
        head = self._read_exactly(4)
        if head is None:
            return None
        (length,) = struct.unpack(">I", head)
        if length > FRAME_BYTES_MAX:
            return None
        body = self._read_exactly(length)
        return None if body is None else json.loads(body)

    def write(self, message):
        self.write_bytes(json.dumps(message).encode("utf-8", "surrogatepass"))

    def write_bytes(self, body):
        data = struct.pack(">I", len(body)) + body
        while data:
            data = data[os.write(self.outgoing, data):]

    def read_bytes(self):
        head = self._read_exactly(4)
        if head is None:
            return None
        (length,) = struct.unpack(">I", head)
        return self._read_exactly(length) if length <= FRAME_BYTES_MAX else None

    def _read_exactly(self, count):
        parts = []
        while count:
            part = os.read(self.incoming, min(count, 1 << 20))
            if not part:
                return None
            parts.append(part)
            count -= len(part)
        return b"".join(parts)
