"""What a gateway takes: CPU and memory of all its processes together, also of
those that have ended, by a control group of its own (version 1 or 2). Where
the machine gives us none, CPU is what /proc says of the processes, in steps of
10 ms, and the kernel's memory is not known.
"""

import os
import pathlib
import time

ROOT = pathlib.Path("/sys/fs/cgroup")
PREFIX = "DANEGATE_BENCH_GROUP"


def _controllers():
    """{"cpu" or "memory": the folder in which groups are made}."""
    if (ROOT / "cgroup.controllers").exists():
        for name in ("cpu", "memory"):
            try:
                (ROOT / "cgroup.subtree_control").write_text(f"+{name}")
            except OSError:
                pass
        return {"cpu": ROOT, "memory": ROOT}
    return {"cpu": ROOT / "cpuacct", "memory": ROOT / "memory"}


def _groups(prefix):
    for parent in set(_controllers().values()):
        yield from parent.glob(f"{prefix}-*")


def remove_groups():
    """For the process outside of the cage, when all in it have ended."""
    for group in _groups(os.environ[PREFIX]):
        try:
            group.rmdir()
        except OSError:
            pass


def descendants(pid):
    """The process and all that it has started, as far as they live."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            text = (entry / "stat").read_text()
        except OSError:
            continue
        parent = int(text.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def read_number(path):
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def read_table(path):
    """Lines of "key value"."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    return {key: int(value) for key, value in map(str.split, lines)}


class Group:
    """Those of one gateway, on one processor."""

    def __init__(self, name, cpu):
        self.cpu_number = cpu
        self.pids = []
        self.folders = {}
        for kind, parent in _controllers().items():
            folder = parent / f"{os.environ[PREFIX]}-{name}"
            try:
                folder.mkdir(exist_ok=True)
            except OSError:
                continue
            self.folders[kind] = folder

    def adopt(self, pid):
        """A server that has just been started, with all it has started so
        far; what it starts from now on comes by itself."""
        self.pids.append(pid)
        for one in descendants(pid):
            for folder in set(self.folders.values()):
                try:
                    (folder / "cgroup.procs").write_text(str(one))
                except OSError:
                    pass
            self._pin(one)

    def _pin(self, pid):
        try:
            for task in pathlib.Path("/proc", str(pid), "task").iterdir():
                os.sched_setaffinity(int(task.name), {self.cpu_number})
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended

    def forget(self):
        """Its processes have been stopped."""
        self.pids = []

    def cpu(self):
        """(user, system) milliseconds so far."""
        folder = self.folders.get("cpu")
        if folder is None:
            return self._cpu_of_processes()
        table = read_table(folder / "cpu.stat")
        if "user_usec" in table:
            return table["user_usec"] / 1e3, table["system_usec"] / 1e3
        total = read_number(folder / "cpuacct.usage")
        user = read_number(folder / "cpuacct.usage_user")
        if total is None or user is None:
            return self._cpu_of_processes()
        return user / 1e6, (total - user) / 1e6

    def _cpu_of_processes(self):
        user = system = 0
        for pid in self._living():
            text = pathlib.Path("/proc", str(pid), "stat").read_text()
            fields = text.rpartition(")")[2].split()
            user += int(fields[11]) + int(fields[13])
            system += int(fields[12]) + int(fields[14])
        return user * 10.0, system * 10.0

    def _living(self):
        return [one for pid in self.pids for one in descendants(pid)
                if os.path.exists(f"/proc/{one}")]

    def settle(self):
        """Waits until it does nothing any more; returns cpu()."""
        before = sum(self.cpu())
        for _ in range(40):
            time.sleep(0.05)
            now = self.cpu()
            if sum(now) - before < 0.3:
                return now
            before = sum(now)
        return now

    def pss(self):
        """KiB of user memory, shared pages by their share."""
        total = 0
        for pid in self._living():
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += sum(int(line.split()[1]) for line in text.splitlines()
                         if line.startswith("Pss:"))
        return total

    def rested_pss(self):
        """pss() when it has stopped to change: who gives memory back that
        idle sessions do not need takes some seconds for it."""
        seen = [self.pss()]
        for _ in range(30):
            time.sleep(0.5)
            seen.append(self.pss())
            if len(seen) > 10 and seen[-1] == seen[-6]:
                break
        return seen[-1]

    def kernel(self):
        """KiB of the kernel's memory for it, sockets included; None where it
        is not counted."""
        folder = self.folders.get("memory")
        if folder is None:
            return None
        table = read_table(folder / "memory.stat")
        if "kernel" in table:
            return (table["kernel"] + table.get("sock", 0)) / 1024
        kmem = read_number(folder / "memory.kmem.usage_in_bytes")
        tcp = read_number(folder / "memory.kmem.tcp.usage_in_bytes")
        return None if kmem is None else (kmem + (tcp or 0)) / 1024
