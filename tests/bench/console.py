"""The console as a whole, beside the tools people would take instead: CPU per minute, bytes and writes per frame, first
frame, keys under load, polling, memory. Run by `make bench`; every figure is printed, none is asserted.

Method: a pty of 120x40 whose master we read; CPU of the child's own clock (all threads, exact); writes from
/proc/PID/io; the anchors run in turn with sparkops in the same run, so that a slow minute hits both."""
import argparse
import contextlib
import ctypes
import fcntl
import json
import os
import pty
import random
import select
import shutil
import signal
import statistics
import struct
import subprocess
import tempfile
import termios
import time

def ask_turns(microseconds, policy=os.SCHED_OTHER, children_begin_anew=True):
    """Linux 6.12 and later wake a task of short turns before one of long turns.
    struct sched_attr: size, policy, flags (1: children begin anew), nice, priority, runtime (the turn, ns), deadline, period."""
    attr = struct.pack('IIQiIQQQ', 48, policy, children_begin_anew, os.nice(0), 0, microseconds * 1000, 0, 0)
    ctypes.CDLL(None).syscall(314, 0, attr, 0)  # sched_setattr on x86-64; refused elsewhere


ROWS, COLS = 40, 120
OUT = os.environ.get('O', 'build')


def ended(pid):
    with contextlib.suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    return True


class Tool:
    """One program on its own pty."""

    def __init__(self, argv, env=None):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', ROWS, COLS, 0, 0))
        self.started = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for fd in (0, 1, 2):
                os.dup2(slave, fd)
            os.closerange(3, 256)
            full = dict(os.environ, TERM='xterm-256color', LANG='C.UTF-8', **(env or {}))
            full.pop('LINES', None)
            full.pop('COLUMNS', None)
            os.execvpe(argv[0], argv, full)
        os.close(slave)
        self.fd = master
        self.bytes = b''

    def read(self, seconds, until=None):
        """Reads for so long; returns [(time, bytes)]."""
        got, end = [], time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                break
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                break
            got.append((time.monotonic(), data))
            self.bytes += data
            if until and until in self.bytes:
                break
        return got

    def cpu(self):
        return time.clock_gettime((~self.pid) << 3 | 2)

    def io(self, key):
        with open(f'/proc/{self.pid}/io', encoding='ascii') as f:
            return int(dict(line.split(': ') for line in f)[key])

    def rss(self, key='VmRSS'):
        with open(f'/proc/{self.pid}/status', encoding='ascii') as f:
            return next(int(line.split()[1]) for line in f if line.startswith(key)) * 1024

    def key(self, data):
        os.write(self.fd, data)

    def close(self):
        with contextlib.suppress(OSError):
            os.close(self.fd)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        end = time.monotonic() + 5
        while not ended(self.pid):
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                break
            time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def give_way():
    """In a child in a session of its own: it stands for other hosts' cores. Where sessions share the cores as groups
    (autogroup), nice(2) says nothing between them."""
    os.nice(10)
    ask_turns(3000, os.SCHED_BATCH, False)
    with contextlib.suppress(OSError):
        with open('/proc/self/autogroup', 'w', encoding='ascii') as f:
            f.write('10')


class World:
    """The stand-in cluster; its configuration file in .config."""

    def __init__(self, *args):
        self.dir = tempfile.mkdtemp(prefix='sparkops-bench.')
        self.config = os.path.join(self.dir, 'config.yaml')
        self.process = subprocess.Popen([f'{OUT}/world', '--dir', self.dir + '/cluster', '--config-out', self.config,
                                         '--parent-pid', str(os.getpid()), *args], stdout=subprocess.PIPE, text=True,
                                        start_new_session=True, preexec_fn=give_way)
        self.ready = json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.terminate()
        try:
            self.process.wait(60)  # it gives way to everybody
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


def sparkops(config, interval, *more):
    return [f'{OUT}/sparkops', '--config', config, '--no-discover', '--interval', interval, *more]


def say(what, value, limit='', anchors=''):
    print(f'{what:<58} {value:>12}  {limit:<16} {anchors}', flush=True)


def per_minute(argv, settle, seconds, env=None):
    with Tool(argv, env) as tool:
        tool.read(settle)
        cpu, writes = tool.cpu(), tool.io('syscw')
        got = tool.read(seconds)
        return {'cpu': (tool.cpu() - cpu) * 60 / seconds, 'writes': tool.io('syscw') - writes,
                'bytes': sum(len(d) for _, d in got), 'seconds': seconds, 'rss': tool.rss(), 'frames': got,
                'all': tool.bytes}


def anchors(seconds):
    """top, htop and btop refreshing once a second with nothing of their user's configuration."""
    home = tempfile.mkdtemp(prefix='sparkops-bench-home.')
    env = {'HOME': home, 'HTOPRC': home + '/htoprc', 'XDG_CONFIG_HOME': home}
    os.makedirs(home + '/btop')
    with open(home + '/btop/btop.conf', 'w', encoding='ascii') as f:
        f.write('update_ms=1000\n')
    figures = {}
    for name, argv in (('top', ['top', '-d', '1']), ('htop', ['htop', '-d', '10']), ('btop', ['btop', '--utf-force'])):
        if shutil.which(name):
            figures[name] = per_minute(argv, 3, seconds, env)
    shutil.rmtree(home, ignore_errors=True)
    return figures


def minimal_bytes(before, after):
    """Cheapest plain encoding of the cells that changed: CUP or CUF to each run, SGR where attributes change."""
    cost, attributes, at = 0, None, None
    for y in range(ROWS):
        for x in range(COLS):
            cell = after[y][x]
            if before[y][x] == cell:
                continue
            if at != (y, x):
                if at and at[0] == y and x - at[1] <= 4 and all(after[y][c][1:] == attributes for c in range(at[1], x)):
                    cost += sum(len(after[y][c].data.encode()) for c in range(at[1], x))
                else:
                    cost += len(f'\033[{y + 1};{x + 1}H')
            if cell[1:] != attributes:
                attributes = cell[1:]
                codes = sum(7 for c in (cell.fg, cell.bg) if c != 'default') + 2 * cell.bold + 2 * cell.reverse
                cost += 3 + codes
            cost += len(cell.data.encode()) if cell.data else 0
            at = (y, x + 1)
    return cost


def frame_economy(run):
    """Bytes sent per frame against that minimum, by replaying what was sent into an emulator (python3-pyte)."""
    try:
        import pyte
    except ImportError:
        return None
    screen = pyte.Screen(COLS, ROWS)
    stream = pyte.ByteStream(screen)

    def grid():
        return [[screen.buffer[y][x] for x in range(COLS)] for y in range(ROWS)]

    tail = b''.join(d for _, d in run['frames'])
    stream.feed(run['all'][:len(run['all']) - len(tail)])
    sent = least = 0
    for _, data in run['frames']:
        before = grid()
        stream.feed(data)
        minimum = minimal_bytes(before, grid())
        sent += len(data)
        least += minimum
    return sent / least if least else None


def screen(seconds):
    with World('--jobs', '20', '--fixed', '--parts', 'health') as world:
        ours = per_minute(sparkops(world.config, '1s'), 5, seconds)
        idle = per_minute(sparkops(world.config, '1h'), 5, seconds)
    with World('--jobs', '20', '--fixed') as world:
        whole = per_minute(sparkops(world.config, '1s'), 5, seconds)
    theirs = anchors(seconds)
    text = ' '.join(f'{n} {f["cpu"]:.3f}' for n, f in theirs.items())
    say('screen: 20 jobs at 1 s, unchanged bodies, CPU s a minute', f'{ours["cpu"]:.3f}', '<= 0.12', text)
    say('screen: the same with 20 driver UIs and DLQ folders', f'{whole["cpu"]:.3f}', '', '3 to 4 requests and a folder scan more a job')
    say('screen: nothing polled, CPU s a minute', f'{idle["cpu"]:.3f}', '<= 0.05', text)
    frames = len([d for _, d in ours['frames']])
    say('screen: frames read, of them per second', f'{frames / seconds:.1f}')
    economy = frame_economy(ours)
    say('screen: bytes sent / minimum for the changed cells', f'{economy:.2f}' if economy else 'no pyte', '<= 1.5',
        'bytes a second ' + ' '.join(f'{n} {f["bytes"] / seconds:.0f}' for n, f in theirs.items())
        + f' sparkops {ours["bytes"] / seconds:.0f}')


def writes_per_frame():
    """Counted by strace, frame by frame: writes to the terminal per wake-up that drew."""
    if not shutil.which('strace'):
        return
    with World('--jobs', '20') as world:
        with tempfile.NamedTemporaryFile() as log:
            argv = ['strace', '-f', '-tt', '-e', 'trace=write,writev', '-e', 'signal=none', '-o', log.name,
                    *sparkops(world.config, '1s')]
            with Tool(argv) as tool:
                tool.read(8)
            lines = [l for l in open(log.name, errors='replace', encoding='utf-8') if 'write(1,' in l or 'write(3,' in l
                     or '\\33[' in l]
    say('screen: writes to the terminal in 8 s at 1 s', str(len([l for l in lines if '\\33[' in l])), 'one a frame')


def first_frame(runs):
    with World('--jobs', '20', '--fixed') as world:
        def once(argv, needle):
            with Tool(argv) as tool:
                got = tool.read(3, needle)
                return (got[-1][0] - tool.started) * 1000 if got else float('nan')
        ours = [once(sparkops(world.config, '2s'), b'quit') for _ in range(runs)]
        floor = [once(['/bin/echo', 'quit'], b'quit') for _ in range(runs)]
        htop = [once(['htop'], b'F10') for _ in range(5)] if shutil.which('htop') else [float('nan')]
    say('first frame, ms after fork (floor: /bin/echo)', f'{statistics.median(ours):.1f}', '<= 10',
        f'floor {statistics.median(floor):.1f} htop {statistics.median(htop):.1f}')


def add_job(config, line):
    """One more job behind the last of the list `jobs:`, which the stand-in cluster writes last or not."""
    with open(config, encoding='utf-8') as f:
        text = f.read()
    with open(config, 'w', encoding='utf-8') as f:
        f.write(text.replace('jobs:\n', f'jobs:\n  - {line}\n', 1))


def press(tool, key):
    """Milliseconds from the key to the first byte that answers it; NaN: none came within a second."""
    sent = time.monotonic()
    tool.key(key)
    if not select.select([tool.fd], [], [], 1)[0]:
        return float('nan')
    took = (time.monotonic() - sent) * 1000
    tool.bytes += os.read(tool.fd, 65536)
    return took


def own_ms(tool):
    """For how long its screen's thread has run or waited for a core (/proc/PID/task/TID/schedstat)."""
    with open(f'/proc/{tool.pid}/task/{tool.pid}/schedstat', encoding='utf-8') as f:
        ran, waited, _ = f.read().split()
    return (int(ran) + int(waited)) / 1e6


def latency(tool, presses, meanwhile=lambda: None, own=None):
    """Of so many keys; one that changes nothing on the screen measures nothing. own gets what of it is the tool's."""
    times, unanswered = [], 0
    rng = random.Random(7)
    for i in range(presses):
        meanwhile()
        tool.read(rng.uniform(0.05, 0.12))
        before = own_ms(tool)
        took = press(tool, b'j' if i % 2 else b'k')
        if took == took:
            times.append(took)
            if own is not None:
                own.append(own_ms(tool) - before)
            continue
        unanswered += 1
        if unanswered > 3:
            raise SystemExit(f'{unanswered} keys changed nothing within 1 s; the last that was drawn: {tool.bytes[-400:]!r}')
    return sorted(times)


def at(times, share):
    return times[int(len(times) * share)]


def received(pid):
    """Bytes that came in over its connections, all of which stay open."""
    lines = subprocess.run(['ss', '-tinpOH'], capture_output=True, text=True, check=True).stdout.splitlines()
    return sum(int(word[15:]) for line in lines if f'pid={pid},' in line
               for word in line.split() if word.startswith('bytes_received:'))


def keys(presses, big_dlq):
    """While 13.7 MB and more of executors are decoded every second, other ones each time, 1,000 targets are polled, and a
    queue of 1 GB is indexed all the time: its file is touched, which is an edit in place. A cat that echoes what it is
    sent is asked in turn, for what this machine and this clock add to any answer under that load."""
    files = [os.path.join(big_dlq, name) for name in os.listdir(big_dlq)]
    echoes, own = [], []
    script = tempfile.NamedTemporaryFile('w', suffix='.world')
    script.write('job huge version=3.5 kind=standalone up=1h\njob huge fault huge\n')
    script.flush()

    def meanwhile():
        for path in files:
            os.utime(path)
        echoes.append(press(echo, b'x'))

    with World('--jobs', '1000', '--script', script.name) as world:
        add_job(world.config, f'{{name: big-dlq, dlq: {big_dlq}}}')
        with Tool(sparkops(world.config, '1s')) as tool, Tool(['sh', '-c', 'stty raw -echo; exec cat']) as echo:
            tool.read(4)
            began, came, indexed = time.monotonic(), received(tool.pid), tool.io('rchar')
            times = latency(tool, presses, meanwhile, own)
            seconds = time.monotonic() - began
            came, indexed = received(tool.pid) - came, tool.io('rchar') - indexed
    echoes.sort()
    with Tool(['htop', '-d', '10']) as tool:
        tool.read(3)
        htop = []
        for i in range(100):
            tool.read(0.08)
            htop.append(press(tool, b'\033OB' if i % 2 else b'\033OA'))
        htop = sorted(took for took in htop if took == took)
    for name, share in (('p50', 0.5), ('p99', 0.99)):
        say(f'keys under load, ms {name}', f'{at(times, share):.2f}', '<= 2' if share > 0.5 else '',
            f'cat under it {at(echoes, share):.2f} htop unloaded {at(htop, share):.2f}')
    say('keys under load: of it run or waited for a core by the screen, ms p99', f'{at(sorted(own), 0.99):.2f}', '<= 2')
    say('keys under load: MB a second received, of the queue read', f'{came / seconds / 1e6:.1f}', '>= 13.7',
        f'{indexed / seconds / 1e6:.0f}')


LOG_LINE = '26/11/20 14:03:%02d INFO TaskSetManager: Finished task %d.0 in stage %d.0 (TID %d) in 41 ms on 10.0.0.7 (executor 3) (%d/200)\n'


def log_writer(path, megabytes_a_second, ready):
    """A child that appends ordinary lines at that pace until it is ended."""
    text = ''.join(LOG_LINE % (i % 60, i % 200, i // 200, i, i % 200) for i in range(40000)).encode()
    part = text[:megabytes_a_second * 100_000]
    with open(path, 'ab', buffering=0) as f:
        os.write(ready, b'x')
        due = time.monotonic()
        while True:
            f.write(part)
            due += 0.1
            time.sleep(max(0, due - time.monotonic()))


def log_keys(presses):
    """Keys in the log view while its log grows by 50 MB a second."""
    with tempfile.TemporaryDirectory(prefix='sparkops-bench-log.', dir=OUT) as home:
        log, config = os.path.abspath(home + '/driver.log'), home + '/config.yaml'
        with open(config, 'w', encoding='utf-8') as f:
            f.write(f'jobs:\n  - {{name: chatty, log: {log}}}\n')
        ready, tell = os.pipe()
        writer = os.fork()
        if writer == 0:
            log_writer(log, 50, tell)
        try:
            os.read(ready, 1)
            with Tool(sparkops(config, '1s', '--view', 'log')) as tool:
                tool.read(3)
                times = latency(tool, presses)
                rss = tool.rss()
        finally:
            os.kill(writer, signal.SIGKILL)
            os.waitpid(writer, 0)
    say('log growing by 50 MB/s: keys, ms p50', f'{times[len(times) // 2]:.2f}')
    say('log growing by 50 MB/s: keys, ms p99', f'{times[int(len(times) * 0.99)]:.2f}', '<= 16')
    say('log growing by 50 MB/s: resident, MB', f'{rss / 1e6:.1f}')


def polling(seconds):
    with World('--jobs', '1000', '--fixed', '--parts', 'health') as world:
        with Tool(sparkops(world.config, '1s')) as tool:
            tool.read(5)
            before = tcp_connects(tool.pid)
            cpu = tool.cpu()
            tool.read(seconds)
            used = (tool.cpu() - cpu) * 60 / seconds
            new = len(tcp_connects(tool.pid) - before)
            rss = tool.rss()
        untuned = curl_multi(world, seconds)
    say('polling: 1,000 targets at 1 s, CPU s a minute', f'{used:.2f}', '<= 3', untuned)
    say('polling: new connections after the first round', str(new), '0')
    say('polling: resident, MB', f'{rss / 1e6:.1f}')


def tcp_connects(pid):
    """The inodes of its sockets."""
    found = set()
    for fd in os.listdir(f'/proc/{pid}/fd'):
        with contextlib.suppress(OSError):
            link = os.readlink(f'/proc/{pid}/fd/{fd}')
            if link.startswith('socket:'):
                found.add(link)
    return found


def curl_multi(world, seconds):
    """The same bodies fetched by the curl command, all in one process, once: what a script would pay."""
    urls = [job['health'] + '/health/detailed' for job in world.ready['jobs'] if job.get('health')]
    with tempfile.NamedTemporaryFile('w', suffix='.curl') as f:
        for url in urls:
            f.write(f'url = "{url}"\noutput = "/dev/null"\n')
        f.flush()
        before = os.times()
        subprocess.run(['curl', '-sS', '--no-progress-meter', '-Z', '-K', f.name], check=False, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return f'curl -Z each second {cpu * 60:.1f}'


STEADY_S = 45  # the past was read off the lists of jobs, and what that took has gone back


def memory():
    """Beyond libcurl: its library, and the handle and kept connection that its examples have for each target."""
    for parts, what in (('health', 'health only'), ('health,ui,dlq', 'health, UI and DLQ')):
        with World('--jobs', '200', '--fixed', '--parts', parts) as world:
            with Tool(sparkops(world.config, '1s')) as tool:
                tool.read(STEADY_S)
                ours = tool.rss()
            urls = [job[key] + path for job in world.ready['jobs'] for key, path in
                    (('health', '/health/detailed'), ('ui', '/api/v1/version')) if job.get(key)]
            done = subprocess.run([f'{OUT}/bench/bench_curl_floor'], input='\n'.join(urls) + '\n', capture_output=True, text=True,
                                  check=True)
        alone, connected, no_handles = (int(n) for n in done.stdout.split())
        say(f'memory: 200 jobs ({what}), MB beyond libcurl', f'{(ours - connected) / 1e6:.1f}', '<= 12',
            f'whole {ours / 1e6:.1f}, libcurl with the same {len(urls)} connections {connected / 1e6:.1f}, without handles {no_handles / 1e6:.1f}, without any {alone / 1e6:.1f}')


def dlq_on_screen(big_dlq):
    with tempfile.TemporaryDirectory() as home:
        config = home + '/config.yaml'
        with open(config, 'w', encoding='utf-8') as f:
            f.write(f'jobs:\n  - {{name: big, dlq: {os.path.abspath(big_dlq)}}}\n')
        shown = []
        for _ in range(5):
            with Tool(sparkops(config, '2s', '--view', 'dlq')) as tool:
                got = tool.read(5, b'batch 999')
                shown.append((got[-1][0] - tool.started) * 1000)
        say('dlq: newest of 1 GB on screen, ms after fork', f'{statistics.median(shown):.1f}', '<= 20 + start', 'lnav 400')
        with Tool(sparkops(config, '2s', '--view', 'dlq')) as tool:
            tool.read(8)
            say('dlq: CPU s of the whole console with the index done', f'{tool.cpu():.2f}', '')
            say('dlq: resident with the index, MB', f'{tool.rss() / 1e6:.1f}', '<= 64')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seconds', type=float, default=20)
    parser.add_argument('--dlq', help='folder of a 1 GB DLQ file')
    parser.add_argument('only', nargs='*')
    args = parser.parse_args()
    ask_turns(100)  # the clock's own wait for a core is not the tool's
    steps = {'screen': lambda: screen(args.seconds), 'writes': writes_per_frame, 'first': lambda: first_frame(20),
             'polling': lambda: polling(args.seconds), 'memory': memory,
             'log': lambda: log_keys(200)}
    if args.dlq:
        steps['dlq'] = lambda: dlq_on_screen(args.dlq)
        steps['keys'] = lambda: keys(300, args.dlq)
    for name, step in steps.items():
        if not args.only or name in args.only:
            step()


main()
