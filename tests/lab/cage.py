"""Runs the calling program again in a cage of its own: new PID and mount
namespaces and a private /run/netns.

The kernel takes the cage down as a whole: when its first process ends, by
whatever signal, every process of the lab dies with it (also those that made
themselves daemons), and with them the network namespaces, which are known
inside the cage alone. Only the folder of files is left to be removed, by the
process outside.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile

FOLDER = "DANEGATE_LAB_FOLDER"
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 1 << 18
libc = ctypes.CDLL(None, use_errno=True)


def enter(keep=False):
    """Returns inside the cage with the lab's folder; outside it waits for the
    caged run, cleans up and exits as that did. keep: leave the folder."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if FOLDER in os.environ:
        if not _root_is_mount():
            _mount_root()
        _furnish()
        return os.environ[FOLDER]
    if os.geteuid() != 0:
        sys.exit("the lab makes network namespaces: run it as root")
    folder = tempfile.mkdtemp(prefix="danegate-lab-")
    # The servers give up root and must still reach their files.
    os.chmod(folder, 0o755)
    try:
        status = _run_caged(folder)
    finally:
        if keep:
            print(f"files kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(status)


def _run_caged(folder):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    caged = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL",
         "unshare", "--mount", "--propagation",
         "private" if _root_is_mount() else "unchanged", "--pid", "--fork",
         "--mount-proc", "--kill-child=SIGKILL", sys.executable, *sys.argv],
        env={**os.environ, FOLDER: folder})
    try:
        return caged.wait()
    finally:
        caged.kill()
        caged.wait()


def _root_is_mount():
    with open("/proc/self/mountinfo") as mounts:
        return any(line.split()[4] == "/" for line in mounts)


def _mount_root():
    """In a plain chroot / is a folder like others, and neither can its mounts
    be kept from the machine's nor does `ip netns` work. So it is mounted on
    itself, after the mount namespace, which is ours alone, has been cut off
    from the machine's at its true root: from a working directory outside of
    the root, .. leads there."""
    here, folder = os.open("/", os.O_RDONLY), os.getcwd()
    try:
        os.chdir("/")
        os.chroot(os.environ[FOLDER])
        while not os.path.samefile(".", ".."):
            os.chdir("..")
        os.chroot(".")
        _mount(b"none", b"/", MS_REC | MS_PRIVATE)
        os.fchdir(here)
        root = os.getcwd()
        _mount(os.fsencode(root), os.fsencode(root), MS_REC | MS_BIND)
        os.chroot(root)
        os.chdir(folder)
    finally:
        os.close(here)


def _mount(source, target, flags):
    if libc.mount(source, target, None, ctypes.c_ulong(flags), None) != 0:
        raise OSError(ctypes.get_errno(), "mount", target)


def _stop(number, _frame):
    raise SystemExit(128 + number)


def _furnish():
    """`ip netns` keeps its names in a place that nobody else sees."""
    os.makedirs("/run/netns", exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "netns", "/run/netns"], check=True)
