#!/usr/bin/env python3
"""Keys that act, on the real program and processes: from a job that hangs to the same job processing again by six keys; what
was accepted goes on when the console leaves or its line is cut, and its outcome is in the audit."""
import os
import signal
import subprocess

from cluster import main, wait_for
from console import Console
from stage import SPARKOPS, Stage, gone


class Desk:
    """The console in front of a stage, and a person who presses one key after the other and counts them."""

    def __init__(self, stage):
        self.stage, self.pressed = stage, 0
        self.console = Console(SPARKOPS, '--config', stage.path + '/config.yaml', '--state-dir', stage.state, '--no-discover',
                               env=stage.env())

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.console.end()

    def press(self, key, then):
        """Waits for what the screen shows of it."""
        self.console.seen = b''
        self.console.type(key.encode())
        self.pressed += 1
        if then:
            self.console.shows(then.encode())
        self.console.pump(0.15)

    def sees(self, *texts):
        for text in texts:
            self.console.shows(text.encode())


def audit(stage):
    done = subprocess.run(stage.command('audit', 'list', '--json'), env=stage.env(), capture_output=True, text=True, check=True)
    return done.stdout


def digits(stage):
    return str(stage.world.job('a')['java'])[-4:]


def answer(desk, key, runs):
    """The key, what it asks for, Enter: once. A job in trouble takes nothing back while somebody types."""
    desk.press(key, 'to confirm')
    desk.console.pump(0.6)
    for digit in digits(desk.stage):
        desk.press(digit, digit)
    desk.press('\r', runs)


def six_keys(rows, columns):
    with Stage() as stage, Desk(stage) as desk:
        desk.console.size(rows, columns)
        before = stage.driver()
        stage.hang()
        desk.sees('hung', 'next')
        desk.pressed = 0
        answer(desk, 'V', 'recover of')
        assert desk.pressed == 2 + len(digits(stage)) <= 6, desk.pressed
        wait_for(lambda: desk.console.pump(0.1) or b': done' in desk.console.seen, 'its end')
        assert stage.driver() != before
        assert stage.keeper.paths() == ['/restart']


def test_six_keys():
    six_keys(30, 110)


def test_six_keys_on_the_usual_terminal():
    six_keys(24, 80)


def test_a_restart_counts_from_the_end_it_saw():
    with Stage(hooks='restart: {command: ["HERE/start"], wait: 1s}') as stage, Desk(stage) as desk:
        desk.sees('healthy')
        os.kill(stage.world.job('a')['java'], signal.SIGKILL)
        desk.sees('crashed')
        desk.press('B', 'no wait: it ended at')


def begin_kill(desk):
    """A JVM that hangs keeps its SIGTERM waiting. It is the job's as soon as the list of JVMs has it."""
    desk.sees('healthy')
    desk.press('7', 'java')
    desk.sees(str(desk.stage.world.job('a')['java']))
    desk.press('1', 'JOB')
    desk.stage.hang()
    answer(desk, 'K', 'kill of')
    desk.sees('SIGTERM')


def test_a_cut_line():
    with Stage() as stage, Desk(stage) as desk:
        begin_kill(desk)
        assert '"outcome"' not in audit(stage)
        desk.console.hang_up()
        desk.console.ends()
        assert '"outcome"' in audit(stage), audit(stage)


def test_leaving():
    with Stage() as stage, Desk(stage) as desk:
        begin_kill(desk)
        desk.console.seen = b''
        desk.press('q', 'goes on to the end without the screen')
        desk.press('\003', 'only `kill -9')
        desk.console.type(b'\003')
        desk.console.ends()
        assert b'kill of' in desk.console.seen, desk.console.seen[-2000:]
        assert '"outcome"' in audit(stage)


def test_a_signal_to_leave():
    """So many and so fast that some come before it could take its screen away."""
    with Stage() as stage, Desk(stage) as desk:
        begin_kill(desk)
        for _ in range(200):
            desk.console.process.terminate()
        desk.console.ends()
        assert '"outcome"' in audit(stage)


def test_sigkill_is_a_question_of_its_own():
    with Stage() as stage, Desk(stage) as desk:
        java = stage.world.job('a')['java']
        begin_kill(desk)
        desk.sees('Send SIGKILL?')
        assert not gone(java)
        desk.console.pump(0.6)
        for digit in digits(stage):
            desk.press(digit, digit)
        desk.press('\r', None)
        wait_for(lambda: desk.console.pump(0.05) or gone(java), 'its end')
        desk.sees(': done')
        assert '"outcome"' in audit(stage)
        assert os.path.isdir(stage.state + '/dumps')


if __name__ == '__main__':
    main([test_six_keys, test_a_restart_counts_from_the_end_it_saw, test_a_cut_line, test_leaving, test_a_signal_to_leave, test_sigkill_is_a_question_of_its_own], beside=3)
