"""danegated of ARMv7 under qemu-arm, and how many instructions it runs.

qemu's log has the code of each block once, and a line each time that it runs. Its
user emulation does not know IP_TRANSPARENT, so out/armv7/bench/danegated-emulated
asks for it in vain, and it is set from here, on the listeners.
"""

import ctypes
import os
import pathlib
import socket
import subprocess
import threading

import gateway
import topology

PROGRAM = gateway.TOP / "out/armv7/bench/danegated-emulated"
END = "session_free"
IP_TRANSPARENT, IPV6_TRANSPARENT = 19, 75
PIDFD_OPEN, PIDFD_GETFD = 434, 438


def address_of(function):
    for line in subprocess.run(["nm", PROGRAM], capture_output=True, text=True,
                               check=True).stdout.splitlines():
        words = line.split()
        if len(words) == 3 and words[2] == function:
            # The lowest bit says that it is Thumb.
            return b"%08x" % (int(words[0], 16) & ~1)
    raise LookupError(function)


def make_transparent(pid):
    """All of its TCP sockets."""
    libc = ctypes.CDLL(None, use_errno=True)
    process = libc.syscall(PIDFD_OPEN, pid, 0)
    for entry in os.listdir(f"/proc/{pid}/fd"):
        fd = libc.syscall(PIDFD_GETFD, process, int(entry), 0)
        try:
            own = socket.socket(fileno=fd)
        except OSError:
            if fd >= 0:
                os.close(fd)
            continue
        with own:
            if own.type != socket.SOCK_STREAM:
                continue
            if own.family == socket.AF_INET:
                own.setsockopt(socket.IPPROTO_IP, IP_TRANSPARENT, 1)
            elif own.family == socket.AF_INET6:
                own.setsockopt(socket.IPPROTO_IPV6, IPV6_TRANSPARENT, 1)
    os.close(process)


class Log:
    """Reads qemu's log as it is written. sessions: the instructions of each,
    from the end of the one before to its own."""

    def __init__(self, path):
        self.sessions = []
        self.end = address_of(END)
        threading.Thread(target=self._read, args=(path,), daemon=True).start()

    def _read(self, path):
        size, total, block, end = {}, 0, None, self.end
        with open(path, "rb", buffering=1 << 20) as log:
            for line in log:
                if line[:5] == b"Trace":
                    # Trace 0: host [base/pc/flags/cflags]
                    at = line.split(b"/", 2)[1][-8:]
                    if at == end:
                        self.sessions.append(total)
                        total = 0
                    total += size[at]
                elif line[:3] == b"IN:":
                    block = None
                elif line[:2] == b"0x":
                    if block is None:
                        block = line[2:10]
                        size[block] = 0
                    size[block] += 1


class Emulated:
    """The router with such a danegated."""

    def __init__(self, folder, world):
        self.folder = pathlib.Path(folder, "emulated")
        self.folder.mkdir()
        fifo = self.folder / "log"
        os.mkfifo(fifo)
        self.log = Log(fifo)
        wrapper = self.folder / "danegated"
        wrapper.write_text(
            "#!/bin/sh\nexec qemu-arm -d in_asm,exec,nochain -D "
            f"{fifo} {PROGRAM} \"$@\"\n")
        wrapper.chmod(0o755)
        os.environ["DANEGATED"] = str(wrapper)
        self.router = gateway.Gateway(folder, world.anchor)
        self.router.start()
        self.router.firewall("apply")
        make_transparent(self.router.daemon.process.pid)

    def instructions(self, send):
        """Of the one session that send() makes."""
        before = len(self.log.sessions)
        send()
        topology.until(lambda: len(self.log.sessions) > before, 120,
                       "the session ends")
        return self.log.sessions[before]
