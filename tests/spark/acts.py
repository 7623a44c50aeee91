"""What a person does at the console about real jobs in trouble, key by key, and what came of it.

The job in trouble is a streaming job with a way back into business in the configuration; beside it runs
another Spark application, which nothing may touch. A job is back when a JVM of its own, with a Python of
its own, has processed a batch that the one before had not; then nothing of the old pair may run.
"""
import contextlib
import json
import os
import signal
import sqlite3
import time

import host as plain
import proc
import rest
import tap
from console import row_of
from hands import at_the_console, box
from host import LOCAL, GivenUp, Job, left_exit_code, listens, seen, start_ticks, state

STREAM, OTHER, MIGRATION = "health-analytics", "other-analytics", "migration"
SIX = 6
HOOKS = {"hook_http.py": "hook-http", "replay.py": "hook-command"}   # of the man page, and where they go
CONFIG = """discover: false
jobs:
  - name: {stream.name}
    health: {stream.health}
    ui: {stream.ui}
    dlq: {stream.folder}/dlq
    log: {stream.folder}/job.log
    expect: always
    trigger_interval: 2s
    restart: {stream.restart}
    ready: {{url: "{stream.health}/health/ready", status: 200, within: 900s}}
    replay:
      http: {{method: POST, url: "{stream.health}/replay/{{batch_id}}", timeout: 60s}}
      unit: ["{{context.last_ts}}"]
      probe: {{url: "{stream.health}/replayed/{{key}}", first: true}}
      settle: 2s
  - name: {other.name}
    health: {other.health}
    ui: {other.ui}
    dlq: {other.folder}/dlq
    expect: always
    trigger_interval: 2s
    replay:
      command: ["{other.folder}/replay.py"]
      env: {{SINK: "{other.folder}/sink.db"}}
      unit: ["{{context.last_ts}}"]
      settle: 2s
  - name: {service.name}
    ui: {service.ui}
    log: {service.folder}/job.log
    restart: {service.restart}
    ready: {{url: "{service.url}/docs", status: 200, within: 900s}}
    resume:
      http:
        method: POST
        url: "{service.url}/migrate/schema"
        body: '{{"resume_from": "{{resume_from}}", "only_s3": {{only_s3}}}}'
        answer: later
      values: {{resume_from: {{ask: "table to resume from", default: "{{failed_table}}"}}, only_s3: {{default: "false"}}}}
    facts:
      failed_table: {{log: 'Migrating table (\\S+) \\(attempt'}}
"""


class Plan:
    """A job before it runs: where everything of it will be, and the command that starts it again."""

    def __init__(self, spark, name, script):
        self.name, self.script, self.python = name, script, spark.python
        self.folder = spark.path(name)
        self.port, self.ui_port = proc.free_port(), proc.free_port()
        self.health = self.url = f"http://127.0.0.1:{self.port}"
        self.ui = f"http://127.0.0.1:{self.ui_port}"
        self.options = LOCAL + ["--conf", f"spark.ui.port={self.ui_port}",
                                "--conf", "spark.ui.showConsoleProgress=false"]
        argv, env = spark.command(script, self.folder, self.options, [str(self.port)])
        env = {key: value for key, value in env.items() if key not in ("PATH", "HOME")}
        self.restart = json.dumps({
            "command": argv, "env": env, "cwd": self.folder, "detach": True,
            "output": os.path.join(self.folder, "job.log")})


class Host(plain.Host):
    """A host with a configuration that says how its jobs come back."""

    def __init__(self, sparkops, venv, folder, short):
        self.config = os.path.join(folder, "sparkops.yaml")
        super().__init__(sparkops, venv, folder, short)

    def prepare(self):
        self.plans = {"stream": Plan(self.spark, STREAM, "main.py"),
                      "other": Plan(self.spark, OTHER, "main.py"),
                      "service": Plan(self.spark, MIGRATION, "service.py")}
        with open(self.config, "w") as file:
            file.write(CONFIG.format(**self.plans))
        page = self.run("--generate", "man").stdout
        for plan in self.plans.values():
            os.makedirs(os.path.join(plan.folder, "dlq"))
            for name, mark in HOOKS.items():
                put_hook(page, mark, os.path.join(plan.folder, name))

    def argv(self, *more):
        return super().argv(*more) + ["--config", self.config]

    def begin(self, key):
        plan = self.plans[key]
        self.jobs[key] = Job(self.spark.job(plan.script, plan.folder, plan.options, [str(plan.port)]),
                             plan.folder)


def put_hook(page, mark, path):
    """An example of the man page, as somebody who types it off has it."""
    text = page.split(f'.\\" begin {mark}\n')[1].split(f'.\\" end {mark}\n')[0]
    with open(path, "w") as file:
        file.write(text.replace("\\&", "").replace("\\-", "-").replace("\\e", "\\"))
    os.chmod(path, 0o755)


def start(host, wanted):
    for key in ("stream", "other"):
        host.begin(key)
    host.all_run()
    has_neighbour(host)
    seen(lambda: batches(host.jobs["stream"]))


def has_neighbour(host):
    """The other application processes batches, and is known by its two processes from here on."""
    seen(lambda: batches(host.jobs["other"]))
    host.bystander = identity(host.jobs["other"])


def in_business(host):
    """The streaming job runs and processes, whatever became of it before."""
    job = host.jobs["stream"]
    before = batches(job) or 0
    if pairs(job) == [[job.jvm], [job.facts["python_pid"]]] and \
            proc.wait_for(lambda: (batches(job) or 0) > before, 60):
        return job
    for pid in sum(pairs(job), []):
        os.kill(pid, signal.SIGKILL)
    seen(lambda: proc.reap() or not sum(pairs(job), []))
    was, batch = job.jvm, batches(job)
    host.begin("stream")
    job = host.jobs["stream"]
    seen(lambda: newer_facts(job, was), plain.START_SECONDS)
    job.facts = newer_facts(job, was)
    seen(lambda: (batches(job) or 0) > (batch or 0))
    return job


def newer_facts(job, jvm):
    facts = plain.cluster.facts(job.control)
    return facts if facts and facts["jvm_pid"] != jvm else None


def identity(job):
    return [(pid, start_ticks(pid)) for pid in (job.jvm, job.facts["python_pid"])]


def batches(job):
    """The newest batch that it has processed; None: none yet."""
    found = sink(job, "SELECT max(batch_id) FROM batches WHERE done")
    return found[0][0] if found else None


def sink(job, sql, *values):
    """What is in the job's tables; those that are not there yet are empty."""
    path = os.path.join(job.control, "sink.db")
    if not os.path.exists(path):
        return []
    with contextlib.closing(sqlite3.connect(path, timeout=60)) as db:
        try:
            return db.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return []


def pairs(job):
    """(JVMs, Pythons) that run for that job; what a driver forks for a file is not one."""
    javas, pythons = [], []
    for name in filter(str.isdigit, os.listdir("/proc")):
        line, pid = proc.command_line(int(name)), int(name)
        if not any(job.control in word for word in line) or not proc.alive(pid):
            continue
        if any("deploy.SparkSubmit" in word for word in line):
            javas.append((pid, parent(pid)))
        elif any(word.endswith(".py") for word in line):
            pythons.append((pid, parent(pid)))
    return [[pid for pid, ppid in one if ppid not in dict(one)] for one in (javas, pythons)]


def parent(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rsplit(")", 1)[1].split()[1])
    except OSError:
        return None


def came_back(host, claim, key, old, batch):
    """Another pair, which has processed another batch; nothing of the old one; the other one untouched."""
    job, other = host.jobs[key], host.jobs["other"]
    after = batches(other)

    def is_back():
        proc.reap()
        job.facts = plain.cluster.facts(job.control)
        return job.facts and job.jvm != old[0][0] and (batches(job) or 0) > (batch or 0)
    if not tap.ok(f"{claim}: it processes the next batch", proc.wait_for(is_back, 1000),
                  f"see {job.control}/job.log"):
        raise GivenUp("it never came back")
    tap.ok(f"{claim}: of the old pair nothing runs", not any(
        proc.alive(pid) and start_ticks(pid) == ticks for pid, ticks in old), old)
    alone = proc.wait_for(lambda: pairs(job) == [[job.jvm], [job.facts["python_pid"]]], 60)
    tap.ok(f"{claim}: it is one pair", alone, pairs(job), job.facts)
    untouched(host, claim, after)


def untouched(host, claim, after):
    other = host.jobs["other"]
    tap.ok(f"{claim}: the other application is the same",
           identity(other) == host.bystander and all(proc.alive(pid) for pid, _ in host.bystander))
    tap.ok(f"{claim}: its batches go on", proc.wait_for(lambda: batches(other) > after, 180))


def ended_well(host, hands, claim, word):
    """The action says that it is done, and by what that is proved."""
    def is_done(lines):
        return any(line.split()[1:2] == ["done"] and word in line for line in lines)
    for _ in range(20):     # a question that an action asks meanwhile takes the keys
        hands.go("actions")
        if hands.console.shows(is_done, 20):
            break
    tap.ok(f"{claim}: {word} is done", is_done(hands.console.lines()), hands.console.last)
    hands.go("overview")


def recovers(host, hands, claim, verdict, limit=None):
    """V, four digits, Enter."""
    job = host.jobs["stream"]
    old, batch = identity(job), batches(job)
    hands.waits_for_row(verdict, STREAM)
    hands.pressed = 0
    hands.asks("V", "Recover")
    hands.types(claim, job.jvm)
    hands.enter()
    if limit:
        tap.ok(f"{claim}: {hands.pressed} keys are at most {limit}", hands.pressed <= limit)
    came_back(host, claim, "stream", old, batch)
    ended_well(host, hands, claim, "recover")


def recover_stopped(host):
    """From a job that hangs to the same job processing again: six keys."""
    job = in_business(host)
    with at_the_console(host) as hands:
        hands.sees(lambda lines: row_of(lines, STREAM, "healthy"), "a healthy job")
        os.kill(job.jvm, signal.SIGSTOP)
        seen(lambda: state(job.jvm) == "T")
        recovers(host, hands, "stopped", "hung", SIX)


def recover_out_of_heap(host):
    """A zombie with 52, and a Python that tries again and again."""
    job = in_business(host)
    before = job.log().count("attempt 1 failed")
    with at_the_console(host) as hands:
        job.ask("break-oom")
        seen(lambda: left_exit_code(job.jvm) == 52)
        seen(lambda: job.log().count("attempt 1 failed") > before)
        recovers(host, hands, "out of heap", "crashed", SIX)


def recover_stranded(host):
    job = in_business(host)
    with at_the_console(host) as hands:
        job.ask("break-strand")
        seen(lambda: not listens(job.ui_port) and proc.alive(job.jvm))
        recovers(host, hands, "stranded", "crashed", SIX)


def kill_thrashing(host):
    """Step by step: K ends the JVM, K again its Python, B starts it."""
    job = in_business(host)
    old, batch = identity(job), batches(job)
    with at_the_console(host) as hands:
        job.ask("break-thrash")
        hands.go("jvms")
        hands.sees(lambda lines: row_of(lines, "thrash", str(job.jvm)), "thrashing", 600)
        hands.go("overview")
        hands.only(STREAM)
        hands.asks("K", "Kill this JVM")
        hands.types("thrashing", job.jvm)
        hands.enter()
        ends(hands, "thrashing", job.jvm)
        tap.ok("thrashing: its Python lives on", proc.alive(job.facts["python_pid"]))
        ended_well(host, hands, "thrashing", str(old[0][0]))
        hands.waits_for_row("crashed", STREAM)
        hands.asks("K", "")
        hands.types("thrashing, its Python", job.facts["python_pid"])
        hands.enter()
        ends(hands, "thrashing, its Python", old[1][0])
        ended_well(host, hands, "thrashing, its Python", str(old[1][0]))
        hands.asks_again("B", "Restart", "still runs")
        hands.chooses()
        came_back(host, "thrashing", "stream", old, batch)
        ended_well(host, hands, "thrashing", "restart")


def ends(hands, claim, pid):
    """By the first signal, or by the second, which the console asks for after 30 s."""
    def asks():
        return any("Send SIGKILL" in line for line in box(hands.console.lines()))
    seen(lambda: not proc.alive(pid) or asks(), 120)
    try:
        if proc.alive(pid):
            hands.types(claim + ", SIGKILL", pid)
            hands.enter()
    except GivenUp:     # it ended while it was asked for
        if proc.alive(pid):
            raise
    seen(lambda: not proc.alive(pid), 60)


def replay_by(host, key, claim, name, proof):
    """R on the job leads to its queue, R there asks; its rows are processed, once."""
    job = in_business(host) if key == "stream" else host.jobs[key]
    before = len(failed(job))
    job.ask("fail-001-timeout")
    seen(lambda: len(failed(job)) > before)
    entry = failed(job)[-1]
    span = (entry["context"]["last_ts"], entry["timestamp"])
    tap.ok(f"{claim}: nothing of batch {entry['batch_id']} is processed", not rows("steps", job, span))
    with at_the_console(host) as hands:
        hands.only(name, "degraded")
        hands.press("R")
        hands.sees(lambda lines: any("dlq" in line and name in line for line in lines[:4]), "its queue")
        hands.sees(lambda lines: any("Timeout" in line for line in lines), "the entry")
        hands.asks("R", "Replay")
        hands.chooses()
        seen(lambda: rows("steps", job, span))
        ended_well(host, hands, claim, "replay")
    wanted = rows("records", job, span)
    tap.ok(f"{claim}: its {len(wanted)} records were processed once",
           len(wanted) == entry["context"]["records_queried"] and rows("steps", job, span) == wanted,
           span, wanted, rows("steps", job, span))
    twice = sink(job, "SELECT steps, count(*) FROM steps GROUP BY steps HAVING count(*) > 1")
    tap.ok(f"{claim}: so was every other one", not twice, twice)
    done = host.watch.first(time.time(), lambda line: any(
        row["state"] == "done" and row["proof"] == proof for row in line.rows("dlq", job=name)))
    tap.ok(f"{claim}: its entry is done, which is known by the {proof}", done)


def failed(job):
    """Entries of the batches that failed because the test asked for it."""
    entries = [json.loads(raw) for _, _, raw in rest.dlq_lines(job.facts["dlq"])]
    return [one for one in entries if one["error"]["type"] == "Timeout" and one["context"]["records_queried"]]


def rows(table, job, span):
    return sorted(sink(job, f"SELECT ts, user, steps FROM {table} WHERE ts > ? AND ts <= ?", *span))


def replay_http(host):
    replay_by(host, "stream", "replay by HTTP", STREAM, "probe")


def replay_command(host):
    replay_by(host, "other", "replay by a command", OTHER, "hook")


def resume_service(host):
    """The service of the runbook goes on from the table that failed, named by its log."""
    host.begin("service")
    plan, job = host.plans["service"], host.jobs["service"]
    seen(lambda: rest.get(plan.url + "/docs")[0] == 200)
    job.ask("break-oom")
    tap.ok("the service begins", rest.post(plan.url + "/migrate/schema", {}) == 202)
    job.facts = seen_facts(job)
    seen(lambda: left_exit_code(job.jvm) == 52)
    seen(lambda: job.has("given-up"))
    old, after = identity(job), batches(host.jobs["other"])
    with at_the_console(host) as hands:
        hands.waits_for_row("crashed", MIGRATION)
        lines = hands.asks("V", "Recover")
        tap.ok("resume: the table is there, with the line that names it",
               any("AGENTSVES" in line for line in lines), *lines)
        hands.types("resume", job.jvm)
        hands.enter()
        done = proc.wait_for(lambda: proc.reap() or job.has("migrated"), 1000)
        tap.ok("resume: the migration goes on to its end", done, f"see {job.control}/job.log")
        ended_well(host, hands, "resume", "recover")
    with open(os.path.join(job.control, "migrated.jsonl")) as file:
        rows = [json.loads(line) for line in file]
    tables = [row["table"] for row in rows if row["pid"] != old[1][0]]
    tap.ok("resume: from AGENTSVES on, none twice", tables == ["AGENTSVES", "BRANCHES", "CLAIMS"], tables)
    tap.ok("resume: of the old pair nothing runs", not any(
        proc.alive(pid) and start_ticks(pid) == ticks for pid, ticks in old), old)
    untouched(host, "resume", after)


def seen_facts(job):
    seen(lambda: plain.cluster.facts(job.control))
    return plain.cluster.facts(job.control)


def audit(host):
    """All of it is in the audit, whole."""
    for verb in ("verify", "list"):
        said = host.run("audit", verb, "--state-dir", os.path.join(host.folder, "state"))
        tap.ok(f"sparkops audit {verb}", said.returncode == 0, said.stdout[:2000])
        tap.note(said.stdout[:3000])


SCENARIOS = {
    "act-stopped": recover_stopped, "act-stranded": recover_stranded, "act-oom": recover_out_of_heap,
    "act-replay": replay_http, "act-replay-command": replay_command, "act-resume": resume_service,
    "act-thrash": kill_thrashing, "act-audit": audit}
