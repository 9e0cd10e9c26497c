"""SMTP servers of our own in the world, for what a real one would not do: keep
the bytes as they came off the wire, or misbehave on purpose.
"""

import ssl
import threading

import topology


VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def server_context(certificate, tls=""):
    """tls: the one version that is spoken, of VERSIONS, or "" for any."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if tls:
        context.minimum_version = context.maximum_version = VERSIONS[tls]
    context.load_cert_chain(certificate.chain, certificate.key)
    return context


class Wire:
    """Lines over a connection that may become a TLS one."""

    def __init__(self, connection):
        self.connection = connection
        self.file = connection.makefile("rb")
        self.tls = False

    def line(self):
        """The next line with its end; empty when the other side is gone."""
        return self.file.readline()

    def reply(self):
        """All lines of a reply."""
        lines = [self.line()]
        while lines[-1][3:4] == b"-":
            lines.append(self.line())
        return b"".join(lines)

    def data(self):
        """The lines of a message up to the dot, which comes with them."""
        while line := self.line():
            yield line
            if line == b".\r\n":
                return

    def send(self, data):
        self.connection.sendall(data)

    def upgrade(self, context, server_side):
        # What was read ahead in clear is dropped with the old file.
        self.connection = context.wrap_socket(self.connection,
                                              server_side=server_side)
        self.file = self.connection.makefile("rb")
        self.tls = True

    def close(self):
        self.file.close()
        self.connection.close()


class Server:
    """Listens on a host's two addresses; a thread for each connection."""

    def __init__(self, host):
        for family in (4, 6):
            listener = topology.listen(
                topology.WAN, topology.wan_address(host, family), 25)
            self._thread(self._accept, listener, family)

    @staticmethod
    def _thread(function, *arguments):
        threading.Thread(target=function, args=arguments, daemon=True).start()

    def _accept(self, listener, family):
        while True:
            connection, _ = listener.accept()
            connection.settimeout(30)
            self._thread(self._serve, connection, family)

    def _serve(self, connection, family):
        wire = Wire(connection)
        try:
            self.serve(wire, family)
        except OSError:
            pass  # the other side is gone, or broke off the handshake
        finally:
            wire.close()

    def serve(self, wire, family):
        raise NotImplementedError


class Sink(Server):
    """Takes whatever comes and keeps it: .commands as (over TLS?, line),
    .messages as they were between DATA's answer and the dot.

    starttls: "offered", "absent", "refused" (454), "injected": a second
    reply follows the 220 in clear, as somebody in the middle would do it,
    "plaintext": that reply comes when the client has begun with TLS, or "broken":
    the 220 is all, and the connection ends.
    .rcpts: answers to RCPTs are held back until there are so many."""

    def __init__(self, host, name, certificate, starttls="offered", tls=""):
        self.name = name.encode()
        self.context = server_context(certificate, tls)
        self.starttls = starttls
        self.commands = []
        self.messages = []
        self.rcpts = 1
        super().__init__(host)

    def serve(self, wire, family):
        wire.send(b"220 " + self.name + b" ESMTP\r\n")
        held = 0
        while line := wire.line():
            self.commands.append((wire.tls, line))
            verb = line[:4].upper()
            if verb == b"EHLO":
                wire.send(self._keywords(wire))
            elif verb == b"STAR":
                self._start_tls(wire)
            elif verb == b"DATA":
                wire.send(b"354 go on\r\n")
                self.messages.append(b"".join(wire.data()))
                wire.send(b"250 2.0.0 kept\r\n")
            elif verb == b"RCPT":
                held += 1
                if held >= self.rcpts:
                    wire.send(b"250 2.1.5 ok\r\n" * held)
                    held = 0
            elif verb == b"QUIT":
                wire.send(b"221 2.0.0 bye\r\n")
                return
            else:
                wire.send(b"250 2.0.0 ok\r\n")

    def _keywords(self, wire):
        words = [self.name, b"8BITMIME", b"SIZE 20000000", b"PIPELINING"]
        if not wire.tls and self.starttls != "absent":
            words.append(b"STARTTLS")
        return b"".join(b"250-" + word + b"\r\n" for word in words) + \
            b"250 ENHANCEDSTATUSCODES\r\n"

    def _start_tls(self, wire):
        if self.starttls == "refused":
            wire.send(b"454 4.7.0 not today\r\n")
            return
        wire.send(b"220 2.0.0 ready\r\n" + (
            b"250 2.0.0 ok\r\n" if self.starttls == "injected" else b""))
        if self.starttls == "broken":
            raise ConnectionAbortedError
        if self.starttls == "plaintext":
            wire.connection.recv(1)
            wire.send(b"250 2.0.0 ok\r\n")
        wire.upgrade(self.context, server_side=True)
