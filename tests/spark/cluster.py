"""Real Spark on loopback: a standalone master with a worker, and the two jobs of the tests.

Everything listens on 127.0.0.1 and on ports that were free a moment before; where a thing really
is, is asked of the thing itself (facts.json of the jobs, /json/ of the master).
"""
import glob
import json
import os
import re
import subprocess

import proc
import rest

HERE = os.path.dirname(os.path.abspath(__file__))
START_SECONDS = 240
DRIVER = "org.apache.spark.deploy.history.HistoryServer"
SUBMITTED = re.compile(r"Driver successfully submitted as (driver-\S+)")


class Cluster:
    def __init__(self, venv, folder):
        self.python = os.path.join(venv, "bin", "python")
        self.home = glob.glob(os.path.join(venv, "lib", "python3*", "site-packages", "pyspark"))[0]
        self.folder = folder
        self.worker = None
        self.conf = self.path("conf")
        os.makedirs(self.conf)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def environment(self, **more):
        return proc.environment(
            SPARK_LOCAL_IP="127.0.0.1", SPARK_LOCAL_HOSTNAME="127.0.0.1",
            SPARK_CONF_DIR=self.conf, SPARK_DAEMON_MEMORY="256m", SPARK_NO_DAEMONIZE="1",
            SPARK_LOCAL_DIRS=self.path("local"), PYSPARK_PYTHON=self.python, **more)

    def daemon(self, name, main_class, *arguments):
        return proc.start([os.path.join(self.home, "bin", "spark-class"), main_class, *arguments],
                          self.path(name + ".log"), self.environment(), self.folder)

    def start(self):
        """The master and one worker of two cores; true when the master counts it."""
        port, ui = proc.free_port(), proc.free_port()
        self.master = f"spark://127.0.0.1:{port}"
        self.master_ui = f"http://127.0.0.1:{ui}"
        self.master_process = self.daemon(
            "master", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1",
            "--port", str(port), "--webui-port", str(ui))
        if not proc.wait_for(lambda: self.master_json().get("url") == self.master, START_SECONDS):
            return False
        self.worker = self.daemon(
            "worker", "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1",
            "--port", str(proc.free_port()), "--webui-port", str(proc.free_port()),
            "--cores", "2", "--memory", "2g", "--work-dir", self.path("work"), self.master)
        return proc.wait_for(lambda: self.master_json().get("aliveworkers") == 1, START_SECONDS)

    def master_json(self):
        return rest.body(self.master_ui + "/json/") or {}

    def command(self, script, control, arguments, words=(), **more):
        """A script of job/ under its own Python: (what is started, its environment)."""
        common = ["--driver-memory", "512m", "--conf", "spark.driver.host=127.0.0.1",
                  "--conf", "spark.executor.heartbeatInterval=4s",
                  "--conf", f"spark.sql.warehouse.dir={control}/warehouse"]
        submit = " ".join(common + arguments + ["pyspark-shell"])
        return ([self.python, os.path.join(HERE, "job", script), control, *words],
                self.environment(PYSPARK_SUBMIT_ARGS=submit, **more))

    def job(self, script, control, arguments, words=(), **more):
        """Start it; its control folder is `control`."""
        os.makedirs(control, exist_ok=True)
        argv, env = self.command(script, control, arguments, words, **more)
        return proc.start(argv, os.path.join(control, "job.log"), env, control)

    @staticmethod
    def apart(ui_port=None):
        """A UI port that no other Spark of this host comes upon, and a log without a bar."""
        return ["--conf", f"spark.ui.port={ui_port or proc.free_port()}",
                "--conf", "spark.ui.showConsoleProgress=false"]

    def streaming(self, control, zone):
        return self.job("main.py", control, self.apart() + [
            "--master", "local[2]", "--conf", "spark.sql.streaming.metricsEnabled=true",
            "--conf", "spark.sql.shuffle.partitions=2"], TZ=zone)

    def batch(self, control, ui_port=None):
        return self.job("batch.py", control, self.apart(ui_port) + [
            "--master", self.master, "--conf", "spark.executor.memory=512m",
            "--conf", "spark.executor.cores=1", "--conf", "spark.cores.max=2",
            "--conf", "spark.task.maxFailures=2", "--conf", "spark.sql.shuffle.partitions=2"])

    def submit(self, cores):
        """A driver for a worker to run (cluster mode): Spark's history server, of its main classes the one that just waits.
        Its id at the master."""
        events = self.path("events")
        os.makedirs(events, exist_ok=True)
        core = glob.glob(os.path.join(self.home, "jars", "spark-core_*.jar"))[0]
        said = subprocess.run(
            [os.path.join(self.home, "bin", "spark-submit"), "--master", self.master, "--deploy-mode", "cluster",
             "--driver-memory", "300m", "--driver-cores", str(cores), "--conf", f"spark.history.ui.port={proc.free_port()}",
             "--conf", f"spark.history.fs.logDirectory=file:{events}", "--class", DRIVER, f"file:{core}"],
            env=self.environment(), capture_output=True, text=True, timeout=START_SECONDS, check=True)
        return SUBMITTED.search(said.stderr)[1]

    def driver_state(self, driver):
        """By the master's word."""
        master = self.master_json()
        return next((one["state"] for one in master.get("activedrivers", []) + master.get("completeddrivers", [])
                     if one["id"] == driver), None)

    def executor_pid(self, executor):
        """The JVM of one executor, found below our own worker."""
        for pid in proc.children(self.worker.pid):
            line = proc.command_line(pid)
            if "--executor-id" in line and line[line.index("--executor-id") + 1] == executor:
                return pid
        return None


def facts(control):
    try:
        with open(os.path.join(control, "facts.json")) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None
