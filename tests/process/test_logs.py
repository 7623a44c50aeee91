#!/usr/bin/env python3
"""Logs from outside: a log that is rotated while the real program follows it, and programs whose output is followed,
which end with it, also when it is killed."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(ROOT, os.environ.get("O", "build"))
SPARKOPS = os.environ.get("SPARKOPS_ASAN", os.path.join(OUT, "sparkops-asan"))
WAIT = 60


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
        return f.read().rpartition(")")[2].split()[0] != "Z"


def wait_for(what, condition):
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {WAIT} s for {what}")


class Follower:
    """`sparkops --json --every` on a configuration; .last is its newest object."""

    def __init__(self, home, config, member):
        path = os.path.join(home, "config.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write("discover: false\n" + config)
        env = dict(os.environ, XDG_STATE_HOME=home, TZ="UTC")
        self.process = subprocess.Popen([SPARKOPS, "--json", "--every", "200ms", "--config", path, member], env=env,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.last = {}
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.last = json.loads(line)

    def close(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()


class Logs(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="sparkops-logs.")
        self.addCleanup(shutil.rmtree, self.home)
        self.log = os.path.join(self.home, "job.log")

    def follow(self, config, member):
        follower = Follower(self.home, config, member)
        self.addCleanup(follower.close)
        return follower

    def write(self, text):
        with open(self.log, "a", encoding="utf-8") as f:
            f.write(text)

    def rows(self, follower, member):
        return follower.last.get(member, [])

    def test_rotated_while_it_is_followed(self):
        stamp = time.strftime("%y/%m/%d %H:%M:%S", time.gmtime())
        self.write(f"{stamp} INFO X: begins\n")
        follower = self.follow(f"jobs:\n  - {{name: etl, log: {self.log}}}\n", "log_mark")
        wait_for("the first object", lambda: follower.last)
        texts = ["Connection refused", "java.lang.OutOfMemoryError: Java heap space",
                 "Cannot call methods on a stopped SparkContext.", "OOMKilled", "[STREAM_FAILED] Query"]
        for i, text in enumerate(texts):
            self.write(f"{stamp} ERROR X: {text}\n{stamp} INFO X: and on\n")
            if i % 2 == 0:
                os.rename(self.log, f"{self.log}.{len(texts) - i}")
            else:
                shutil.copy(self.log, f"{self.log}.{len(texts) - i}")
                os.truncate(self.log, 0)
        self.write(f"{stamp} ERROR X: Connection refused\n")
        marks = wait_for("six marks", lambda: len(self.rows(follower, "log_mark")) >= 6 and self.rows(follower, "log_mark"))
        self.assertEqual([m["kind"] for m in marks],
                         ["refused", "oom", "stopped-context", "killed", "query-died", "refused"])
        self.assertEqual([m["count"] for m in marks], [1] * 6)

    def test_a_program_ends_with_us(self):
        for how in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(how=how):
                told = os.path.join(self.home, f"pid.{int(how)}")
                command = json.dumps(["sh", "-c", f"echo $$ > {told}; echo one; exec sleep 1000"])
                follower = self.follow(f"jobs:\n  - {{name: etl, log: {{command: {command}}}}}\n", "log_file")
                wait_for("its line", lambda: [f for f in self.rows(follower, "log_file") if f["lines"] == 1])
                with open(told, encoding="utf-8") as f:
                    pid = int(f.read())
                self.assertTrue(is_there(pid))
                follower.process.send_signal(how)
                follower.process.wait()
                wait_for("its end", lambda: not is_there(pid))

    def test_a_missing_journalctl_is_said(self):
        os.environ["PATH"], before = self.home, os.environ["PATH"]
        self.addCleanup(os.environ.__setitem__, "PATH", before)
        follower = self.follow("jobs:\n  - {name: etl, log: {journal: etl.service}}\n", "targets")
        problem = wait_for("the problem", lambda: [t["problem"] for t in self.rows(follower, "targets") if t.get("problem")])
        self.assertIn("journalctl is not installed", problem[0])


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    raise SystemExit(failed > 0)
