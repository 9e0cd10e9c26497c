"""The load of the stall run: sessions that begin at random, so many a second on
average, and come as far as RCPT, which takes a handshake of TLS each.

usage: stall_load.py ADDRESS DOMAIN RATE SECONDS     (tools/bench/stall starts it)

Ends with a line of JSON on standard error: how many sessions came to their RCPT
("ready"), and what was said to the others ("refused").
"""

import asyncio
import json
import random
import sys

PATIENCE = 30


async def said(reader):
    """The last line of a reply."""
    while True:
        line = await reader.readline()
        if line[3:4] != b"-":
            return line


async def session(address, domain):
    reader, writer = await asyncio.open_connection(address, 25)
    try:
        line = await said(reader)
        for command in ("EHLO mail.office.example",
                        "MAIL FROM:<ann@office.example>",
                        f"RCPT TO:<bob@{domain}>"):
            if not line.startswith(b"2"):
                raise ConnectionError(line.decode(errors="replace"))
            writer.write(command.encode() + b"\r\n")
            line = await said(reader)
        if not line.startswith(b"250"):
            raise ConnectionError(line.decode(errors="replace"))
        writer.write(b"QUIT\r\n")
        await said(reader)
    finally:
        writer.close()


async def main(address, domain, rate, seconds):
    refused, tasks = [], []

    async def one():
        try:
            await asyncio.wait_for(session(address, domain), PATIENCE)
        except (OSError, asyncio.TimeoutError) as error:
            refused.append(str(error) or type(error).__name__)

    loop = asyncio.get_running_loop()
    at, end = loop.time(), loop.time() + seconds
    while (at := at + random.expovariate(rate)) < end:
        await asyncio.sleep(at - loop.time())
        tasks.append(asyncio.create_task(one()))
    await asyncio.gather(*tasks)
    print(json.dumps({"ready": len(tasks) - len(refused), "refused": refused}),
          file=sys.stderr, flush=True)


asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]),
                 float(sys.argv[4])))
