"""The MX of the load run: takes every message over STARTTLS, writes down its
name and hash at the moment it would be responsible for it, and resets every
N-th connection at a point of the dialogue drawn by lot.

usage: load_sink.py CONFIGURATION.json     (tools/bench/load starts it)
"""

import asyncio
import json
import random
import socket
import ssl
import sys

import load_message

LIMIT = 4 << 20
# Where the connection of a victim is reset. "bytes": after so many bytes, or
# TLS records cut in two; the others: as named. "taken" has taken the message
# and has not said so; "told" has said so just before.
FAULTS = ("greeting", "ehlo", "starttls", "bytes", "bytes", "bytes", "mail",
          "rcpt", "rcpts", "rcpts", "data", "body", "body", "before dot", "dot", "taken",
          "taken", "told", "next")


class Cut(Exception):
    """The connection is to be reset by us."""


async def streams_of_server(connection):
    """A stream's start_tls() is for the side that its maker says; here the
    listener is our own."""
    loop = asyncio.get_running_loop()
    made = loop.create_future()
    protocol = asyncio.StreamReaderProtocol(
        asyncio.StreamReader(limit=LIMIT),
        lambda *streams: made.set_result(streams))
    await loop.connect_accepted_socket(lambda: protocol, connection)
    return await made


class Session:
    """One connection. victim: of a fault, or None."""

    def __init__(self, sink, reader, writer, victim):
        self.sink, self.reader, self.writer = sink, reader, writer
        self.victim = victim
        self.fault = victim and victim.fault
        self.tls = False
        self.chunks = b""
        self.rcpts = self.to = 0  # of this message: asked for, taken

    def at(self, *points):
        """Ends here a victim one of whose points this is."""
        if self.fault in points:
            self.victim.cut()
            raise Cut

    async def send(self, text):
        self.writer.write(text)
        await self.writer.drain()

    async def run(self):
        self.at("greeting")
        await self.send(b"220 mx.load.test ESMTP\r\n")
        while line := await self.reader.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                await self.send(b"221 2.0.0 bye\r\n")
                return
            await self.command(verb, line)

    async def command(self, verb, line):
        if verb == b"EHLO":
            self.at("ehlo")
            await self.send(
                b"250-mx.load.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
                b"250-SIZE 10000000\r\n250-CHUNKING\r\n"
                + (b"" if self.tls else b"250-STARTTLS\r\n")
                + b"250 ENHANCEDSTATUSCODES\r\n")
        elif verb == b"STAR":
            await self.send(b"220 2.0.0 ready\r\n")
            self.at("starttls")
            await self.writer.start_tls(self.sink.context)
            self.tls = True
        elif verb == b"DATA":
            self.at("data")
            await self.data()
        elif verb == b"BDAT":
            self.at("data")
            await self.chunk(line)
        elif verb == b"RCPT":
            await self.rcpt(line)
        else:
            self.at(verb.decode(errors="replace").lower())
            self.rcpts = self.to = 0
            await self.send(b"250 2.0.0 ok\r\n")

    async def rcpt(self, line):
        self.rcpts += 1
        self.at("rcpt" if self.rcpts == 1 else "rcpts")
        if b"<no." in line:
            await self.send(b"550 5.1.1 nobody\r\n")
            return
        self.to += 1
        await self.send(b"250 2.1.5 ok\r\n")

    async def data(self):
        await self.send(b"354 go on\r\n")
        await self.part()
        text = await self.reader.readuntil(b"\r\n.\r\n")
        text = text[:-3].removeprefix(b".").replace(b"\r\n.", b"\r\n")
        await self.take(text)

    async def chunk(self, line):
        words = line.split()
        size = int(words[1])
        if not self.chunks:
            await self.part(size)
        self.chunks += await self.reader.readexactly(size)
        if words[-1].upper() != b"LAST":
            await self.send(b"250 2.0.0 chunk\r\n")
            return
        text, self.chunks = self.chunks, b""
        await self.take(text)

    async def part(self, most=None):
        """Of a victim: reads a part of the message, which begins here, and
        resets. With dots doubled it is longer than its header says."""
        if self.fault not in ("body", "before dot"):
            return
        head = b""
        while (length := load_message.length_of(head)) is None:
            head += await self.reader.readexactly(1)
        length = min(length, most or length)
        wanted = length - 1 if self.fault == "before dot" else \
            random.randrange(len(head), length)
        await self.reader.readexactly(wanted - len(head))
        self.at(self.fault)

    async def take(self, text):
        self.at("dot")
        self.sink.record.add(name=load_message.name_of(text),
                             digest=load_message.digest(text),
                             to=self.to, fault=self.fault)
        self.at("taken")
        if self.victim:
            self.victim.answered.clear()
        await self.send(b"250 2.0.0 taken\r\n")
        if self.fault == "told":
            await self.victim.told()
            self.at("told")
        if self.fault == "next":
            await self.reader.readexactly(1)
            self.at("next")


class Victim:
    """Stands between a connection and the server, and can reset it."""

    def __init__(self, connection):
        self.connection = connection
        self.fault = random.choice(FAULTS)
        self.server, self.inner = socket.socketpair()
        self.inner.setblocking(False)
        # So many bytes of the client's, at most.
        self.left = int(10 ** random.uniform(1.5, 4.5)) \
            if self.fault == "bytes" else None
        self.reset = False
        self.answered = asyncio.Event()
        self.tasks = []

    def cut(self):
        self.reset = True
        for task in self.tasks:
            task.cancel()

    async def told(self):
        """Until the answer just given has gone out, and may have arrived."""
        await self.answered.wait()
        await asyncio.sleep(random.choice((0, 0.001, 0.01)))

    async def run(self):
        if not self.reset:
            self.tasks = [asyncio.create_task(self._pump(*way)) for way in (
                (self.connection, self.inner, True),
                (self.inner, self.connection, False))]
            await asyncio.gather(*self.tasks, return_exceptions=True)
        self.inner.close()
        if self.reset:
            load_message.close_by_reset(self.connection)
        self.connection.close()

    async def _pump(self, source, target, from_client):
        loop = asyncio.get_running_loop()
        try:
            while data := await loop.sock_recv(source, 65536):
                if from_client and self.left is not None:
                    data = data[:self.left]
                    self.left -= len(data)
                await loop.sock_sendall(target, data)
                if not from_client:
                    self.answered.set()
                elif self.left == 0:
                    self.cut()
                    return
            target.shutdown(socket.SHUT_WR)
        except OSError:
            # One side is gone: for the other it is so too.
            for task in self.tasks:
                task.cancel()


class Sink:
    def __init__(self, conf):
        self.record = load_message.Record(conf["record"])
        self.faults = load_message.Record(conf["faults"])
        self.every = conf["every"]
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(conf["chain"], conf["key"])
        if conf.get("tls"):
            self.context.minimum_version = self.context.maximum_version = \
                ssl.TLSVersion[conf["tls"]]
        self.connections = 0

    async def accept(self, listener):
        loop = asyncio.get_running_loop()
        tasks = set()
        while True:
            connection, _ = await loop.sock_accept(listener)
            # What pipelined commands are answered goes out at once.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            hurt = self.every and self.connections % self.every == 0
            task = loop.create_task(self.hurt(connection) if hurt else
                                    self.serve(connection, None))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    async def serve(self, connection, victim):
        reader, writer = await streams_of_server(connection)
        try:
            await Session(self, reader, writer, victim).run()
        except (Cut, OSError, EOFError):
            pass
        finally:
            writer.close()

    async def hurt(self, connection):
        victim = Victim(connection)
        between = asyncio.create_task(victim.run())
        await self.serve(victim.server, victim)
        await between
        self.faults.add(fault=victim.fault, reset=victim.reset)


async def main():
    with open(sys.argv[1]) as file:
        conf = json.load(file)
    random.seed(conf["seed"])
    sink = Sink(conf)
    listeners = []
    for address in conf["addresses"]:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = socket.create_server((address, 25), family=family,
                                        backlog=512)
        listener.setblocking(False)
        listeners.append(sink.accept(listener))
    print("ready", file=sys.stderr, flush=True)
    await asyncio.gather(*listeners)


asyncio.run(main())
