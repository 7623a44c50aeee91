#!/usr/bin/env python3
"""Actions from the command line that touch something: replay, kill, restart and recover as cron and runbooks call them."""
import json
import os
import signal
import subprocess

from acting import Acting
from cluster import main_of_cases, wait_for
from test_cli import SPARKOPS


class Replaying(Acting):
    def test_once_and_no_more(self):
        rows = self.dlq("good")
        said = self.said("replay", "--job", "good", "--hash", rows[0]["hash"][:8], "--yes")
        self.assertEqual((said["exit"], said["state"]), (0, "done"), said)
        self.assertEqual(self.effects(), [str(rows[0]["batch_id"])])
        self.assertEqual(self.verb("replay", "--job", "good", "--all", "--limit", "1", "--yes")[0], 0)
        self.assertEqual(len(self.effects()), 2)
        self.assertEqual(self.verb("replay", "--job", "good", "--type", "SchemaError", "--yes")[0], 0)
        self.assertEqual(self.verb("replay", "--job", "good", "--all", "--until", "30m", "--yes")[0], 0)
        self.assertEqual(self.verb("replay", "--job", "good", "--all", "--since", "2h", "--yes")[0], 0)
        self.assertEqual(sorted(self.effects()), sorted(str(r["batch_id"]) for r in rows))
        # Nothing is left to do, and that is no failure.
        self.assertEqual(self.verb("replay", "--job", "good", "--all", "--yes")[0], 0)
        self.assertEqual(len(self.effects()), len(rows))
        self.assertEqual({r["state"] for r in self.dlq("good")}, {"done"})

    def test_two_at_the_same_time(self):
        batch = self.dlq("good")[-1]
        slow = os.path.join(self.dir, "go")
        self.config = self.configure(good={"replay": {"command": [self.hook, "{batch_id}"], "env": {"EFFECT": self.effect, "SLOW": slow}}})
        command = [SPARKOPS, "replay", "--job", "good", "--hash", batch["hash"], "--yes", "--json", "--config", self.config,
                   "--no-discover", "--state-dir", self.state]
        both = [subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                for _ in range(2)]
        try:
            wait_for(self.effects, "the first of them")
            # One is at it until it is let go; the other ends without having sent anything.
            wait_for(lambda: any(p.poll() is not None for p in both), "the other to end")
        finally:
            with open(slow, "w", encoding="utf-8"):
                pass
            said = [p.communicate(timeout=500)[0] for p in both]
        self.assertEqual(self.effects(), [str(batch["batch_id"])], said)
        codes = sorted(p.returncode for p in both)
        self.assertEqual(codes[0], 0, said)
        self.assertIn(codes[1], (1, 3), said)

    def test_a_signal_stops_it_after_the_entry_in_flight(self):
        slow = os.path.join(self.dir, "go")
        self.config = self.configure(good={"replay": {"command": [self.hook, "{batch_id}"], "env": {"EFFECT": self.effect, "SLOW": slow},
                                                      "rate": "1000/min", "settle": "10ms"}})
        p = subprocess.Popen([SPARKOPS, "replay", "--job", "good", "--all", "--yes", "--json", "--config", self.config, "--no-discover",
                              "--state-dir", self.state], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
        try:
            wait_for(self.effects, "its first entry")
            p.send_signal(signal.SIGHUP)
            self.assertIsNone(p.poll())
            wait_for(lambda: "signal 1" in os.read(p.stderr.fileno(), 65536).decode(), "its word about the signal")
        finally:
            with open(slow, "w", encoding="utf-8"):
                pass
            out = p.communicate(timeout=500)[0]
        said = json.loads(out)
        self.assertEqual(len(self.effects()), 1, said)
        self.assertEqual((said["exit"], said["state"]), (2, "cancelled"), said)
        self.assertEqual(sorted(r["state"] for r in self.dlq("good")), ["done", "pending", "pending", "pending"])


class Killing(Acting):
    def test_only_who_is_in_trouble(self):
        good, bad = self.jvm("good"), self.jvm("bad")
        for args in (["--pid", good["id"]], ["--job", "good"]):
            said = self.said("kill", *args, "--yes")
            self.assertEqual((said["exit"], said["state"]), (1, "refused"), said)
        self.assertRegex(said["says"], "healthy|busy|idle")
        # Another process has that number by now: START is not the same.
        said = self.said("kill", "--pid", "%d@%d" % (good["pid"], 1), "--yes", "--if", "busy,idle,unknown")
        self.assertEqual(self.jvm("good")["id"], good["id"], said)
        self.world.order("job bad fault stop")
        said = self.said("kill", "--pid", bad["id"], "--yes")
        self.assertEqual((said["exit"], said["state"]), (0, "done"), said)
        self.assertTrue(said["action"]["proof"], said)
        self.assertTrue(any("SIGTERM" in step for step in said["action"]["steps"]), said)
        rows = [r for r in self.once("jvms") if r["id"] == bad["id"]]
        self.assertTrue(not rows or rows[0]["verdict"] == "dead", rows)
        self.assertEqual(self.jvm("good")["id"], good["id"])
        kinds = [r["kind"] for r in self.audit() if r["action"] == "kill"]
        self.assertIn("intent", kinds)
        self.assertEqual(kinds.count("intent"), kinds.count("outcome"))
        self.assertEqual(self.run_it("audit", "verify", "--state-dir", self.state)[0], 0)

    def test_who_it_may_not_be(self):
        with open("/proc/self/stat", encoding="utf-8") as f:
            own = "%d@%s" % (os.getpid(), f.read().rsplit(")", 1)[1].split()[19])
        for who in (own, "1@1"):
            said = self.said("kill", "--pid", who, "--yes", "--if", "unknown,idle,busy")
            self.assertEqual(said["exit"], 1, said)

    def test_more_verdicts(self):
        third = self.jvm("third")
        said = self.said("kill", "--pid", third["id"], "--yes", "--if", "busy,idle,unknown")
        self.assertEqual((said["exit"], said["state"]), (0, "done"), said)


class Starting(Acting):
    """Restart and recover: what starts a job again is an order to the stand-in cluster, given while the hook waits for it."""

    def configure(self, **more):
        values = {"table": {"ask": "table to begin with"}, "mode": {"default": "fast"}}
        self.go = os.path.join(self.dir, "go")
        return super().configure(good={
            "restart": {"command": [self.hook, "restart", "{table}", "{mode}"], "values": values, "wait": "100ms",
                        "env": {"EFFECT": self.effect, "SLOW": self.go}},
            "ready": {"url": self.world.job("good")["health"] + "/nothing/here", "within": "1s"}}, **more)

    def begin(self, *args):
        p = subprocess.Popen([SPARKOPS, *args, "--json", "--config", self.config, "--no-discover", "--state-dir", self.state],
                             env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

        def end():
            if p.poll() is None:
                p.kill()
            p.communicate()
        self.addCleanup(end)
        return p

    def let_go(self):
        with open(self.go, "w", encoding="utf-8"):
            pass

    def test_values(self):
        said = self.said("restart", "--job", "good", "--yes")
        self.assertEqual((said["exit"], said["state"]), (1, "refused"), said)
        self.assertIn("table", said["says"])
        code, out, err = self.verb("restart", "--job", "good", "--yes", "--set", "tabel=A")
        self.assertEqual((code, out, err), (64, "", 'sparkops: --set: good asks for no value "tabel"; did you mean "table"?\n'))
        said = self.said("restart", "--job", "good", "--dry-run", "--set", "table=A")
        self.assertEqual(said["exit"], 0, said)
        self.assertTrue(any("restart A fast" in line for line in said["plan"]["paste"]), said)
        self.assertEqual(self.effects(), [])
        self.let_go()
        # It is called with what was said, and that it does not become ready is said as well.
        said = self.said("restart", "--job", "good", "--yes", "--set", "table=A b", "--set", "mode=slow")
        self.assertEqual((said["exit"], said["state"]), (2, "failed"), said)
        self.assertIn("ready", said["action"]["outcome"])
        self.assertEqual(self.effects(), ["restart A b slow"])

    def test_a_signal_does_not_cut_it(self):
        p = self.begin("restart", "--job", "good", "--yes", "--set", "table=A")
        wait_for(self.effects, "the hook")
        p.send_signal(signal.SIGHUP)
        self.assertTrue(any("it goes on to its end" in line for line in p.stderr))  # reads no further than that line
        self.assertIsNone(p.poll())
        self.let_go()
        said = json.loads(p.communicate(timeout=500)[0])
        self.assertEqual((said["exit"], said["state"]), (2, "failed"), said)
        kinds = [(r["kind"], r["state"]) for r in self.audit() if r["kind"] in ("intent", "outcome")]
        self.assertEqual(kinds, [("outcome", "failed"), ("intent", None)])

    def test_a_reader_that_leaves_does_not_cut_it(self):
        p = self.begin("restart", "--job", "good", "--yes", "--set", "table=A")
        wait_for(self.effects, "the hook")
        p.stdout.close()
        p.stderr.close()
        self.let_go()
        self.assertEqual(p.wait(300), 2)
        self.assertEqual([r["state"] for r in self.audit() if r["kind"] == "outcome"], ["failed"])
        p.stdout = p.stderr = None

    def test_recover_to_the_first_batch(self):
        self.config = self.configure(bad={
            "restart": {"command": [self.hook, "restart", "bad"], "wait": "100ms", "env": {"EFFECT": self.effect, "SLOW": self.go}}})
        old = self.jvm("bad")
        self.world.order("job bad fault stop")
        p = self.begin("recover", "--job", "bad", "--yes", "--timeout", "30s")
        wait_for(lambda: self.effects() or p.poll() is not None, "the hook")
        self.assertIsNone(p.poll(), p.poll() is not None and p.communicate())
        self.world.order("job bad well stop")
        self.world.order("job bad restart")
        self.let_go()
        said = json.loads(p.communicate(timeout=500)[0])
        self.assertEqual((said["exit"], said["state"]), (0, "done"), said)
        self.assertEqual(self.effects(), ["restart bad"])
        rows = [r["id"] for r in self.once("jvms", "10s") if r["job"] == "bad"]
        self.assertEqual((len(rows), old["id"] in rows), (1, False), rows)


if __name__ == "__main__":
    main_of_cases(beside=4)
