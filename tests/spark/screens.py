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


def open_job(console, name, others):
    """Enter on the row of that job: down the list, since equal verdicts have no order to rely on."""
    for _ in range(others + 1):
        console.keys("Enter")
        opened = console.shows(lambda lines: any("job \u203a" in line for line in lines[:4]), 20)
        if opened and any(name in line for line in console.last.splitlines()[:4]):
            break
        console.keys("Escape")
        console.shows(lambda lines: any("worst first" in line for line in lines), 20)
        console.keys("j")
    claim(console, f"job: Enter opens {name}", lambda lines: row_of(lines[:4], "job", name))


def job(console, look, stream, wide):
    open_job(console, stream, 1)
    claim(console, "job: its verdict", lambda lines: row_of(lines, "degraded"))
    batches = f"batches {look.health.detailed['batches_processed']} "
    claim(console, f"job: {batches}", lambda lines: any(batches in line for line in lines))
    if wide:
        for kind, count in look.health.detailed["errors_by_type"].items():
            claim(console, f"job: {count} {kind}",
                  lambda lines, k=kind, c=count: str(c) in (row_of(lines, k) or []))


def executors(console, look, stream, batch, wide):
    """Of the job that is open, then of the next one: ids, failed and finished tasks."""
    console.go("executors")
    claim(console, f"executors of {stream}: the driver",
          lambda lines: row_of(lines[:4], "executors", stream) and row_of(lines, "driver", "active"))
    console.keys(">")
    claim(console, f"executors: > goes to {batch}",
          lambda lines: row_of(lines[:4], "executors", batch))
    for key in look.batch.live():
        row = look.batch.executors[key]
        wanted = [key, str(row["failedTasks"])] + [str(row["completedTasks"])] * wide
        claim(console, f"executors: {' '.join(wanted)}", lambda lines, w=wanted: any(
            set(w) <= set(line.split()) and "active" in line for line in lines))
    claim(console, f"executors of {batch}: the driver",
          lambda lines: row_of(lines, "driver", "active"))
    console.keys("<")
    claim(console, f"executors: < goes back to {stream}",
          lambda lines: row_of(lines[:4], "executors", stream))


def dead_letters(console, look):
    console.go("dlq")
    for kind, count in look.health.dlq["error_types"].items():
        claim(console, f"dlq: {count} {kind}",
              lambda lines, k=kind, c=count: str(c) in (row_of(lines, k) or []))


def sources(console, places, wide):
    """[(source, job, place)]: each is ok; its place stands there where there is room."""
    console.go("sources")
    for source, of_job, place in places:
        words = ["ok", source, of_job] + [place.rsplit(":", 1)[1]] * wide
        claim(console, f"sources: {' '.join(words)}", lambda lines, w=words: row_of(lines, *w))


def walk(argv, folder, size, look, stream, batch, places):
    """All views in one session, which Ctrl-C ends."""
    console = Console(argv, folder, *size)
    wide = size[0] >= 110
    try:
        overview(console, look, stream, batch, wide)
        job(console, look, stream, wide)
        executors(console, look, stream, batch, wide)
        dead_letters(console, look)
        sources(console, places, wide)
        console.keys("C-c")
        status = console.ended()
        tap.ok("Ctrl-C ends it with exit code 0", status == 0, f"status {status}", console.pane())
    finally:
        console.close()


def dead_executors(argv, folder, dead):
    """[(executor, exit code)] of those that were lost."""
    console = Console(argv, folder, 160, 50)
    try:
        console.shows(lambda lines: any(lines))
        console.go("executors")
        for key, code in dead:
            claim(console, f"executors: {key} was lost with {code}",
                  lambda lines, k=key, c=code: any(
                      k in line.split() and c in line for line in lines))
    finally:
        console.close()
