"""The stand-in cluster cannot drift into fiction: its answers have the fields of the recorded real ones, the same nesting, the
same JSON types - nothing missing, nothing extra - in both versions of Spark; and its paths answer as a real UI was seen to."""
import glob
import json
import os
import re

from cluster import FIXTURE, Cluster, main

SCRIPT = ''.join(f'''
job stream{v[0]} version={v} kind=local work=stream rate=22.5 up=2h interval=2s took=100ms
job health{v[0]} version={v} up=45m interval=60s
job copy{v[0]} version={v} kind=standalone work=copy up=1h interval=2s took=1900ms
job dying{v[0]} version={v} kind=standalone work=copy up=1h interval=10s
job dying{v[0]} fault losing 4 since 90s
job queue{v[0]} fail ServerSelectionTimeoutError x2 since 10m
job queue{v[0]} fail AnalysisException since 1m
job queue{v[0]} version={v}
job gone{v[0]} version={v} kind=standalone
job gone{v[0]} fault oom since 10s
job new{v[0]} version={v} up=5s
job new{v[0]} fault initializing since 5s
''' for v in ('3.5', '4.3'))


class Shape:
    """What is known of a place in JSON from all values seen there."""

    def __init__(self):
        self.types, self.keys, self.required, self.item = set(), {}, None, None

    def see(self, value):
        self.types.add('number' if type(value) is int else type(value).__name__)
        if isinstance(value, dict):
            for key, inner in value.items():
                self.keys.setdefault(key, Shape()).see(inner)
            self.required = set(value) if self.required is None else self.required & set(value)
        if isinstance(value, list):
            for inner in value:
                self.item = self.item or Shape()
                self.item.see(inner)
        return self


def differences(real, ours, where):
    if real.types != ours.types:
        yield f'{where}: {sorted(ours.types)} instead of {sorted(real.types)}'
    for key in sorted(set(real.keys) - set(ours.keys)):
        yield f'{where}.{key}: missing'
    for key in sorted(set(ours.keys) - set(real.keys)):
        yield f'{where}.{key}: extra'
    for key in sorted((real.required or set()) - (ours.required or set()) & set(ours.keys)):
        yield f'{where}.{key}: not in every one'
    for key in sorted(set(real.keys) & set(ours.keys)):
        yield from differences(real.keys[key], ours.keys[key], f'{where}.{key}')
    if real.item and ours.item:
        yield from differences(real.item, ours.item, where + '[]')
    elif real.item or ours.item:
        yield f'{where}[]: {"missing" if real.item else "extra"}'


def same(recorded, answered, where):
    found = list(differences(Shape().see(recorded), Shape().see(answered), where))
    assert not found, '\n'.join(found)


def fixture(*path):
    with open(os.path.join(FIXTURE, *path), encoding='utf-8') as file:
        return json.load(file)


def plain_names(metrics, query):
    """Without the application's id and the query's name."""
    out = {}
    for section, members in metrics.items():
        if isinstance(members, dict):
            members = {re.sub(r'^(local|app)-[0-9-]+\.', '', name).replace(query, 'QUERY'): value
                       for name, value in members.items()}
        out[section] = members
    return out


def check_driver(world, version, recorded, name):
    app = world.application(name)
    base = app.rsplit('/', 1)[0]
    for file, url in (('applications', base), ('application', app), ('allexecutors', app + '/allexecutors'),
                      ('environment', app + '/environment'), ('version', world.job(name)['ui'] + '/api/v1/version')):
        same(fixture(version, recorded, file + '.json'), world.json(url), f'{version} {recorded} {file}')
    # A running job is in the recorded answers of the one driver and not of the other: either is right.
    for file in ('jobs', 'stages'):
        same(fixture(version, recorded, file + '.json'), world.json(f'{app}/{file}?details=false'), f'{version} {recorded} {file}')
    same(plain_names(fixture(version, recorded, 'metrics.json'), 'health-analytics'),
         plain_names(world.json(world.job(name)['ui'] + '/metrics/json/'), name), f'{version} {recorded} metrics')


def test_streaming_driver():
    for version in ('3.5', '4.3'):
        check_driver(world, version, 'streaming', 'stream' + version[0])


def test_standalone_driver():
    for version in ('3.5', '4.3'):
        check_driver(world, version, 'standalone', 'copy' + version[0])


def test_driver_whose_executors_died():
    for version in ('3.5', '4.3'):
        app = world.application('dying' + version[0])
        for file in ('allexecutors', 'jobs', 'stages'):
            same(fixture(version, 'oom', file + '.json'), world.json(f'{app}/{file}'), f'{version} oom {file}')
        reasons = {e['removeReason'] for e in world.json(app + '/allexecutors') if not e['isActive']}
        assert reasons == {'Command exited with code 52'}, reasons


def test_master():
    for version in ('3.5', '4.3'):
        with Cluster(f'master version={version}\njob a version={version} kind=standalone\n') as alone:
            same(fixture(version, 'master.json'), alone.json(alone.ready['master'] + '/json/'), version + ' master')
            if version == '4.3':
                same(fixture(version, 'clusterutilization.json'),
                     alone.json(alone.ready['master'] + '/json/clusterutilization'), 'clusterutilization')
    recorded = fixture('4.3', 'master_after.json')['completedapps']
    same(recorded, world.json(world.ready['master'] + '/json/')['completedapps'], 'completedapps')


def test_health():
    for v in '34':
        health = world.job('health' + v)['health'] + '/health'
        for file, path in (('health', ''), ('detailed', '/detailed'), ('ready', '/ready'), ('live', '/live')):
            same(fixture('health', file + '.json'), world.json(health + path), file)
        same(fixture('health', 'dlq.json'), world.json(world.job('queue' + v)['health'] + '/health/dlq'), 'dlq')
        status, _, body = world.get(world.job('new' + v)['health'] + '/health/ready')
        assert status == 503
        same(fixture('health', 'not_ready.json'), json.loads(body), 'not ready')


def test_queue_lines():
    recorded = []
    for version in ('3.5', '4.3'):
        with open(os.path.join(FIXTURE, version, 'dlq.jsonl'), encoding='utf-8') as file:
            recorded += [json.loads(line) for line in file]
    for entry in recorded:  # the records are the customer's own; only their being objects is fixed
        entry['sample_records'] = [{} for record in entry['sample_records']]
    lines = []
    for path in glob.glob(world.job('queue3')['dlq'] + '/failed_batches_*.json'):
        with open(path, 'rb') as file:
            lines += [json.loads(line) for line in file]
    assert len(lines) == 3
    for entry in lines:
        entry['sample_records'] = [{} for record in entry['sample_records']]
    same(recorded, lines, 'dlq')


def test_paths():
    with open(os.path.join(FIXTURE, 'probes.tsv'), encoding='utf-8') as file:
        probes = [line.rstrip('\n').split('\t') for line in file]
    for v, slash in (('3', 302), ('4', 301)):
        ui = world.job('stream' + v)['ui']
        app = world.application('stream' + v).rsplit('/', 1)[1]
        for method, path, status, kind, location in probes:
            got, headers, _ = world.get(ui + path.replace('APP', app), method)
            wanted = slash if status == 'SLASH' else int(status)
            assert got == wanted, (v, path, got, wanted)
            assert headers.get('Content-Type', '-').lower() == kind, (v, path, headers)
            assert headers.get('Location', '-') == (ui + location if location != '-' else '-'), (v, path, headers)


def test_texts():
    ui, app = world.job('stream3')['ui'], world.application('stream3')
    for url, text in ((ui + '/api/v1/applications/none', b'unknown app: none'),
                      (app + '/jobs/99999', b'unknown job: 99999'),
                      (app + '/stages/99999', b'unknown stage: 99999'),
                      (app + '/executors/7/threads', b'Executor does not exist.'),
                      (app + '/streaming/statistics', b'no streaming listener attached to stream3')):
        assert world.get(url)[2] == text, url


def test_bytes_are_jackson_s():
    """Also the white space is: a decoder's speed depends on it."""
    body = world.get(world.application('copy3'))[2].decode()
    assert body.startswith('{\n  "id" : "app-') and body.endswith('\n  } ]\n}'), body
    assert '"attempts" : [ {\n    "startTime" : "' in body
    body = world.get(world.application('copy3') + '/environment')[2].decode()
    assert '"sparkProperties" : [ [ "spark.app.id", "app-' in body


with Cluster(SCRIPT) as world:
    main([test_streaming_driver, test_standalone_driver, test_driver_whose_executors_died, test_master, test_health,
          test_queue_lines, test_paths, test_texts, test_bytes_are_jackson_s])
