#!/usr/bin/env python3
"""Actions from the command line: every option and refusal, the question on a terminal, --dry-run, --json, holds and marks,
completions, `sparkops audit`."""
import contextlib
import glob
import hashlib
import json
import os
import pty
import re
import select
import signal
import sqlite3
import subprocess

from acting import Acting
from cluster import main_of_cases
from test_cli import SPARKOPS, Case

VERBS = ("kill", "replay", "restart", "recover", "mark", "hold", "audit")


class Usage(Case):
    def test_help_of_each_verb(self):
        for verb in VERBS:
            for args in ((verb, "--help"), ("-h", verb), (verb, "--no-such-thing", "--help")):
                code, out, err = self.run_it(*args)
                if "--no-such-thing" in args:
                    self.assertEqual((code, out), (64, ""))
                    continue
                self.assertEqual((code, err), (0, ""))
                self.assertTrue(out.startswith("sparkops %s " % verb))
                self.assertLessEqual(max(map(len, out.splitlines())), 80)
            self.assertIn("  %s " % verb, self.run_it("--help")[1])
        self.assertRegex(self.run_it("kill", "--help")[1], r"--force-after TIME")
        self.assertNotIn("--force-after", self.run_it("replay", "--help")[1])

    def test_what_is_wrong_is_said(self):
        usage = {
            ("kill",): "kill needs to know whom: sparkops kill --pid PID@START | --job NAME",
            ("kill", "--pid", "5@6", "--job", "a"): "--pid and --job at once; choose one",
            ("kill", "--pid", "x"): '--pid: "x" is wrong; it would be PID@START',
            ("kill", "--pid", "5", "--yes"): "--pid 5: with --yes it needs the START",
            ("kill", "--job", "a", "--if", "hnug"): '--if: "hnug" is no verdict; did you mean "hung"?',
            ("kill", "--job", "a", "--force-after", "soon"): '--force-after: "soon" is wrong; it would be a duration',
            ("kill", "a"): 'unknown word "a"; kill takes options only, see sparkops kill --help',
            ("replay", "--all"): "replay needs --job: sparkops replay --job NAME (--hash H... | --type T | --group ID | --all)",
            ("replay", "--job", "a"): "replay needs to know which entries",
            ("replay", "--job", "a", "--all", "--hash", "01234567"): "replay takes one of --hash, --type, --group and --all",
            ("replay", "--job", "a", "--hash", "0123456"): '--hash: "0123456" is too short; it would be the first 8 digits or more',
            ("replay", "--job", "a", "--hash", "xyzxyzxyz"): '--hash: "xyzxyzxyz" is no hash',
            ("replay", "--job", "a", "--all", "--since", "then"): '--since: "then" is no time; it would be like 2h',
            ("replay", "--job", "a", "--all", "--rate", "30"): '--rate: "30" is wrong; it would be a rate like 30/min',
            ("replay", "--job", "a", "--all", "--limit", "0"): "--limit: 0 entries are none",
            ("replay", "--job", "a", "--all", "--max-attempts", "0"): '--max-attempts: "0" is out of limits; it would be 1 to 1000',
            ("restart",): "restart needs --job: sparkops restart --job NAME [--set KEY=VALUE...]",
            ("restart", "--job", "a", "--set", "x"): '--set: "x" is wrong; it would be KEY=VALUE',
            ("recover",): "recover needs --job",
            ("recover", "--job", "a", "--pid", "5@6"): "--pid does not go with recover; see sparkops recover --help",
            ("mark", "--job", "a", "--type", "T"): "mark needs --as",
            ("mark", "--job", "a", "--type", "T", "--as", "done"): "mark needs --reason",
            ("mark", "--job", "a", "--all", "--as", "done", "--reason", "x"): "--all does not go with mark",
            ("mark", "--job", "a", "--type", "T", "--as", "gone", "--reason", "x"): '--as: "gone" is wrong; it would be done, given-up or pending',
            ("hold", "--job", "a"): "hold needs --reason",
            ("hold", "--job", "a", "--off", "--for", "1h", "--reason", "x"): "--for and --off at once; choose one",
            ("audit", "look"): 'audit takes verify or list, not "look"',
            ("audit", "--yes"): "--yes does not go with audit",
            ("kill", "--job", "a", "--theme", "light"): "--theme does not go with kill; see sparkops kill --help",
            ("kill", "--job", "a", "--once"): "--once does not go with kill",
            ("--rate", "5/min", "--once"): "--rate belongs to replay: sparkops replay ... --rate",
            ("--once", "--dry-run"): "--dry-run belongs to kill, replay, restart, recover, mark and hold",
        }
        for args, want in usage.items():
            code, out, err = self.run_it(*args)
            self.assertEqual((code, out, err.count("\n")), (64, "", 1), args)
            self.assertTrue(err.startswith("sparkops: " + want), (args, err))

    def test_configuration_comes_before_anything(self):
        path = self.file("c.yaml", "jobs: [{name: a, ui: 5, restart: {systemd: ''}}]\n")
        for verb in (["kill", "--job", "a"], ["audit"], ["hold", "--job", "a", "--reason", "x"]):
            code, out, err = self.run_it(*verb, *([] if verb[0] == "audit" else ["--yes"]), "--config", path)
            self.assertEqual((code, out), (78, ""))
            self.assertIn(path + ":1:", err)

    def test_without_a_terminal_nobody_can_be_asked(self):
        for args in (["kill", "--pid", "5"], ["replay", "--job", "a", "--all"], ["restart", "--job", "a"],
                     ["recover", "--job", "a"], ["mark", "--job", "a", "--type", "T", "--as", "done", "--reason", "x"],
                     ["hold", "--job", "a", "--reason", "x"]):
            code, out, err = self.run_it(*args, "--state-dir", self.dir + "/state", "--ui", "http://127.0.0.1:1")
            self.assertEqual((code, out), (64, ""))
            self.assertEqual(err, "sparkops: %s asks before it acts, and there is no terminal to ask on; --yes acts "
                             "unasked, --dry-run only shows\n" % args[0])
        self.assertFalse(os.path.exists(self.dir + "/state"))

    def test_an_unknown_job(self):
        path = self.file("c.yaml", "jobs: [{name: good, ui: 'http://127.0.0.1:1'}]\n")
        for verb in (["kill"], ["restart"], ["hold", "--reason", "x"]):
            code, out, err = self.run_it(*verb, "--job", "godo", "--yes", "--no-discover", "--config", path)
            self.assertEqual((code, out, err), (64, "", 'sparkops: unknown job "godo"; there are good\n'))


class Shell(Case):
    def complete(self, *words):
        script = ('source <("$0" --generate bash); COMP_WORDS=(sparkops "$@"); COMP_CWORD=$#; _sparkops; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        out = subprocess.run(["bash", "-c", script, SPARKOPS, *words], env=self.env, capture_output=True, text=True, timeout=500)
        self.assertEqual((out.returncode, out.stderr), (0, ""))
        return out.stdout.split()

    def test_bash(self):
        self.assertEqual(self.complete("rec"), ["recover"])
        self.assertEqual(self.complete("kill", "--for"), ["--force-after"])
        self.assertEqual(self.complete("hold", "--for"), ["--for"])
        self.assertEqual(self.complete("replay", "--job", "a", "--force"), [])
        self.assertEqual(self.complete("mark", "--as", ""), ["done", "given-up", "pending"])
        self.assertEqual(self.complete("audit", "v"), ["verify"])
        self.assertIn("--once", self.complete("--on"))

    def test_every_option_stands_in_the_man_page(self):
        page = self.run_it("--generate", "man")[1].replace("\\-", "-")
        for verb in VERBS:
            for option in re.findall(r"^  (?:-\w, )?(--[a-z-]+)", self.run_it(verb, "--help")[1], re.M):
                self.assertTrue(option in page, option)
        for word in ("ledger.db", "Idempotency-Key", "X-Sparkops-Attempt", "SPARKOPS_", "_ATTEMPT", "once for each key", "dumps/"):
            self.assertTrue(word in page, word)


class Audit(Case):
    def test_where_nothing_was_done(self):
        state = self.dir + "/state"
        self.assertEqual(self.run_it("audit", "--state-dir", state), (0, "", ""))
        self.assertEqual(self.run_it("audit", "verify", "--state-dir", state), (0, "0 rows: nothing was done yet\n", ""))
        code, out, err = self.run_it("audit", "list", "--json", "--state-dir", state)
        self.assertEqual((code, err, json.loads(out)["audit"]), (0, "", []))
        self.assertFalse(os.path.exists(state))

    def test_what_is_no_ledger(self):
        self.file("state/ledger.db", "this is no database, whatever it is called\n" * 100)
        for what in ("list", "verify"):
            code, out, err = self.run_it("audit", what, "--state-dir", self.dir + "/state")
            self.assertEqual((code, out), (1, ""))
            self.assertTrue(err.startswith("sparkops: audit: "), err)
        with open(self.dir + "/state/ledger.db", encoding="utf-8") as f:
            self.assertIn("no database", f.read())


class Holding(Acting):
    """Like marking: nothing is touched but the ledger."""

    def test_what_was_done_is_told_once(self):
        """Whom it was done to stands in a row once: as the job, as the target, or in what is said."""
        self.assertEqual(self.verb("hold", "--job", "good", "--reason", "vacuum runs", "--yes")[0], 0)
        code, out, err = self.run_it("audit", "list", "--state-dir", self.state)
        rows = [re.sub(r"^\d+  \S+ \S+  \S+  ", "", line) for line in out.splitlines()]
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(rows[0], r"^hold outcome  done  good  good is held by \w+: vacuum runs$")
        self.assertEqual(rows[1:3], ["hold hold  on  good  vacuum runs", "hold intent  good  by a script (--yes): vacuum runs"])
        self.assertEqual(self.verb("hold", "--job", "good", "--off", "--reason", "over", "--yes")[0], 0)

    def test_a_hold_is_seen_kept_and_taken_off(self):
        said = self.said("hold", "--job", "good", "--for", "4h", "--reason", "vacuum runs", "--yes")
        self.assertEqual((said["exit"], said["state"], said["verb"]), (0, "done", "hold"), said)
        row = next(j for j in self.once("jobs") if j["name"] == "good")
        self.assertIn("vacuum runs", row["hold"])
        for verb in (["kill", "--if", "busy,idle,healthy"], ["restart"], ["replay", "--all"],
                     ["recover", "--if", "busy,idle,healthy"]):
            said = self.said(*verb, "--job", "good", "--yes")
            self.assertEqual((said["exit"], said["state"]), (1, "refused"), said)
            self.assertIn("vacuum runs", json.dumps(said))
        self.assertEqual(self.effects(), [])
        # Another job is not held; the same job by another user of this ledger is.
        self.assertEqual(self.verb("hold", "--job", "bad", "--reason", "x", "--yes")[0], 0)
        self.assertEqual(self.verb("hold", "--job", "good", "--off", "--reason", "done", "--yes")[0], 0)
        row = next(j for j in self.once("jobs") if j["name"] == "good")
        self.assertIsNone(row["hold"])
        self.assertEqual(self.verb("restart", "--job", "good", "--dry-run")[0], 0)
        rows = self.audit()
        self.assertEqual([r["number"] for r in rows], sorted((r["number"] for r in rows), reverse=True))
        self.assertTrue({"hold"} <= {r["action"] for r in rows})
        self.assertTrue(all(r["uid"] == os.getuid() and r["host"] for r in rows))
        self.assertEqual(self.run_it("audit", "verify", "--state-dir", self.state)[0], 0)

    def test_a_row_that_was_changed_is_found(self):
        for args in (["--reason", "one"], ["--off", "--reason", "two"], ["--reason", "three"]):
            self.assertEqual(self.verb("hold", "--job", "good", *args, "--yes")[0], 0)
        verify = ("audit", "verify", "--state-dir", self.state)
        code, out, _ = self.run_it(*verify)
        self.assertEqual(code, 0, out)
        self.assertRegex(out, r"^\d+ rows, unbroken")
        for sql, kind in (("UPDATE audit SET user = 'somebody' WHERE seq = 2", "changed"), ("DELETE FROM audit WHERE seq = 2", "missing")):
            with contextlib.closing(sqlite3.connect(self.state + "/ledger.db")) as db, db:
                db.execute(sql)
            code, out, err = self.run_it(*verify)
            self.assertEqual((code, err), (2, ""), out)
            code, out, err = self.run_it(*verify, "--json")
            said = json.loads(out)
            self.assertEqual((code, said["is_whole"], said["verdict"]), (2, False, kind), said)
            self.assertIn(said["first_bad"], (2, 3))
        # What is left is listed all the same.
        self.assertGreater(len(self.audit()), 2)
        for limit, want in (("2", 2), ("0", len(self.audit()))):
            rows = json.loads(self.run_it("audit", "--limit", limit, "--json", "--state-dir", self.state)[1])["audit"]
            self.assertEqual(len(rows), want)


class Marking(Acting):
    def test_marks(self):
        rows = self.dlq("good")
        self.assertEqual({r["state"] for r in rows}, {"pending"})
        first = next(r["hash"] for r in rows if r["error_type"] == "Timeout")
        said = self.said("mark", "--job", "good", "--hash", first[:8], "--as", "done", "--reason", "by hand", "--yes")
        self.assertEqual((said["exit"], said["state"]), (0, "done"), said)
        self.assertEqual(self.verb("mark", "--job", "good", "--type", "SchemaError", "--as", "given-up", "--reason", "old", "--yes")[0], 0)
        now = {r["hash"]: (r["state"], r["proof"]) for r in self.dlq("good")}
        self.assertEqual(now[first], ("done", "person"))
        self.assertEqual({s for h, (s, _) in now.items() if h != first}, {"given-up", "pending"})
        self.assertEqual(self.verb("mark", "--job", "good", "--hash", first, "--as", "pending", "--reason", "no", "--yes")[0], 0)
        self.assertEqual({r["state"] for r in self.dlq("good") if r["hash"] == first}, {"pending"})
        groups = self.once("dlq_group")
        group = next(g for g in groups if g["error_type"] == "Timeout" and g["job"] == "good")
        self.assertEqual(self.verb("mark", "--job", "good", "--group", str(group["group"]), "--as", "given-up", "--reason", "g", "--yes")[0], 0)
        self.assertEqual({r["state"] for r in self.dlq("good") if r["error_type"] == "Timeout"}, {"given-up"})
        said = self.said("mark", "--job", "good", "--hash", "0" * 16, "--as", "done", "--reason", "x", "--yes")
        self.assertEqual(said["exit"], 1, said)
        self.assertEqual(self.effects(), [])


class Showing(Acting):
    def test_a_dry_run_changes_nothing(self):
        self.assertEqual(self.verb("hold", "--job", "bad", "--reason", "x", "--yes")[0], 0)
        before, asked = self.fingerprint(), self.requests()
        good = self.jvm("good")["id"]
        for verb, want in ((["hold", "--reason", "x"], 0), (["mark", "--type", "Timeout", "--as", "done", "--reason", "x"], 0),
                           (["replay", "--all"], 0), (["restart"], 0), (["recover"], 0), (["kill"], 0),
                           (["kill", "--yes"], 1), (["recover", "--yes"], 1)):
            said = self.said(*verb, "--job", "good", "--dry-run")
            self.assertEqual((said["exit"], said["dry_run"], said["action"]), (want, True, None), (verb, said))
            self.assertEqual(said["state"], "refused" if want else "would act")
            self.assertTrue(said["plan"]["title"])
            code, out, err = self.verb(*verb, "--job", "good", "--dry-run")
            self.assertEqual((code, err), (want, ""))
            self.assertTrue(out)
        self.assertEqual(self.verb("kill", "--pid", good, "--dry-run")[0], 0)
        self.assertEqual(self.verb("restart", "--job", "bad", "--dry-run")[0], 1)
        self.assertEqual((self.fingerprint(), self.effects()), (before, []))
        self.assertLessEqual(set(self.requests()[len(asked):]), {"GET"})

    def fingerprint(self):
        with contextlib.closing(sqlite3.connect(self.state + "/ledger.db")) as db:
            return hashlib.sha256("\n".join(db.iterdump()).encode()).hexdigest()

    def test_a_dry_run_makes_nothing(self):
        for verb in (["restart"], ["replay", "--all"], ["hold", "--reason", "x"]):
            self.assertEqual(self.verb(*verb, "--job", "good", "--dry-run")[0], 0)
        self.assertEqual([name for _, _, names in os.walk(self.state) for name in names if name.startswith("ledger")], [])
        # Nor does it need a folder that can be written; what acts does, and says so.
        self.state = "/proc/none"
        self.assertEqual(self.verb("restart", "--job", "good", "--dry-run")[0], 0)
        said = self.said("restart", "--job", "good", "--yes")
        self.assertEqual((said["exit"], said["state"]), (1, "refused"), said)
        self.assertIn("/proc/none", json.dumps(said))
        self.assertEqual(self.effects(), [])


class Allowing(Acting):
    def test_read_only(self):
        for how in ("--read-only", "--readonly"):
            said = self.said("hold", "--job", "good", "--reason", "x", "--yes", how)
            self.assertEqual((said["exit"], said["state"]), (1, "refused"))
            self.assertIn("read-only", said["says"])
        self.config = self.configure(read_only=True)
        self.assertEqual(self.verb("restart", "--job", "good", "--yes")[0], 1)
        self.assertFalse(os.path.exists(self.state + "/ledger.db"))

    def test_what_the_configuration_allows(self):
        self.config = self.configure(actions=["kill", "restart"], good={"actions": ["kill", "replay"]})
        for verb, want in ((["kill"], 0), (["restart"], 1), (["replay", "--all"], 1), (["recover"], 1)):
            said = self.said(*verb, "--job", "good", "--dry-run")
            self.assertEqual(said["exit"], want, said)
            self.assertEqual("actions" in str(said["plan"] and said["plan"]["refused"]) + str(said["says"]), bool(want), said)

    def test_where_the_ledger_is(self):
        self.env["XDG_STATE_HOME"] = self.dir + "/xdg"
        args = ("hold", "--job", "good", "--reason", "x", "--yes", "--config", self.config, "--no-discover")
        if not os.access("/var/lib/sparkops", os.W_OK):
            self.assertEqual(self.run_it(*args)[0], 0)
            self.assertTrue(os.path.exists(self.dir + "/xdg/sparkops/ledger.db"))
            del self.env["XDG_STATE_HOME"]
            self.assertEqual(self.run_it(*args)[0], 0)
            self.assertTrue(os.path.exists(self.dir + "/.local/state/sparkops/ledger.db"))
        for name in "s", "st2", "st3/below":
            code, out, err = self.run_it(*args, "--state-dir", name, cwd=self.dir)
            self.assertEqual((code, err), (0, ""), out)
            self.assertTrue(os.path.exists(self.dir + "/" + name + "/ledger.db"))
        self.assertEqual(self.verb("hold", "--job", "good", "--reason", "x", "--yes")[0], 0)
        self.assertEqual(os.stat(self.state).st_mode & 0o777, 0o700)
        for name in glob.glob(self.state + "/*.db*"):
            self.assertEqual(os.stat(name).st_mode & 0o777, 0o600, name)

    def test_a_question_on_a_terminal(self):
        code, text = self.on_a_terminal(["hold", "--job", "good", "--reason", "x"],
                                        [("for ever]: ", b"\n"), ("to confirm: ", b"yes\n")])
        self.assertEqual(code, 0, text)
        self.assertIn("done", text)
        code, text = self.on_a_terminal(["hold", "--job", "bad", "--reason", "x"],
                                        [("for ever]: ", b"yes\n"), ("for ever]: ", b"4h\n"), ("to confirm: ", b"yes\n")])
        self.assertEqual(code, 0, text)
        self.assertIn('"yes" is no time for a hold', text)
        self.assertRegex(text, r"bad is held by \w+ until ")
        code, text = self.on_a_terminal(["hold", "--job", "good", "--off", "--reason", "x"], [("to confirm: ", b"no\n")])
        self.assertEqual(code, 1, text)
        self.assertIn("not confirmed: nothing was done", text)

    def on_a_terminal(self, args, answers):
        """Types each answer when its question stands there; exit code and all that was shown."""
        pid, fd = pty.fork()
        if pid == 0:
            os.execve(SPARKOPS, [SPARKOPS, *args, "--config", self.config, "--no-discover", "--state-dir", self.state], self.env)
        text = ""
        try:
            for want, keys in answers + [(None, b"")]:
                seen = len(text)
                while want is None or want not in text[seen:]:
                    self.assertTrue(select.select([fd], [], [], 60)[0], text)
                    try:
                        data = os.read(fd, 65536)
                    except OSError:
                        data = b""
                    if not data:
                        break
                    text += data.decode()
                os.write(fd, keys) if keys else None
        finally:
            if want is not None:
                os.kill(pid, signal.SIGKILL)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            os.close(fd)
        return code, text


if __name__ == "__main__":
    main_of_cases(beside=4)
