"""A person ends what Spark runs: a job and a stage through the driver's UI, the application through its master.

The host has a configuration and looks at nothing else: what is under the cursor can only be the test's own.
"""
import subprocess

import acts
import proc
import rest
import tap
from acts import ended_well
from hands import at_the_console
from host import GivenUp, Job, seen

BATCH = "nightly-batch"
CONFIG = """discover: false
jobs:
  - name: {name}
    ui: {ui}
clusters:
  - {{name: test, master: "{master}"}}
"""
# what it is: (its path in REST, the status that is asked for there, its number, its row's status on the screen)
KINDS = {"job": ("jobs", "running", "jobId", "RUNNING"), "stage": ("stages", "active", "stageId", "ACTIVE")}


class Host(acts.Host):
    """A standalone cluster with one application, and another one beside it."""

    def prepare(self):
        self.is_up = self.spark.start()
        self.ui_port = proc.free_port()
        self.plans = {"other": acts.Plan(self.spark, acts.OTHER, "main.py")}
        with open(self.config, "w") as file:
            file.write(CONFIG.format(name=BATCH, ui=f"http://127.0.0.1:{self.ui_port}",
                                     master=self.spark.master_ui))


def start(host, _):
    if not tap.ok("the master counts its worker", host.is_up):
        raise GivenUp("no cluster")
    control = host.spark.path("batch")
    host.jobs["batch"] = Job(host.spark.batch(control, host.ui_port), control)
    host.begin("other")
    host.all_run()
    acts.has_neighbour(host)


def running(job, kind):
    """Numbers of what runs, as its UI says."""
    what, status, key, _ = KINDS[kind]
    return [one[key] for one in rest.body(f"{job.spark().app}/{what}?status={status}") or []]


def kill_in_ui(host):
    job = host.jobs["batch"]
    app, after = job.facts["application_id"], acts.batches(host.jobs["other"])
    with at_the_console(host) as hands:
        for kind, table in (("job", "spark-job"), ("stage", "stage")):
            seen(lambda k=kind: running(job, k))
            number = running(job, kind)[0]
            thing = f"{kind} {number}"
            title = "Kill this Spark job" if kind == "job" else "Kill this stage"
            kills_row(hands, thing, (table, "status:" + KINDS[kind][3], str(number)), title, app)
            tap.ok(f"{thing} runs no more", proc.wait_for(
                lambda k=kind, n=number: n not in running(job, k), 120), running(job, kind))
            ended_well(host, hands, thing, thing)
            tap.ok(f"after {thing} the application goes on with another", proc.wait_for(
                lambda k=kind, n=number: any(one > n for one in running(job, k)), 120), running(job, kind))
        tap.ok("its JVM and its Python live on", proc.alive(job.jvm) and job.process.poll() is None)
    acts.untouched(host, "killed in Spark", after)


def kill_in_master(host):
    job = host.jobs["batch"]
    app, after = job.facts["application_id"], acts.batches(host.jobs["other"])
    with at_the_console(host) as hands:
        kills_row(hands, "application " + app, ("cluster-app", app, app), "Kill this application", app)
        tap.ok(f"the master has ended {app}", proc.wait_for(lambda: app not in [
            one["id"] for one in host.spark.master_json().get("activeapps", [])], 120))
        ended_well(host, hands, "the application", "application")
    acts.untouched(host, "the application", after)


def kill_drivers(host):
    """Cluster mode: one by the key, one that takes more cores than there are, and so waits, by the verb."""
    runs, waits = host.spark.submit(1), host.spark.submit(2)
    seen(lambda: host.spark.driver_state(runs) in ("RUNNING", "SUBMITTED"))
    after = acts.batches(host.jobs["other"])
    with at_the_console(host) as hands:
        kills_row(hands, "driver " + runs, ("cluster-driver", runs, runs), "Kill this driver", runs, claim=runs)
        tap.ok(f"the master has ended {runs}", proc.wait_for(lambda: host.spark.driver_state(runs) == "KILLED", 120),
               host.spark.driver_state(runs))
        ended_well(host, hands, "the driver", "driver")
    said = subprocess.run(host.argv("kill", "--driver", waits, "--yes", "--if", "unknown", "--timeout", "60s"),
                          env=proc.environment(**host.env), capture_output=True, text=True, timeout=120, check=False)
    tap.ok(f"{waits} is ended by the verb", said.returncode == 0 and host.spark.driver_state(waits) == "KILLED",
           said.stdout, said.stderr)
    acts.untouched(host, "the drivers", after)


def kills_row(hands, thing, where, title, app, claim=BATCH):
    """K on the only row there is; the question must be about that thing of that application."""
    table, condition, word = where
    hands.go("table " + table)
    hands.filters(condition)
    hands.sees(lambda lines: is_only(lines, condition, word), f"{word} alone in {table}")
    hands.asks("K", title)
    hands.answers(thing, claim, [thing + " ", app])
    hands.console.keys("Escape")


def is_only(lines, condition, word):
    """The filter leaves one row, and it is that one."""
    return any(f"/{condition}  1 of " in line for line in lines) and \
        any(word in line.split() for line in lines[2:])


SCENARIOS = {"act-kill-spark": kill_in_ui, "act-kill-application": kill_in_master,
             "act-kill-driver": kill_drivers}
