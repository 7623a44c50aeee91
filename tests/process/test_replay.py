#!/usr/bin/env python3
"""Replays by the real program: a job with a log of what happened to it, its dead-letter queue, one or two ledgers. What cron
sees (exit codes, --json), the dry run pasted into a shell, two at a time, kill -9 in flight, the stand-in cluster."""
import collections
import datetime
import hashlib
import http.server
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from cluster import Cluster, main_of_cases, wait_for
from console import Console
from test_cli import SPARKOPS


class Job:
    """Takes POST /replay/ID, answers GET /replayed/KEY with what is true."""

    def __init__(self):
        job = self
        self.code, self.effect, self.hold = 200, True, threading.Event()
        self.hold.set()
        self.sent, self.bodies, self.effects = [], [], collections.Counter()
        self.came = threading.Semaphore(0)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
                key = self.headers['Idempotency-Key']
                job.sent.append((self.path, key, self.headers['X-Sparkops-Attempt']))
                job.bodies.append(body)
                if job.effect:
                    job.effects[key] += 1
                job.came.release()
                job.hold.wait(300)
                self.answer(job.code)

            def do_GET(self):
                self.answer(200 if job.effects[self.path.split('/')[-1]] else 404)

            def answer(self, code):
                try:
                    self.send_response(code)
                    self.send_header('Content-Length', '0')
                    self.end_headers()
                except OSError:
                    pass

            def log_message(self, *what):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.base = 'http://127.0.0.1:%d' % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()


def drain(fd):
    try:
        while os.read(fd, 65536):
            pass
    except OSError:
        pass


class Replay(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='replay-test-')
        self.addCleanup(self.folder.cleanup)
        self.job = Job()
        self.addCleanup(self.job.close)
        os.mkdir(self.at('dlq'))
        self.configure()

    def at(self, name):
        return os.path.join(self.folder.name, name)

    def configure(self, probe=False, unit=False, more='', timeout='20s', path='{batch_id}'):
        with open(self.at('c.yaml'), 'w', encoding='utf-8') as f:
            f.write('discover: false\njobs:\n  - name: etl\n    dlq: %s\n    replay:\n' % self.at('dlq'))
            f.write('      http: {url: "%s/replay/%s", timeout: %s}\n      settle: 0s\n      rate: 100/s\n' % (self.job.base, path, timeout))
            if probe:
                f.write('      probe: {url: "%s/replayed/{key}", first: true}\n' % self.job.base)
            if unit:
                f.write('      unit: ["{context.last_ts}"]\n')
            f.write(more)

    def entry(self, batch, last_ts='a'):
        at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=30)
        line = json.dumps({'batch_id': batch, 'timestamp': at.isoformat(), 'error': {'type': 'Timeout', 'message': 'read timed out'},
                           'context': {'last_ts': last_ts}, 'sample_records': [{'userId': 'u', 'quote': "it's \\ \"é\""}]})
        with open(self.at('dlq/failed_batches_%s.json' % at.strftime('%Y%m%d')), 'a', encoding='utf-8') as f:
            f.write(line + '\n')
        return hashlib.sha256(line.encode()).hexdigest(), line.encode()

    def command(self, *args, state='state'):
        return [SPARKOPS, *args[:1], '--config', self.at('c.yaml'), '--state-dir', self.at(state), *args[1:]]

    def run_it(self, *args, state='state'):
        done = subprocess.run(self.command(*args, state=state), capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr

    def replay(self, *args, state='state'):
        return self.run_it('replay', '--job', 'etl', *(args or ('--all',)), '--yes', state=state)

    def rows(self):
        code, out, err = self.run_it('--once', '--json', '--timeout', '30s', 'dlq')
        return {row['hash']: row for row in json.loads(out)['dlq']}

    def pending(self):
        return json.loads(self.run_it('--once', '--json', '--timeout', '30s', 'jobs')[1])['jobs'][0]['dlq_pending']

    def test_what_cron_sees(self):
        first, line = self.entry(1)
        second, _ = self.entry(2)
        code, out, err = self.replay()
        self.assertEqual((code, err), (0, ''), out)
        self.assertEqual([s[0] for s in self.job.sent], ['/replay/1', '/replay/2'])
        self.assertEqual(self.job.bodies[0], line)
        self.assertEqual(self.job.sent[0][1:], (first[:32], '1'))
        row = self.rows()[first]
        self.assertEqual((row['state'], row['attempts'], row['proof']), ('done', 1, 'hook'))
        self.assertEqual(self.pending(), 0)
        code, out, err = self.replay()
        self.assertEqual(code, 0)
        self.assertIn('nothing to do: 2 are done already', out)
        for what in (('--all',), ('--type', 'Timeout')):
            code, out, err = self.run_it('replay', '--job', 'etl', *what, '--dry-run')
            self.assertEqual((code, err), (0, ''), out)
            self.assertIn('nothing to do: 2 are done already', out)
        self.assertEqual(len(self.job.sent), 2)
        self.assertEqual(self.run_it('audit', 'verify')[0], 0)

    def test_units_and_the_probe(self):
        self.configure(probe=True, unit=True)
        hashes = [self.entry(i, 'ab'[i // 3])[0] for i in range(6)]
        self.assertEqual(self.replay()[0], 0)
        self.assertEqual(len(self.job.sent), 2)
        rows = self.rows()
        for h in hashes:
            self.assertEqual((rows[h]['state'], rows[h]['proof']), ('done', 'probe'))
        self.assertEqual(rows[hashes[4]]['unit'], 'b')

    def test_a_dry_run_changes_nothing_and_can_be_pasted(self):
        h, line = self.entry(7)
        code, out, err = self.run_it('replay', '--job', 'etl', '--hash', h[:12], '--dry-run')
        self.assertEqual((code, err), (0, ''))
        self.assertEqual(self.job.sent, [])
        self.assertFalse(os.path.exists(self.at('state/ledger.db')) and self.rows()[h]['attempts'])
        pasted = [l for l in out.splitlines() if ' | curl ' in l]
        self.assertEqual(len(pasted), 1)
        subprocess.run(['sh', '-c', pasted[0]], check=True, timeout=30)
        self.assertEqual(self.job.bodies, [line])
        self.assertEqual(self.job.sent[0], ('/replay/7', h[:32], '1'))

    def test_a_replay_stops_when_the_console_leaves(self):
        """Behind the entry in flight; and what is said of it is what happens."""
        sent, other = self.entry(1)[0], self.entry(2)[0]
        self.job.hold.clear()
        console = Console(SPARKOPS, '--config', self.at('c.yaml'), '--state-dir', self.at('state'), '--view', 'dlq')
        self.addCleanup(console.end)
        console.shows(b'Timeout')
        console.pump(0.3)
        console.type(b'R')
        console.shows(b'to confirm')
        console.pump(0.6)
        console.type(b'2')
        console.pump(0.3)
        console.type(b'\r')
        self.assertTrue(wait_for(lambda: console.pump(0.05) or self.job.sent, 'the first one'))
        console.pump(0.3)
        console.type(b'\x03')
        console.shows(b'1 replay stops behind the entry in flight')
        self.assertNotIn(b'to the end without the screen', console.seen)
        console.type(b'\x03')
        console.shows(b'the entry in flight is waited for')
        self.job.hold.set()
        self.assertEqual(console.ends(), 0)
        states = {h: row['state'] for h, row in self.rows().items()}
        self.assertEqual(states, {sent: 'done', other: 'pending'})
        self.assertEqual(len(self.job.sent), 1)

    def test_the_entries_on_screen_follow_the_ledger(self):
        """Found by review: an open page of entries stayed pending after a replay, by whomever, which invites a second one."""
        first, second = self.entry(1)[0], self.entry(2)[0]
        console = Console(SPARKOPS, '--config', self.at('c.yaml'), '--state-dir', self.at('state'), '--interval', '500ms', '--view', 'dlq')
        self.addCleanup(console.end)
        console.shows(b'Timeout')
        console.pump(0.3)
        console.type(b'\r')
        console.shows(b'entries')
        console.shows(b'pending')
        self.assertEqual(self.replay('--hash', first)[0], 0)
        console.shows(b'done')
        console.seen = b''
        console.type(b'R')
        console.shows(b'Cancel')
        console.pump(0.6)
        console.type(b'\t')
        console.pump(0.3)
        console.type(b'\r')
        console.shows(b'done: 1 of 1 done')

        def is_said():
            console.seen = b''
            console.type(b'\x0c')
            console.shows(b'entries')
            console.rest()
            return b'pending' not in console.seen

        self.assertTrue(wait_for(is_said, 'the other row', 30))
        self.assertEqual(self.rows()[second]['state'], 'done')

    def test_what_bad_input_gets(self):
        """Each with its word in the ledger and its sentence; nothing is sent that lacks what the hook names."""
        cases = ((200, 'done', 'answered 200'), (409, 'done', 'already'), (404, 'failed', '404'), (500, 'doubt', '500'))
        for batch, (code, state, word) in enumerate(cases):
            with self.subTest(code):
                h, _ = self.entry(batch)
                self.job.code = code
                said = json.loads(self.replay('--hash', h, '--json')[1])
                self.assertIn(word, json.dumps(said['action']), said)
                self.assertEqual(self.rows()[h]['state'], state)
        h, _ = self.entry(8)
        self.job.code = 200
        self.job.hold.clear()
        self.configure(timeout='1s')
        code, out, _ = self.replay('--hash', h, '--json')
        self.job.hold.set()
        self.assertEqual((code, self.rows()[h]['state']), (3, 'doubt'), out)
        self.assertIn('1 s', out)
        before = len(self.job.sent)
        h, _ = self.entry(9)
        self.configure(path='{context.no_such}')
        code, out, err = self.replay('--hash', h)
        self.assertEqual((code, len(self.job.sent)), (1, before), (out, err))
        self.assertIn('no_such', out + err)
        code, out, err = self.replay('--hash', 'f' * 64)
        self.assertEqual((code, len(self.job.sent)), (1, before), (out, err))

    def test_what_failed_and_what_is_in_doubt(self):
        h, _ = self.entry(1)
        self.job.code = 404
        self.assertEqual(self.replay()[0], 2)
        self.assertEqual(self.rows()[h]['state'], 'failed')
        self.job.code = 500
        self.assertEqual(self.replay()[0], 3)
        self.assertEqual(self.rows()[h]['state'], 'doubt')
        self.job.code = 200
        self.assertEqual(self.replay()[0], 1)
        self.assertEqual(self.replay('--hash', h)[0], 1)
        self.assertEqual(len(self.job.sent), 2)
        self.assertEqual(self.run_it('mark', '--job', 'etl', '--hash', h, '--as', 'pending', '--reason', 'looked', '--yes')[0], 0)
        self.assertEqual(self.replay()[0], 0)
        self.assertEqual(self.job.sent[2][2], '3')
        row = self.rows()[h]
        self.assertEqual((row['state'], row['attempts']), ('done', 3))

    def mark(self, *args):
        return self.run_it('mark', '--job', 'etl', *args, '--reason', 'looked', '--yes')

    def test_a_unit_is_one_decision(self):
        """One mark of a unit that is done: it goes once more, under its key, and then never again."""
        self.configure(unit=True)
        hashes = [self.entry(i)[0] for i in range(3)]
        self.assertEqual(self.replay()[0], 0)
        for n, what in enumerate((('--type', 'Timeout'), ('--hash', hashes[1]))):
            self.assertEqual(self.mark(*what, '--as', 'pending')[0], 0)
            self.assertEqual({r['state'] for r in self.rows().values()}, {'pending'})
            for _ in range(3):
                self.assertEqual(self.replay()[0], 0)
            self.assertEqual([s[1:] for s in self.job.sent], [(hashes[0][:32], str(i + 1)) for i in range(n + 2)])
        self.assertEqual({r['state'] for r in self.rows().values()}, {'done'})
        self.assertEqual(self.pending(), 0)
        self.assertEqual(self.run_it('audit', 'verify')[0], 0)

    def test_what_was_given_up_is_not_sent(self):
        """By a line that was not sent itself; the question says what it settles."""
        self.configure(unit=True)
        hashes = [self.entry(i)[0] for i in range(3)]
        self.job.code = 500
        self.assertEqual(self.replay()[0], 3)
        args = ('mark', '--job', 'etl', '--hash', hashes[2], '--as', 'given-up', '--reason', 'poison')
        plan = json.loads(self.run_it(*args, '--dry-run', '--json')[1])['plan']
        said = json.dumps(plan)
        for word in ('1 entry: 1 doubt', 'marked as well: 2 more of the same unit', 'settles attempt 1 of the unit, which is in doubt'):
            self.assertIn(word, said)
        self.assertEqual(self.run_it(*args, '--yes')[0], 0)
        self.job.code = 200
        self.assertEqual({r['state'] for r in self.rows().values()}, {'given-up'})
        self.assertEqual(self.replay()[0], 0)
        later = self.entry(4)[0]
        self.assertEqual(self.rows()[later]['state'], 'given-up')  # from before it was sent, by its date
        self.assertEqual(self.replay()[0], 0)
        self.assertEqual(len(self.job.sent), 1)

    def test_what_came_back_and_was_done(self):
        self.configure(more='      returns_within: 30s\n')
        first, _ = self.entry(1)
        self.assertEqual(self.replay()[0], 0)
        at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
        with open(self.at('dlq/failed_batches_%s.json' % at.strftime('%Y%m%d')), 'a', encoding='utf-8') as f:
            f.write(json.dumps({'batch_id': 1, 'timestamp': at.isoformat(), 'error': {'type': 'Timeout', 'message': 'read timed out'}}) + '\n')
        self.assertEqual(self.replay()[0], 0)
        self.assertEqual(len(self.job.sent), 2)
        self.assertEqual(self.pending(), 0)
        self.assertEqual({r['state'] for r in self.rows().values()}, {'done'})
        code, out, err = self.replay()
        self.assertEqual((code, err), (0, ''), out)
        self.assertIn('nothing to do', out)

    def test_a_hold_ends_a_replay(self):
        for i in range(4):
            self.entry(i)
        self.job.hold.clear()
        verb = subprocess.Popen(self.command('replay', '--job', 'etl', '--all', '--yes'), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                stdin=subprocess.DEVNULL, text=True)
        self.assertTrue(self.job.came.acquire(timeout=300))
        self.assertEqual(self.run_it('hold', '--job', 'etl', '--reason', 'vacuum runs', '--yes')[0], 0)
        self.job.hold.set()
        out = verb.communicate(timeout=300)[0]
        self.assertEqual(verb.returncode, 2, out)
        self.assertIn('1 of 4 done; 3 not sent: the job is held by', out)
        self.assertEqual((len(self.job.sent), self.pending()), (1, 3))

    def test_what_all_lack_is_refused(self):
        for i in range(7):
            self.entry(i)
        self.configure(path='{context.table}')
        for how in ('--dry-run', '--yes'):
            code, out, err = self.run_it('replay', '--job', 'etl', '--all', how)
            self.assertEqual(code, 1, (how, out, err))
            self.assertIn('none of the 7 can be sent', out + err)
        self.assertEqual(self.job.sent, [])

    def test_a_limit_is_of_units(self):
        self.configure(unit=True)
        for i in range(6):
            self.entry(i, 'ab'[i % 2])
        code, out, err = self.run_it('replay', '--job', 'etl', '--type', 'Timeout', '--limit', '1', '--dry-run')
        self.assertEqual(code, 0, err)
        self.assertIn('3 entries, 1 unit', out)
        self.assertEqual(self.replay('--type', 'Timeout', '--limit', '1')[0], 0)
        self.assertEqual((len(self.job.sent), self.pending()), (1, 3))

    def test_two_at_a_time(self):
        """Cron and a person, on one ledger and on two: nothing is sent twice."""
        self.configure(probe=True)
        for n in range(10):
            hashes = [self.entry(n * 10 + i)[0] for i in range(3)]
            both = [subprocess.Popen(self.command('replay', '--job', 'etl', '--all', '--yes', state=s), stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
                    for s in ('state', 'state' if n % 2 else 'other')]
            codes = [(p.communicate(timeout=300)[0], p.returncode) for p in both]
            self.assertTrue(all(c in (0, 1) for _, c in codes), codes)
            self.replay()
            for h in hashes:
                self.assertEqual(self.job.effects[h[:32]], 1)
        self.assertTrue(all(n == 1 for n in self.job.effects.values()))

    def test_one_replay_at_a_time_on_a_folder(self):
        self.entry(1)
        self.job.hold.clear()
        first = subprocess.Popen(self.command('replay', '--job', 'etl', '--all', '--yes'), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.assertTrue(self.job.came.acquire(timeout=300))
        code, out, err = self.replay(state='other')
        self.assertEqual(code, 1)
        self.assertIn('another sparkops (process %d)' % first.pid, out + err)
        self.job.hold.set()
        first.communicate(timeout=300)
        self.assertEqual(first.returncode, 0)
        self.assertEqual(len(self.job.sent), 1)

    def test_killed_in_flight(self):
        self.configure(probe=True)
        h, _ = self.entry(1)
        self.job.hold.clear()
        verb = subprocess.Popen(self.command('replay', '--job', 'etl', '--all', '--yes'), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.assertTrue(self.job.came.acquire(timeout=300))
        verb.kill()
        verb.communicate()
        self.job.hold.set()
        self.assertEqual(self.rows()[h]['state'], 'doubt')
        self.assertEqual(self.replay()[0], 1)
        self.assertEqual(self.replay('--hash', h)[0], 0)
        row = self.rows()[h]
        self.assertEqual((row['state'], row['attempts'], row['proof']), ('done', 1, 'probe'))
        self.assertEqual(len(self.job.sent), 1)
        self.assertEqual(self.run_it('audit', 'verify')[0], 0)

    def test_it_stops_after_the_entry_in_flight(self):
        self.configure(more='      returns_within: 1s\n')
        for i in range(5):
            self.entry(i)
        self.job.hold.clear()
        verb = subprocess.Popen(self.command('replay', '--job', 'etl', '--all', '--yes'), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.assertTrue(self.job.came.acquire(timeout=300))
        verb.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        self.job.hold.set()
        verb.communicate(timeout=300)
        self.assertNotEqual(verb.returncode, 0)
        self.assertEqual(len(self.job.sent), 1)
        self.assertEqual(self.pending(), 4)

    def test_what_comes_back_later_is_seen_by_who_watches(self):
        """The replay has ended; its failure comes back; somebody watches, or begins to."""
        self.configure(more='      returns_within: 30s\n')
        h, _ = self.entry(1)
        self.assertEqual(self.replay()[0], 0)
        at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
        with open(self.at('dlq/failed_batches_%s.json' % at.strftime('%Y%m%d')), 'a', encoding='utf-8') as f:
            f.write(json.dumps({'batch_id': 1, 'timestamp': at.isoformat(), 'error': {'type': 'Timeout', 'message': 'read timed out'}}) + '\n')
        self.assertEqual(self.rows()[h]['state'], 'done')
        master, slave = os.openpty()
        console = subprocess.Popen(self.command('--no-discover', '--interval', '500ms'), stdin=slave, stdout=slave, stderr=slave,
                                   env=dict(os.environ, TERM='xterm'))
        os.close(slave)
        reader = threading.Thread(target=drain, args=(master,), daemon=True)
        reader.start()
        try:
            wait_for(lambda: self.rows()[h]['state'] == 'failed', 'the return to be seen')
        finally:
            console.terminate()
            console.wait(300)
            os.close(master)
        back = [r for r in self.rows().values() if r['hash'] != h][0]
        self.assertEqual((back['state'], back['attempts']), ('pending', 1))
        self.assertEqual(self.replay()[0], 0)
        self.assertEqual(self.job.sent[1][1:], (back['hash'][:32], '2'))

    def test_refused_without_a_hook(self):
        self.entry(1)
        with open(self.at('c.yaml'), 'w', encoding='utf-8') as f:
            f.write('discover: false\njobs: [{name: etl, dlq: %s}]\n' % self.at('dlq'))
        code, out, err = self.replay()
        self.assertEqual(code, 1)
        self.assertIn('replay: {http:', out + err)

    def test_the_stand_in_cluster(self):
        with Cluster('job etl up=1h\n') as world:
            config = world.ready['config']
            world.order('job etl fail Timeout')
            command = [SPARKOPS, 'replay', '--config', config, '--no-discover', '--state-dir', self.at('state'), '--job', 'etl', '--all',
                       '--yes', '--rate', '100/s']
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            _, _, body = world.get(world.job('etl')['health'] + '/replayed')
            replayed = json.loads(body)
            self.assertTrue(replayed)
            self.assertTrue(all(r['sent'] == 1 and r['done'] == 1 for r in replayed.values()), replayed)


if __name__ == '__main__':
    main_of_cases(beside=4)
