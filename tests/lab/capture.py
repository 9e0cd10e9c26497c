"""What a listener on the wire sees: tcpdump on the router's WAN side for the
whole run, and a reader for the file it writes.
"""

import contextlib
import dataclasses
import ipaddress
import itertools
import os
import struct

import topology

DISCARD = 9
TCP, UDP = 6, 17


@dataclasses.dataclass
class Packet:
    """One TCP segment or UDP datagram."""
    protocol: int
    source: tuple
    destination: tuple
    sequence: int
    payload: bytes


class Capture:
    """The running tcpdump. `with capture.watch() as seen:` collects into seen
    what passes meanwhile, no packet more or less: a datagram of our own marks
    either end."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "wan.pcap")
        self.process = topology.Process(
            topology.GW,
            [topology.unconfined("tcpdump", folder), "-w", self.path, "-U",
             "-i", topology.GW_WAN_INTERFACE, "--immediate-mode",
             "-B", "32768", "-s", "0", "-n", "-Z", "root",
             f"tcp port 25 or udp port {DISCARD}"])
        self.process.wait_for_line("listening on")
        self.file = open(self.path, "rb")
        self.rest = b""
        self.header_read = False
        self.marks = itertools.count()

    @contextlib.contextmanager
    def watch(self):
        seen = []
        self._until_mark()
        yield seen
        seen.extend(self._until_mark())

    def _until_mark(self):
        """Sends a mark and returns the packets before it."""
        mark = f"mark {next(self.marks)}".encode()
        with topology.entered(topology.GW):
            sender = topology.socket.socket(type=topology.socket.SOCK_DGRAM)
        with sender:
            sender.sendto(mark, (topology.wan_address(2, 4), DISCARD))
        packets = []

        def marked():
            packets.extend(self._read())
            return any(p.protocol == UDP and p.payload == mark
                       for p in packets)
        self.process.wait_for(marked, 20, "captures a packet of our own")
        return [p for p in packets if p.protocol == TCP]

    def _read(self):
        """What tcpdump has written since the last call."""
        data = self.rest + self.file.read()
        at = 0
        if not self.header_read and len(data) >= 24:
            self.header_read = True
            at = 24
        while self.header_read and len(data) >= at + 16:
            length, whole = struct.unpack_from("=II", data, at + 8)
            if len(data) < at + 16 + length:
                break
            if length != whole:
                raise RuntimeError("a packet was cut off in the capture")
            packet = _parse(data[at + 16:at + 16 + length])
            if packet is not None:
                yield packet
            at += 16 + length
        self.rest = data[at:]

    def lost(self):
        """Stops; the number of packets that tcpdump could not keep."""
        self.process.stop()
        return sum(int(line.split()[0]) for line in self.process.lines
                   if "dropped by kernel" in line)


def _parse(frame):
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == 0x0800:
        protocol = frame[23]
        source, destination = frame[26:30], frame[30:34]
        begin = 14 + 4 * (frame[14] & 15)
        end = 14 + struct.unpack_from("!H", frame, 16)[0]
    elif kind == 0x86dd:
        protocol = frame[20]
        source, destination = frame[22:38], frame[38:54]
        begin = 54
        end = 54 + struct.unpack_from("!H", frame, 18)[0]
    else:
        return None
    if protocol not in (TCP, UDP):
        return None
    # Frames are padded, and a large one from segmentation offload may state
    # no length.
    end = end if end > begin else len(frame)
    from_port, to_port = struct.unpack_from("!HH", frame, begin)
    sequence, header = 0, 8
    if protocol == TCP:
        sequence = struct.unpack_from("!I", frame, begin + 4)[0]
        header = 4 * (frame[begin + 12] >> 4)
    return Packet(protocol, (str(ipaddress.ip_address(source)), from_port),
                  (str(ipaddress.ip_address(destination)), to_port),
                  sequence, frame[begin + header:end])


def streams(packets):
    """The bytes of each direction of each connection, put in order."""
    pieces = {}
    for packet in packets:
        if packet.payload:
            pieces.setdefault((packet.source, packet.destination),
                              []).append(packet)
    return {way: _assemble(segments) for way, segments in pieces.items()}


def _assemble(segments):
    first = segments[0].sequence
    at = {}
    for segment in segments:
        # Signed distance: what came out of order may lie before the first.
        offset = (segment.sequence - first + 2**31) % 2**32 - 2**31
        if len(segment.payload) > len(at.get(offset, b"")):
            at[offset] = segment.payload
    stream, end = bytearray(), min(at)
    for offset in sorted(at):
        stream += at[offset][max(0, end - offset):]
        end = max(end, offset + len(at[offset]))
    return bytes(stream)


def found_in_clear(packets, words):
    """Those of the words (bytes, case aside) that somebody on the wire could
    read, in one packet or across several."""
    texts = [p.payload.lower() for p in packets]
    texts += [stream.lower() for stream in streams(packets).values()]
    return sorted({word for word in words
                   if any(word.lower() in text for text in texts)})
