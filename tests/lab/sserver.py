"""`openssl s_server` as the TLS half of an MX: it knows no SMTP, so the talk
before STARTTLS is ours, and what it should say inside TLS is written to it.
"""

import subprocess
import threading

import topology

INNER_PORT = 2526
WORDS = {"EHLO": "250 openssl", "QUIT": "221 bye"}


class OpensslServer:
    """For one connection to port 25 of that address. chain: certificates, the
    server's own with its key first; options: further ones of s_server's."""

    def __init__(self, address, chain, folder, *options):
        others = folder / "s_server-chain.pem"
        others.write_bytes(b"".join(
            open(c.certificate, "rb").read() for c in chain[1:]))
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", topology.WAN, "openssl", "s_server",
             "-accept", f"127.0.0.1:{INNER_PORT}", "-naccept", "1", "-crlf",
             "-cert", chain[0].certificate, "-key", chain[0].key,
             *(["-cert_chain", others] if chain[1:] else []), *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace")
        self.lines = []
        self.ready = threading.Event()
        self.listener = topology.listen(topology.WAN, address, 25)
        for part in (self._converse, self._front):
            threading.Thread(target=part, daemon=True).start()
        if not self.ready.wait(20):
            raise RuntimeError("s_server does not start")

    def _converse(self):
        """Answers what comes inside TLS, which s_server prints."""
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("ACCEPT"):
                self.ready.set()
            answer = WORDS.get(line[:4])
            if answer is not None:
                self.process.stdin.write(answer + "\n")
                self.process.stdin.flush()

    def _front(self):
        try:
            outside, _ = self.listener.accept()
            outside.settimeout(30)
            outside.sendall(b"220 openssl\r\n")
            outside.recv(1000)
            outside.sendall(b"250-openssl\r\n250 STARTTLS\r\n")
            outside.recv(1000)
            inside = topology.connect(topology.WAN, "127.0.0.1", INNER_PORT)
            outside.sendall(b"220 go\r\n")
        except OSError:
            return
        for a, b in ((outside, inside), (inside, outside)):
            threading.Thread(target=self._pump, args=(a, b),
                             daemon=True).start()

    @staticmethod
    def _pump(source, sink):
        try:
            while data := source.recv(16384):
                sink.sendall(data)
            sink.shutdown(topology.socket.SHUT_WR)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        self.process.kill()
        self.process.wait()
