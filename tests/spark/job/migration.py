"""A migration that runs out of heap and retries on the session that died with its JVM.

The task asks for more than the heap there is, Spark ends the JVM with 52; this Python lives on and
says what such programs say. argv: the control folder; `go` begins the table that is too wide.
"""
import time

from pyspark.sql import SparkSession

import control

HEAPS_FULL = 900_000_000    # bytes in one string, the driver has 512 MB
ATTEMPTS, PAUSE_SECONDS = 4, 3


def say(level, text):
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    print(f"{now} - migration_orchestrator - {level} - {text}", flush=True)


def migrate(spark, table, size):
    rows = spark.range(1000).selectExpr(f"length(repeat(cast(id AS string), {size})) AS n")
    rows.selectExpr("max(n)").collect()
    say("INFO", f"Migrated table {table}: 1000 rows")


def main():
    spark = SparkSession.builder.appName("migration").getOrCreate()
    for table in ("ACCOUNTS", "AGENTS"):
        migrate(spark, table, 10)
    control.write_facts(spark)
    control.wait_for("go")
    for attempt in range(1, ATTEMPTS + 1):
        say("INFO", f"Migrating table AGENTSVES (attempt {attempt}/{ATTEMPTS})")
        try:
            migrate(spark, "AGENTSVES", HEAPS_FULL)
        except Exception as error:
            say("ERROR", f"Attempt {attempt} failed for table AGENTSVES: {type(error).__name__}: {error}")
            time.sleep(PAUSE_SECONDS)
    say("ERROR", f"Failed to migrate table AGENTSVES after {ATTEMPTS} attempts."
        " Resume with resume_from=AGENTSVES")
    control.done("given-up")
    while True:
        time.sleep(60)


main()
