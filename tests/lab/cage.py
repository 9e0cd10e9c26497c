"""Runs the calling program again in a cage of its own: new PID and mount
namespaces and a private /run/netns.

The kernel takes the cage down as a whole: when its first process ends, by
whatever signal, every process of the lab dies with it (also those that made
themselves daemons), and with them the network namespaces, which are known
inside the cage alone. Only the folder of files is left to be removed, by the
process outside.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile

FOLDER = "DANEGATE_LAB_FOLDER"


def enter(keep=False):
    """Returns inside the cage with the lab's folder; outside it waits for the
    caged run, cleans up and exits as that did. keep: leave the folder."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if FOLDER in os.environ:
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
         "unshare", "--mount", "--propagation", "private", "--pid", "--fork",
         "--mount-proc", "--kill-child=SIGKILL", sys.executable, *sys.argv],
        env={**os.environ, FOLDER: folder})
    try:
        return caged.wait()
    finally:
        caged.kill()
        caged.wait()


def _stop(number, _frame):
    raise SystemExit(128 + number)


def _furnish():
    """`ip netns` keeps its names in a place that nobody else sees."""
    os.makedirs("/run/netns", exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "netns", "/run/netns"], check=True)
