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
# From an eye to a finger. A key that is there when a frame has just been drawn came before it could be seen, so nothing is
# asked; on a busy machine that takes the console some 10 ms. And the same key again within 120 ms repeats itself.
HAND_SECONDS = 0.2
AGAIN = "press it again by itself"
TRAIL = 12                  # so many keys and screens are told when it ends badly
TYPE = re.compile(r"Type (\S+) to confirm: *(\S*)")


class Hands:
    def __init__(self, host):
        self.console = Console(host.argv(), host.short, WIDTH, HEIGHT, **host.env)
        self.pressed = 0
        self.trail = []

    def press(self, key):
        time.sleep(HAND_SECONDS)
        self.tells(f"presses {key}, over", self.console.last)
        self.console.keys(key)
        self.pressed += 1

    def tells(self, what, screen):
        """For a reader of a failure: the way that led to it."""
        self.trail = [*self.trail[-TRAIL:], f"{time.strftime('%H:%M:%S')} {what}:", screen.rstrip()]

    def sees(self, predicate, what, seconds=300):
        if not self.console.shows(predicate, seconds):
            raise GivenUp(f"the screen never showed {what}")
        return self.console.last.splitlines()

    def waits_for_row(self, *words):
        """That row comes first of all jobs, so the cursor is on it."""
        self.sees(lambda lines: set(words) <= set(first_job(lines) or []), " ".join(words))

    def only(self, *words):
        """Nothing but the job of that name is in the list, and its row has these words."""
        self.filters(words[0])
        self.waits_for_row(*words)

    def filters(self, text):
        """The list holds what has that text, and keys are keys again."""
        self.console.type("/" + text)
        self.sees(lambda lines: any(line.startswith("/" + text) for line in lines[-1:]), f"/{text} typed")
        self.console.keys("Enter")
        self.sees(lambda lines: any(f"/{text} " in line for line in lines[:4]) and
                  not any(line.startswith("/") for line in lines[-1:]), f"a list with /{text}")

    def go(self, view):
        self.console.go(view)

    def asks(self, key, title):
        """The key opens a question, which is read; where the console asks for the key again it gets it."""
        def is_open(lines):
            return any(f"┌─ {title}" in line for line in lines)

        def wants_it_again(lines):
            return any(AGAIN in line for line in lines)
        for _ in range(10):
            self.press(key)
            self.console.shows(lambda lines: not wants_it_again(lines), 5)
            if is_open(self.sees(lambda lines: is_open(lines) or wants_it_again(lines), f"{title}, a question")):
                break
            tap.note(f"{key} was taken for a burst")
        else:
            raise GivenUp(f"{key} is taken for a burst each time")
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
            raise GivenUp(f"{claim}: nothing is to be typed, see the question")
        wanted = self.console.last.splitlines()
        digits = to_type(wanted)[0]
        if not tap.ok(f"{claim}: to type is the end of {expected}, or its beginning",
                      digits in (str(expected)[-4:], str(expected)[:4]), digits, *wanted):
            self.refuses("the question is about something else")
        for n, digit in enumerate(digits, 1):
            self.press(digit)
            self.sees(lambda lines, n=n: (to_type(lines) or ("", ""))[1] == digits[:n],
                      f"the digits {digits[:n]}")

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
        self.sees(lambda lines: not box(lines), "the end of the question")

    def chooses(self):
        """The action where nothing has to be typed: the focus stands on Cancel. Where an OutOfMemoryError would come
        again a word is wanted; that may turn out while the question is open, which then is read anew."""
        for _ in range(5):
            if any("type same" in line for line in box(self.console.lines())):
                for key in ("BTab", *"same", "Enter"):
                    self.press(key)
            else:
                self.press("Right")
            self.press("Enter")
            if self.console.shows(lambda lines: not box(lines), 20):
                return
            time.sleep(READING_SECONDS)
        raise GivenUp("the question takes no answer")


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
    """Whatever ends it badly is told with the way that led there, and with what the console shows now."""
    hands = Hands(host)
    try:
        hands.sees(lambda lines: any("VERDICT" in line for line in lines), "its first look")
        yield hands
        hands.console.keys("C-c")
        tap.ok("Ctrl-C ends it", hands.console.ended() == 0, hands.console.pane())
    except GivenUp as why:
        hands.tells("the last screen", hands.console.pane())
        raise GivenUp("\n".join([str(why), *hands.trail])) from None
    finally:
        hands.console.close()
