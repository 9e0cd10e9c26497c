"""The mail server of the load run: sends its queue through the gateway over
parallel sessions, resets every N-th connection of its own at a point drawn by
lot, and writes down of each try what it was told. What was not acknowledged is
tried again, in a round of its own, as a new message.

usage: load_client.py CONFIGURATION.json     (tools/bench/load starts it)

Outcomes: "acknowledged" (250 at the end); "refused" (a reply said no);
"unknown" (the reply said that the outcome is not known); "cut" and "cut-whole"
(we reset the connection ourselves, before the end of the message had been sent
or after it); "lost" and "lost-whole" (the connection ended without a word,
before that or after it).

A message has from one to a dozen recipients; the MX refuses those whose names
begin with "no.". An answer that can only be another recipient's ends the run.
"""

import asyncio
import collections
import json
import random
import re
import sys

import load_message

REPLY_TIME = 600  # RFC 5321 4.5.3.2.6
ROUNDS = 4
CUTS = ("ehlo", "mail", "rcpt", "data", "body", "body", "body", "end", "end",
        "end", "told")


class Refused(Exception):
    pass


class Cut(Exception):
    pass


def recipients(name, domain):
    """As (RCPT, point, the answer's code); the first one is taken."""
    more = random.choice((0, 0, 0, 1, 2, 4, 11))
    words = [""] + [random.choice(("no.", "also.")) for _ in range(more)]
    return [(f"RCPT TO:<{word}{number}.{name}@{domain}>\r\n".encode(), "rcpt",
             "550" if word == "no." else "250")
            for number, word in enumerate(words)]


class Connection:
    def __init__(self, client, address, cut):
        self.client, self.address, self.cut = client, address, cut
        self.whole = False
        self.to = 0  # recipients taken

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection(
            self.address, 25)

    def at(self, point):
        """Resets a connection that is to be reset here."""
        if self.cut == point:
            load_message.close_by_reset(
                self.writer.get_extra_info("socket"))
            self.writer.transport.abort()
            raise Cut

    async def reply(self):
        lines = []
        while True:
            line = await asyncio.wait_for(self.reader.readline(), REPLY_TIME)
            if not line.endswith(b"\n"):
                raise ConnectionError("end of connection")
            lines.append(line.decode(errors="replace").rstrip())
            if line[3:4] != b"-":
                return lines[-1]

    async def answer(self, code):
        """The next reply, and whether it is the one that was wanted."""
        said = await self.reply()
        if {code, said[:3]} == {"250", "550"}:
            raise AssertionError(f"another's answer: {said}, not {code}")
        return said, said.startswith(code)

    async def expect(self, code):
        said, good = await self.answer(code)
        if not good:
            raise Refused(said)

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def greet(self):
        await self.expect("220")
        await self.send(b"EHLO mail.office.example\r\n")
        self.at("ehlo")
        await self.expect("250")

    async def message(self, name, domain, text):
        """One message to its end; Refused, Cut or OSError where it did not
        come to one."""
        self.whole = False
        bdat = random.random() < 0.25
        commands = [(b"MAIL FROM:<ann@office.example> BODY=8BITMIME\r\n",
                     "mail", "250"), *recipients(name, domain)]
        self.to = sum(c[1:] == ("rcpt", "250") for c in commands)
        if not bdat:
            commands.append((b"DATA\r\n", "data", "354"))
        await self._commands(commands)
        if bdat:
            await self._bdat(text)
        else:
            await self._data(text)
        self.at("end")
        await self.expect("250")

    async def _commands(self, commands):
        """In one packet or one after the other."""
        if random.random() < 0.5 and self.cut is None:
            await self.send(b"".join(c[0] for c in commands))
            wrong = None
            for _, _, code in commands:
                said, good = await self.answer(code)
                if not good:
                    wrong = wrong or said
                if said.startswith("421"):
                    break
            if wrong is not None:
                raise Refused(wrong)
            return
        for command, point, code in commands:
            await self.send(command)
            self.at(point)
            await self.expect(code)

    async def _data(self, text):
        wire = re.sub(rb"(?m)^\.", b"..", text)
        if self.cut == "body":
            await self.send(wire[:random.randrange(len(wire))])
            self.at("body")
        self.whole = True
        await self.send(wire + b".\r\n")

    async def _bdat(self, text):
        at = 0
        while at < len(text):
            size = random.choice((200, 3000, 20000, len(text)))
            chunk = text[at:at + size]
            at += len(chunk)
            last = at == len(text)
            command = b"BDAT %d%s\r\n" % (len(chunk), b" LAST" if last else b"")
            if self.cut == "body" and random.random() < 0.5 or \
                    self.cut == "body" and last:
                await self.send(command + chunk[:random.randrange(len(chunk))])
                self.at("body")
            self.whole = last
            await self.send(command + chunk)
            if not last:
                await self.expect("250")

    async def quit(self):
        await self.send(b"QUIT\r\n")
        await self.reply()


class Client:
    def __init__(self, conf):
        self.conf = conf
        self.record = load_message.Record(conf["record"])
        self.connections = 0
        self.tries = collections.Counter()

    async def run(self):
        queue = list(range(self.conf["messages"]))
        for _ in range(ROUNDS):
            self.waiting = collections.deque(queue)
            self.kept = []
            await asyncio.gather(*(self.session() for _ in
                                   range(self.conf["sessions"])))
            queue = self.kept
            random.shuffle(queue)
            if not queue:
                return

    async def session(self):
        while self.waiting:
            self.connections += 1
            every = self.conf["every"]
            # Not the same ones as the sink's.
            cut = random.choice(CUTS) if every and \
                self.connections % every == every // 2 else None
            host = random.choice(self.conf["hosts"])
            await self.connection(host, cut, random.randrange(1, 5))

    async def connection(self, host, cut, most):
        connection = Connection(self, host["address"], cut)
        name = text = None
        try:
            await connection.open()
            try:
                await connection.greet()
                while self.waiting and most > 0:
                    most -= 1
                    number = self.waiting.popleft()
                    self.tries[number] += 1
                    name = f"{number}.{self.tries[number]}"
                    text = load_message.make(name)
                    await connection.message(name, host["domain"], text)
                    self.note(name, text, "acknowledged",
                              to=connection.to)
                    name = None
                    connection.at("told")
                await connection.quit()
            finally:
                connection.writer.close()
        except Refused as error:
            said = str(error)
            self.failed(name, text, "unknown" if "outcome is unknown" in said else
                        "refused", said)
        except Cut:
            self.failed(name, text,
                        "cut-whole" if connection.whole else "cut", cut)
        except (OSError, EOFError, asyncio.TimeoutError) as error:
            self.failed(name, text, "lost-whole" if connection.whole else
                        "lost", repr(error))

    def note(self, name, text, outcome, said="", to=None):
        self.record.add(name=name, digest=load_message.digest(text),
                        outcome=outcome, said=said, to=to)

    def failed(self, name, text, outcome, said):
        """Of the message under way, if there was one: it stays here."""
        if name is None:
            self.record.add(name="", outcome=outcome, said=said)
            return
        self.note(name, text, outcome, said)
        self.kept.append(int(name.partition(".")[0]))


async def main():
    with open(sys.argv[1]) as file:
        conf = json.load(file)
    random.seed(conf["seed"] + 1)
    await Client(conf).run()


asyncio.run(main())
