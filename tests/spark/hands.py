"""sparkops in a terminal under the hands of a person: one key at a time, each after what it did is on the
screen. What they press is counted.
"""
import contextlib
import re
import time

import tap
from console import Console
from host import GivenUp

WIDTH, HEIGHT = 110, 40
READING_SECONDS = 0.6       # a question is deaf for 400 ms after it was drawn
BETWEEN_SECONDS = 0.15      # the same key again within 120 ms repeats itself and is not taken
TYPE = re.compile(r"Type (\S+) to confirm: *(\S*)")


class Hands:
    def __init__(self, host):
        self.console = Console(host.argv(), host.short, WIDTH, HEIGHT, **host.env)
        self.pressed = 0

    def press(self, key):
        self.console.keys(key)
        self.pressed += 1

    def sees(self, predicate, what, seconds=120):
        if not self.console.shows(predicate, seconds):
            raise GivenUp(f"the screen never showed {what}:\n{self.console.last}")
        return self.console.last.splitlines()

    def waits_for_row(self, *words):
        """That row comes first of all jobs, so the cursor is on it."""
        self.sees(lambda lines: set(words) <= set(first_job(lines) or []), " ".join(words))

    def only(self, *words):
        """Nothing but the job of that name is in the list, and its row has these words."""
        self.console.type("/" + words[0])
        self.console.keys("Enter")
        self.waits_for_row(*words)

    def go(self, view):
        self.console.go(view)

    def asks(self, key, title):
        """The key opens a question, which is read."""
        self.press(key)
        lines = self.sees(lambda lines: any(f"┌─ {title}" in line for line in lines), title)
        time.sleep(READING_SECONDS)
        lines = self.console.lines()
        tap.note("\n".join(box(lines)))
        return lines

    def asks_again(self, key, title, refusal):
        """The question, opened once more for as long as it is refused for what the next looks will not see."""
        for _ in range(20):
            lines = self.asks(key, title)
            if not any(refusal in line for line in lines):
                return lines
            self.console.keys("Escape")
            time.sleep(READING_SECONDS)
        raise GivenUp(f"{title} is refused for ever: {refusal}")

    def types(self, claim, expected):
        """What the question wants typed, digit by digit."""
        if not self.console.shows(to_type, 20):
            raise GivenUp(f"{claim}: it is refused, see the question")
        wanted = self.console.last.splitlines()
        digits = to_type(wanted)[0]
        if not tap.ok(f"{claim}: to type is the end of {expected}, or its beginning",
                      digits in (str(expected)[-4:], str(expected)[:4]), digits, *wanted):
            self.refuses("the question is about something else")
        for n, digit in enumerate(digits, 1):
            self.press(digit)
            self.sees(lambda lines, n=n: (to_type(lines) or ("", ""))[1] == digits[:n],
                      f"the digits {digits[:n]}")
            time.sleep(BETWEEN_SECONDS)

    def refuses(self, why):
        """Nothing is ever done to what is not the test's own."""
        self.console.keys("Escape")
        raise GivenUp(why)

    def answers(self, claim, expected, about):
        """What is asked for is typed; where nothing is, the action is chosen. `about` stands in it."""
        if not all(word in " ".join(box(self.console.lines())) for word in about):
            self.refuses(f"the question is not about {' '.join(about)}")
        if to_type(self.console.lines()):
            self.types(claim, expected)
            self.enter()
        else:
            self.chooses()

    def enter(self):
        """Enter in a question: it closes."""
        self.press("Enter")
        self.sees(lambda lines: not any("┌─" in line for line in lines), "the end of the question")

    def chooses(self):
        """The action where nothing has to be typed: the focus stands on Cancel."""
        self.press("Right")
        time.sleep(BETWEEN_SECONDS)
        self.enter()


def box(lines):
    """The question alone, without what is behind it."""
    left = next((line.index("┌─") for line in lines if "┌─" in line), None)
    right = next((line.index("┐") for line in lines if "┐" in line), None)
    if left is None or right is None:
        return []
    return [line[left:right + 1] for line in lines if line[left:left + 1] in tuple("┌│└")]


def to_type(lines):
    """(what is to be typed, what was); None: nothing is asked for."""
    found = next(filter(None, map(TYPE.search, lines)), None)
    return found and (found[1], found[2].strip("│ "))


def first_job(lines):
    """The first row of the overview as its words."""
    head = next((n for n, line in enumerate(lines) if "VERDICT" in line), None)
    return lines[head + 1].split() if head is not None and head + 1 < len(lines) else None


@contextlib.contextmanager
def at_the_console(host):
    hands = Hands(host)
    try:
        hands.sees(lambda lines: any("VERDICT" in line for line in lines), "its first look")
        yield hands
        hands.console.keys("C-c")
        tap.ok("Ctrl-C ends it", hands.console.ended() == 0, hands.console.pane())
    finally:
        hands.console.close()
