"""What each view of the console must show of what the endpoints said, in a terminal."""
from console import Console, row_of

import tap


def claim(console, what, predicate):
    tap.ok(what, console.shows(predicate), console.last)


def overview(console, look, stream, batch, wide):
    """Errors and dead letters stand in the row of the job; its batch where there is room."""
    errors = str(look.health.detailed["errors_count"])
    letters = str(len(look.health.lines))

    def job_row(lines):
        row = row_of(lines, stream, "degraded")
        wanted = 2 if errors == letters else 1
        return row and row.count(errors) >= wanted and row.count(letters) >= wanted
    claim(console, f"overview: {stream} degraded, {errors} errors, {letters} dead letters", job_row)
    claim(console, f"overview: {batch}", lambda lines: row_of(lines, batch))
    if wide:
        number = str(look.health.detailed["last_batch_id"])
        claim(console, f"overview: batch {number}",
              lambda lines: number in (row_of(lines, stream, "degraded") or []))


def job(console, look, stream, wide):
    """Enter on the worst row."""
    before = console.pane()
    console.keys("Enter")
    claim(console, f"job: Enter opens {stream}", lambda lines: "\n".join(lines) != before.strip()
          and any(stream in line for line in lines[:4]) and "worst first" not in "\n".join(lines))
    claim(console, "job: its verdict", lambda lines: any("degraded" in line for line in lines))
    if wide:
        for kind, count in look.health.detailed["errors_by_type"].items():
            claim(console, f"job: {count} {kind}",
                  lambda lines, k=kind, c=count: str(c) in (row_of(lines, k) or []))


def executors(console, look):
    """The ids, cores and finished tasks of everything that runs."""
    console.go("executors")
    for key in look.batch.live():
        done = str(look.batch.executors[key]["completedTasks"])
        claim(console, f"executors: {key} with {done} tasks done", lambda lines, k=key, d=done: any(
            k in words and d in words for words in map(str.split, lines)))
    claim(console, "executors: the drivers",
          lambda lines: sum("driver" in line for line in lines) >= 2)


def dead_letters(console, look):
    console.go("dlq")
    for kind, count in look.health.dlq["error_types"].items():
        claim(console, f"dlq: {count} {kind}",
              lambda lines, k=kind, c=count: str(c) in (row_of(lines, k) or []))


def sources(console, places):
    console.go("sources")
    for place in places:
        port = place.rsplit(":", 1)[1]
        claim(console, f"sources: {place} is ok",
              lambda lines, p=port: "ok" in (row_of(lines, p) or []))


def walk(argv, folder, size, look, stream, batch, places):
    """All views in one session, which Ctrl-C ends."""
    console = Console(argv, folder, *size)
    wide = size[0] >= 110
    try:
        overview(console, look, stream, batch, wide)
        job(console, look, stream, wide)
        executors(console, look)
        dead_letters(console, look)
        sources(console, places)
        console.keys("C-c")
        status = console.ended()
        tap.ok("Ctrl-C ends it with exit code 0", status == 0, f"status {status}", console.pane())
    finally:
        console.close()


def dead_executors(argv, folder, dead):
    """[(executor, exit code)] of those that were lost."""
    console = Console(argv, folder, 160, 50)
    try:
        console.shows(lambda lines: any(lines), 10)
        console.go("executors")
        for key, code in dead:
            claim(console, f"executors: {key} was lost with {code}",
                  lambda lines, k=key, c=code: any(
                      k in line.split() and c in line for line in lines))
    finally:
        console.close()
