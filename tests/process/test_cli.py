#!/usr/bin/env python3
"""The real program from outside: options, exit codes, messages, --once, --every, history."""
import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cluster import main_of_cases, wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(ROOT, os.environ.get("O", "build"))
SPARKOPS = os.environ.get("SPARKOPS_ASAN", os.path.join(OUT, "sparkops-asan"))
MEMBERS = ["jobs", "executors", "errors", "dlq", "jvms", "incidents", "targets", "actions"]


class Health(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        job = self.server.job
        now = time.time()
        path = self.path.rstrip("/")
        body = {
            "/health": {"status": job["status"], "errors_count": job["errors"]},
            "/health/detailed": {
                "status": job["status"], "last_batch_id": 7, "errors_count": job["errors"],
                "errors_by_type": {"Timeout": job["errors"]} if job["errors"] else {},
                "batches_processed": job["batches"], "records_processed": 10 * job["batches"],
                "last_processed_at": iso(now - 1), "start_time": iso(job["born"]),
                "uptime_seconds": now - job["born"], "seconds_since_last_batch": 1.0,
                "records_per_second": 5.0, "avg_batch_processing_time_sec": 1.0,
                "recommendations": [], "version": "1.0",
            },
            "/health/ready": {"ready": True},
            "/health/live": {"alive": True},
            "/health/dlq": {"total_entries": 0},
        }.get(path)
        time.sleep(job.get("slow", 0))  # it is what is tested: an endpoint that takes its time
        data = json.dumps(body).encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        try:
            self.wfile.write(data)
        except BrokenPipeError:  # who asked has gone
            pass

    def log_message(self, *_):
        pass


def iso(t):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(t)) + "+00:00"


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="sparkops-cli-")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
        self.env.update(HOME=self.dir, LC_ALL="C.UTF-8", TZ="UTC")
        self.addCleanup(shutil.rmtree, self.dir)

    def run_it(self, *args, **kw):
        kw.setdefault("stdin", subprocess.DEVNULL)
        p = subprocess.run([SPARKOPS, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           env=self.env, text=True, timeout=500, **kw)
        return p.returncode, p.stdout, p.stderr

    def file(self, name, text):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def serve(self, **job):
        job = dict(dict(status="healthy", errors=0, batches=100, born=time.time() - 7200), **job)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Health)
        server.daemon_threads = True
        server.job = job
        thread = threading.Thread(target=server.serve_forever)
        thread.start()

        def stop():
            server.shutdown()
            server.server_close()
            thread.join()
        self.addCleanup(stop)
        return "http://127.0.0.1:%d" % server.server_port, job


class Usage(Case):
    def test_version_and_help(self):
        self.assertEqual(self.run_it("--version")[:2], (0, "sparkops 0.1.0\n"))
        code, out, err = self.run_it("--help")
        self.assertEqual((code, err), (0, ""))
        for option in ("config FILE", "health URL", "ui URL", "dlq DIR", "no-discover", "interval",
                       "timeout", "read-only", "readonly", "wall", "view", "theme", "ascii",
                       "no-color", "state-dir DIR", "log FILE", "once", "json", "text", "job NAME",
                       "every", "limit N", "check", "print-config", "version", "help"):
            self.assertIn("--" + option, out)
        self.assertLessEqual(max(map(len, out.splitlines())), 80)
        self.assertEqual(self.run_it("-h")[0], 0)

    def test_what_is_wrong_is_said(self):
        for args, want in [
                (["--onc"], "unknown option --onc; did you mean --once?"),
                (["--xyzzy"], "unknown option --xyzzy; see sparkops --help"),
                (["-x"], "unknown option -x; see sparkops --help"),
                (["--config"], "--config needs a value: --config FILE"),
                (["--config="], "--config is empty; it would be FILE"),
                (["--once=1"], "--once takes no value"),
                (["--interval", "5"], '--interval: "5" is wrong; it would be a duration like 250ms, 2s or 10m'),
                (["--interval=100ms"], '--interval: "100ms" is out of limits; it would be 0.2s to 1h'),
                (["--once", "--limit", "-1"], '--limit: "-1" is wrong; it would be a whole number'),
                (["--once", "--limit", "99999999999999999999"], '--limit: "99999999999999999999" is wrong; it would be a whole number'),
                (["--json", "--text"], "--json and --text at once; choose one"),
                (["--every", "2s"], "--every belongs to --json: sparkops --json --every 2s"),
                (["--once", "--json", "--every", "2s"], "--once and --every at once; choose one"),
                (["overvew"], 'unknown word "overvew"; a VIEW belongs to --once, see sparkops --help'),
                (["--once", "jobs", "dlq"], '"dlq" is one word too many; there is one VIEW'),
                (["--foo"], "unknown option --foo; did you mean --for?"),
                (["--check", "a", "b"], 'unknown word "a"; --check takes none, a file is named by --config'),
                (["--check", "--once"], "--check and --once at once; choose one"),
                (["--print-config", "--json"], "--print-config and --json at once; choose one"),
                (["--check", "--print-config"], "--check and --print-config at once; choose one"),
                (["--once", "--theme", "ligth"], 'unknown theme "ligth"; did you mean "light"?'),
                (["--check", "--view", "overvew"], 'unknown view "overvew"; did you mean "overview"?'),
                (["--check", "--job", "x"], "--job belongs to --once"),
                (["--yes"], "--yes belongs to kill, replay, restart, recover, mark and hold: sparkops kill ... --yes"),
                (["--health", "ftp://x", "--once"],
                 '--health: "ftp://x" is no http or https URL; it would be like http://127.0.0.1:4040'),
                (["--check", "--ui", "x", "--dlq", ""], None),
                (["--x\x1b[31mred"], "unknown option --x\\x1b[31mred; see sparkops --help")]:
            code, out, err = self.run_it(*args)
            self.assertEqual((code, out), (64, ""), args)
            if want:
                self.assertEqual(err, "sparkops: %s\n" % want)
            else:  # several mistakes: each line says who speaks
                self.assertRegex(err, r"\A(sparkops: --(ui|dlq): .+; it would be .+\n){2}\Z")

    def test_what_comes_later(self):
        for args in (["archive"], ["delete"],
                     ["--view", "growth"], ["--once", "alerts"], ["--text", "livy"],
                     ["--json", "streams"], ["--once", "--view", "streams"],
                     ["--prometheus"], ["--listen", "x"], ["--record", "x"], ["--play", "x"]):
            code, out, err = self.run_it(*args)
            self.assertEqual((code, out), (64, ""), args)
            self.assertRegex(err, "not built yet")

    def test_views_of_the_console_only(self):
        for view in ("messages", "help", "wall"):
            code, out, err = self.run_it("--once", view)
            self.assertEqual((code, out), (64, ""))
            self.assertIn("sparkops: %s is a view of the console only; there are overview" % view, err)

    def test_the_console_needs_a_terminal(self):
        self.assertEqual(self.run_it(), (64, "", "sparkops: the console needs a terminal; without "
                                         "one: sparkops --once --text\n"))
        code, _, err = self.run_it("--view", "nonsense")
        self.assertEqual(code, 64)
        self.assertIn('unknown view "nonsense"; there are overview', err)
        code, _, err = self.run_it("--theme", "nonsense")
        self.assertEqual(code, 64)
        self.assertRegex(err, '^sparkops: unknown theme "nonsense"; there are .*default.*\n$')


class Themes(Case):
    """A theme of one's own, and what is wrong with it: where one looks for it."""

    def test_it_is_chosen_by_its_name_and_its_mistake_has_a_place(self):
        wrong = self.file(".config/sparkops/themes/evening.theme", "text fg=1\ncirt fg=2\n")
        want = wrong + ':2: unknown role "cirt", nearest: crit\n'
        self.assertEqual(self.run_it("--check"), (78, "", want))
        self.assertEqual(self.run_it("--once", "--theme", "evening", "--no-discover")[0], 3)
        code, _, err = self.run_it("--once", "--theme", "evning")
        self.assertEqual((code, err), (64, 'sparkops: unknown theme "evning"; did you mean "evening"?\n'))
        config = self.file("c.yaml", "theme: evening\nlabel: {}\n")
        code, _, err = self.run_it("--check", "--config", config)
        self.assertEqual(code, 78)
        self.assertIn("label", err)  # all mistakes at once
        self.assertIn(want, err)
        self.file(".config/sparkops/themes/evening.theme", "crit fg=2\n")
        self.assertEqual(self.run_it("--check")[0], 0)
        path = self.file("else.theme", "crit fg=300\n")
        self.assertEqual(self.run_it("--check", "--theme", path),
                         (78, "", path + ":1: a colour is 0 to 255 or a name\n"))


class Configuration(Case):
    def test_check(self):
        path = self.file("c.yaml", "jobs:\n  - {name: a, ui: 'http://127.0.0.1:1'}\n")
        self.assertEqual(self.run_it("--check", "--config", path), (0, path + ": ok, 1 job\n", ""))
        self.assertIn("ok, 0 jobs", self.run_it("--check")[1])
        default = self.file(".config/sparkops/config.yaml", "jobs:\n  - {name: a, ui: 'http://h'}\n")
        self.assertEqual(self.run_it("--check"), (0, default + ": ok, 1 job\n", ""))

    def test_every_mistake_at_once(self):
        path = self.file("c.yaml", open(os.path.join(ROOT, "tests/fixture/config/bad.yaml")).read())
        for args in (["--check"], ["--once"], [], ["--print-config"], ["--json", "--every", "1s"]):
            code, out, err = self.run_it("--config", path, *args)
            self.assertEqual((code, out), (78, ""), args)
            places = [tuple(map(int, re.match(re.escape(path) + r":(\d+):(\d+): .+; .+", l).groups()))
                      for l in err.splitlines()]
            self.assertGreater(len(places), 15)
            self.assertEqual(places, sorted(places))

    def test_names_are_checked_at_every_door(self):
        path = self.file("c.yaml", "theme: darkk\nview: overvew\ninterval: 2 s\nkeys:\n"
                         "  overview: {oo: open, o: blah, p: bad-lines, a: action nope, v: view nope, t: theme mono, u: view 2}\n  nowhere: {o: open job}\n")
        want = ['1:8: theme: unknown theme "darkk"; there are colourblind, default, light, mono, wall',
                '2:7: view: unknown view "overvew"; did you mean "overview"?',
                '3:11: interval: "2 s" is wrong; it would be a duration like 250ms, 2s, 10m, 6h or 7d',
                '5:14: "oo" is no key; it would be a character, Enter, Space, Tab, Esc, PgUp, F1 to F12, C-a or M-a',
                '5:27: unknown command "blah"; it would be like open, view dlq or filter WORD',
                '5:36: command "bad-lines" does nothing in "overview"; bind it in the view it is of',
                '5:50: unknown action "nope"; there are kill, kill-spark, replay, restart, recover, mark, hold, kill-jvm',
                '5:66: unknown view "nope"; there are overview, job, executors, memory, errors, dlq, jvms, log, actions, wall, sources, '
                'messages, help, threads',
                '6:3: keys: unknown view "nowhere"; there are global, overview, job, executors, memory, errors, dlq, '
                'jvms, log, actions, wall, sources, messages, help, threads']
        for args in (["--check"], ["--once"], [], ["--print-config"]):
            code, out, err = self.run_it("--config", path, *args)
            self.assertEqual((code, out), (78, ""), args)
            self.assertEqual(err.splitlines(), ["%s:%s" % (path, w) for w in want])
        path = self.file("c.yaml", "theme: light\nview: dlq\nkeys:\n  overview: {o: job, <F5>: poll}\n"
                         "  dlq: {C-b: bad-lines}\n  global: {p: page older, x: sources, z: ''}\n"
                         "  jvms: {K: 'action kill-jvm', L: 'view livy', V: 'action  recover '}\n")
        self.assertEqual(self.run_it("--check", "--config", path), (0, path + ": ok, 0 jobs\n", ""))

    def test_a_file_that_is_not_there(self):
        path = os.path.join(self.dir, "none.yaml")
        code, out, err = self.run_it("--check", "--config", path)
        self.assertEqual((code, out), (78, ""))
        self.assertEqual(err, path + ": cannot be read: No such file or directory; name a file you may read\n")
        self.assertEqual(self.run_it("--check", "--config", self.dir)[0], 78)

    def test_a_pipe_is_a_file(self):
        r = subprocess.run(["bash", "-c", '"$0" --check --config <(echo "interval: 5s")', SPARKOPS],
                           env=self.env, capture_output=True, text=True, timeout=500)
        self.assertEqual((r.returncode, r.stderr), (0, ""))

    def test_what_is_printed_is_accepted(self):
        code, out, _ = self.run_it("--print-config", "--no-discover", "--dlq", "/srv/x", "--health", "http://h:5001")
        self.assertEqual(code, 0)
        path = self.file("p.yaml", out)
        self.assertEqual(self.run_it("--check", "--config", path), (0, path + ": ok, 2 jobs\n", ""))
        self.assertIn('name: "h:5001"', out)
        self.assertIn('name: "/srv/x"', out)


class OnceCase(Case):
    def once(self, *args):
        # What else runs on this host is no part of these tests, nor how long it takes to look at it on a busy one.
        patience = [] if "--timeout" in args else ["--timeout", "60s"]
        return self.run_it("--once", "--no-discover", "--state-dir", self.dir + "/state", *patience, *args)

    def json(self, *args):
        code, out, err = self.once("--json", *args)
        self.assertEqual(out.count("\n"), 1)
        o = json.loads(out)
        # Neither is this host itself, whose JVMs are looked at for any job.
        if "jvms" in o:
            o["jvms"] = []
        if "targets" in o:
            o["targets"] = [t for t in o["targets"] if t["source"] != "jvm"]
        return code, o, err


class Once(OnceCase):
    def test_nothing_configured(self):
        code, out, err = self.once()
        self.assertEqual((code, err), (3, ""))
        self.assertTrue(out.startswith("UNKNOWN: nothing found | jobs=0\n"))
        self.assertIn("/etc/sparkops/config.yaml", out)
        self.assertIn(self.dir + "/.config/sparkops/config.yaml", out)
        self.assertIn("sparkops --print-config", out)
        self.assertIn("not looked for on this host: discovery is off\n", out)
        mine = self.file("mine.yaml", "# mine\n")
        code, out, err = self.once("--config", mine)
        self.assertIn("add one to %s under jobs:; sparkops --print-config shows how\n" % mine, out)
        self.assertNotIn(">", out)
        code, o, err = self.json()
        self.assertEqual(code, 3)
        self.assertEqual({m: o[m] for m in MEMBERS}, {m: [] for m in MEMBERS})
        self.assertIsNone(o["verdict"])
        self.assertIn("sparkops --print-config", err)

    def test_a_healthy_job(self):
        url, _ = self.serve()
        code, o, err = self.json("--health", url + "/")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(list(o), ["sparkops", "format", "host", "time", "verdict"] + MEMBERS)
        self.assertEqual((o["sparkops"], o["format"], o["verdict"]), ("0.1.0", 1, "healthy"))
        self.assertEqual(o["host"], socket.gethostname())
        self.assertRegex(o["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        job, = o["jobs"]
        self.assertEqual((job["name"], job["batch_id"], job["batches"], job["says"]),
                         (url[7:], 7, 100, "healthy"))
        target, = o["targets"]
        self.assertEqual((target["source"], target["state"], target["code"], target["found_by"]),
                         ("health", "ok", 200, "argv"))
        code, out, err = self.once("--text", "--health", url)
        self.assertEqual((code, err), (0, ""))
        lines = out.splitlines()
        self.assertEqual(lines[0], "OK: 1 healthy | healthy=1")
        self.assertTrue(lines[1].startswith("VERDICT"))
        self.assertTrue(lines[2].startswith("healthy"))

    def test_views_and_jobs(self):
        url, _ = self.serve()
        refused = "http://127.0.0.1:1"
        path = self.file("c.yaml", "jobs:\n  - {name: good, health: '%s'}\n  - {name: bad, ui: '%s'}\n"
                         % (url, refused))
        self.assertEqual(self.json("--config", path)[0], 2)
        code, o, _ = self.json("--config", path, "sources")
        self.assertEqual((code, list(o)[5:]), (2, ["targets"]))
        self.assertEqual(len(o["targets"]), 2)
        code, o, _ = self.json("--config", path, "--job", "good")
        self.assertEqual((code, [j["name"] for j in o["jobs"]]), (0, ["good"]))
        code, o, _ = self.json("--config", path, "health")
        self.assertEqual(len(o["health"]), 1)
        code, out, err = self.once("--config", path, "--job", "goood")
        self.assertEqual((code, out), (64, ""))
        self.assertEqual(err, 'sparkops: unknown job "goood"; there are good, bad\n')
        code, out, err = self.once("--config", path, "nonsense")
        self.assertEqual((code, out), (64, ""))
        self.assertEqual(err, 'sparkops: unknown view "nonsense"; there are overview, job, sources, %s\n' % ", ".join(MEMBERS))
        code, out, _ = self.once("--config", path)
        self.assertRegex(out, r"^CRITICAL: bad unreachable \S+ - 1 healthy \| unreachable=1 healthy=1\n")

    def test_a_silent_target(self):
        silent = socket.socket()
        self.addCleanup(silent.close)
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        url = "http://127.0.0.1:%d" % silent.getsockname()[1]
        code, o, _ = self.json("--timeout", "1500ms", "--health", url)
        self.assertEqual(code, 3)
        self.assertEqual(o["targets"][0]["state"], "late")
        self.assertRegex(o["targets"][0]["problem"], "not done within|no connection within")
        self.assertIsNone(o["jobs"][0]["batch_id"])

    def test_a_slow_target_that_answers(self):
        """Five answers of 0.7 s do not fit into the time; the first of them says how it is."""
        url, _ = self.serve(slow=0.7)
        code, o, err = self.json("--timeout", "3s", "--health", url)
        self.assertEqual((code, o["verdict"]), (0, "healthy"), o)
        self.assertNotIn("not in time: health", err)
        self.assertEqual(o["targets"][0]["state"], "ok")

    def test_it_gives_way_to_nobody(self):
        """On a busy host an answer in time is all that a monitoring system wants; only beside a screen the backend holds back."""
        url, _ = self.serve(slow=60)
        p = subprocess.Popen([SPARKOPS, "--once", "--no-discover", "--health", url], env=self.env, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        with p, contextlib.ExitStack() as stack:
            stack.callback(p.kill)
            nice = wait_for(lambda: self.niceness(p.pid), "its threads")
            self.assertEqual(nice, {os.getpriority(os.PRIO_PROCESS, 0)})

    @staticmethod
    def niceness(pid):
        """Of each thread, once there are several."""
        tasks = "/proc/%d/task" % pid
        return len(os.listdir(tasks)) > 2 and {os.getpriority(os.PRIO_PROCESS, int(task)) for task in os.listdir(tasks)}

    def test_what_was_not_in_time(self):
        entry = {"batch_id": 1, "timestamp": "2026-11-20T10:00:00", "error": "x" * 300, "error_type": "Timeout"}
        self.file("dlq/failed_batches_20261120.json", (json.dumps(entry) + "\n") * 50000)
        code, o, err = self.json("--dlq", self.dir + "/dlq", "--limit", "0", "--timeout", "200ms", "dlq")
        self.assertEqual((code, o["dlq"]), (3, []))
        self.assertIn("sparkops: not in time: dlq of %s/dlq within 0.2s; --timeout waits longer\n" % self.dir, err)

    def test_nothing_is_cut_in_a_pipe(self):
        entry = {"batch_id": 1, "timestamp": "2026-11-20T10:00:00", "error": "begin %s end" % ("x" * 300), "error_type": "Timeout"}
        self.file("dlq/failed_batches_20261120.json", json.dumps(entry) + "\n")
        _, out, _ = self.once("--dlq", self.dir + "/dlq", "dlq")
        self.assertIn("begin %s end" % ("x" * 300), out)
        self.assertNotIn("…", out)

    def test_a_reader_that_leaves(self):
        url, _ = self.serve()
        p = subprocess.Popen([SPARKOPS, "--once", "--no-discover", "--timeout", "60s", "--json", "--health", url], env=self.env,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        p.stdout.close()
        err = p.stderr.read()
        p.stderr.close()
        self.assertEqual((p.wait(300), err), (0, b""))
        code = subprocess.run([SPARKOPS, "--once", "--no-discover", "--json", "--health", url], env=self.env,
                              stdout=open("/dev/full", "w"), stderr=subprocess.PIPE, timeout=500)
        self.assertEqual(code.returncode, 3)
        self.assertIn(b"cannot write to standard output", code.stderr)


class History(OnceCase):
    def test_counters_are_differenced_against_an_earlier_run(self):
        url, job = self.serve(errors=3)
        code, o, _ = self.json("--health", url)
        self.assertIsNone(o["jobs"][0]["errors_1h"])
        db = sqlite3.connect(self.dir + "/state/history.db")
        rows = db.execute("SELECT * FROM reading").fetchall()
        self.assertEqual(len(rows), 1)
        place, at, *rest = rows[0]
        self.assertEqual((place, rest[0], rest[1]), (url, 3, 100))
        db.execute("DELETE FROM reading")
        db.execute("DELETE FROM reading_type")
        for ago in (70, 59):
            db.execute("INSERT INTO reading VALUES (?,?,?,?,?,?,?)", (place, at - ago * 60000, *rest))
            db.execute("INSERT INTO reading_type VALUES (?,?,'Timeout',3)", (place, at - ago * 60000))
        db.commit()
        db.close()
        job.update(errors=8, batches=400)
        code, o, _ = self.json("--health", url)
        self.assertEqual(o["jobs"][0]["errors"], 8)
        self.assertEqual(o["jobs"][0]["errors_1h"], 5)
        self.assertIsNone(o["jobs"][0]["errors_5m"])
        self.assertEqual(os.stat(self.dir + "/state").st_mode & 0o777, 0o700)
        for name in os.listdir(self.dir + "/state"):
            self.assertEqual(os.stat(self.dir + "/state/" + name).st_mode & 0o777, 0o600)

    def test_a_folder_that_cannot_be_used_is_no_error(self):
        url, _ = self.serve()
        self.file("not-a-folder", "")
        log = self.dir + "/log"
        code, out, err = self.run_it("--once", "--no-discover", "--json", "--health", url, "--log", log,
                                     "--state-dir", self.dir + "/not-a-folder")
        said = "history is not kept: %s/not-a-folder: Not a directory" % self.dir
        self.assertEqual((code, err), (0, "sparkops: %s\n" % said))
        self.assertEqual(json.loads(out)["verdict"], "healthy")
        self.assertIn(said, open(log).read())


class Every(Case):
    def start(self, *args):
        p = subprocess.Popen([SPARKOPS, "--json", "--every", "200ms", *args], env=self.env,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.addCleanup(self.end, p)
        return p

    @staticmethod
    def end(p):
        if p.poll() is None:
            p.kill()
        p.wait()
        for f in (p.stdout, p.stderr):
            f.close()

    def test_a_line_each_until_ended(self):
        url, _ = self.serve()
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            p = self.start("--health", url, "--interval", "200ms")
            times = [json.loads(p.stdout.readline())["time"] for _ in range(5)]
            while times[0] == times[-1]:  # a busy host makes no new picture in an interval; the deadline ends it
                times.append(json.loads(p.stdout.readline())["time"])
            self.assertEqual(times, sorted(times))
            p.send_signal(sig)
            rest = p.stdout.read()
            self.assertTrue(rest == b"" or rest.endswith(b"}\n"))
            self.assertEqual((p.wait(300), p.stderr.read()), (0, b""))

    def test_a_reload_checks_names_too(self):
        path = self.file("c.yaml", "theme: light\n")
        log = self.dir + "/log"
        p = self.start("--config", path, "--log", log)
        p.stdout.readline()
        self.file("c.yaml.new", "theme: nope\nview: nopeview\nkeys: {global: {oo: quit}}\n")
        os.rename(path + ".new", path)
        want = [path + ":1:8: theme: unknown theme", path + ":2:7: view: unknown view", path + ':3:17: "oo" is no key']
        said = ""
        for _ in range(300):
            if not p.stdout.readline() or want[2] in said:
                break
            with open(log, encoding="utf-8") as f:
                said = f.read()
        for line in want:
            self.assertEqual(said.count(line), 1, said)
        self.assertIn("the configuration is broken (3 mistakes), the old one stays", said)

    def test_ends_with_its_reader(self):
        url, _ = self.serve()
        p = self.start("--health", url)
        json.loads(p.stdout.readline())
        p.stdout.close()
        self.assertEqual(p.wait(300), 0)
        self.assertEqual(p.stderr.read(), b"")

    def test_a_reader_that_sleeps_cannot_keep_it(self):
        url, _ = self.serve()
        folders = [a for i in range(60) for a in ("--dlq", "%s/dlq-%d" % (self.dir, i))]
        p = self.start("--health", url, *folders)
        # Nothing is read: the pipe is full when nothing is added for as long as five lines take.
        deadline, before, same = time.monotonic() + 60, -1, 0
        while time.monotonic() < deadline and same < 10:
            now = pending(p.stdout.fileno())
            same = same + 1 if now == before and now > 30000 else 0
            before = now
            select.select([], [], [], 0.1)
        self.assertEqual(same, 10)
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(300), 0)


def pending(fd):
    import array
    import fcntl
    import termios
    n = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, n)
    return n[0]


class Generated(Case):
    def test_manual_and_completions(self):
        code, page, err = self.run_it("--generate", "man")
        self.assertEqual((code, err), (0, ""))
        code, bash, _ = self.run_it("--generate", "bash")
        code, zsh, _ = self.run_it("--generate", "zsh")
        code, md, _ = self.run_it("--generate", "markdown")
        options = re.findall(r"^  (?:-\w, )?--([a-z-]+)", self.run_it("--help")[1], re.M)
        self.assertGreater(len(options), 20)
        for o in options:
            self.assertIn("\\-\\-" + o.replace("-", "\\-"), page)
            self.assertIn("--" + o, bash)
            self.assertIn("--" + o, zsh)
            self.assertRegex(md, "[`, ]--" + o + "[`, ]")
        self.assertEqual(self.run_it("--generate", "x")[0], 64)
        path = self.file("completion", bash)
        r = subprocess.run(["bash", "-c", '. "$0"; COMP_WORDS=(sparkops --re); COMP_CWORD=1; _sparkops; '
                            'echo "${COMPREPLY[@]}"', path], capture_output=True, text=True)
        self.assertEqual((r.stdout, r.stderr), ("--read-only\n", ""))
        if shutil.which("zsh"):
            r = subprocess.run(["zsh", "-fn", self.file("_sparkops", zsh)], capture_output=True, text=True)
            self.assertEqual((r.returncode, r.stderr), (0, ""))
        if shutil.which("groff"):
            r = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=page, capture_output=True, text=True)
            self.assertEqual((r.returncode, r.stderr), (0, ""))


if __name__ == "__main__":
    main_of_cases(beside=4)
