"""Somebody in the middle: answers on the address of an MX host and passes on
to the real one behind it, keeping what the client says.
"""

import re
import ssl

import smtpd
import topology


class Middleman(smtpd.Server):
    """Without a certificate: takes STARTTLS out of what the server offers.
    With one: lets STARTTLS pass and speaks TLS with both sides, showing its
    own certificate. .seen: all that the client sent, as it was inside TLS."""

    def __init__(self, host, real_host, certificate=None, tls=""):
        self.real_host = real_host
        self.context = certificate and smtpd.server_context(certificate,
                                                                tls)
        self.seen = []
        super().__init__(host)

    def serve(self, wire, family):
        address = topology.wan_address(self.real_host, family)
        server = smtpd.Wire(topology.connect(topology.WAN, address, 25))
        try:
            self._relay(wire, server)
        finally:
            server.close()

    def _relay(self, client, server):
        client.send(server.reply())
        while line := client.line():
            self.seen.append(line)
            if line[:8].upper() == b"STARTTLS":
                self._start_tls(client, server)
                continue
            server.send(line)
            reply = server.reply()
            client.send(self._thinned(reply))
            if reply[:3] == b"354":
                for line in client.data():
                    self.seen.append(line)
                    server.send(line)
                client.send(server.reply())

    def _thinned(self, reply):
        if self.context is not None:
            return reply
        reply = re.sub(rb"(?m)^250-STARTTLS\r\n", b"", reply)
        return re.sub(rb"(?m)^250-(.*\r\n)250 STARTTLS\r\n\Z", rb"250 \1",
                      reply)

    def _start_tls(self, client, server):
        if self.context is None:
            client.send(b"502 5.5.1 command not known\r\n")
            return
        server.send(b"STARTTLS\r\n")
        server.reply()
        anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anybody.check_hostname = False
        anybody.verify_mode = ssl.CERT_NONE
        server.upgrade(anybody, server_side=False)
        client.send(b"220 2.0.0 ready\r\n")
        client.upgrade(self.context, server_side=True)
