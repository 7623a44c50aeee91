"""A million random bytes, pastes and fragments of escape sequences into the running console, on a cluster where everything
could be done: nothing is. No intent in the audit, no request but reads, no process ended or stopped, no hook run. The seed
is printed; MONKEY_SEED and MONKEY_BYTES play one again.

What a patient person types may act, so this monkey is none: its Enters come with other bytes. Among them are the digits that
would be right, in every order and speed that a paste, type-ahead or a stuck key has."""
import fcntl
import json
import os
import random
import socket
import sqlite3
import struct
import subprocess
import sys
import time

from cluster import ROOT, Cluster, main, wait_for
from console import Console, Left
from zoo import alive, state

SPARKOPS = os.environ.get('SPARKOPS') or os.path.join(ROOT, os.environ.get('O', 'build'), 'sparkops')
SEED = int(os.environ.get('MONKEY_SEED') or time.time())
DEADLINE_S = 500
LEFT_MAX = 20
BYTES = int(os.environ.get('MONKEY_BYTES') or 1000000)
SCRIPT = '''job migration up=1h jvm pyspark
job health-analytics up=1h
at 1s job health-analytics fail Timeout x9
'''


def alone():
    """Once more in namespaces of its own: what this host runs beside is no business of a monkey."""
    if not os.environ.get('MONKEY_ALONE'):
        for options in ('-pfn', '-Urpfn'):
            command = ['unshare', options, '--mount-proc', '--kill-child', '--']
            if subprocess.run(command + ['true'], stderr=subprocess.DEVNULL, check=False).returncode == 0:
                os.environ['MONKEY_ALONE'] = '1'
                os.execvp('unshare', command + [sys.executable, *sys.argv])  # whoever ends it ends all of it
        print('no namespaces here: it shares the host')
        return
    with socket.socket() as s:  # loopback is down in a new network
        fcntl.ioctl(s, 0x8914, struct.pack('16sh', b'lo', 0x1 | 0x40))


def configuration(world, folder):
    """Every action is possible: hooks of all kinds, and nothing forbidden."""
    migration, health = world.job('migration'), world.job('health-analytics')
    config = {
        'interval': '1s', 'discover': True,
        'keys': {'global': {'C-c': '', 'q': ''}},  # it shall stay
        'jobs': [
            {'name': 'migration', 'health': migration['health'], 'ui': migration['ui'],
             'restart': {'command': ['/usr/bin/touch', folder + '/restarted']},
             'replay': {'command': ['/usr/bin/touch', folder + '/replayed']}},
            {'name': 'health-analytics', 'health': health['health'], 'ui': health['ui'], 'dlq': health['dlq'],
             'restart': {'http': {'method': 'POST', 'url': health['health'] + '/restart'}},
             'replay': {'http': {'method': 'POST', 'url': health['health'] + '/replay/{batch_id}'}}}]}
    path = folder + '/config.yaml'
    with open(path, 'w', encoding='utf-8') as out:
        json.dump(config, out)  # JSON is YAML
    return path


def tokens(pids):
    digits = [str(pid)[-4:].encode() for pid in pids] + [b'migr', b'heal', b'9', b'1']
    right = [key + gap + word + tail for key in (b'K', b'V', b'B', b'R') for word in digits for gap in (b'', b'\t', b'j')
             for tail in (b'\r', b'\r\r\r', b'\t\r', b'\t\t\r', b'')]
    return right + digits + [
        b'\r' * 9, b'\t\r', b'y\r', b'KKKKKKKKKKK', b'VVVV\r', b'M\t\rdone\r', b'H4h\t\r\t\r', b':kill\r', b':action recover\r',
        b':hold\r', b':replay\r', b'\033[200~K8423\r\033[201~', b'\033[200~V\r never ended', b'\033[201~', b'\033[', b'\033[A',
        b'\033[<0;55;12M\033[<0;55;12m', b'\033[<0;80;15M', b'\033[?1049l', b'\033OM', b'\xff\xfe', b'\xe2\x94', b'\033\033',
        b'm', b'9', b'7', b'6', b'1', b'\r', b':jvms\r', b':dlq\r', b':actions\r', b'j', b' ', b'U', b'/', b'G', b'g']


def chunk(rng, words):
    """Random bytes or words; never one Enter alone, which would be a hand's."""
    if rng.random() < 0.5:
        data = bytes(rng.choices(range(256), k=rng.randint(40, 900)))
    else:
        data = b''.join(rng.choices(words, k=rng.randint(12, 60)))
    for signal in (b'\x03', b'\x1a', b'\x1c'):  # they end or stop it, as they should
        data = data.replace(signal, b'')
    return data


def hand(console, rng, key, wait):
    """What a person does, to where a question opens: then the monkey goes on, at once or when the question takes keys."""
    console.type(b'\033[201~')
    console.rest()
    console.type(b'\033')
    console.rest()
    console.type(rng.choice([b':jvms\r', b':overview\r', b':dlq\r']))
    console.rest()
    console.type(key)
    console.pump(wait)


def intents(folder):
    """Rows of the audit that begin something."""
    path = folder + '/state/ledger.db'
    if not os.path.exists(path):
        return 0
    with sqlite3.connect('file:' + path + '?mode=ro', uri=True) as db:
        return db.execute("SELECT count(*) FROM audit WHERE kind NOT IN ('reveal')").fetchone()[0]


def enter(world):
    """The console, when both jobs are on its screen."""
    folder = world.folder.name
    console = Console(SPARKOPS, '--config', configuration(world, folder), '--state-dir', folder + '/state')
    try:
        console.shows(b'migration')
        wait_for(lambda: console.pump(0.1) or b'health-analytics' in console.seen, 'both jobs')
    except BaseException:
        console.end()
        raise
    return console


def writes(trace):
    """Requests that are no reads. Format: ms job service method path status bytes."""
    with open(trace, encoding='utf-8') as lines:
        return [line for line in lines if line.endswith('\n') and line.split()[3] not in ('GET', 'HEAD')]  # the last may be half


def question_opens(console):
    """By a hand, and closed again: so that the monkey is known to be where it could act."""
    console.type(b':jvms\r')
    console.pump(0.3)
    console.type(b'K')
    console.shows(b'to confirm')
    console.pump(0.5)
    console.type(b'\033')
    console.pump(0.3)


def test_nothing_is_done():
    rng = random.Random(SEED)
    print('seed', SEED)
    with Cluster(SCRIPT, start=False) as world:
        trace = world.folder.name + '/trace'
        world.command += ['--trace', trace]
        world.start()
        folder = world.folder.name
        job = world.job('migration')
        pids = [job['java'], job['python']]
        console, questions, left = enter(world), 0, 0
        try:
            question_opens(console)
            words, sent, begun = tokens(pids), 0, time.monotonic()
            while sent < BYTES:
                assert time.monotonic() < begun + DEADLINE_S, f'{sent} bytes only'
                try:
                    if rng.random() < 0.02:
                        hand(console, rng, rng.choice([b'K', b'V', b'B', b'R', b'M', b'H']), rng.choice([0, 0.1, 0.6]))
                    data = chunk(rng, words)
                    sent += len(data)
                    console.type(data)
                except Left as end:  # `:q` and Enter are among a million bytes; it comes in again
                    assert end.args[0] == 0, end.args
                    left += 1
                    console.end()
                    questions += console.questions
                    console = enter(world)
                if rng.random() < 0.05:
                    console.size(rng.randint(1, 60), rng.randint(1, 200))
            assert left <= LEFT_MAX, left
            with open(f'/proc/{console.process.pid}/stat', encoding='utf-8') as f:
                ticks = [int(n) for n in f.read().rsplit(')', 1)[1].split()[11:13]]
            questions += console.questions
            assert questions > 2, questions
            print(f'{questions} questions, left {left} times, {sent} bytes in {time.monotonic() - begun:.1f} s, {sum(ticks) / os.sysconf("SC_CLK_TCK"):.1f} s of CPU')
            console.size(30, 110)
            console.pump(0.2)
            console.type(b'\033[201~')
            console.pump(0.1)
            console.type(b'\033')
            console.pump(0.5)
            assert console.process.poll() is None and state(console.process.pid) != 'T', 'it lives'
            assert all(alive(pid) and state(pid) != 'T' for pid in pids), 'nobody was ended or stopped'
            assert world.job('migration')['java'] == pids[0]
            assert intents(folder) == 0, 'the audit is empty'
            assert writes(trace) == [], 'nothing but reads'
            assert not os.path.exists(folder + '/restarted') and not os.path.exists(folder + '/replayed')
        finally:
            console.end()


alone()
main([test_nothing_is_done])
