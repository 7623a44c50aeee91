#!/usr/bin/env python3
"""Read-only mode from outside: the kernel's filter is in every thread of every front end; with a hung JVM to act on, every
key, every command and random bytes make the console send nothing but reads and call nothing that is refused (strace
counts the tries, not the successes)."""
import contextlib
import fcntl
import os
import pty
import random
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time

from cluster import ROOT, Cluster, main, wait_for

SPARKOPS = os.environ.get('SPARKOPS') or os.path.join(ROOT, os.environ.get('O', 'build'), 'sparkops')
MONKEY = int(os.environ.get('MONKEY_BYTES', 100_000))
SCRIPT = '''job migration jvm pyspark up=42m
job migration fault hang
job health-analytics up=46m
job health-analytics fault degraded 30s
job silver up=6d
'''
# Whatever its arguments are, each of these is a try to do more than read. Signals to oneself are not.
FORBIDDEN = ('kill,tkill,tgkill,rt_sigqueueinfo,rt_tgsigqueueinfo,pidfd_send_signal,pidfd_open,pidfd_getfd,ptrace,'
             'process_vm_readv,process_vm_writev,execve,execveat,fork,vfork,unlink,unlinkat,rename,renameat,renameat2,'
             'truncate,ftruncate,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,chmod,fchmod,fchmodat,chown,fchown,'
             'fchownat,creat,open,openat,mknod,mknodat,io_uring_setup')


class Console:
    """sparkops on a pty of its own; `calls` are the forbidden calls it tried after the doors closed."""

    def __init__(self, folder, *options, strace=False, term='xterm-256color'):
        self.trace = os.path.join(folder, 'strace') if strace else None
        command = [SPARKOPS, '--no-discover', '--state-dir', os.path.join(folder, 'state'), *options]
        if strace:
            command = ['strace', '-f', '-qq', '-o', self.trace, '-e', 'signal=none', '-e', 'trace=seccomp,' + FORBIDDEN, *command]
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 120, 0, 0))
        self.process = subprocess.Popen(['setsid', '--ctty', *command], stdin=slave, stdout=slave, stderr=subprocess.PIPE,
                                        env=dict(os.environ, TERM=term, LANG='C.UTF-8'))
        os.close(slave)
        os.set_blocking(self.master, False)
        self.seen = b''

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        os.close(self.master)

    def read(self, wait=0.0):
        while select.select([self.master], [], [], wait)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return
            if not data:
                return
            self.seen = (self.seen + data)[-400_000:]
            wait = 0

    def shows(self, text, deadline=300):
        def look():
            self.read(0.05)
            return text.encode() in self.seen
        wait_for(look, f'{text!r} on the screen', deadline)

    def keys(self, data):
        """Never waits in write(): the console may wait for its output to be read, and nobody wakes a writer whose bytes it
        flushed. What it has not taken when it ends is lost, as with a terminal."""
        while data and self.process.poll() is None:
            try:
                data = data[os.write(self.master, data[:256]):]
            except BlockingIOError:
                select.select([self.master], [], [], 0.002)
            self.read()

    def types(self, *keys):
        """As a hand does: a burst would open no question."""
        for key in keys:
            self.keys(key)
            self.read(0.03)

    def pid(self):
        if not self.trace:
            return self.process.pid
        children = open(f'/proc/{self.process.pid}/task/{self.process.pid}/children', encoding='utf-8')
        with children:
            return int(children.read().split()[0])

    def leave(self, keys=b'\003'):
        self.keys(keys)

        def has_ended():
            self.read(0.05)
            return self.process.poll() is not None
        wait_for(has_ended, 'its end')
        assert self.process.returncode == 0, (self.process.returncode, self.process.stderr.read())

    def calls(self):
        with open(self.trace, encoding='utf-8', errors='replace') as f:
            lines = f.read().splitlines()
        closed = next(i for i, line in enumerate(lines) if 'seccomp(SECCOMP_SET_MODE_FILTER' in line and '= 0' in line)
        pid = lines[closed].split()[0]
        bad = []
        for line in lines[closed + 1:]:
            if re.search(r'\bopen(at)?\(', line) and not re.search(r'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC', line):
                continue
            if re.search(r' (tg)?kill\(' + pid + r'\b', line) or ' resumed>' in line:
                continue
            bad.append(line)
        return bad


@contextlib.contextmanager
def played():
    with tempfile.TemporaryDirectory(prefix='sparkops-readonly.') as folder:
        trace = os.path.join(folder, 'requests')
        with Cluster(SCRIPT, '--trace', trace, '--config-out', os.path.join(folder, 'config.yaml')) as world:
            yield folder, world, trace


def requests(trace):
    with open(trace, encoding='utf-8') as f:
        return [line.split() for line in f]


def polls(console, trace):
    """Waits until the jobs were asked some times: where nothing is sent, no test of what is sent would fail."""
    def has_polled():
        console.read(0.05)
        return len(requests(trace)) > 3
    wait_for(has_polled, 'its polls')


def requests_but_reads(trace):
    return [line for line in requests(trace) if not ('GET' in line or 'HEAD' in line)]


def lives(world):
    """Both processes of the job that hangs are there, and nobody stopped them."""
    def state(pid):
        with contextlib.suppress(OSError), open(f'/proc/{pid}/stat', encoding='utf-8') as f:
            return f.read().rpartition(')')[2].split()[0]
        return 'X'
    job = world.job('migration')
    return not any(state(job[what]) in 'ZXTt' for what in ('java', 'python'))


def views():
    out = subprocess.run([SPARKOPS, '--view', 'no-such-view'], capture_output=True, text=True, check=False).stderr
    names = re.findall(r'there are (.*)', out)
    return names[0].strip().split(', ') if names else ['overview', 'job', 'jvms', 'dlq']


def every_key():
    """All keys in all views, each followed by what would answer a question."""
    keys = [bytes([c]) for c in range(0x20, 0x7f) if chr(c) not in 'q:/'] + [b'\r', b'\t', b'\033[A', b'\033[5~', b'\033OP', b'\x0c']
    out = b''
    for view in views():
        out += b':' + view.encode() + b'\r'
        for key in keys:
            out += key + b'8423\r' + b'y\r' + b'\033[27~'
        out += b'\033[27~' * 3 + b':overview\r'
    for word in ('kill', 'kill-jvm', 'kill-spark', 'replay', 'restart', 'recover', 'mark', 'hold', 'delete', 'archive'):
        for line in (f':{word}', f':action {word}', f':action {word} migration', f':{word} --job migration --yes'):
            out += line.encode() + b'\r8423\r\r\033[27~'
    return out


def by_hand(console, world):
    """The keys that act, one after the other, and what would answer their questions."""
    digits = [bytes([digit]) for digit in str(world.job('migration')['java']).encode()[-4:]]
    for view in (b':overview', b':jvms', b':dlq'):
        console.types(b'\033[27~', view + b'\r')
        for key in (b'K', b'V', b'R', b'B', b'M', b'H'):
            console.types(key, *digits, b'\r', b'\033[27~')
    console.seen = b''

    def is_refused():
        console.types(b'\033[27~', b':jvms\r', b'K')
        return b'nothing is done from here' in console.seen
    wait_for(is_refused, 'what K says')


def every_front_end_is_guarded():
    with played() as (folder, world, _):
        config = os.path.join(folder, 'config.yaml')
        world.order('job silver fault silent')  # keeps --once waiting
        with open(config, encoding='utf-8') as f:
            own = f.read()
        by_file = os.path.join(folder, 'by_file.yaml')
        with open(by_file, 'w', encoding='utf-8') as f:
            f.write('read_only: true\n' + own)
        for options in (['--read-only'], ['--readonly'], ['--wall'], ['--read-only', '--once', '--json', '--timeout', '60s'],
                        ['--read-only', '--json', '--every', '1s'], ['--config', by_file], ['--once', '--text', '--config', by_file]):
            named = options if '--config' in options else ['--config', config, *options]
            with Console(folder, *named) as console:
                def state(name, pid=console.process.pid):
                    found = []
                    for task in os.listdir(f'/proc/{pid}/task'):
                        with contextlib.suppress(OSError), open(f'/proc/{pid}/task/{task}/status', encoding='utf-8') as f:
                            found += re.findall(rf'^{name}:\s*(\S+)', f.read(), re.M)
                    return found
                wait_for(lambda: len(state('Seccomp')) > 2 and set(state('Seccomp')) == {'2'}, f'the filter in each thread of {options}')
                assert set(state('NoNewPrivs')) == {'1'}
                for rights in state('CapEff'):
                    assert int(rights, 16) & ~(1 << 2 | 1 << 19) == 0, rights


def no_key_acts():
    with played() as (folder, world, trace):
        with Console(folder, '--config', os.path.join(folder, 'config.yaml'), '--read-only', '--log',
                     os.path.join(folder, 'log'), strace=True) as console:
            console.shows('migration')
            console.shows('READ-ONLY')
            console.keys(every_key())
            console.keys(b'\033[27~' * 8)
            by_hand(console, world)
            console.keys(b':overview\r:messages\r')
            console.shows('the kernel refuses')
            polls(console, trace)
            console.leave()
            assert console.calls() == [], console.calls()[:10]
        with open(os.path.join(folder, 'log'), encoding='utf-8') as f:
            assert f.read().count('the kernel refuses this process') == 1
        assert requests_but_reads(trace) == []
        assert lives(world), 'its JVM is gone or stopped'


def random_bytes_do_nothing():
    seed = int(os.environ.get('SEED', time.time()))
    print('seed', seed)
    rng = random.Random(seed)
    left = MONKEY
    with played() as (folder, world, trace):
        while left > 0:
            with Console(folder, '--config', os.path.join(folder, 'config.yaml'), '--read-only') as console:
                console.shows('migration')
                polls(console, trace)
                while left > 0 and console.process.poll() is None:
                    # without Ctrl-C, Ctrl-Z and Ctrl-backslash: those are signals
                    data = bytes(b for b in rng.randbytes(256) if b not in (3, 26, 28))
                    left -= len(data)
                    with contextlib.suppress(OSError):
                        console.keys(data)
                assert console.process.poll() in (None, 0), console.process.stderr.read()
        assert requests_but_reads(trace) == []
        assert lives(world), 'its JVM is gone or stopped'


def a_reload_does_not_open_the_doors():
    with played() as (folder, world, _):
        path = os.path.join(folder, 'mode.yaml')
        with open(os.path.join(folder, 'config.yaml'), encoding='utf-8') as f:
            own = f.read()

        def write(mode, more=''):
            with open(path + '.new', 'w', encoding='utf-8') as f:
                f.write(f'read_only: {mode}\n' + own.replace('clusters:', more + 'clusters:'))
            os.rename(path + '.new', path)
        write('true')
        with Console(folder, '--config', path, '--log', os.path.join(folder, 'log')) as console:
            console.shows('READ-ONLY')
            write('false', '  - {name: late, log: {command: [echo, hello]}}\n')
            console.keys(b':sources\r')
            console.shows('echo hello')
            console.keys(b'/echo\r')
            console.shows('it was not in the configuration')
            console.seen = b''
            console.keys(b'\x0c')
            console.shows('READ-ONLY')
            console.leave()
        with open(os.path.join(folder, 'log'), encoding='utf-8') as f:
            assert 'read_only: false changes nothing' in f.read()


if __name__ == '__main__':
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main([every_front_end_is_guarded, no_key_acts, random_bytes_do_nothing, a_reload_does_not_open_the_doors])
