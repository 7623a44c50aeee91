#!/usr/bin/env python3
"""The pipeline from end to end with the real program: cut off by SIGKILL at each of its failpoints and shown at the next
start, a full disk, a read-only state folder, a damaged ledger, and two consoles on one ledger."""
import contextlib
import ctypes
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from cluster import main_of_cases, wait_for
from test_cli import ROOT, Case

OUT = os.path.join(ROOT, os.environ.get("O", "build"))
SPARKOPS = os.environ.get("SPARKOPS") or os.path.join(OUT, "sparkops")
TORTURE = os.path.join(OUT, "sparkops-torture")
LIBC = ctypes.CDLL(None, use_errno=True)
MS_RDONLY, MS_REMOUNT, MNT_DETACH = 1, 32, 2


class Acting(Case):
    def setUp(self):
        super().setUp()
        self.state = os.path.join(self.dir, "state")
        self.started = os.path.join(self.dir, "started")
        self.config = self.file("c.yaml", """discover: false
interval: 1h
jobs:
  - name: migration
    ui: "http://127.0.0.1:1"
    restart: {command: [/bin/sh, -c, "echo started >> %s"], wait: 1s}
  - {name: other, ui: "http://127.0.0.1:2"}
""" % self.started)

    def act(self, *args, program=SPARKOPS, limit=None, **env):
        """Exit code (negative: the signal that ended it), standard output and error of a verb."""
        confine = ["prlimit", "--fsize=%d" % limit] if limit else []
        r = subprocess.run([*confine, program, *args, "--config", self.config, "--state-dir", self.state],
                           env={**self.env, **env}, capture_output=True, text=True, timeout=500, stdin=subprocess.DEVNULL)
        return r.returncode, r.stdout, r.stderr

    def hold(self, *args, **more):
        return self.act("hold", "--job", "migration", "--reason", "vacuum runs", "--yes", *args, **more)

    def once(self):
        code, out, err = self.act("--once", "--json")
        self.assertIn(code, (0, 1, 2, 3), err)
        return json.loads(out)

    def actions(self):
        return [row for row in self.once()["actions"] if row["word"]]

    def held(self):
        return next(job["hold"] for job in self.once()["jobs"] if job["name"] == "migration")

    def verify(self):
        code, out, err = self.act("audit", "verify")
        self.assertEqual((code, err), (0, ""), out)
        self.assertIn("unbroken", out)


class Cut(Acting):
    def test_a_hold_at_each_failpoint(self):
        """Before the intent nothing is there; after it the next start shows it, whatever came of it."""
        for point, state, is_held in (("pipe.intent", None, False), ("pipe.intended", "cut", False),
                                      ("pipe.outcome", "cut", True), ("pipe.ended", "done", True)):
            with self.subTest(point):
                code, _, err = self.hold(program=TORTURE, SPARKOPS_FAIL=point)
                self.assertEqual(code, -signal.SIGKILL, err)
                rows = self.actions()
                self.assertEqual([row["state"] for row in rows[:1]], [state] if state else [])
                self.assertEqual(self.held() is not None, is_held)
                if rows:
                    self.verify()
                code, _, err = self.hold()
                self.assertEqual(code, 0, err)
                self.assertIn("vacuum runs", self.held())
                if state == "cut":
                    self.assertRegex(self.actions()[1]["outcome"], r"^followed by number \d+$")
                self.assertEqual(self.hold("--off")[0], 0)
                self.assertIsNone(self.held())
                self.verify()
                self.wipe()

    def wipe(self):
        for name in os.listdir(self.state):
            if name.startswith("ledger"):
                os.unlink(os.path.join(self.state, name))

    def test_a_restart_before_and_behind_each_step(self):
        """The steps that were done are those that are shown."""
        for point in ("pipe.step", "pipe.stepped"):
            for n in range(1, 20):
                code, out, err = self.act("restart", "--job", "migration", "--yes", "--reason", "x", program=TORTURE,
                                          SPARKOPS_FAIL="%s:%d" % (point, n), SPARKOPS_SPEED="200")
                if code >= 0:
                    break
                with self.subTest("%s %d" % (point, n)):
                    self.assertEqual(code, -signal.SIGKILL, err)
                    row = self.actions()[0]
                    self.assertEqual((row["word"], row["state"]), ("restart", "cut"), row)
                    self.assertEqual(len(row["steps"]), n - (point == "pipe.step"), row)
                    self.assertRegex(row["outcome"], "^(stopped after|its sparkops ended before the first step)")
                    self.verify()
            self.assertGreater(n, 1, "no step was ever written: %s%s" % (out, err))


class Refused(Acting):
    def check_refused(self, why, **more):
        """Nothing is done, with the reason; watching goes on."""
        code, out, err = self.hold(**more)
        self.assertEqual(code, 1, (out, err))
        self.assertRegex(out + err, why)
        self.assertEqual(sorted(job["name"] for job in self.once()["jobs"]), ["migration", "other"])

    @contextlib.contextmanager
    def small_disk(self, size):
        os.makedirs(self.state, 0o700, exist_ok=True)
        if LIBC.mount(b"none", self.state.encode(), b"tmpfs", 0, b"mode=0700,size=%d" % size):
            self.skipTest("to mount a file system takes root")
        try:
            yield
        finally:
            LIBC.umount2(self.state.encode(), MNT_DETACH)

    def test_a_full_disk(self):
        with self.small_disk(300 << 10):
            self.assertEqual(self.hold()[0], 0)
            filler = os.path.join(self.state, "filler")
            with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as f:
                while True:
                    f.write(bytes(4096))
            self.check_refused("full")
            os.unlink(filler)
            self.assertEqual(self.hold("--off")[0], 0)
            self.verify()

    def test_no_room_for_a_file(self):
        self.assertEqual(self.hold()[0], 0)
        self.check_refused("ledger.db", limit=4096)
        self.assertEqual(self.hold("--off")[0], 0)
        self.verify()

    def test_a_read_only_folder(self):
        with self.small_disk(1 << 20):
            self.assertEqual(self.hold()[0], 0)
            # the kernel lets go of a process's last files a moment after the process: until then, busy
            wait_for(lambda: LIBC.mount(None, self.state.encode(), None, MS_REMOUNT | MS_RDONLY, None) == 0, "a folder that takes no more")
            self.check_refused("Read-only file system")
            self.assertIn("vacuum runs", self.held())
            self.verify()

    def test_a_damaged_ledger(self):
        self.assertEqual(self.hold()[0], 0)
        path = os.path.join(self.state, "ledger.db")
        with open(path, "r+b") as f:
            f.write(b"this is no database any more" * 100)
            f.seek(0)
            before = f.read()
        self.check_refused(r"damaged[\s\S]*integrity_check")
        code, _, err = self.act("audit", "verify")
        self.assertNotEqual(code, 0)
        self.assertIn("damaged", err)
        with open(path, "rb") as f:
            self.assertEqual(f.read(), before)

    def test_a_folder_for_everybody(self):
        os.makedirs(self.state)
        os.chmod(self.state, 0o777)
        self.check_refused("chmod 700")


class Console:
    """The program on a terminal of its own; what it wrote, without its colours and moves."""

    def __init__(self, *command, env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(env, TERM="xterm-256color")
            os.execv(command[0], command)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
        self.bytes = b""

    def text(self):
        return re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]", b" ", self.bytes).decode("utf-8", "replace")

    def wait_for(self, what, seconds=300):
        end = time.monotonic() + seconds
        while not re.search(what, self.text()):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise AssertionError("%r was never shown: %s" % (what, self.text()[-3000:]))
            self.bytes += os.read(self.fd, 65536)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class Together(Acting):
    @contextlib.contextmanager
    def console(self, *args):
        c = Console(SPARKOPS, "--config", self.config, "--state-dir", self.state, *args, env=self.env)
        try:
            yield c
        finally:
            c.close()

    def test_two_consoles_see_what_a_script_does(self):
        with self.console("--view", "actions") as one, self.console("--view", "actions") as two:
            for c in (one, two):
                c.wait_for("sparkops")
            self.assertEqual(self.hold()[0], 0)
            for c in (one, two):
                c.wait_for(r"hold[\s\S]*migration")
        self.verify()

    def test_a_cut_sequence_is_shown_first(self):
        code, _, err = self.act("restart", "--job", "migration", "--yes", program=TORTURE,
                                SPARKOPS_FAIL="pipe.stepped", SPARKOPS_SPEED="200")
        self.assertEqual(code, -signal.SIGKILL, err)
        with self.console() as c:
            c.wait_for(r"restart\s+of\s+migration\s+stopped\s+after")

    def test_many_scripts_make_one_chain(self):
        verbs = [subprocess.Popen([SPARKOPS, "hold", "--job", job, "--reason", "r%d" % i, "--yes", "--config", self.config,
                                   "--state-dir", self.state], env=self.env, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True)
                 for i in range(4) for job in ("migration", "other")]
        for verb in verbs:
            _, err = verb.communicate(timeout=500)
            self.assertEqual(verb.returncode, 0, err)
        self.verify()
        rows = self.actions()
        self.assertEqual(len(rows), 8)
        self.assertEqual({row["state"] for row in rows}, {"done"})


if __name__ == "__main__":
    main_of_cases(beside=4)
