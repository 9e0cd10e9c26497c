"""A forwarder that spoils answers. It asks the name server for the truth,
hands it to the case's function to change, and passes on what comes out: to the
validators it looks like any recursive resolver.
"""

import socket
import struct
import threading
import traceback

import dns
import dnssec_wire as wire
import topology

QR_RD_RA_CD = 0x8190


class Source:
    """Answers of the name server, each asked for once."""

    def __init__(self):
        self.known = {}
        self.lock = threading.Lock()

    def ask(self, name, kind):
        """A fresh copy of its answer, as a message."""
        key = (name.lower(), kind)
        with self.lock:
            if key not in self.known:
                self.known[key] = self._fetch(*key)
        return wire.unpack(self.known[key])

    @staticmethod
    def _fetch(name, kind):
        query = wire.Message(1, 0x0010, name, kind, [], [], edns=True).pack()
        with topology.connect(topology.WAN,
                              topology.wan_address(dns.AUTHORITY, 4),
                              53) as connection:
            connection.sendall(struct.pack("!H", len(query)) + query)
            return _receive(connection)


def _receive(connection):
    """One message over TCP; empty at the end."""
    data = b""
    want = 2
    while len(data) < want:
        part = connection.recv(want - len(data))
        if not part:
            return b""
        data += part
        if len(data) == 2:
            want = 2 + struct.unpack("!H", data)[0]
    return data[2:]


class Forwarder:
    """One case's forwarder, on a port of its own while the case runs. spoil:
    called with the question's name and type and the answer; changes that, or
    returns another, or bytes to be sent as they are."""

    def __init__(self, source, spoil, port, tcp=True):
        self.source, self.spoil = source, spoil
        self.address, self.port = topology.wan_address(dns.RESOLVER, 4), port
        self.failure = None
        with topology.entered(topology.WAN):
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind((self.address, port))
            self.tcp = socket.create_server((self.address, port), backlog=16) \
                if tcp else None
        threading.Thread(target=self._serve_udp, daemon=True).start()
        if tcp:
            threading.Thread(target=self._serve_tcp, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        for opened in filter(None, (self.udp, self.tcp)):
            # Wakes whoever waits in it, which close alone does not.
            try:
                opened.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            opened.close()

    def _serve_udp(self):
        while True:
            try:
                data, peer = self.udp.recvfrom(4096)
                if not data:
                    return
                self.udp.sendto(self._answer(data, False), peer)
            except OSError:
                return

    def _serve_tcp(self):
        while True:
            try:
                connection, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,),
                             daemon=True).start()

    def _converse(self, connection):
        with connection:
            try:
                while data := _receive(connection):
                    reply = self._answer(data, True)
                    connection.sendall(struct.pack("!H", len(reply)) + reply)
            except OSError:
                return

    def _answer(self, data, over_tcp):
        query = wire.unpack(data)
        try:
            reply = self._reply(query)
        except Exception:  # the case is wrong, and is told so
            self.failure = traceback.format_exc()
            reply = query
            reply.rcode = wire.SERVFAIL
        if isinstance(reply, bytes):
            return data[:2] + reply[2:]
        reply.id, reply.edns = query.id, query.edns
        reply.name, reply.type = query.name, query.type
        reply.flags = reply.flags & 15 | QR_RD_RA_CD
        return reply.pack(65535 if over_tcp else min(query.size, 1232))

    def _reply(self, query):
        reply = self.source.ask(query.name, query.type)
        if self.spoil is None:
            return reply
        changed = self.spoil(query.name.lower(), query.type, reply)
        return reply if changed is None else changed
