"""A root file system for one server: the machine's own, with a tree of files
laid over it, and with folders and files of its own. So a server can run from
where it was unpacked and still find all at the paths that were built into it,
without a file of the machine's being touched.

The machine's root is mounted at /machine inside, and all that the tree does
not have is a symbolic link to what is there. The tree is copied: where it lies,
servers that gave up root may have no way to.
"""

import os
import pathlib
import shutil

import topology

MACHINE = "machine"


class Root:
    """folder: where it is to be made."""

    def __init__(self, folder, tree):
        self.top = pathlib.Path(folder)
        self._link_all(self.top, pathlib.PurePath())
        self.folder(MACHINE)
        self._lay(tree)

    def _link_all(self, at, inside):
        """A folder of links to all that the machine has in its own."""
        at.mkdir()
        at.chmod(0o755)
        machine = pathlib.Path("/", inside)
        for name in os.listdir(machine) if machine.is_dir() else ():
            (at / name).symlink_to(pathlib.Path("/", MACHINE, inside, name))

    def _lay(self, tree):
        for folder, _, names in os.walk(tree):
            inside = pathlib.PurePath(folder).relative_to(tree)
            for name in names:
                shutil.copy(pathlib.Path(folder, name),
                            self.place(inside / name), follow_symlinks=False)

    def place(self, path):
        """Makes room for that name, which is a link so far or not there."""
        path = pathlib.PurePath(path)
        for folder in reversed(path.parents[:-1]):
            at = self.top / folder
            if at.is_symlink():
                at.unlink()
            if not at.exists():
                self._link_all(at, folder)
        at = self.top / path
        if at.is_symlink():
            at.unlink()
        return at

    def folder(self, path, owner=0, mode=0o755):
        """An empty folder of its own there; returns where it is outside."""
        at = self.place(path)
        if at.exists():
            shutil.rmtree(at)
        at.mkdir()
        os.chown(at, owner, owner)
        at.chmod(mode)
        return at

    def write(self, path, text, mode=0o644):
        at = self.place(path)
        at.write_text(text)
        at.chmod(mode)

    def add_accounts(self, accounts):
        """accounts: {name: number}, of a user and its group each."""
        for path, line in (("etc/passwd", "{0}:x:{1}:{1}::/:/bin/false\n"),
                           ("etc/group", "{0}:x:{1}:\n")):
            text = pathlib.Path("/", path).read_text()
            kept = [old for old in text.splitlines(True)
                    if old.split(":")[0] not in accounts]
            self.write(path, "".join(kept) + "".join(
                line.format(*account) for account in accounts.items()))

    def command(self, argv):
        """The command line that runs argv in it. It needs a mount namespace,
        which `ip netns exec` gives it."""
        return ["sh", "-c", f'mount --rbind / "$0/{MACHINE}" && '
                'exec chroot "$0" "$@"', self.top, *argv]

    def start(self, namespace, argv):
        return topology.Process(namespace, self.command(argv),
                                name=os.path.basename(argv[0]))
