"""`sparkops --json --every 1s` while things happen: what it said, and after how many looks.

Nothing here counts seconds: a busy machine makes everything late and no promise broken. What is
counted are the program's own polls, each with the time at which it began and ended, which its
targets give. A poll that began before a sign was there need not have met it; from the sign on the
program has two. A deadline in seconds only ends a wait that has failed.
"""
import json

import compare
import proc
import tap

GIVE_UP_SECONDS = 150
GIVE_UP_POLLS = 4       # more than there should be, to see how late it is
SAME_POLL_SECONDS = 0.1
OWN_SECONDS = 0.5       # one that was late is followed at once: that is none of its own
JVMS = ("jvm", "")


class Line:
    def __init__(self, answer):
        self.answer = answer
        self.at = compare.utc(answer["time"])

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
        self.polls = {}         # of (source, where): [(began, ended)]
        self.process = proc.start(argv, file, env, folder)

    def _add(self, raw):
        try:
            line = Line(json.loads(raw))
        except ValueError:
            self.noise.append(raw.decode("utf-8", "replace"))
            return
        self.lines.append(line)
        for one in line.rows("targets"):
            if one["age_s"] is not None:
                self._note(self.polls.setdefault((one["source"], one["where"]), []),
                           line.at - one["age_s"], (one["took_ms"] or 0) / 1000)

    @staticmethod
    def _note(polls, ended, took):
        last = polls[-1] if polls else (0, 0)
        if ended > last[1] + SAME_POLL_SECONDS and ended - took > last[0] + OWN_SECONDS:
            polls.append((ended - took, ended))

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

    def first(self, at, predicate, goes_on=lambda: True):
        """The first line after the time `at` for which predicate(line) holds; None if none came."""
        found = []

        def is_over():
            lines = self.since(at)
            found[:] = [line for line in lines if predicate(line)][:1]
            return found or not goes_on()
        proc.wait_for(is_over, GIVE_UP_SECONDS, 0.2)
        return found[0] if found else None

    def polls_between(self, at, until, of):
        """How many began after `at` and have ended by `until`: of those sources the slowest's."""
        counts = []
        for source, where in of:
            polls = [polls for key, polls in self.polls.items()
                     if key[0] == source and key[1].startswith(where)]
            counts.append(max((sum(began >= at and ended <= until + SAME_POLL_SECONDS
                                   for began, ended in one) for one in polls), default=0))
        return min(counts)

    def says(self, claim, at, predicate, show, polls=2, of=(JVMS,)):
        """It says so at most `polls` polls after `at`; show(line): what to say if not.

        of: the sources that have to see something for it, (name, beginning of the place); each of
        them has its polls.
        """
        line = self.first(at, predicate, lambda: self.polls_between(
            at, self.lines[-1].at if self.lines else at, of) < polls + GIVE_UP_POLLS)
        if line is None:
            last = self.now()
            tap.ok(f"{claim}: within {polls} polls", False, "it never did; last it said:",
                   *(show(last) if last else ["nothing at all"]))
            return None
        took = self.polls_between(at, line.at, of)
        tap.ok(f"{claim}: within {polls} polls ({took})", took <= polls,
               f"it took {took} polls, {line.at - at:.1f} s", *show(line))
        return line
