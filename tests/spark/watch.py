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
    def __init__(self, answer, polls):
        self.answer = answer
        self.at = compare.utc(answer["time"])
        self.polls = polls      # how many there were up to this line

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
        self.last_stamp, self.polls = 0.0, 0
        self.process = proc.start(argv, file, env, folder)

    def _count(self, answer, at):
        ages = [one["age_s"] for one in answer["targets"]
                if one["source"] == "jvm" and one["age_s"] is not None]
        stamp = at - ages[0] if ages else at
        if stamp > self.last_stamp + SAME_POLL_SECONDS:
            self.last_stamp, self.polls = stamp, self.polls + 1
        return self.polls

    def _add(self, raw):
        try:
            answer = json.loads(raw)
        except ValueError:
            self.noise.append(raw.decode("utf-8", "replace"))
            return
        self.lines.append(Line(answer, self._count(answer, compare.utc(answer["time"]))))

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
        """Polls that were over at the time `at`."""
        return max((line.polls for line in self.read() if line.at < at), default=0)

    def says(self, claim, at, predicate, show, polls=2):
        """It said so at most `polls` whole polls after `at`; show(line): what to say if not.

        The poll that was under way at that time does not count.
        """
        before = self.polls_until(at)
        line = self.first(at, predicate)
        if line is None:
            last = self.now()
            tap.ok(f"{claim}: within {polls} polls", False, "it never did; last it said:",
                   *(show(last) if last else ["nothing at all"]))
            return None
        took = max(0, line.polls - before - 1)
        tap.ok(f"{claim}: within {polls} polls ({took})", took <= polls,
               f"it took {took} polls, {line.at - at:.1f} s", *show(line))
        return line
