#!/usr/bin/env python3
"""A working day in a minute: the wall at 500 times the speed (fastclock.c gives it and the stand-in cluster the same fast
time; it polls each 10 s of that, so as often as at 2 s and 100 times) with jobs that come and go, faults, dead letters over
midnight and logs that are rotated. After a warm-up memory and descriptors must be flat. `make soak` goes on for ten days."""
import json
import os
import random
import re
import time

from cluster import ROOT, Cluster, main
from test_readonly import Console

SECONDS = float(os.environ.get('SOAK_SECONDS', 60))
FACTOR = int(os.environ.get('SOAK_FACTOR', 500))
FAST = os.path.join(ROOT, os.environ.get('O', 'build'), 'fastclock.so')
CALMS = int(os.environ.get('SOAK_CALMS', 4))  # times it is calm, all jobs well, all configured: there it is looked at
RSS_SLACK_KB, FD_SLACK = 3072, 4
NAMES = ['bronze-kraken', 'silver-kraken', 'gold-daily', 'health-analytics', 'migration', 'checkins-sync']
FAULTS = ['dead', 'slow 1s', 'reset 300', 'html', 'half', 'status 503', 'wrong', 'silent', 'degraded 150s', 'unhealthy 60s', 'stale',
          'quiet', 'huge 200', 'poisoned', 'frozen', 'oom', 'losing 3']
SCRIPT = 'master version=3.5\n' + ''.join(f'job {name} version={"3.5" if i % 2 else "4.3"} '
                                          f'kind={"standalone executors=3" if i % 3 == 0 else "local"} up=2h\n'
                                          for i, name in enumerate(NAMES))


def status(pid, name):
    with open(f'/proc/{pid}/status', encoding='utf-8') as f:
        return int(re.search(rf'^{name}:\s*(\d+)', f.read(), re.M).group(1))


class Life:
    """What goes on around the console, one thing a turn."""

    def __init__(self, folder, world, rng):
        self.world, self.rng, self.turn = world, rng, 0
        self.config = os.path.join(folder, 'config.yaml')
        self.log = os.path.join(folder, 'job.log')
        with open(self.config, encoding='utf-8') as f:
            head, jobs = f.read().split('jobs:\n')
        jobs, self.tail = re.split(r'^(?=clusters:)', jobs, maxsplit=1, flags=re.M)
        self.head = head
        for name in NAMES:  # more than is held at once of any of them: what grows later is no first filling
            world.order(f'job {name} fail ValueError x1500 since 90m')
        self.jobs = re.split(r'^(?=  - name:)', jobs, flags=re.M)[1:]

    def write_config(self, most=False):
        """Some of the jobs, in another order, the first with a log."""
        jobs = list(self.jobs) if most else self.rng.sample(self.jobs, self.rng.randint(2, len(self.jobs)))
        jobs[0] += f'    log: {json.dumps(self.log)}\n'
        with open(self.config + '.new', 'w', encoding='utf-8') as f:
            f.write(self.head + f'# {self.turn}\njobs:\n' + ''.join(jobs) + self.tail)
        os.rename(self.config + '.new', self.config)

    def write_log(self):
        with open(self.log, 'a', encoding='utf-8') as f:
            for i in range(40):
                f.write(f'{time.strftime("%y/%m/%d %H:%M:%S")} ERROR Executor: java.lang.OutOfMemoryError: Java heap space {i}\n'
                        f'py4j.protocol.Py4JNetworkError: Answer from Java side is empty {self.turn}\n')
        if self.turn % 6 == 0:
            for n in (2, 1, 0):
                if os.path.exists(f'{self.log}.{n}' if n else self.log):
                    os.rename(f'{self.log}.{n}' if n else self.log, f'{self.log}.{n + 1}')

    def step(self):
        self.turn += 1
        name, fault = self.rng.choice(NAMES), self.rng.choice(FAULTS)
        self.world.order(f'job {name} well')
        self.world.order(f'job {name} fault {fault}' if self.turn % 3 else f'job {name} fail ValueError')
        self.write_log()
        if self.turn % 8 == 0:
            self.write_config()
        if self.turn % 20 == 0:
            self.world.order(f'job {name} restart')


    def calm(self):
        self.turn += 1
        for name in NAMES:
            self.world.order(f'job {name} well')
        self.write_config(most=True)


def look(console, seconds):
    """Least memory and descriptors of that time; what is only held for a while is not what grows."""
    rss, fds = [], []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        console.read(0.1)
        rss.append(status(console.process.pid, 'VmRSS'))
        fds.append(len(os.listdir(f'/proc/{console.process.pid}/fd')))
    return min(rss), min(fds)


def live(console, life, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        life.step()
        next_step = time.monotonic() + 0.25
        while time.monotonic() < next_step:
            console.read(0.05)
        assert console.process.poll() is None, console.process.stderr.read()


def is_flat(looks):
    """The last ones, as many as there are calms: a slow machine is still filling its caches at the first, and what leaks is never flat."""
    (rss, fds), (rss_now, fds_now) = looks[-CALMS], looks[-1]
    return rss_now <= rss + RSS_SLACK_KB and fds_now <= fds + FD_SLACK


def polled(folder):
    with open(os.path.join(folder, 'requests'), encoding='utf-8') as f:
        return sum(1 for _ in f)


def has_lived(folder, life):
    return polled(folder) > SECONDS * 20 and life.turn > SECONDS


def memory_and_descriptors_are_flat():
    seed = int(os.environ.get('SEED', time.time()))
    print('seed', seed)
    day = int(time.time()) // 86400 * 86400
    os.environ['FAST_CLOCK'] = f'{FACTOR} {time.monotonic_ns()} {(day + 86400 - 20 * 60) * 10**9}'
    os.environ['LD_PRELOAD'] = FAST
    with Cluster(SCRIPT, '--config-out', '', start=False) as world:
        folder = world.folder.name
        world.command[world.command.index('--config-out') + 1] = os.path.join(folder, 'config.yaml')
        world.command += ['--trace', os.path.join(folder, 'requests')]
        world.start()
        life = Life(folder, world, random.Random(seed))
        with Console(folder, '--config', life.config, '--wall', '--interval', '10s', '--log', os.path.join(folder, 'log')) as console:
            console.shows('READ-ONLY')
            live(console, life, SECONDS / 3)  # caches and histories of an hour and more fill
            looks = []
            while len(looks) < CALMS or (len(looks) < 5 * CALMS and not (is_flat(looks) and has_lived(folder, life))):
                live(console, life, SECONDS * 0.4 / CALMS)
                life.calm()
                looks.append(look(console, SECONDS * 0.25 / CALMS))
            console.leave()
        print('resident kB, descriptors:', looks)
        assert is_flat(looks), f'memory or descriptors grew: {looks}'
        requests = polled(folder)
        print(f'{requests} requests, {life.turn} turns, {SECONDS * FACTOR / 3600:.1f} hours')
        assert has_lived(folder, life), 'it hardly lived'
        days = {re.search(r'(\d{8})', name).group(1) for _, _, names in os.walk(folder) for name in names
                if name.startswith('failed_batches_')}
        assert len(days) > 1, f'no midnight passed: {days}'
        with open(os.path.join(folder, 'log'), encoding='utf-8') as f:
            text = f.read()
        assert text.count('was read again') > 3, 'no configuration was read again'
        assert 'broken' not in text, text[-2000:]


if __name__ == '__main__':
    main([memory_and_descriptors_are_flat])
