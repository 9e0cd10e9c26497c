"""A DHCP server for one client, in the world: it hands out one address, the
world's resolver, and the way out (RFC 2131, the four-message exchange).
"""

import socket
import struct
import threading

import topology

MAGIC = b"\x63\x82\x53\x63"
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
MASK, ROUTER, DNS, LEASE, KIND, SERVER = 1, 3, 6, 51, 53, 54


def _options(packet):
    """{number: value} of what follows the fixed part."""
    found, at = {}, 240
    while at < len(packet) and packet[at] != 255:
        if packet[at] == 0:
            at += 1
            continue
        length = packet[at + 1]
        found[packet[at]] = packet[at + 2:at + 2 + length]
        at += 2 + length
    return found


class Server:
    """Runs from the start to the end of the lab; .leases counts."""

    def __init__(self, address, server, router, resolver):
        self.address, self.leases = address, 0
        self.server = socket.inet_aton(server)
        self.given = {MASK: socket.inet_aton("255.255.255.0"),
                      ROUTER: socket.inet_aton(router),
                      DNS: socket.inet_aton(resolver),
                      LEASE: struct.pack("!I", 3600), SERVER: self.server}
        with topology.entered(topology.WAN):
            self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                               b"eth0\0")
        self.socket.bind(("", 67))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            packet, _ = self.socket.recvfrom(1500)
            if len(packet) > 240 and packet[236:240] == MAGIC:
                kind = _options(packet).get(KIND, b"\0")[0]
                if kind in (DISCOVER, REQUEST):
                    self._answer(packet, OFFER if kind == DISCOVER else ACK)

    def _answer(self, packet, kind):
        head = struct.pack("!BBBB4sHH", 2, 1, 6, 0, packet[4:8], 0, 0x8000)
        head += packet[12:16] + socket.inet_aton(self.address) + self.server
        head += bytes(4) + packet[28:44] + bytes(192) + MAGIC
        options = b"".join(bytes((number, len(value))) + value for number, value
                           in {KIND: bytes((kind,)), **self.given}.items())
        self.leases += kind == ACK
        self.socket.sendto(head + options + b"\xff", ("255.255.255.255", 68))
