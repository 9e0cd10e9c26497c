"""The MX of the bench: one listener for each kind of TLS, a thread for each
connection, every message taken and counted and none kept.
"""

import collections
import socket
import ssl
import threading
import time

import topology

END = b"\r\n.\r\n"


def start_thread(function, *arguments):
    threading.Thread(target=function, args=arguments, daemon=True).start()


class Mx:
    """host: its number; version: the one of TLS that it speaks; tickets: it
    lets sessions be resumed. listener: its socket."""

    def __init__(self, listener, certificate, version, tickets):
        self.certificate, self.version = certificate, version
        self.shared = self._context() if tickets else None
        self.lock = threading.Lock()
        self.reset()
        start_thread(self._accept, listener)

    def reset(self):
        with self.lock:
            self.messages = 0
            self.bytes = 0
            self.arrived = 0.0  # the last one, by the monotonic clock
            self.sessions = collections.Counter()

    def _context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.chain, self.certificate.key)
        context.minimum_version = context.maximum_version = self.version
        # As most servers of mail: the client chooses the cipher.
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
        return context

    def _accept(self, listener):
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            start_thread(self._serve, connection)

    def _serve(self, connection):
        try:
            Dialogue(self, connection).run()
        except (OSError, EOFError):
            pass
        finally:
            connection.close()

    def secure(self, connection):
        """Without tickets each connection has a context of its own, so that
        there is no cache of sessions by which it could be resumed."""
        context = self.shared
        if context is None:
            context = self._context()
            context.num_tickets = 0
            context.options |= ssl.OP_NO_TICKET
        secured = context.wrap_socket(connection, server_side=True)
        with self.lock:
            self.sessions[secured.version(), secured.session_reused] += 1
        return secured

    def wait_for(self, messages, seconds=120):
        topology.until(lambda: self.messages >= messages, seconds,
                       f"{messages} messages at the MX")

    def take(self, size):
        with self.lock:
            self.arrived = time.monotonic()
            self.messages += 1
            self.bytes += size


class Dialogue:
    """One connection."""

    def __init__(self, mx, connection):
        self.mx, self.connection, self.rest = mx, connection, b""

    def line(self):
        while b"\n" not in self.rest:
            data = self.connection.recv(65536)
            if not data:
                raise EOFError
            self.rest += data
        line, _, self.rest = self.rest.partition(b"\n")
        return line

    def run(self):
        self.connection.sendall(b"220 mx.bench.test ESMTP\r\n")
        while True:
            verb = self.line()[:4].upper()
            if verb == b"EHLO":
                tls = isinstance(self.connection, ssl.SSLSocket)
                self.connection.sendall(
                    b"250-mx.bench.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
                    b"250-SIZE 50000000\r\n"
                    + (b"" if tls else b"250-STARTTLS\r\n")
                    + b"250 ENHANCEDSTATUSCODES\r\n")
            elif verb == b"STAR":
                self.connection.sendall(b"220 2.0.0 ready\r\n")
                self.connection = self.mx.secure(self.connection)
            elif verb == b"DATA":
                self.connection.sendall(b"354 go on\r\n")
                self.data()
                self.connection.sendall(b"250 2.0.0 taken\r\n")
            elif verb == b"QUIT":
                self.connection.sendall(b"221 2.0.0 bye\r\n")
                return
            else:
                self.connection.sendall(b"250 2.0.0 ok\r\n")

    def data(self):
        seen, size, self.rest = b"\r\n" + self.rest, len(self.rest), b""
        while (end := seen.find(END)) < 0:
            data = self.connection.recv(65536)
            if not data:
                raise EOFError
            seen = seen[-4:] + data
            size += len(data)
        self.rest = seen[end + len(END):]
        self.mx.take(size - len(self.rest))
