"""The HTTP service of a runbook: it migrates tables with Spark, and can go on from the one that failed.

argv: the control folder and the port. GET /docs says that it is up; POST /migrate/schema with
{"resume_from": TABLE, "only_s3": BOOL} begins, in a thread. `migrated.jsonl` says which table was
migrated by which process. `break-oom` makes the widest one run out of memory, once: its JVM ends with 52
and the retries meet a dead session, as the service of that runbook did.
"""
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pyspark.sql import SparkSession

import control

TABLES = ("ACCOUNTS", "AGENTS", "AGENTSVES", "BRANCHES", "CLAIMS")
WIDEST = "AGENTSVES"
HEAPS_FULL = 900_000_000    # bytes in one string, the driver has 512 MB
ATTEMPTS, PAUSE_SECONDS = 4, 2
_one_at_a_time = threading.Lock()


def say(level, text):
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    print(f"{now} - migration_orchestrator - {level} - {text}", flush=True)


def migrate(spark, table, size):
    rows = spark.range(1000).selectExpr(f"length(repeat(cast(id AS string), {size})) AS n")
    rows.selectExpr("max(n)").collect()
    with open(control.path("migrated.jsonl"), "a") as file:
        file.write(json.dumps({"table": table, "pid": os.getpid()}) + "\n")


def migrate_table(spark, table):
    size = 10
    if table == WIDEST and control.asked("break-oom"):
        os.unlink(control.path("break-oom"))
        size = HEAPS_FULL
    for attempt in range(1, ATTEMPTS + 1):
        say("INFO", f"Migrating table {table} (attempt {attempt}/{ATTEMPTS})")
        try:
            migrate(spark, table, size)
            return True
        except Exception as error:
            say("ERROR", f"Attempt {attempt} failed for table {table}: {type(error).__name__}: {error}")
            time.sleep(PAUSE_SECONDS)
    say("ERROR", f"Failed to migrate table {table} after {ATTEMPTS} attempts. Resume with resume_from={table}")
    return False


def migrate_schema(resume_from):
    with _one_at_a_time:
        spark = SparkSession.builder.appName("migration").getOrCreate()
        control.write_facts(spark, resume_from=resume_from)
        for table in TABLES[TABLES.index(resume_from) if resume_from else 0:]:
            if not migrate_table(spark, table):
                control.done("given-up")
                return
        say("INFO", "Schema migrated")
        control.done("migrated")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(*((200, {"service": "migration"}) if self.path == "/docs" else (404, {})))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != "/migrate/schema":
            self.answer(404, {})
            return
        try:
            resume_from = json.loads(body or b"{}").get("resume_from")
            if resume_from and resume_from not in TABLES:
                raise ValueError(f"no table {resume_from}")
        except ValueError as error:
            self.answer(400, {"error": str(error)})
            return
        threading.Thread(target=migrate_schema, args=(resume_from,), daemon=True).start()
        self.answer(202, {"begins_with": resume_from or TABLES[0]})

    def answer(self, code, answer):
        body = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def main():
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler)
    server.daemon_threads = True
    say("INFO", f"Listens on {server.server_address[1]}")
    server.serve_forever()


main()
