"""The figures of `--once --json` against what the endpoints said right before and right after.

A figure that only rises must lie between the two, one that stands still or jumps must be one of the
two. Nothing is taken from sparkops to decide what would be right.
"""
import json
import math
import re
from datetime import datetime, timedelta, timezone

import rest
import tap

SAFETY_FACTOR = 1.5
UNITS = {"b": 1, "k": 1024, "m": 1024 ** 2, "g": 1024 ** 3, "t": 1024 ** 4}


def spark_size(text, unit="b"):
    """512m, 2g, 1024 (in `unit`) as Spark writes them, in bytes."""
    found = re.fullmatch(r"(\d+)([bkmgt]?)b?", (text or "").strip().lower())
    return int(found[1]) * UNITS[found[2] or unit] if found else None


def utc(text):
    """A time of Spark's REST API (GMT) or of sparkops (Z), in seconds; None if it is no time."""
    try:
        plain = re.sub(r"(GMT|Z)$", "+00:00", text)
        return datetime.fromisoformat(plain).timestamp()
    except (TypeError, ValueError):
        return None


def utc_of_zone(text, zone_minutes):
    """A time without a zone, written by a process whose clock is `zone_minutes` ahead of UTC."""
    zone = timezone(timedelta(minutes=zone_minutes))
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def same_time(claim, value, expected):
    got = utc(value)
    tap.ok(f"{claim} is {value!r}", got is not None and abs(got - expected) < 0.002,
           f"got {value!r}, expected {datetime.fromtimestamp(expected, timezone.utc)}")


def row(rows, **keys):
    for one in rows:
        if all(one.get(name) == value for name, value in keys.items()):
            return one
    return None


def health_job(job, before, after):
    """Everything of a job's row that its health endpoints say."""
    was, now = before.detailed, after.detailed
    for ours, theirs in (("batches", "batches_processed"), ("records", "records_processed"),
                         ("batch_id", "last_batch_id")):
        tap.lies_between(ours, job.get(ours), was[theirs], now[theirs])
    tap.lies_between("uptime_s", job.get("uptime_s"), was["uptime_seconds"],
                     now["uptime_seconds"], slack=1)
    tap.lies_between("errors", job.get("errors"), was["errors_count"], now["errors_count"])
    tap.is_one_of("errors_by_type", job.get("errors_by_type"),
                  [was["errors_by_type"], now["errors_by_type"]])
    tap.is_one_of("says", job.get("says"), [was["status"], now["status"]])
    tap.is_one_of("ready", job.get("ready"), [before.ready[1]["ready"], after.ready[1]["ready"]])
    tap.is_one_of("live", job.get("live"), [before.live[1]["alive"], after.live[1]["alive"]])
    tap.is_one_of("recommendations", job.get("recommendations"),
                  [was["recommendations"], now["recommendations"]])
    batch_time = sorted(look["avg_batch_processing_time_sec"] for look in (was, now))
    tap.lies_between("batch_time_s", job.get("batch_time_s"), *batch_time, slack=0.3)


def last_batch(job, before, after, zone_minutes, asked_at, answered_at):
    """The age of the last batch, whatever zone the job's clock is in."""
    oldest, newest = (utc_of_zone(look.detailed["last_processed_at"], zone_minutes)
                      for look in (before, after))
    tap.lies_between("last_batch_age_s", job.get("last_batch_age_s"),
                     max(0, asked_at - newest), answered_at - oldest, slack=1)


def in_window(entries, zone_minutes, times):
    """(fewest, most) entries of the last five minutes, asked and answered at `times`."""
    stamps = [utc_of_zone(entry["timestamp"], zone_minutes) for entry in entries]
    return tuple(sum(stamp > at - 300 for stamp in stamps) for at in reversed(times))


def errors_5m(job, look, zone_minutes, times):
    entries = [json.loads(raw) for _, _, raw in look.lines]
    tap.lies_between("errors_5m", job.get("errors_5m"), *in_window(entries, zone_minutes, times))


def errors(rows, name, look, zone_minutes, times):
    """The errors of one job: one row per type, counted and dated."""
    mine = {one.get("type"): one for one in rows if one.get("job") == name}
    tap.is_one_of("errors: the types", sorted(mine), [sorted(look.detailed["errors_by_type"])])
    entries = [json.loads(raw) for _, _, raw in look.lines]
    for kind, count in look.detailed["errors_by_type"].items():
        one = mine.get(kind, {})
        dated = [entry for entry in entries if entry["error"]["type"] == kind]
        tap.is_one_of(f"errors {kind}: count", one.get("count"), [count])
        tap.lies_between(f"errors {kind}: count_5m", one.get("count_5m"),
                         *in_window(dated, zone_minutes, times))
        stamps = [utc_of_zone(entry["timestamp"], zone_minutes) for entry in dated]
        same_time(f"errors {kind}: first_at", one.get("first_at"), min(stamps))
        same_time(f"errors {kind}: last_at", one.get("last_at"), max(stamps))
        tap.ok(f"errors {kind}: recommendation", one.get("recommendation"), one)


def dead_letters(rows, name, look, zone_minutes):
    """Each entry of the folder: place, hash, id, time, type, message."""
    mine = [one for one in rows if one.get("job") == name]
    tap.is_one_of("dlq: number of rows", len(mine), [len(look.lines)])
    for file, number, raw in look.lines:
        entry, digest = json.loads(raw), rest.line_hash(raw)
        what = f"dlq line {number}"
        one = row(mine, hash=digest) or {}
        if not tap.ok(f"{what}: found by the SHA-256 of its bytes", one, digest, mine):
            continue
        tap.ok(f"{what}: file and line", one["line"] == number
               and file.endswith(one["file"] or "?"), one)
        tap.is_one_of(f"{what}: batch_id", one["batch_id"], [entry["batch_id"]])
        tap.is_one_of(f"{what}: error_type", one["error_type"], [entry["error"]["type"]])
        same_time(f"{what}: at", one["at"], utc_of_zone(entry["timestamp"], zone_minutes))
        first = entry["error"]["message"].split("\n")[0]
        tap.ok(f"{what}: message", (one["message"] or "").startswith(first), one["message"], first)
        tap.ok(f"{what}: pending, no attempts", one["state"] == "pending" and not one["attempts"],
               one)


def gc_share(executor):
    """Per cent, None where no task time is known."""
    took = executor["totalDuration"]
    return 100 * executor["totalGCTime"] / took if took else None


def needed(executor, properties, cores, active, task_memory):
    """(basis, bytes) by the definition of headroom; basis None where nothing is known.

    A peak of 0 is "not collected", so a bound needs both pools.
    """
    peaks = executor.get("peakMemoryMetrics", {})
    pools = [peaks.get("OnHeapExecutionMemory", 0), peaks.get("OnHeapStorageMemory", 0)]
    if all(pools):
        return "bound", sum(pools) * SAFETY_FACTOR
    if task_memory is None or not executor["totalCores"]:
        return None, None
    partitions = int(properties.get("spark.default.parallelism", cores))
    each = min(executor["totalCores"], math.ceil(partitions / max(active, 1)))
    return "estimate", each * task_memory * SAFETY_FACTOR


def executor_row(one, before, after, key):
    """The plain figures of one executor; `before` and `after` are looks at its driver UI."""
    was, now = before.executors[key], after.executors[key]
    what = f"executor {key}"
    tap.is_one_of(f"{what}: application_id", one.get("application_id"), [before.id])
    tap.is_one_of(f"{what}: host", one.get("host"),
                  [now["hostPort"], now["hostPort"].rsplit(":", 1)[0]])
    for ours, theirs in (("active", "isActive"), ("cores", "totalCores"),
                         ("active_tasks", "activeTasks"), ("storage_max_bytes", "maxMemory"),
                         ("removed_reason", "removeReason")):
        tap.is_one_of(f"{what}: {ours}", one.get(ours), [was.get(theirs), now.get(theirs)])
    for ours, theirs in (("failed_tasks", "failedTasks"), ("completed_tasks", "completedTasks")):
        tap.lies_between(f"{what}: {ours}", one.get(ours), was[theirs], now[theirs])
    used = sorted((was["memoryUsed"], now["memoryUsed"]))
    tap.lies_between(f"{what}: storage_used_bytes", one.get("storage_used_bytes"), *used)
    shares = [gc_share(was), gc_share(now)]
    if None in shares:  # then its JVM, where that is seen, tells its share of now
        tap.ok(f"{what}: gc_pct", one.get("gc_pct") in shares or 0 <= one.get("gc_pct") <= 100, one.get("gc_pct"))
    else:
        tap.lies_between(f"{what}: gc_pct", one.get("gc_pct"), *sorted(shares), slack=0.06)
    if "removeTime" in now:
        same_time(f"{what}: removed_at", one.get("removed_at"), utc(now["removeTime"]))
    else:
        tap.is_one_of(f"{what}: removed_at", one.get("removed_at"), [None])


def executor_memory(one, before, after, key, task_memory):
    """Configured, needed and their ratio, with the basis."""
    what = f"executor {key}"
    name = "spark.driver.memory" if key == "driver" else "spark.executor.memory"
    configured = spark_size(after.properties.get(name))
    tap.is_one_of(f"{what}: configured_bytes", one.get("configured_bytes"), [configured])
    tap.is_one_of(f"{what}: heap_max_bytes", one.get("heap_max_bytes"), [configured])
    if one.get("headroom_basis") == "measured":
        measured(one, what, configured)
        return
    cores = sum(after.executors[other]["totalCores"] for other in after.live()) \
        or after.executors["driver"]["totalCores"]
    allowed = [needed(look.executors[key], look.properties, cores, len(look.live()), task_memory)
               for look in (before, after)]
    tap.is_one_of(f"{what}: headroom_basis", one.get("headroom_basis"),
                  [basis for basis, _ in allowed])
    got, ratio = one.get("needed_bytes"), one.get("headroom_ratio")
    if allowed[0][1] is None or allowed[1][1] is None:
        tap.is_one_of(f"{what}: needed_bytes", got, [None, allowed[0][1], allowed[1][1]])
        return
    low, high = sorted(value for _, value in allowed)
    tap.lies_between(f"{what}: needed_bytes", got, low, high, slack=1)
    tap.lies_between(f"{what}: headroom_ratio", ratio, configured / high, configured / low,
                     slack=0.01 * configured / low)


def measured(one, what, configured):
    """Its JVM has collected its old generation: when is its own affair, what it kept is some of its heap."""
    got = one.get("needed_bytes") or 0
    tap.lies_between(f"{what}: needed_bytes, measured", got, 1, 2 * configured)
    tap.lies_between(f"{what}: headroom_ratio", one.get("headroom_ratio"), configured / max(got, 1),
                     configured / max(got, 1), slack=0.01 * configured / max(got, 1))


def executors(rows, name, before, after, task_memory=None, disproved=False):
    """All executors and the driver of one job, dead ones included, none invented.

    `disproved`: some were lost to their heap, so that others like them may be called so as well.
    """
    mine = {one.get("executor_id"): one for one in rows if one.get("job") == name}
    tap.is_one_of("executors: the ids", sorted(mine), [sorted(before.executors),
                                                       sorted(after.executors)])
    for key in sorted(set(before.executors) & set(after.executors)):
        one = mine.get(key, {})
        executor_row(one, before, after, key)
        if disproved and one.get("headroom_basis") == "disproved":
            continue
        if after.executors[key]["isActive"]:
            executor_memory(one, before, after, key, task_memory)


def driver_heap(job, before, after, jvms):
    """The job's heap is the driver's: of its JVM now, where that is seen, else the gauge as of its last heartbeat, which 0
    does not mean. How the JVM's figure is come by is compared in scenarios.py."""
    gauge = "driver.ExecutorMetrics.JVMHeapMemory"
    allowed = [look.gauge(gauge) or None for look in (before, after)]
    allowed += [one["heap_used_bytes"] for one in jvms if one["pid"] == job.get("pid")]
    tap.is_one_of("heap_used_bytes", job.get("heap_used_bytes"), allowed)
    tap.is_one_of("heap_max_bytes", job.get("heap_max_bytes"),
                  [spark_size(after.properties.get("spark.driver.memory"))])


def targets(rows, wanted):
    """Each place that was asked is listed once and well: [(source, place, code)]."""
    for source, place, code in wanted:
        found = [one for one in rows if one.get("source") == source
                 and (one.get("where") or "").rstrip("/").startswith(place)]
        tap.ok(f"target {source} {place}: ok{f', code {code}' if code else ''}",
               found and all(one["state"] == "ok" for one in found)
               and (code is None or any(one["code"] == code for one in found)),
               *(found or [f"not among {[one.get('where') for one in rows]}"]))
