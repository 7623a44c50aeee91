"""Verbs against the stand-in cluster: jobs with JVMs and dead-letter queues, hooks that only note that they were called."""
import json
import os

from cluster import Cluster, program
from test_cli import Case

SCRIPT = """
job good version=3.5 up=2h batch=120 last=1s rate=5 interval=1s
job good jvm pyspark
job good fail Timeout x3 since 40m until 20m
job good fail SchemaError since 15m
job bad version=3.5 up=2h batch=120 last=1s rate=5 interval=1s
job bad jvm pyspark
job third version=3.5 up=2h batch=120 last=1s rate=5 interval=1s
job third jvm pyspark
"""
# What a hook was given: its arguments, a line each, where EFFECT says.
HOOK = """#!/bin/sh
echo "$@" >> "$EFFECT"
[ -z "$SLOW" ] || while [ ! -e "$SLOW" ] && [ -e "$EFFECT" ]; do sleep 0.05; done
cat > /dev/null
"""


class Acting(Case):
    """Against the stand-in cluster, which is new for each class: jobs with JVMs of their own."""
    script = SCRIPT

    @classmethod
    def setUpClass(cls):
        cls.world = Cluster(cls.script, start=False)
        cls.trace = os.path.join(cls.world.folder.name, "trace")
        cls.world.command += ["--trace", cls.trace]
        cls.world.start()

    @classmethod
    def tearDownClass(cls):
        cls.world.stop()
        cls.world.folder.cleanup()

    def setUp(self):
        super().setUp()
        self.state = os.path.join(self.dir, "state")
        self.hook = os.path.join(self.dir, "hook")
        program(self.hook, HOOK)
        self.effect = os.path.join(self.dir, "effect")
        self.config = self.configure()

    def configure(self, **more):
        """The world's jobs, with hooks that only note that they were called."""
        env = {"EFFECT": self.effect}
        jobs = [dict({k: self.world.job(name)[k] for k in ("name", "health", "ui", "dlq")},
                     match={"app_name": name}, restart={"command": [self.hook, "restart", name], "env": env},
                     replay={"command": [self.hook, "{batch_id}"], "env": env, "rate": "1000/min", "settle": "50ms"})
                for name in ("good", "bad", "third")]
        for job in jobs:
            job.update(more.get(job["name"], {}))
        return self.file("sparkops.yaml", json.dumps(dict({k: v for k, v in more.items() if k not in ("good", "bad")}, jobs=jobs)))

    def verb(self, *args, **kw):
        return self.run_it(*args, "--config", self.config, "--no-discover", "--state-dir", self.state, **kw)

    def said(self, *args, **kw):
        code, out, err = self.verb(*args, "--json", **kw)
        self.assertEqual(out.count("\n"), 1, (out, err))
        o = json.loads(out)
        self.assertEqual(o.get("exit", code), code)
        return o

    def once(self, view, within="30s"):
        """A machine that is busy may need longer than a person waits."""
        return self.said("--once", view, "--timeout", within)[view]

    def audit(self, *args):
        return json.loads(self.run_it("audit", "list", "--json", "--state-dir", self.state, *args)[1])["audit"]

    def effects(self):
        try:
            with open(self.effect, encoding="utf-8") as f:
                return f.read().split("\n")[:-1]
        except FileNotFoundError:
            return []

    def jvm(self, job):
        """Its driver's row; by the verdict of more than one look, where there is one."""
        return next(row for row in self.once("jvms", "10s") if row["pid"] == self.world.job(job)["java"])

    def dlq(self, job):
        return [row for row in self.once("dlq") if row["job"] == job]

    def requests(self):
        with open(self.trace, encoding="utf-8") as f:
            return [line.split()[3] for line in f if len(line.split()) > 4]
