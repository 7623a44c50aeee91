"""A host of one version of Spark without a configuration, and what sparkops says of it.

Jobs are started and known by what they tell of themselves; a claim is a verdict with its evidence,
given within two polls of a sign that the test saw with its own eyes. HOME and XDG_* are empty.
"""
import os
import re
import socket
import subprocess
import sys
import time

import cluster
import proc
import rest
import tap
from watch import JVMS, Watch

START_SECONDS = 900     # seven JVMs on two cores that others use, too
LOCAL = ["--master", "local[2]", "--conf", "spark.sql.shuffle.partitions=2"]


class GivenUp(Exception):
    """Nothing further can be tested in this wave."""


class Job:
    """A driver of the test, with what it told of itself."""

    def __init__(self, process, control):
        self.process, self.control, self.facts = process, control, None
        self.began_at = self.up_at = None

    def is_up(self):
        """Once it is, or has ended without; meanwhile notes when its JVM began."""
        if self.began_at is None and any("org.apache.spark.deploy.SparkSubmit" in
                                         proc.command_line(pid)
                                         for pid in proc.children(self.process.pid)):
            self.began_at = time.time()
        self.facts = self.facts or cluster.facts(self.control)
        if self.facts and self.up_at is None and self.answers():
            self.up_at = time.time()
        return self.up_at or self.process.poll() is not None

    def answers(self):
        """All that is asked of a UI is there at once: the first answers of a JVM take long."""
        began = time.monotonic()
        look = self.spark()
        return look.executors and look.properties and look.gauges and time.monotonic() - began < 1

    @property
    def sees_ui(self):
        """The source that asks its UI, for Watch.says()."""
        return ("spark", self.facts["ui"])

    @property
    def sees_log(self):
        return ("log", self.control)

    def log(self):
        with open(os.path.join(self.control, "job.log"), errors="replace") as file:
            return file.read()

    def ask(self, name):
        open(os.path.join(self.control, name), "w").close()

    def has(self, name):
        return os.path.exists(os.path.join(self.control, name))

    @property
    def jvm(self):
        return self.facts["jvm_pid"]

    @property
    def ui_port(self):
        return int(self.facts["ui"].rsplit(":", 1)[1])

    def spark(self):
        return rest.SparkLook(self.facts["ui"])


class Host:
    """One version of Spark, one folder, one sparkops that watches."""

    def __init__(self, sparkops, venv, folder, short):
        self.sparkops, self.folder, self.short = sparkops, folder, short
        self.spark = cluster.Cluster(venv, folder)
        empty = os.path.join(folder, "home")
        os.makedirs(empty)
        self.env = {name: empty for name in (
            "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
        self.jobs = {}
        self.prepare()
        log = os.path.join(folder, "sparkops.log")
        self.watch = Watch(self.argv("--json", "--every", "1s", "--log", log),
                           proc.environment(**self.env),
                           folder, os.path.join(folder, "stream.jsonl"))

    def prepare(self):
        """What has to be there before sparkops begins."""

    def argv(self, *more):
        return [self.sparkops, *more, "--state-dir", os.path.join(self.folder, "state")]

    def start(self, name, script, arguments, **more):
        control = self.spark.path(name)
        job = Job(self.spark.job(script, control, arguments, **more), control)
        self.jobs[name] = job
        return job

    def streaming(self, name):
        os.makedirs(os.path.join(self.spark.path(name), "dlq"))
        return self.start(name, "main.py", LOCAL, TZ="IST-5:30")

    def local(self, name, *more):
        return self.start(name, name + ".py", LOCAL + list(more))

    def all_run(self):
        jobs = self.jobs.values()
        proc.wait_for(lambda: all([job.is_up() for job in jobs]), START_SECONDS)
        for name, job in self.jobs.items():
            if not tap.ok(f"{name} runs", job.facts, f"see {job.control}/job.log"):
                raise GivenUp(name)

    def all_up(self):
        """They run, and sparkops says so."""
        self.all_run()
        for name, job in self.jobs.items():
            self.watch.says(f"{name}: its JVM is there", job.began_at,
                            lambda line, j=job: jvm_of(line, j.jvm), shows(job.jvm))
            self.watch.says(f"{name}: the job is there", job.up_at,
                            lambda line, j=job: job_of(line, j.jvm).get("application_id"),
                            shows(job.jvm))
        self.joined_at = time.time()

    def run(self, *arguments):
        return subprocess.run([self.sparkops, *arguments], env=proc.environment(**self.env),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, check=False, timeout=180)


# What one line says, and is it enough?

def job_of(line, pid):
    """The row of the job whose driver's JVM is this one."""
    return line.row("jobs", pid=pid)


def jvm_of(line, pid):
    return line.row("jvms", pid=pid)


def numbers(evidence):
    return [number for sign in evidence or [] for number in re.findall(r"\d[\d.]*", sign)]


def is_proved(row):
    """At least two signs, each with its number."""
    signs = [sign for sign in row.get("evidence") or [] if numbers([sign])]
    return len(signs) >= 2


def shows(pid):
    """For a reader of a failure: the rows of one driver."""
    def show(line):
        names = ("name", "verdict", "evidence", "pid", "application_id", "exit_code", "ports")
        brief = [f"{member}: " + str({name: row[name] for name in names if name in row})
                 for member in ("jobs", "jvms") for row in line.rows(member, pid=pid)]
        return brief or [f"no row with pid {pid}; jobs are "
                         f"{[(row['name'], row['pid']) for row in line.answer['jobs']]}"]
    return show


def says_jvm(host, claim, at, pid, verdicts, more=lambda row: True, of=(JVMS,)):
    """The verdict of a JVM, with its evidence where there must be some."""
    wants_proof = not set(verdicts) & {"busy", "idle", "dead", "unknown"}

    def holds(line):
        row = jvm_of(line, pid)
        return row.get("verdict") in verdicts and (not wants_proof or is_proved(row)) and more(row)
    line = host.watch.says(f"{claim}: its JVM is {' or '.join(verdicts)}", at, holds, shows(pid), of=of)
    if line:
        tap.note("; ".join(jvm_of(line, pid)["evidence"] or ["no evidence"]))
    return line


def says_job(host, claim, at, pid, verdicts, more=lambda row: True, of=(JVMS,)):
    def holds(line):
        row = job_of(line, pid)
        return row.get("verdict") in verdicts and row.get("evidence") and more(row)
    line = host.watch.says(f"{claim}: the job is {' or '.join(verdicts)}", at, holds, shows(pid), of=of)
    if line:
        tap.note("; ".join(job_of(line, pid)["evidence"]))
    return line


def seen(what, seconds=600):
    """Wait for a sign; answers the time of seeing it."""
    if not proc.wait_for(what, seconds, 0.05):
        caller = sys._getframe(1)
        raise GivenUp("the sign itself never came that is waited for in "
                      f"{os.path.basename(caller.f_code.co_filename)} line {caller.f_lineno}")
    return time.time()


def state(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


def left_exit_code(pid):
    """What a zombie has for its parent; None: it is none, or its threads still end."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            words = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return int(words[49]) >> 8 if words[0] == "Z" and words[17] == "1" else None


def start_ticks(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[19]


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
