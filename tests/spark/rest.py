"""What the endpoints answer, asked by the test itself with the standard library: the other opinion.

One look (`look`) is everything that the console's figures are compared with. The order of one look
is fixed, the counters only rise, so what the console read between two looks lies between them.
"""
import glob
import hashlib
import json
import os
import urllib.error
import urllib.request

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url, seconds=30):
    """(code, parsed body or None); code None when nothing answered."""
    try:
        with _opener.open(url, timeout=seconds) as answer:
            code, body = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        code, body = error.code, error.read()
    except OSError:
        return None, None
    try:
        return code, json.loads(body)
    except ValueError:
        return code, None


def post(url, what, seconds=30):
    """The code of the answer; None when nothing answered."""
    request = urllib.request.Request(url, data=json.dumps(what).encode(), method="POST",
                                     headers={"Content-Type": "application/json"})
    try:
        with _opener.open(request, timeout=seconds) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def body(url):
    code, answer = get(url)
    return answer if code == 200 else None


def dlq_lines(folder):
    """[(file, line number, raw line without its end)] of every line with an end, files in order."""
    lines = []
    for name in sorted(glob.glob(os.path.join(folder, "failed_batches_*.json"))):
        with open(name, "rb") as file:
            whole = file.read().split(b"\n")[:-1]
        lines += [(name, number, raw) for number, raw in enumerate(whole, 1) if raw.strip()]
    return lines


def line_hash(raw):
    return hashlib.sha256(raw).hexdigest()


class SparkLook:
    """One driver UI."""

    def __init__(self, ui):
        base = ui.rstrip("/") + "/api/v1"
        apps = body(base + "/applications") or []
        self.application = apps[0] if apps else {}
        self.id = self.application.get("id")
        app = self.app = f"{base}/applications/{self.id}"
        self.executors = {row["id"]: row for row in body(app + "/allexecutors") or []}
        environment = body(app + "/environment") or {}
        self.properties = dict(environment.get("sparkProperties", []))
        self.gauges = (body(ui.rstrip("/") + "/metrics/json/") or {}).get("gauges", {})

    def gauge(self, suffix):
        for name, value in self.gauges.items():
            if name.endswith(suffix):
                return value.get("value")
        return None

    def summary(self):
        """A line per executor, for a reader of a failure."""
        names = ("id", "isActive", "activeTasks", "failedTasks", "completedTasks", "removeReason",
                 "peakMemoryMetrics")
        return [str({name: row.get(name) for name in names}) for row in self.executors.values()]

    def out_of_heap(self):
        """The executors on which a task failed for want of heap: they are dead or about to be."""
        stages = body(self.app + "/stages?status=failed&details=true") or []
        return {task["executorId"] for stage in stages for task in stage.get("tasks", {}).values()
                if "OutOfMemoryError" in task.get("errorMessage", "")}

    def live(self):
        return sorted(key for key, row in self.executors.items()
                      if row["isActive"] and key != "driver")


class HealthLook:
    """The five endpoints of one job, and its folder of dead letters."""

    def __init__(self, health, folder):
        self.detailed = body(health + "/health/detailed") or {}
        self.plain = body(health + "/health") or {}
        self.dlq = (body(health + "/health/dlq") or {}).get("dlq", {})
        self.ready = get(health + "/health/ready")
        self.live = get(health + "/health/live")
        self.lines = dlq_lines(folder)
