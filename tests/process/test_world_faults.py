"""Each fault of the stand-in cluster does what its name says, seen through real sockets and files."""
import datetime
import gzip
import glob
import http.client
import json
import os
import select
import socket
import time

from cluster import Cluster, connect, main, port_of, refused, wait_for

PLAIN = 'job a up=2h interval=5s last=1s kind=standalone\njob b up=2h\n'


def cluster(*lines, fast=None):
    options = ['--fast', str(fast)] if fast else []
    return Cluster(PLAIN + '\n'.join(lines) + '\n', *options)


def health(world, name='a', path='/health/detailed'):
    return world.json(world.job(name)['health'] + path)


def request(url, path='/health'):
    """A connection that has sent its request and read nothing."""
    sock = connect(url)
    sock.sendall(f'GET {path} HTTP/1.1\r\nHost: x\r\n\r\n'.encode())
    return sock


def rest(sock):
    """What comes until the end; whether the end was a reset."""
    out = b''
    while True:
        try:
            got = sock.recv(65536)
        except ConnectionResetError:
            return out, True
        if not got:
            return out, False
        out += got


def test_dead():
    with cluster('job a fault dead', 'at 200ms job a well', 'at 300ms job b.ui fault dead') as world:
        b = world.job('b')
        wait_for(lambda: refused(b['ui']), 'the UI of b to die')
        assert not refused(b['health'])
        wait_for(lambda: not refused(world.job('a')['health']), 'a to come back on its port')
        assert health(world)['status'] == 'healthy'


def test_dead_cuts_what_is_connected():
    with cluster() as world:
        sock = connect(world.job('a')['health'])
        world.order('job a fault dead')
        assert rest(sock)[0] == b''
        assert refused(world.job('a')['health'])


def test_silent():
    """Nobody accepts: of many who connect only the backlog's two get through; nothing is answered."""
    with cluster('job a fault silent') as world:
        ui = world.job('a')['ui']
        socks = [request(ui, '/api/v1/version') for _ in range(2)]
        third = socket.socket()
        third.setblocking(False)
        third.connect_ex(('127.0.0.1', port_of(ui)))
        assert not select.select([], [third], [], 0.3)[1], 'a third one got through'
        socks[0].settimeout(0.2)
        try:
            assert not socks[0].recv(1), 'an answer'
        except TimeoutError:
            pass
        assert health(world, 'b')['status'] == 'healthy', 'the others live'
        world.order('job a well')
        socks[0].settimeout(20)
        assert b'200 OK' in socks[0].recv(4096), 'answered when it is well again'
        for sock in (*socks, third):
            sock.close()


def test_silent_on_an_old_connection():
    with cluster() as world:
        host = http.client.HTTPConnection('127.0.0.1', port_of(world.job('a')['health']), timeout=300)
        host.request('GET', '/health')
        host.getresponse().read()
        world.order('job a fault silent')
        host.request('GET', '/health')
        assert not select.select([host.sock], [], [], 0.3)[0], 'an answer'
        world.order('job a well')
        assert host.getresponse().status == 200, 'held, then answered on the same connection'
        host.close()


def test_slow():
    with cluster('job a.health fault slow 700ms') as world:
        begin = time.monotonic()
        assert health(world)['status'] == 'healthy'
        assert time.monotonic() - begin >= 0.7
        world.get(world.job('a')['ui'] + '/api/v1/version')


def test_trickle():
    with cluster('job a.health fault trickle 5ms') as world:
        sock = request(world.job('a')['health'], '/health/live')
        sizes = []
        whole = b''
        while True:
            got = sock.recv(65536)
            if not got:
                break
            whole += got
            sizes.append(len(got))
        assert whole.endswith(b'\r\n\r\n{"alive":true}\n'), whole
        assert len(sizes) > 30, 'it came in pieces'


def test_reset():
    with cluster('job a.health fault reset 37', 'job b.health fault reset') as world:
        out, was_reset = rest(request(world.job('a')['health']))
        assert was_reset and len(out) == 37, (was_reset, out)
        sizes = []
        for _ in range(4):
            out, was_reset = rest(request(world.job('b')['health']))
            assert was_reset
            sizes.append(len(out))
        assert sizes == [0, 1, 2, 3], sizes


def test_endless():
    with cluster('job a.health fault endless') as world:
        sock = request(world.job('a')['health'])
        size = 0
        head = sock.recv(65536)
        assert b'chunked' in head
        while size < 5_000_000:
            got = sock.recv(65536)
            assert got
            size += len(got)
        sock.close()
        assert health(world, 'b')['status'] == 'healthy'


def test_content():
    with cluster('job a.health fault html', 'job a.ui fault half', 'job b.health fault wrong', 'job b.ui fault status 500',
                 'master fault redirect') as world:
        status, headers, body = world.get(world.job('a')['health'] + '/health')
        assert status == 200 and headers['Content-Type'].startswith('text/html') and b'<html>' in body
        status, headers, body = world.get(world.job('a')['ui'] + '/api/v1/applications')
        assert status == 200 and int(headers['Content-Length']) == len(body)
        try:
            json.loads(body)
            raise AssertionError('whole JSON')
        except ValueError:
            pass
        for key, value in health(world, 'b').items():
            assert not isinstance(value, (int, float)) or isinstance(value, bool), (key, value)
        assert world.get(world.job('b')['ui'] + '/api/v1/version')[0] == 500
        assert world.get(world.ready['master'] + '/json/')[0] == 302


def test_basic():
    with cluster('job a fault basic') as world:
        assert world.get(world.job('a')['health'] + '/health/detailed')[0] == 404
        assert health(world, path='/health')['status'] == 'healthy'


def test_huge():
    with cluster('job a.ui fault huge') as world:
        status, _, body = world.get(world.application('a') + '/allexecutors', timeout=300)
        assert status == 200 and 12_000_000 < len(body) < 18_000_000, len(body)
        executors = json.loads(body)
        assert len(executors) == 10001 and len({e['id'] for e in executors}) == 10001


def test_unchanged():
    with cluster('job a fault unchanged') as world:
        first = world.get(world.job('a')['health'] + '/health/detailed')[2]
        seconds = health(world, 'b')['uptime_seconds']
        wait_for(lambda: health(world, 'b')['uptime_seconds'] > seconds, 'a second')
        assert world.get(world.job('a')['health'] + '/health/detailed')[2] == first


def test_fixed():
    """A world for benchmarks: no byte of it ever changes."""
    with Cluster(PLAIN, '--fixed') as world, cluster() as moving:
        app = world.application('a')
        urls = [world.job('a')['health'] + '/health/detailed', app + '/allexecutors', app + '/jobs',
                world.job('a')['ui'] + '/metrics/json/', world.ready['master'] + '/json/']
        first = [world.get(url)[2] for url in urls]
        seconds = health(moving)['uptime_seconds']
        wait_for(lambda: health(moving)['uptime_seconds'] > seconds + 1, 'time to pass')
        assert [world.get(url)[2] for url in urls] == first
        assert health(world)['seconds_since_last_batch'] == 1


def test_one_port_recovers_alone():
    with cluster('job a fault stale since 10m', 'job a fault status 500') as world:
        world.order('job a.health well')
        assert health(world)['seconds_since_last_batch'] >= 600, 'the job itself is no better'
        assert world.get(world.job('a')['ui'] + '/api/v1/version')[0] == 500
        world.order('job a well')
        assert world.get(world.job('a')['ui'] + '/api/v1/version')[0] == 200


def test_zones():
    """A job writes its own zone's time and never says which that is."""
    with Cluster('job east zone=5h30m last=1s\njob west zone=-8h last=1s\njob west fail Timeout\n') as world:
        for name, hours in (('east', 5.5), ('west', -8)):
            said = health(world, name)
            at = datetime.datetime.fromisoformat(said['last_processed_at'])
            offset = (at - datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)).total_seconds()
            assert abs(offset - hours * 3600) < 100, (name, said)
            assert said['seconds_since_last_batch'] < 100
        day = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=8)
        assert os.listdir(world.job('west')['dlq']) == [day.strftime('failed_batches_%Y%m%d.json')]


def test_stale():
    with cluster('job a fault stale since 6m12', fast=50) as world:
        first = health(world)
        assert 372 <= first['seconds_since_last_batch'] <= 375 and first['status'] == 'healthy'
        batch = health(world, 'b')['last_batch_id']
        wait_for(lambda: health(world, 'b')['last_batch_id'] > batch, 'a batch of b')
        assert health(world)['last_batch_id'] == first['last_batch_id']
        assert not world.json(world.application('a') + '/jobs?status=running')


def test_frozen():
    with cluster('job a fault frozen', fast=50) as world:
        first = health(world)
        newest = world.json(world.application('a') + '/jobs')[0]['jobId']
        wait_for(lambda: world.json(world.application('a') + '/jobs')[0]['jobId'] > newest, 'the job to go on')
        assert health(world) == first


def test_out_of_memory():
    with cluster('job a fault losing 3 since 2m', 'job a fail OutOfMemoryError since 2m') as world:
        executors = world.json(world.application('a') + '/allexecutors')
        lost = [e for e in executors if not e['isActive']]
        assert len(lost) == 3 and all(e['removeReason'].endswith('52') for e in lost)
        world.order('job a fault oom')
        assert refused(world.job('a')['ui'])
        assert health(world)['errors_by_type'] == {'OutOfMemoryError': 1}, 'its Python lives on'
        master = world.json(world.ready['master'] + '/json/')
        assert [app['state'] for app in master['completedapps']] == ['FINISHED'], master['completedapps']


def test_failing():
    with cluster('job a fault degraded 150s since 4m', 'job b fault unhealthy 500ms') as world:
        a = health(world)
        assert a['status'] == 'degraded' and a['errors_count'] == 2, a
        wait_for(lambda: health(world, 'b')['status'] == 'unhealthy', 'b to fail five times')
        entries = health(world, 'b', '/health/dlq')['dlq']['total_entries']
        wait_for(lambda: len(lines(world, 'b')) >= entries >= 5, 'its DLQ lines')
        assert world.get(world.job('b')['health'] + '/health/ready')[0] == 503


def lines(world, name):
    out = []
    for path in sorted(glob.glob(world.job(name)['dlq'] + '/failed_batches_*')):
        with (gzip.open if path.endswith('.gz') else open)(path, 'rb') as file:
            out += file.read().splitlines()
    return out


def test_quiet():
    with cluster('job a fault quiet', fast=50) as world:
        first = health(world)
        wait_for(lambda: health(world)['batches_processed'] > first['batches_processed'] + 2, 'batches')
        assert health(world)['records_processed'] == first['records_processed']


def test_initializing():
    with cluster('job a fault initializing since 31s', fast=50) as world:
        first = health(world)
        assert first['status'] == 'initializing' and first['last_batch_id'] is None and first['uptime_seconds'] >= 31
        world.order('job a well')
        wait_for(lambda: health(world)['status'] == 'healthy', 'its first batch')


def test_restart():
    with cluster() as world:
        before, app = health(world), world.application('a')
        world.order('job a restart')
        assert health(world)['uptime_seconds'] < 100
        assert health(world)['start_time'] > before['start_time'] and world.application('a') != app


def test_queue_files():
    with cluster('job a fail Timeout x30 since 9d until 1d', 'job a bad x2', 'job b fail Timeout') as world:
        names = [os.path.basename(path) for path in glob.glob(world.job('a')['dlq'] + '/*')]
        assert any(name.endswith('.json.gz') for name in names) and any(name.endswith('.json') for name in names), names
        found = lines(world, 'a')
        assert len(found) == 32 and len([line for line in found if line.startswith(b'{"batch_id"') and line.endswith(b'}')]) == 30
        folder = world.job('b')['dlq']
        first = os.listdir(folder)
        world.order('job b rotate')
        world.order('job b fail Timeout')
        second = [name for name in os.listdir(folder) if name not in first]
        assert len(first) == len(second) == 1 and second > first
        today = os.path.join(folder, second[0])
        world.order('job b copytruncate')
        assert os.path.getsize(today) == 0 and os.path.getsize(today + '.1') > 0
        world.order('job b fail Timeout x2')
        assert len(lines(world, 'b')) == 4
        world.order('job b truncate')
        assert os.path.getsize(today) == 0
        world.order('job b delete')
        assert not os.path.exists(today)


def strings(value):
    """Every string of a document, keys of objects apart."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


MARKERS = ('pz-csi', 'pz-osc0', 'pz-osc52', 'pz-dcs', 'pz-c1', 'pz-bidi', 'pz-newline', 'pz-cr', 'pz-nul', 'pz-utf8', 'pz-bs')


def test_poison_everywhere():
    with Cluster(PLAIN + 'job a fail Timeout x4\n', '--poison') as world:
        a = world.job('a')
        urls = [a['health'] + '/health' + path for path in ('', '/detailed', '/dlq')]
        urls += [a['ui'] + '/api/v1' + path for path in (
            '/version', '/applications', '/applications/%1b/jobs', '/applications/%1b/allexecutors',
            '/applications/%1b/environment', '/applications/%1b/stages')]
        urls += [a['ui'] + '/metrics/json/', world.ready['master'] + '/json/']
        for url in urls:
            seen = {'big': False, 'raw': False}
            for _ in range(60):
                body = world.get(url)[2]
                if b'pz-bigA' in body:
                    seen['big'] = True
                    assert len(body) > 1 << 20
                if b'\x1b' in body:
                    seen['raw'] = True
                    assert b'\xff\xc0\xaf' in body and b'\0' in body
                    continue
                for text in strings(json.loads(body)):
                    assert all(marker in text for marker in MARKERS), (url, text[:80])
                if all(seen.values()):
                    break
            assert all(seen.values()), (url, seen)
        assert any('pz-csi' in key for key in health_of_poisoned(world)['errors_by_type'])
        data = b'\n'.join(lines(world, 'a'))
        assert b'pz-osc52' in data and b'\\u001b]52' in data and b'\x1b]52' in data and b'pz-bigA' in data


def health_of_poisoned(world):
    while True:
        body = world.get(world.job('a')['health'] + '/health')[2]
        if b'\x1b' not in body:
            return json.loads(body)


main([test for name, test in sorted(globals().items()) if name.startswith('test_')], beside=4)
