#!/usr/bin/env python3
"""Actions from the command line: every option and refusal, the question on a terminal, cron, --dry-run, --json, exit codes,
`sparkops audit`; jobs, JVMs and dead-letter queues are those of the stand-in cluster."""
import json
import os
import re
import subprocess
import sys
import unittest

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
        out = subprocess.run(["bash", "-c", script, SPARKOPS, *words], env=self.env, capture_output=True, text=True, timeout=60)
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


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=0).result
    bad = len(result.failures) + len(result.errors)
    print("%d passed, %d failed" % (result.testsRun - bad, bad))
    sys.exit(1 if bad else 0)
