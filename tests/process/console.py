"""The program on a pty, for process tests that press keys."""
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time


class Left(Exception):
    """It ended while somebody typed."""


class Console:
    """The program on a pty that is read all the time: a terminal that does not drain would stop it."""

    def __init__(self, program, *options, env=None):
        self.master, slave = pty.openpty()
        self.size(30, 110)
        self.seen = b''
        self.questions = 0  # times that a button of one was drawn
        self.process = subprocess.Popen(
            ['setsid', '--ctty', program, *options], stdin=slave, stdout=slave, stderr=slave,
            env=dict(env or os.environ, TERM='xterm-256color', LANG='C.UTF-8'))
        os.close(slave)
        os.set_blocking(self.master, False)

    def size(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

    def pump(self, seconds=0.0):
        """Reads what there is, at least for so long and never for ever; the last of it is kept."""
        end = time.monotonic() + seconds
        while self.master is not None:
            left = end - time.monotonic()
            readable, _, _ = select.select([self.master], [], [], max(0.0, left))
            if not readable and left <= 0 or left < -5:
                return
            if readable:
                try:
                    new = os.read(self.master, 1 << 16)
                except OSError:  # its other end is closed
                    return
                self.questions += new.count(b'Cancel')
                self.seen = (self.seen + new)[-400000:]

    def type(self, data):
        """Nobody wakes a writer whose bytes were flushed: it looks again by itself."""
        end = time.monotonic() + 300
        while data:
            self.pump()
            assert time.monotonic() < end, self.seen[-2000:]
            if self.process.poll() is not None:
                raise Left(self.process.returncode, self.seen[-2000:])
            try:
                data = data[os.write(self.master, data):]
            except BlockingIOError:
                select.select([self.master], [self.master], [], 0.002)

    def rest(self):
        """Until it has drawn what it was given."""
        seen = None
        while seen != self.seen:
            seen = self.seen
            self.pump(0.04)

    def shows(self, text, seconds=300):
        end = time.monotonic() + seconds
        while text not in self.seen:
            has_ended = self.process.poll() is not None
            self.pump(0.05)
            assert text in self.seen or not has_ended, ('it has ended', text, self.seen[-3000:])
            assert time.monotonic() < end, (text, self.seen[-3000:])

    def hang_up(self):
        os.close(self.master)
        self.master = None

    def ends(self, seconds=300):
        """Its exit code."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, ('it does not end', self.seen[-3000:])
            self.pump(0.05)
            if self.master is None:
                time.sleep(0.05)
        self.pump(0.1)
        return self.process.returncode

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.master is not None:
            self.hang_up()
