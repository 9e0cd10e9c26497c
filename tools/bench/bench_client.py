"""The office's mail server of the bench: plain SMTP, one command at a time."""

import threading

import topology

LINE = b"The quick brown fox jumps over the lazy dog, and over it once again.\r\n"


def make_body(size):
    """So many bytes, the end of the message included."""
    head = b"Subject: a message\r\n\r\n"
    text = head + LINE * (size // len(LINE) + 1)
    return text[:size - 5].rstrip(b"\r\n") + b"\r\n.\r\n"


class Session:
    """target: (address, port)."""

    def __init__(self, target):
        self.connection = topology.connect(topology.LAN, *target, seconds=60)
        self.rest = b""
        self.expect(b"220")

    def reply(self):
        """Its last line."""
        while True:
            while b"\n" not in self.rest:
                data = self.connection.recv(4096)
                if not data:
                    raise EOFError("the gateway closed the connection")
                self.rest += data
            line, _, self.rest = self.rest.partition(b"\n")
            if line[3:4] != b"-":
                return line

    def expect(self, code):
        line = self.reply()
        if not line.startswith(code):
            raise AssertionError(f"wanted {code}, got {line}")

    def say(self, code, command):
        self.connection.sendall(command + b"\r\n")
        self.expect(code)

    def hello(self):
        self.say(b"250", b"EHLO mail.office.example")

    def recipient(self, domain):
        self.say(b"250", b"MAIL FROM:<ann@office.example>")
        self.say(b"250", f"RCPT TO:<bob@{domain}>".encode())

    def message(self, domain, body):
        self.recipient(domain)
        self.say(b"354", b"DATA")
        self.connection.sendall(body)
        self.expect(b"250")

    def quit(self):
        self.say(b"221", b"QUIT")
        self.connection.close()

    def close(self):
        self.connection.close()


def send(target, domain, sessions, messages, body, parallel=4):
    """So many sessions of so many messages each, some at a time. Raises what
    went wrong in any."""
    left, errors, lock = [sessions], [], threading.Lock()

    def work():
        while True:
            with lock:
                if left[0] == 0 or errors:
                    return
                left[0] -= 1
            try:
                session = Session(target)
                session.hello()
                for _ in range(messages):
                    session.message(domain, body)
                session.quit()
            except (OSError, EOFError, AssertionError) as error:
                errors.append(error)

    workers = [threading.Thread(target=work)
               for _ in range(min(parallel, sessions))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if errors:
        raise errors[0]
