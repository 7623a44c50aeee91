"""`sparkops --json --every 1s` while things happen: what it said, and after how many polls.

A poll is a look of the jvm source at this host, known by the age that its target gives; so a busy
machine, which makes everything late, makes no test fail that counts polls.
"""
import json

import compare
import proc
import tap

GIVE_UP_SECONDS = 20
SAME_POLL_SECONDS = 0.3


class Line:
    def __init__(self, answer):
        self.answer = answer
        self.at = compare.utc(answer["time"])
        ages = [one["age_s"] for one in self.rows("targets", source="jvm")
                if one["age_s"] is not None]
        self.polled_at = self.at - ages[0] if ages else self.at
        self.polls = 0          # how many there were up to this line

    def rows(self, member, **keys):
        return [one for one in self.answer[member]
                if all(one.get(name) == value for name, value in keys.items())]

    def row(self, member, **keys):
        return (self.rows(member, **keys) or [{}])[0]


class Watch:
    """The program without a configuration, its output in a file from its start on."""

    def __init__(self, argv, env, folder, file):
        self.file, self.read_to, self.lines = file, 0, []
        self.noise = []
        self.process = proc.start(argv, file, env, folder)

    def _add(self, raw):
        try:
            line = Line(json.loads(raw))
        except ValueError:
            self.noise.append(raw.decode("utf-8", "replace"))
            return
        before = self.lines[-1] if self.lines else None
        line.polls = before.polls if before else 1
        if before and line.polled_at > before.polled_at + SAME_POLL_SECONDS:
            line.polls += 1
        self.lines.append(line)

    def read(self):
        """Everything that was said since the last read; answers all lines."""
        with open(self.file, "rb") as file:
            file.seek(self.read_to)
            whole = file.read().rpartition(b"\n")[0]
        if whole:
            self.read_to += len(whole) + 1
            for raw in whole.split(b"\n"):
                self._add(raw)
        return self.lines

    def now(self):
        """The newest line, waited for if there is none yet."""
        proc.wait_for(self.read, GIVE_UP_SECONDS)
        return self.lines[-1] if self.lines else None

    def since(self, at):
        """What was said from that time on: what has not changed was not dated anew, so the newest."""
        return [line for line in self.read() if line.at >= at] or self.lines[-1:]

    def first(self, at, predicate):
        """The first line after the time `at` for which predicate(line) holds; None if none came."""
        return proc.wait_for(
            lambda: next((line for line in self.since(at) if predicate(line)), None),
            GIVE_UP_SECONDS, 0.2)

    def polls_until(self, at):
        """Polls that were made before the time `at`."""
        return max((line.polls for line in self.read() if line.polled_at < at), default=0)

    def says(self, claim, at, predicate, show, polls=2):
        """It said so at most `polls` polls after `at`; show(line): what to say if not."""
        before = self.polls_until(at)
        line = self.first(at, predicate)
        if line is None:
            last = self.now()
            tap.ok(f"{claim}: within {polls} polls", False, "it never did; last it said:",
                   *(show(last) if last else ["nothing at all"]))
            return None
        took = max(0, line.polls - before)
        tap.ok(f"{claim}: within {polls} polls ({took})", took <= polls,
               f"it took {took} polls, {line.at - at:.1f} s", *show(line))
        return line
