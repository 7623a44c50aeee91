"""sparkops against real Spark: per version a story with a configuration, then the host without one.

Usage: suite.py SPARKOPS SCRATCH VERSION=VENV... [NAME...]   (tests/spark/run makes the environments)
NAME is `story` or a scenario of scenarios.py; without one, all of them. The story, told by a streaming job and
a cluster: all is well but for three failed batches; an executor is killed; another runs out of
memory; errors pile up; the streaming job's JVM is killed under its Python; everything is gone. At
each stop `--once --json` is compared with the endpoints, and the console is read in a terminal.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import cluster
import compare
import proc
import rest
import scenarios
import screens
import tap

STREAM, BATCH = "health-analytics", "nightly-batch"
ZONE, ZONE_MINUTES = "IST-5:30", 330    # the streaming job's clock; POSIX form needs no tzdata
TASK_MEMORY = 64 * 1024 * 1024

CONFIG = """interval: 1s
discover: false
jobs:
  - name: {stream}
    health: {health}
    ui: {stream_ui}
    dlq: {dlq}
    trigger_interval: 2s
    expect: always
  - name: {batch}
    ui: {batch_ui}
    task_memory: 64MiB
    expect: always
clusters:
  - {{name: test, master: "{master}"}}
"""


class GivenUp(Exception):
    """Nothing further can be tested with this version."""


class Look:
    """All endpoints at one time."""

    def __init__(self, story):
        self.health = rest.HealthLook(story.facts["health"], story.facts["dlq"])
        self.stream = rest.SparkLook(story.facts["ui"])
        self.batch = rest.SparkLook(story.batch_facts["ui"])


class Story:
    def __init__(self, sparkops, venv, folder, short):
        self.sparkops, self.folder, self.short = sparkops, folder, short
        self.spark = cluster.Cluster(venv, folder)
        self.stream_control = self.spark.path("stream")
        self.batch_control = self.spark.path("batch")
        self.config = self.spark.path("config.yaml")
        self.failures = 0

    def must(self, claim, holds, *evidence):
        if not tap.ok(claim, holds, *evidence):
            raise GivenUp(claim)
        return holds

    def argv(self, *more):
        return [self.sparkops, *more, "--no-discover", "--config", self.config,
                "--state-dir", self.spark.path("state")]

    def once(self):
        """(exit code, the object, when it was asked and had answered)."""
        asked = time.time()
        try:
            done = subprocess.run(self.argv("--once", "--json", "--timeout", "60s"), timeout=180, check=False,
                                  env=proc.environment(TERM="dumb"), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            answered = time.time()
            self.kept = done.stdout
            answer = json.loads(done.stdout)
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise GivenUp(f"--once --json: {error}") from error
        said = done.stderr.decode("utf-8", "replace")
        tap.ok("--once --json answers one object and no complaint",
               isinstance(answer, dict) and not said, said)
        return done.returncode, answer, asked, answered

    def compared(self):
        """A look before, sparkops, a look after."""
        before = Look(self)
        code, answer, asked, answered = self.once()
        return before, code, answer, Look(self), (asked, answered)

    def fail(self, *kinds):
        for kind in kinds:
            self.failures += 1
            open(os.path.join(self.stream_control, f"fail-{self.failures:03}-{kind}"), "w").close()

    def errors_counted(self):
        return rest.HealthLook(self.facts["health"],
                               self.facts["dlq"]).detailed.get("errors_count")

    def started(self):
        """Spark runs, three batches have failed, every heartbeat was heard once."""
        stream = self.spark.streaming(self.stream_control, ZONE)
        self.must("the master counts its worker", self.spark.start())
        batch = self.spark.batch(self.batch_control)
        for process, control, name in ((stream, self.stream_control, "streaming"),
                                       (batch, self.batch_control, "batch")):
            self.must(f"the {name} job runs", proc.wait_for(
                lambda c=control, p=process: cluster.facts(c) or p.poll() is not None, 300)
                      and cluster.facts(control))
        self.facts = cluster.facts(self.stream_control)
        self.batch_facts = cluster.facts(self.batch_control)
        self.fail("schema", "timeout", "mongo")
        self.must("three batches fail", proc.wait_for(lambda: self.errors_counted() == 3, 180))
        self.must("heartbeats are heard", proc.wait_for(lambda: self.heard(Look(self)), 240, 0.5))
        with open(self.config, "w") as file:
            file.write(CONFIG.format(
                stream=STREAM, health=self.facts["health"], stream_ui=self.facts["ui"],
                dlq=self.facts["dlq"], batch=BATCH, batch_ui=self.batch_facts["ui"],
                master=self.spark.master_ui))

    @staticmethod
    def heard(look):
        live = [look.batch.executors[key] for key in look.batch.live()]
        return look.health.detailed["batches_processed"] > 3 and len(live) == 2 \
            and all(row.get("peakMemoryMetrics", {}).get("OnHeapExecutionMemory") for row in live) \
            and sum(row["activeTasks"] for row in live) == 2 \
            and look.stream.gauge("driver.ExecutorMetrics.JVMHeapMemory") \
            and look.batch.gauge("driver.ExecutorMetrics.JVMHeapMemory")

    def settled(self, lost):
        """Those of `lost` are gone; two executors again, a task on each, heartbeats of both."""
        def is_settled():
            look = Look(self)
            return self.heard(look) and not set(lost(look)) & set(look.batch.live())
        return proc.wait_for(is_settled, 240, 0.5)

    def first_look(self):
        tap.section(f"{self.name} all sources")
        before, code, answer, after, times = self.compared()
        job = compare.row(answer["jobs"], name=STREAM) or {}
        tap.is_one_of("application_id", job.get("application_id"),
                      [self.facts["application_id"]])
        tap.is_one_of("verdict", job.get("verdict"), ["degraded"])
        tap.ok("evidence is given", job.get("evidence"), job)
        compare.health_job(job, before.health, after.health)
        compare.last_batch(job, before.health, after.health, ZONE_MINUTES, *times)
        compare.driver_heap(job, before.stream, after.stream, answer["jvms"])
        compare.errors_5m(job, after.health, ZONE_MINUTES, times)
        tap.is_one_of("dlq_entries", job.get("dlq_entries"), [len(after.health.lines)])
        tap.is_one_of("dlq_pending", job.get("dlq_pending"), [len(after.health.lines)])
        tap.is_one_of("dlq_bad_lines", job.get("dlq_bad_lines"), [0])
        tap.is_one_of("trigger_interval_s", job.get("trigger_interval_s"), [2])
        compare.errors(answer["errors"], STREAM, after.health, ZONE_MINUTES, times)
        compare.dead_letters(answer["dlq"], STREAM, after.health, ZONE_MINUTES)
        compare.executors(answer["executors"], STREAM, before.stream, after.stream)
        other = compare.row(answer["jobs"], name=BATCH) or {}
        tap.is_one_of("batch job: application_id", other.get("application_id"),
                      [self.batch_facts["application_id"]])
        tap.is_one_of("batch job: verdict", other.get("verdict"), ["healthy", "degraded"])
        compare.driver_heap(other, before.batch, after.batch, answer["jvms"])
        compare.executors(answer["executors"], BATCH, before.batch, after.batch, TASK_MEMORY)
        compare.targets(answer["targets"], [
            ("health", self.facts["health"], 200), ("spark", self.facts["ui"], 200),
            ("spark", self.batch_facts["ui"], 200), ("master", self.spark.master_ui, 200),
            ("dlq", self.facts["dlq"], None)])
        tap.is_one_of("verdict of everything", answer.get("verdict"), ["degraded"])
        tap.is_one_of("exit code", code, [1])

    def on_screen(self):
        """The console in two sizes, while one batch is held so that figures stand still."""
        hold = os.path.join(self.stream_control, "hold")
        open(hold, "w").close()
        held = os.path.join(self.stream_control, "held")
        self.must("a batch is held", proc.wait_for(lambda: os.path.exists(held), 120))
        for width, height in ((80, 24), (160, 50)):
            tap.section(f"{self.name} console {width}x{height}")
            screens.walk(self.argv(), self.short, (width, height), Look(self), STREAM, BATCH,
                         [("health", STREAM, self.facts["health"]),
                          ("spark", STREAM, self.facts["ui"]),
                          ("spark", BATCH, self.batch_facts["ui"]),
                          ("master", "-", self.spark.master_ui)])
        os.unlink(hold)

    def executor_killed(self):
        tap.section(f"{self.name} executor killed")
        pid = self.spark.executor_pid("0")
        self.must("executor 0 is a JVM below our worker", pid)
        os.kill(pid, signal.SIGKILL)
        self.must("Spark replaces it", self.settled(lambda look: ["0"]),
                  *Look(self).batch.summary())
        before, _, answer, after, _ = self.compared()
        self.dead_row(answer, before, after, "0", 137)
        compare.executors(answer["executors"], BATCH, before.batch, after.batch, TASK_MEMORY)

    @staticmethod
    def dead_row(answer, before, after, key, code):
        one = compare.row(answer["executors"], job=BATCH, executor_id=key) or {}
        tap.is_one_of(f"executor {key}: listed, not active", one.get("active"), [False])
        reason = after.batch.executors[key]["removeReason"]
        tap.is_one_of(f"executor {key}: removed_reason", one.get("removed_reason"), [reason])
        tap.ok(f"Spark's reason is that code: {reason!r}", str(code) in reason)
        tap.is_one_of(f"executor {key}: exit_code", one.get("exit_code"), [code])
        return one

    def out_of_memory(self):
        tap.section(f"{self.name} executor out of memory")
        open(os.path.join(self.batch_control, "oom"), "w").close()
        done = os.path.join(self.batch_control, "oom-done")
        self.must("a task asks for too much", proc.wait_for(lambda: os.path.exists(done), 240))
        self.must("Spark replaces what died", self.settled(lambda look: look.batch.out_of_heap()),
                  *Look(self).batch.summary())
        before, code, answer, after, _ = self.compared()
        died = sorted(key for key, row in after.batch.executors.items()
                      if "code 52" in row.get("removeReason", ""))
        self.must(f"executors {died} ended with 52", died)
        for key in died:
            one = self.dead_row(answer, before, after, key, 52)
            tap.is_one_of(f"executor {key}: headroom_basis", one.get("headroom_basis"),
                          ["disproved"])
            ratio = one.get("headroom_ratio")
            tap.ok(f"executor {key}: no comfortable headroom: {ratio}", ratio is None or ratio <= 1)
        compare.executors(answer["executors"], BATCH, before.batch, after.batch, TASK_MEMORY,
                          disproved=True)
        job = compare.row(answer["jobs"], name=BATCH) or {}
        tap.is_one_of("batch job: headroom_basis", job.get("headroom_basis"), ["disproved"])
        tap.is_one_of("batch job: verdict", job.get("verdict"), ["degraded"])
        tap.ok("batch job: evidence names the exit code",
               any("52" in line for line in job.get("evidence", [])), job.get("evidence"))
        tap.is_one_of("exit code", code, [1])
        tap.section(f"{self.name} console, dead executors")
        screens.dead_executors(self.argv(), self.short, [("0", "137")] + [(k, "52") for k in died])

    def unhealthy(self):
        tap.section(f"{self.name} five errors and more")
        self.fail("timeout", "mongo", "timeout", "schema", "mongo")
        self.must("five more batches fail", proc.wait_for(lambda: self.errors_counted() == 8, 180))
        before, code, answer, after, times = self.compared()
        job = compare.row(answer["jobs"], name=STREAM) or {}
        compare.health_job(job, before.health, after.health)
        tap.is_one_of("ready", job.get("ready"), [False])
        compare.errors_5m(job, after.health, ZONE_MINUTES, times)
        tap.is_one_of("verdict", job.get("verdict"), ["unhealthy"])
        compare.errors(answer["errors"], STREAM, after.health, ZONE_MINUTES, times)
        compare.dead_letters(answer["dlq"], STREAM, after.health, ZONE_MINUTES)
        tap.is_one_of("exit code", code, [2])

    def driver_gone(self):
        """The JVM is killed, its Python lives on with the endpoints: sources contradict."""
        tap.section(f"{self.name} driver gone, health answers")
        os.kill(self.facts["jvm_pid"], signal.SIGKILL)
        self.must("its UI is gone", proc.wait_for(
            lambda: rest.get(self.facts["ui"] + "/api/v1/version")[0] is None, 60))
        self.must("its health endpoints answer", rest.get(self.facts["health"] + "/health")[0])
        _, answer, _, _ = self.once()
        job = compare.row(answer["jobs"], name=STREAM) or {}
        tap.ok(f"verdict {job.get('verdict')!r} is no good one",
               job.get("verdict") in ("crashed", "hung", "unhealthy", "degraded"), job)
        port = self.facts["ui"].rsplit(":", 1)[1]
        bad = [one for one in answer["targets"] if port in (one["where"] or "")]
        tap.ok("the target of its UI failed, with the problem said",
               bad and all(one["state"] == "failed" and one["problem"] for one in bad), bad)
        compare.targets(answer["targets"], [("health", self.facts["health"], 200)])

    def all_gone(self):
        """Nobody listens any more; the dead letters of a moment ago still tell of errors."""
        tap.section(f"{self.name} everything gone")
        tap.ok("nothing of Spark is left", not (left := proc.stop_all()), *left)
        code, answer, _, _ = self.once()
        for name, verdicts in ((STREAM, ("unhealthy", "unreachable", "crashed")),
                               (BATCH, ("unreachable", "crashed"))):
            job = compare.row(answer["jobs"], name=name) or {}
            tap.is_one_of(f"{name}: verdict", job.get("verdict"), verdicts)
            tap.ok(f"{name}: evidence says refused",
                   any("refused" in line for line in job.get("evidence", [])), job)
        for place in (self.facts["health"], self.facts["ui"], self.batch_facts["ui"],
                      self.spark.master_ui):
            found = compare.row(answer["targets"], where=place) or {}
            tap.is_one_of(f"target {place}: state", found.get("state"), ["failed"])
        tap.is_one_of("exit code", code, [2])

    def tell(self, name):
        self.name = name
        tap.section(f"{name} start")
        self.started()
        tap.is_one_of("version of the driver", self.spark_version(), [self.installed()])
        self.first_look()
        self.on_screen()
        self.executor_killed()
        self.out_of_memory()
        self.unhealthy()
        self.driver_gone()
        self.all_gone()

    def spark_version(self):
        return (rest.body(self.facts["ui"] + "/api/v1/version") or {}).get("spark")

    def installed(self):
        """What pip says that it installed."""
        return subprocess.run(
            [self.spark.python, "-c",
             "import importlib.metadata; print(importlib.metadata.version('pyspark'))"],
            stdout=subprocess.PIPE, text=True, check=False, timeout=180).stdout.strip()


def tell_story(sparkops, venv, folder, short, name):
    story = Story(sparkops, venv, folder, short)
    try:
        story.tell(name)
    except GivenUp as why:
        tap.ok(f"the story ends here: {why}", False)
    finally:
        left = proc.stop_all()
        with open(os.path.join(folder, "last.json"), "wb") as file:
            file.write(getattr(story, "kept", b""))
    tap.ok("no process is left over", not left, *left)


def tell(sparkops, scratch, name, venv, names):
    folder = os.path.join(scratch, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    short = tempfile.mkdtemp(prefix="sparkops-")
    began = time.monotonic()
    failed = tap.failed
    try:
        if "story" in names:
            tell_story(sparkops, venv, folder, short, name)
            tap.note(f"{name} story: {time.monotonic() - began:.0f} s")
        tap.story(name)
        scenarios.tell(sparkops, venv, folder, short, names)
    except Exception:
        tap.ok("the story goes on to its end", False, traceback.format_exc())
    finally:
        proc.stop_all()
        tap.story("")
        shutil.rmtree(short, ignore_errors=True)
    if tap.failed > failed:
        tap.note(f"logs of all processes and what sparkops printed are in {folder}")
    tap.note(f"{name}: {time.monotonic() - began:.0f} s")


def main():
    sparkops, scratch = (os.path.abspath(name) for name in sys.argv[1:3])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("ended by a signal"))
    pairs = [word.split("=", 1) for word in sys.argv[3:] if "=" in word]
    names = [word for word in sys.argv[3:] if "=" not in word]
    unknown = set(names) - {"story", *scenarios.NAMES}
    if unknown:
        sys.exit(f"no scenario {', '.join(unknown)}; there are: story {' '.join(scenarios.NAMES)}")
    for name, venv in pairs:
        tell(sparkops, scratch, name, os.path.abspath(venv),
             names or ["story", *scenarios.NAMES])
    sys.exit(tap.finish())


main()
