"""What a test says: one line per claim in the manner of TAP, evidence behind `#`, counts at the end."""
import sys

passed = 0
failed = 0
_story = _prefix = ""


def story(name):
    """In front of every section from here on."""
    global _story
    _story = name + " "


def section(name):
    """What the following claims are about; stands in front of each."""
    global _prefix
    _prefix = f"{_story}{name}: "


def note(text):
    for line in str(text).splitlines() or [""]:
        print("#", line, flush=True)


def ok(claim, holds, *evidence):
    """One claim. The evidence is said only when it does not hold. Answers whether it holds."""
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
    print(f"{'ok' if holds else 'not ok'} {passed + failed} - {_prefix}{claim}", flush=True)
    if not holds:
        for piece in evidence:
            note(piece)
    return bool(holds)


def is_one_of(claim, value, allowed):
    return ok(f"{claim} is {value!r}", value in list(allowed),
              f"got {value!r}, expected one of {list(allowed)!r}")


def lies_between(claim, value, low, high, slack=0):
    """A counter that moves while it is asked: what was read before and after are its bounds."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return ok(f"{claim} is {value!r} ({low} to {high})",
              number and low is not None and low - slack <= value <= high + slack,
              f"got {value!r}, expected {low!r} to {high!r}, slack {slack}")


def finish():
    print(f"{passed} passed, {failed} failed")
    sys.stdout.flush()
    return 1 if failed or not passed else 0
