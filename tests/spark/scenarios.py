"""What happens to the Spark JVMs of a host, and what sparkops makes of it without a configuration.

A scenario makes one thing happen to a real job and waits for its sign in the test's own eyes: a
process state, a closed port, Spark's REST, the JVM's counters. From then on sparkops has two polls
to give the verdict and its evidence. Scenarios of one wave share a sparkops and run their jobs side
by side; a wave ends all its processes.
"""
import contextlib
import os
import re
import signal
import time

import acts
import compare
import inspark
import proc
import rest
import tap
from console import Console, row_of
from host import (GivenUp, Host, Job, is_proved, job_of, jvm_of, listens, says_job, says_jvm, seen,
                  shows, start_ticks, state)
from hsperf import Heap
from watch import JVMS

MIB = 1024 * 1024
HEAP = 512 * MIB
STILL_SECONDS = 32      # so long was nothing seen to move before anything is called hung
OFTEN = 36              # full collections: over 20 a minute, whichever 90 s are looked at
STREAMS, BATCH = "health-analytics", "nightly-batch"


def joined(host, name):
    """One driver and everything near it: one row, and how each part of it was found."""
    job = host.jobs[name]
    at, facts = time.time(), job.facts
    before = Heap(job.jvm)
    line = host.watch.says(
        f"{name} is one job", at, lambda line: is_joined(line, job), shows(job.jvm), polls=4)
    if line is None:
        return
    row, jvm = job_of(line, job.jvm), jvm_of(line, job.jvm)
    tap.ok(f"{name}: no bad verdict", row["verdict"] in ("healthy", "initializing"), row)
    tap.is_one_of(f"{name}: application_id", row["application_id"], [facts["application_id"]])
    for source, where in (("spark", facts["ui"]), ("health", facts.get("health")),
                          ("dlq", facts.get("dlq"))):
        if where is None:
            continue
        found = [one for one in line.rows("targets", source=source, job=row["name"])]
        tap.ok(f"{name}: {source} at {where}, and how it was found",
               len(found) == 1 and found[0]["where"].rstrip("/") == where
               and found[0]["found_by"] not in (None, "", "config", "argv"), *found)
    driver = line.rows("executors", job=row["name"], executor_id="driver")
    tap.ok(f"{name}: its driver is among the executors",
           len(driver) == 1 and driver[0]["application_id"] == facts["application_id"], driver)
    jvm_figures(name, job, jvm, before, Heap(job.jvm))


def is_joined(line, job):
    row = job_of(line, job.jvm)
    sources = {one["source"] for one in line.rows("targets", job=row.get("name"))
               if one["state"] == "ok"}
    wanted = {"spark", "health", "dlq"} if "health" in job.facts else {"spark"}
    return row.get("application_id") and wanted <= sources \
        and jvm_of(line, job.jvm).get("heap_used_bytes")


def jvm_figures(name, job, jvm, before, after):
    look = job.spark()
    tap.is_one_of(f"{name}: id", jvm["id"], [f"{job.jvm}@{start_ticks(job.jvm)}"])
    tap.is_one_of(f"{name}: role", jvm["role"], ["driver"])
    tap.is_one_of(f"{name}: main_class", jvm["main_class"],
                  ["org.apache.spark.deploy.SparkSubmit"])
    tap.is_one_of(f"{name}: application_id of the JVM", jvm["application_id"],
                  [job.facts["application_id"]])
    tap.ok(f"{name}: its UI is among the ports", job.ui_port in (jvm["ports"] or []), jvm)
    tap.is_one_of(f"{name}: verdict of the JVM", jvm["verdict"], ["busy", "idle"])
    tap.is_one_of(f"{name}: exit code", jvm["exit_code"], [None])
    tap.lies_between(f"{name}: heap_max_bytes", jvm["heap_max_bytes"], HEAP, HEAP, MIB)
    tap.is_one_of(f"{name}: the UI says the same", compare.spark_size(
        look.properties.get("spark.driver.memory")), [HEAP])
    used = sorted((before.used, after.used))
    # a young collection between two looks takes or gives as much as the young generation holds
    tap.lies_between(f"{name}: heap_used_bytes", jvm["heap_used_bytes"], *used, slack=HEAP // 2)
    tap.ok(f"{name}: resident memory is more than the heap in use",
           (jvm["rss_bytes"] or 0) > 64 * MIB, jvm)


def two_streams(host):
    """Two jobs with one name stay two, each with its own parts."""
    line = host.watch.now()
    rows = [job_of(line, host.jobs[name].jvm) for name in ("stream-a", "stream-b")]
    names = [row.get("name") for row in rows]
    tap.ok(f"two jobs with one name are two: {names}", all(names) and names[0] != names[1]
           and all(name.startswith(STREAMS) for name in names), rows)
    for name in ("stream-a", "stream-b"):
        health = host.jobs[name].facts["health"]
        found = [one for one in line.rows("targets", where=health)]
        tap.ok(f"{health} is asked once, for {name}", len(found) == 1
               and found[0]["job"] == job_of(line, host.jobs[name].jvm).get("name"), found)
    host.jobs["stream-b"].ask("fail-001-timeout")
    failed = host.watch.first(time.time(), lambda line: line.row("jobs", name=names[1]).get(
        "dlq_entries") == 1 and line.row("jobs", name=names[1])["verdict"] == "degraded")
    tap.ok("a failed batch and its dead letter count for one of them", failed and (
        other := failed.row("jobs", name=names[0])) and not other["errors"]
           and not other["dlq_entries"], rows)
    batches = [row.get("batches") for row in rows]
    grown = host.watch.first(time.time(), lambda line: all(
        (line.row("jobs", name=name).get("batches") or 0) > (was or 0)
        for name, was in zip(names, batches)))
    tap.ok("both go on, batch by batch", grown, rows)


def print_config(host):
    """What was found, as a configuration that --check accepts."""
    written = os.path.join(host.folder, "found.yaml")
    said = host.run("--print-config", "--state-dir", os.path.join(host.folder, "state"))
    with open(written, "w") as file:
        file.write(said.stdout)
    tap.ok("--print-config", said.returncode == 0, said.stdout[:2000])
    for name in ("stream-a", "stream-b"):
        facts = host.jobs[name].facts
        tap.ok(f"--print-config has {name}", facts["health"] in said.stdout
               and facts["dlq"] in said.stdout, written)
    checked = host.run("--check", "--config", written)
    tap.ok("--check accepts it", checked.returncode == 0, checked.stdout[:2000], written)


def standalone(host):
    """Master, worker, driver and executors, each by its role and with what it belongs to."""
    job = host.jobs["batch"]
    executors = [host.spark.executor_pid(key) for key in ("0", "1")]
    roles = {"master": host.spark.master_process.pid, "worker": host.spark.worker.pid}
    line = host.watch.says("the cluster's JVMs", time.time(), lambda line: all(
        jvm_of(line, pid).get("job") for pid in executors), shows(job.jvm), polls=4) \
        or host.watch.now()
    name = job_of(line, job.jvm).get("name")
    # a second suite on this host has a job of that name, too
    tap.ok(f"the driver is the job {name}", re.fullmatch(BATCH + r"(-\d+)?", name or ""), shows(job.jvm)(line))
    for role, pid in roles.items():
        row = jvm_of(line, pid)
        tap.ok(f"{role} {pid}, with its ports", row.get("role") == role and row.get("ports"), row)
    for key, pid in zip(("0", "1"), executors):
        row = jvm_of(line, pid)
        tap.ok(f"executor {key} is the JVM {pid}, of {name}",
               row.get("role") == "executor" and row.get("executor_id") == key
               and row.get("job") == name
               and row.get("application_id") == job.facts["application_id"], row)
        tap.lies_between(f"executor {key}: heap_max_bytes", row.get("heap_max_bytes"), HEAP, HEAP,
                         MIB)
        one = line.row("executors", job=name, executor_id=key)
        tap.ok(f"executor {key}: its heap stands in its row", one.get("heap_used_bytes"), one)

    def has_master(line):
        return any(one["where"].rstrip("/") == host.spark.master_ui and one["state"] == "ok"
                   and one["found_by"] not in (None, "", "config")
                   for one in line.rows("targets", source="master"))
    host.watch.says("the master is a target, with how it was found", host.joined_at, has_master,
                    lambda line: line.rows("targets", source="master"))


def calm(host, since):
    """Nothing was wrong with the streams, and nothing was said to be.

    A driver forks for each file of its checkpoint; such a child is for a moment like its parent.
    """
    lines = host.watch.since(since)
    for name in ("stream-a", "stream-b"):
        pid = host.jobs[name].jvm
        said = {jvm_of(line, pid).get("verdict") for line in lines}
        tap.ok(f"{name}: no false alarm in {len(lines)} lines", said <= {"busy", "idle"}, said)
        drivers = {row["pid"] for line in lines
                   for row in line.rows("jvms", role="driver", job=job_of(line, pid).get("name"))}
        tap.ok(f"{name}: no other JVM was ever its driver", drivers == {pid}, drivers)


def executor_killed(host):
    job = host.jobs["batch"]
    pid = host.spark.executor_pid("0")
    os.kill(pid, signal.SIGKILL)
    seen(lambda: not proc.alive(pid))
    at = seen(lambda: not job.spark().executors.get("0", {}).get("isActive", True))
    lost(host, job, "executor killed", at, "0", 137)
    host.watch.says("executor killed: no JVM is left of it", at,
                    lambda line: jvm_of(line, pid).get("verdict") in (None, "dead"), shows(pid))
    seen(lambda: len(job.spark().live()) == 2)


def lost(host, job, claim, at, key, code):
    def holds(line):
        row = line.row("executors", job=job_of(line, job.jvm).get("name"), executor_id=key)
        return row.get("active") is False and row.get("exit_code") == code \
            and row.get("removed_reason")
    host.watch.says(f"{claim}: executor {key} is gone with {code}", at, holds,
                    lambda line: line.rows("executors", executor_id=key), of=(job.sees_ui,))


def executor_out_of_memory(host):
    job = host.jobs["batch"]

    def died():
        return sorted(key for key, row in job.spark().executors.items()
                      if "code 52" in row.get("removeReason", ""))
    job.ask("oom")
    at = seen(died)
    lost(host, job, "executor out of memory", at, died()[0], 52)
    says_job(host, "executor out of memory", at, job.jvm, ["degraded", "crashed"],
             lambda row: any("52" in sign for sign in row["evidence"]), of=(job.sees_ui,))


def stopped(host):
    """A driver in SIGSTOP: it accepts connections and answers none. Then it goes on."""
    job = host.jobs["stream-a"]
    os.kill(job.jvm, signal.SIGSTOP)
    try:
        at = seen(lambda: state(job.jvm) == "T")
        says_jvm(host, "stopped", at, job.jvm, ["stopped"])
        says_job(host, "stopped", at, job.jvm, ["hung"])
    finally:
        os.kill(job.jvm, signal.SIGCONT)
    at = seen(lambda: state(job.jvm) != "T" and rest.body(job.facts["ui"] + "/api/v1/version"))
    says_jvm(host, "continued", at, job.jvm, ["busy", "idle"])
    says_job(host, "continued", at, job.jvm, ["healthy", "degraded", "stale"])


def orphan(host):
    """Its Python dies while it cannot run its shutdown hook: it stays, with its ports."""
    job = host.jobs["stream-a"]
    os.kill(job.jvm, signal.SIGSTOP)
    seen(lambda: state(job.jvm) == "T")
    os.kill(job.process.pid, signal.SIGKILL)
    job.process.wait()
    at = time.time()
    says_jvm(host, "orphan", at, job.jvm, ["orphan"])
    says_job(host, "orphan", at, job.jvm, ["crashed"])
    os.kill(job.jvm, signal.SIGKILL)


def python_killed(host):
    """The JVM of a killed Python ends itself; the job stays in the list as crashed."""
    job = host.jobs["stream-b"]
    name = job_of(host.watch.now(), job.jvm).get("name")
    os.kill(job.process.pid, signal.SIGKILL)
    job.process.wait()
    at = seen(lambda: not proc.alive(job.jvm))
    host.watch.says("python killed: the job is crashed", at, lambda line: (
        row := line.row("jobs", name=name)).get("verdict") == "crashed" and row["evidence"],
        lambda line: line.rows("jobs", name=name))
    host.watch.says("python killed: its JVM is gone", at,
                    lambda line: jvm_of(line, job.jvm).get("verdict") in (None, "dead"),
                    shows(job.jvm))


def out_of_heap(host):
    """The runbook's cascade: 52, a dead session, retries that are refused."""
    job = host.jobs["migration"]
    job.ask("go")
    at = seen(lambda: state(job.jvm) == "Z")
    says_jvm(host, "out of heap", at, job.jvm, ["dead"], lambda row: row["exit_code"] == 52)
    says_job(host, "out of heap", at, job.jvm, ["crashed"],
             lambda row: any("52" in sign for sign in row["evidence"]))

    def incidents(line):
        return line.rows("incidents", job=job_of(line, job.jvm).get("name"))

    def is_told(line):
        return [one for one in incidents(line) if "OutOfMemoryError" in (one["root"] or "")
                and one["next_step"] and one["opened_at"] and one["events"]]
    line = host.watch.says("out of heap: one incident, its root and what to do", at, is_told,
                           lambda line: incidents(line) or shows(job.jvm)(line),
                           of=(JVMS, job.sees_log))
    if line is None:
        return
    seen(lambda: job.has("given-up"))
    line = host.watch.says("out of heap: the retries are part of it", time.time(), lambda line: any(
        "efused" in text for one in incidents(line) for text in one["events"] + [one["text"]]),
        incidents, of=(job.sees_log,))
    if line:
        one = incidents(line)
        tap.ok("out of heap: it is one incident", len(one) == 1, one)
        tap.note("\n".join([one[0]["text"], *one[0]["events"], one[0]["next_step"]]))


def deadlock(host):
    """Two threads wait for each other. The sign is that cycle, and that nothing moves for a while."""
    job = host.jobs["deadlock"]

    def cycle():
        threads = rest.body(f"{job.spark().app}/executors/driver/threads") or []
        return sum(one.get("blockedByThreadId") is not None and one["threadName"].startswith(
            "Thread-") for one in threads) == 2
    seen(cycle)
    at = seen(lambda: time.time() - host.locked_at >= STILL_SECONDS)
    says_jvm(host, "deadlock", at, job.jvm, ["hung"], lambda row: any(
        "deadlock" in sign and "Thread-" in sign for sign in row["evidence"]),
             of=(JVMS, job.sees_ui))
    says_job(host, "deadlock", at, job.jvm, ["hung"], of=(JVMS, job.sees_ui))


def stranded(host):
    """The JVM lives, its SparkContext and UI do not. That it did not end well its log says."""
    job = host.jobs["stranded"]
    job.ask("go")
    at = seen(lambda: not listens(job.ui_port) and proc.alive(job.jvm))
    says_jvm(host, "stranded", at, job.jvm, ["stranded"])
    at = seen(lambda: "export failed" in job.log())
    says_job(host, "stranded", at, job.jvm, ["crashed"], of=(JVMS, job.sees_log))


def thrash(host):
    """Full of what it needs: full collections without end, whether it answers or not."""
    job = host.jobs["thrash"]
    begun = Heap(job.jvm).full
    looks = [(time.time(), begun)]

    def is_thrashing():
        heap, now = Heap(job.jvm), time.time()
        if not heap.max:
            raise GivenUp(f"its JVM is gone: see {job.control}/job.log")
        if now - looks[-1][0] >= 2:
            looks.append((now, heap.full))
        fresh = looks[-1][1] - looks[-2][1] if len(looks) > 1 else 0
        return fresh >= 2 and heap.full - begun >= OFTEN and heap.old > 0.9 * heap.max
    job.ask("go")
    at = seen(is_thrashing)
    says_jvm(host, "thrash", at, job.jvm, ["thrashing"])
    says_job(host, "thrash", at, job.jvm, ["degraded", "hung"])


# In a terminal

@contextlib.contextmanager
def console_of(host):
    """A console of 80x24 that looks at this host by itself."""
    console = Console(host.argv(), host.short, 80, 24, **host.env)
    try:
        yield console
        console.keys("C-c")
        tap.ok("Ctrl-C ends it", console.ended() == 0, console.pane())
    finally:
        console.close()


def on_screen(console, view, *words):
    """One line of that view has these words."""
    console.go(view)
    tap.ok(f":{view} at 80x24 has a line with {' '.join(words)}",
           console.shows(lambda lines: row_of(lines, *words)), console.last)


# Waves: what runs side by side

def streams_and_cluster(host, wanted):
    for name in ("stream-a", "stream-b"):
        host.streaming(name)
    if set(wanted) & {"cluster", "executor-killed", "executor-oom"}:
        if not tap.ok("the master counts its worker", host.spark.start()):
            raise GivenUp("no cluster")
        host.jobs["batch"] = Job(host.spark.batch(host.spark.path("batch")),
                                 host.spark.path("batch"))
    host.all_up()


def broken_drivers(host, wanted):
    for name in ("migration", "deadlock", "stranded"):
        if {"migration": "oom"}.get(name, name) in wanted:
            host.local(name)
    host.all_up()
    if "deadlock" in wanted:
        host.jobs["deadlock"].ask("go")
        host.locked_at = seen(lambda: host.jobs["deadlock"].has("locked"))


def full_heap(host, wanted):
    host.local("thrash", "--driver-java-options=-XX:+UseG1GC")
    host.all_up()


def local_mode(host):
    joined(host, "stream-a")


def two_jobs(host):
    joined(host, "stream-b")
    two_streams(host)
    print_config(host)
    with console_of(host) as console:
        on_screen(console, "overview", "healthy", STREAMS)
        on_screen(console, "overview", "degraded", STREAMS)
        on_screen(console, "jvms", "driver", STREAMS)
    calm(host, host.joined_at)


def oom(host):
    with console_of(host) as console:
        on_screen(console, "jvms", "driver", "migration")
        out_of_heap(host)
        on_screen(console, "overview", "OutOfMemoryError")
        on_screen(console, "jvms", "dead", "migration")


WAVES = [
    (Host, streams_and_cluster, {
        "local": local_mode, "two": two_jobs, "cluster": standalone,
        "executor-killed": executor_killed, "executor-oom": executor_out_of_memory,
        "stopped": stopped, "orphan": orphan, "python-killed": python_killed}),
    (Host, broken_drivers, {"oom": oom, "stranded": stranded, "deadlock": deadlock}),
    (Host, full_heap, {"thrash": thrash}),
    (acts.Host, acts.start, acts.SCENARIOS),
    (inspark.Host, inspark.start, inspark.SCENARIOS),
]
NAMES = [name for _, _, scenarios in WAVES for name in scenarios]


def tell(sparkops, venv, folder, short, names):
    """Those of `names` that there are, wave by wave."""
    for number, (kind, start, scenarios) in enumerate(WAVES, 1):
        wanted = [name for name in scenarios if name in names]
        if wanted:
            tell_wave(kind(sparkops, venv, os.path.join(folder, f"wave-{number}"), short),
                      start, {name: scenarios[name] for name in wanted})


def tell_wave(host, start, scenarios):
    try:
        tap.section("start")
        start(host, scenarios)
        for name, scenario in scenarios.items():
            tap.section(name)
            try:
                scenario(host)
            except GivenUp as why:
                claim, *seen = str(why).split("\n")
                tap.ok(f"goes on to its end: {claim}", False, *seen)
        tap.section("end")
        tap.ok("sparkops runs and has complained of nothing", host.watch.process.poll() is None
               and not host.watch.noise, *host.watch.noise)
    except GivenUp as why:
        tap.ok(f"the wave ends here: {why}", False)
    finally:
        left = proc.stop_all()
        tap.ok("no process is left over", not left, *left)
