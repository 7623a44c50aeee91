"""The stand-in JVMs cannot drift into fiction: their command lines, listening sockets, threads, counters and thread dumps are held,
field by field, to recorded ones of Spark 3.5.9 and 4.3.0 on OpenJDK 17. And none of them outlives its world."""
import json
import os
import re
import signal
import socket
import struct

from cluster import ROOT, Cluster, main, wait_for
from zoo import SUBMIT, Zoo, alive, command_line, listeners, maps_libjvm, own_processes

RECORDED = os.path.join(ROOT, 'tests', 'fixture')
VERSIONS = ('3.5', '4.3')


def recorded_command(name):
    with open(os.path.join(RECORDED, 'jvm', name + '.cmdline'), 'rb') as file:
        return file.read().decode().split('\0')[:-1]


def masked(words):
    """Without the path of the program, with every number as N."""
    return [re.sub(r'\d+', 'N', word) for word in words[1:]]


def test_command_line_of_pyspark():
    for version in VERSIONS:
        real = recorded_command(version + '-driver')
        at = real.index(SUBMIT)
        conf = [re.sub(r'^spark.ui.port=.*', 'spark.ui.port=0', word) for word in real[at + 1:]]
        with Zoo() as zoo:
            pair = zoo.pyspark(script='/srv/jobs/src/streaming_job.py',
                               env={'PYSPARK_SUBMIT_ARGS': ' '.join(conf), 'WORLD_HEAP': '512m', 'WORLD_SPARK': version})
            assert command_line(pair.java)[1:] == real[1:at + 1] + conf
            assert command_line(pair.python)[1:] == recorded_command(version + '-python')[1:2]
            assert os.path.basename(zoo.exe(pair.java)) == 'java' and maps_libjvm(pair.java) and not maps_libjvm(pair.python)
            with open(f'/proc/{pair.java}/stat', encoding='utf-8') as file:
                fields = file.read().rsplit(')', 1)[1].split()
            assert fields[1:3] == [str(pair.python), str(os.getpgid(pair.python))], 'its child, in its process group'
            assert os.readlink(f'/proc/{pair.java}/fd/0').startswith('pipe:')
            # Which signals are caught, ignored, blocked (those of the C library aside): SIGQUIT is for a dump, hang-ups are ignored.
            assert masks(f'/proc/{pair.java}/status') == masks(os.path.join(RECORDED, 'jvm', version + '-driver.status'))


def masks(path):
    with open(path, encoding='utf-8') as file:
        return {line.split()[0]: int(line.split()[1], 16) & 0x7fffffff for line in file if line.startswith(('SigIgn', 'SigCgt', 'SigBlk'))}


def test_command_lines_of_a_cluster():
    script = '\n'.join(f'master version={v}\nmaster jvm\njob a version={v} kind=standalone executors=2 jvm memory=512' for v in VERSIONS[:1])
    for version in VERSIONS:
        with Cluster(script.replace('3.5', version)) as world:
            classes = {}
            for pid in own_processes(world):
                words = command_line(pid)
                name = next((word for word in words if word.startswith('org.apache.spark.')), None)
                classes.setdefault(name.rsplit('.', 1)[1], []).append(words)
            assert sorted(classes) == ['CoarseGrainedExecutorBackend', 'Master', 'SparkSubmit', 'Worker'], classes
            assert len(classes['CoarseGrainedExecutorBackend']) == 2
            real = masked(recorded_command(version + '-executor-0'))
            for words in classes['CoarseGrainedExecutorBackend']:
                assert masked(words) == real
            # The recorded master had its REST port, the worker was of another size.
            rest = {'-Dspark.master.rest.enabled=true', '-Dspark.master.rest.port=N'}
            assert masked(classes['Master'][0]) == [word for word in masked(recorded_command(version + '-master')) if word not in rest]
            worker = [word for word in masked(classes['Worker'][0]) if word != 'Ng']
            assert worker == [word for word in masked(recorded_command(version + '-worker')) if word != 'Ng']


def test_ports():
    with open(os.path.join(RECORDED, 'jvm', '3.5-listen.tcp6'), encoding='utf-8') as file:
        address = {line.split()[1].split(':')[0] for line in file}
    with Zoo() as zoo:
        pair = zoo.pyspark()
        java = listeners(pair.java)
        assert len(java) == 4 and {(family, where) for family, where, _, _ in java} == {('tcp6', *address)}
        assert {pair.ui, pair.gateway, pair.rpc} < {port for _, _, port, _ in java}
        assert [family for family, _, _, _ in listeners(pair.python)] == ['tcp', 'tcp'], 'accumulators and callbacks'
        executor = zoo.executor()
        assert len(listeners(executor.pid)) == 1, 'an executor has its block manager only'
        # It hangs: the kernel completes backlog + 1 connections, nobody takes them.
        zoo.tell(pair.java, 'hang')
        calls = []
        for _ in range(4):
            call = socket.socket()
            call.setblocking(False)
            call.connect_ex(('127.0.0.1', pair.ui))
            calls.append(call)
        wait_for(lambda: [queue for _, _, port, queue in listeners(pair.java) if port == pair.ui] == [2], 'a full queue')
        for call in calls:
            call.close()
        zoo.tell(pair.java, 'well')
        wait_for(lambda: [queue for _, _, port, queue in listeners(pair.java) if port == pair.ui] == [0], 'an empty queue')


def test_ports_of_the_others():
    """How many each role listens on; the one to ask over HTTP is the ui that was said."""
    with Zoo() as zoo:
        for main_class, options, count in (('deploy.master.Master', ['--port', '0', '--webui-port', '0'], 2),
                                           ('deploy.worker.Worker', ['--webui-port', '0', 'spark://127.0.0.1:7077'], 2),
                                           ('deploy.history.HistoryServer', [], 1)):
            more = ['-Dspark.history.ui.port=0'] if not options else []
            other = zoo.java('-cp', '/opt/spark/conf', *more, '-Xmx512m', 'org.apache.spark.' + main_class, *options)
            found = {port for _, _, port, _ in listeners(other.pid)}
            assert len(found) == count and other.ui in found, main_class
        assert len(listeners(zoo.java('-cp', 'livy', '-Dlivy.server.port=0', 'org.apache.livy.server.LivyServer').pid)) == 1
        gateway = zoo.java('-cp', 'py4j.jar', 'py4j.GatewayServer', '0')
        assert [port for _, _, port, _ in listeners(gateway.pid)] == [gateway.gateway]


def counters(path):
    """(prologue, {name: (type, flags, units, variability, length)}, {name: value}) of an hsperfdata file."""
    with open(path, 'rb') as file:
        data = file.read()
    assert data[:4] == b'\xca\xfe\xc0\xc0'
    prologue = data[4:8]
    used, overflow, _, at, count = struct.unpack_from('<iiqii', data, 8)
    assert overflow == 0 and at == 32
    kinds, values = {}, {}
    for _ in range(count):
        size, name_at, length, kind, flags, units, variability, value_at = struct.unpack_from('<iiiBBBBi', data, at)
        name = data[at + name_at:data.index(b'\0', at + name_at)].decode()
        is_text = kind == ord('B')
        assert size > 0 and at + size <= used and (is_text or (at + value_at) % 8 == 0), name
        kinds[name] = (chr(kind), flags, units, variability, length if is_text and variability != 1 else None)
        values[name] = (data[at + value_at:at + value_at + length].split(b'\0')[0].decode() if is_text else
                        struct.unpack_from('<q', data, at + value_at)[0])
        at += size
    assert at == used
    return prologue, kinds, values


def hsperf(pid):
    return f'/tmp/hsperfdata_{os.environ.get("USER") or "root"}/{pid}' if os.geteuid() else f'/tmp/hsperfdata_root/{pid}'


COLLECTORS = {'spark35-g1': '', 'spark35-parallel': '-XX:+UseParallelGC', 'jdk17-serial': '-XX:+UseSerialGC', 'spark43-zgc': '-XX:+UseZGC'}
# What a JVM has or not by what it runs, not by what it is.
BY_PROGRAM = re.compile(r'sun\.(classloader|urlClassLoader|zip)\.|java\.property\.jdk\.module|sun\.rt\.vmFlags|jdk\.module')


def test_counters():
    with Zoo() as zoo:
        for name, option in COLLECTORS.items():
            real_prologue, real, real_values = counters(os.path.join(RECORDED, 'hsperf', name + '.bin'))
            driver = zoo.driver(*option.split())
            wait_for(lambda pid=driver.pid: counters(hsperf(pid))[2]['sun.os.hrt.ticks'] < 60 * 10**9, 'the first beat')
            prologue, ours, values = counters(hsperf(driver.pid))
            assert os.stat(hsperf(driver.pid)).st_size == 32768 and os.stat(hsperf(driver.pid)).st_mode & 0o777 == 0o600
            assert prologue == real_prologue
            for counter in set(real) ^ set(ours):
                assert BY_PROGRAM.match(counter), (name, counter, 'missing' if counter in real else 'extra')
            for counter in set(real) & set(ours):
                assert ours[counter] == real[counter], (name, counter, ours[counter], real[counter])
            for counter, value in real_values.items():
                if re.match(r'sun\.gc\.(policy|collector\.\d|generation\.\d|.*space\.\d)\.name', counter):
                    assert values[counter] == value, (name, counter)
            words = command_line(driver.pid)
            assert values['sun.rt.javaCommand'] == ' '.join(words[words.index(SUBMIT):])
            assert values['java.rt.vmArgs'] == ' '.join(words[1:words.index(SUBMIT)])


def test_counters_move():
    with Zoo() as zoo:
        for option in COLLECTORS.values():
            driver = zoo.driver(*option.split())

            def now(pid=driver.pid):
                return counters(hsperf(pid))[2]

            def collections(values):
                return sum(value for name, value in values.items() if name.endswith('.invocations'))
            zoo.tell(driver.pid, 'busy')
            first = now()
            wait_for(lambda first=first, now=now: collections(now()) > collections(first) and now()['sun.rt.safepoints'] > first['sun.rt.safepoints'],
                     'a collection')
            zoo.tell(driver.pid, 'thrash')
            wait_for(lambda now=now: now()['sun.gc.cause'] != 'No GC', 'a collection that is under way')
            full = now()
            old = 'sun.gc.generation.1.'
            assert full[old + 'space.0.used'] == full[old + 'maxCapacity'], 'old is full'
            zoo.tell(driver.pid, 'hang')
            wait_for(lambda now=now: still(now), 'the standstill')
            zoo.tell(driver.pid, 'leave')
            assert driver.process.wait(300) == 0 and not os.path.exists(hsperf(driver.pid)), 'removed at a clean end'


def still(now):
    """Only the clock moves, over several beats."""
    before = now()
    wait_for(lambda: now()['sun.os.hrt.ticks'] - before['sun.os.hrt.ticks'] > 300_000_000, 'the clock')
    return {name for name, value in now().items() if value != before[name]} == {'sun.os.hrt.ticks'}


def test_thread_names():
    with open(os.path.join(RECORDED, 'stand-in', '3.5-driver.threads'), encoding='utf-8') as file:
        real = {line.split(None, 1)[1].strip() for line in file}
    with Zoo() as zoo:
        pair = zoo.pyspark()
        names = set()
        for thread in os.listdir(f'/proc/{pair.java}/task'):
            with open(f'/proc/{pair.java}/task/{thread}/comm', encoding='utf-8') as file:
                names.add(re.sub(r'\d+$', '', file.read().rstrip('\n')).strip())
        extra = {name for name in names if name not in real and not name.startswith(('SparkUI-36-acce', 'rpc-boss', 'shuffle-boss'))}
        assert not extra, extra
        assert {'GC Thread#', 'VM Thread', 'G1 Service', 'VM Periodic Tas', 'Signal Dispatch', 'dag-scheduler-e'} <= names
        serial = zoo.driver('-XX:+UseSerialGC')
        names = {open(f'/proc/{serial.pid}/task/{thread}/comm', encoding='utf-8').read() for thread in os.listdir(f'/proc/{serial.pid}/task')}
        assert 'VM Thread\n' in names and not any(name.startswith(('GC ', 'G1 ')) for name in names)


def attach(zoo, pid, *request):
    """As jcmd does it: an empty .attach_pidN and SIGQUIT make it listen."""
    trigger, path = os.path.join(zoo.folder, f'.attach_pid{pid}'), f'/tmp/.java_pid{pid}'
    if not os.path.exists(path):
        with open(trigger, 'w', encoding='utf-8'):
            os.kill(pid, signal.SIGQUIT)
        wait_for(lambda: os.path.exists(path), 'the attach socket')
        os.unlink(trigger)
    with socket.socket(socket.AF_UNIX) as call:
        call.settimeout(10)
        call.connect(path)
        words = ['1', *request]
        call.sendall(''.join(word + '\0' for word in words + [''] * (5 - len(words))).encode())
        answer = b''
        while piece := call.recv(65536):
            answer += piece
    return answer.decode().split('\n', 1)


def shapes(dump):
    """The lines of a dump without what is different each time."""
    lines = set()
    for line in dump.splitlines():
        line = re.sub(r'\d+(\.\d+)?', 'N', re.sub(r'0x[0-9a-f]+', 'HEX', line))
        line = re.sub(r'^"[^"]*"( #N)?( daemon)?', '"..."', line)
        line = re.sub(r'\(a [\w.$]+\)', '(a ...)', line)
        lines.add(re.sub(r'(HEX, )+HEX', 'HEX', line).rstrip(' ,'))
    return lines


def findings(dump):
    """What a dump says of its deadlock, and whose frames it shows, without addresses."""
    wanted = ('Found', '"', '  which', '  waiting')
    return [re.sub(r'0x[0-9a-f]+', 'HEX', line) for line in dump[dump.index('Found one'):].splitlines() if line.startswith(wanted)]


def test_thread_dump():
    with open(os.path.join(RECORDED, 'stand-in', '3.5-deadlock.dump'), encoding='utf-8') as file:
        real = file.read()
    with Zoo() as zoo:
        driver = zoo.driver()
        status, dump = attach(zoo, driver.pid, 'threaddump', '-l')
        assert status == '0' and 'deadlock' not in dump
        zoo.tell(driver.pid, 'deadlock')
        for request in (('threaddump', '-l'), ('jcmd', 'Thread.print -l')):
            status, dump = attach(zoo, driver.pid, *request)
            assert status == '0'
            frames = {line for line in shapes(dump) if not line.startswith('\tat ')}
            assert not frames - shapes(real), sorted(frames - shapes(real))
            assert findings(dump) == findings(real)
        assert attach(zoo, driver.pid, 'nonsense')[0] == '-1'
        os.kill(driver.pid, signal.SIGQUIT)  # without a trigger: on its own output
        wait_for(lambda: 'Found 1 deadlock.' in open(zoo.log, encoding='utf-8').read(), 'the dump on its output')


def test_frames_were_seen():
    """Every frame of ours stands in the recorded dump, or says where it comes from."""
    with open(os.path.join(RECORDED, 'stand-in', '3.5-deadlock.dump'), encoding='utf-8') as file:
        real = {line for line in file.read().splitlines() if line.startswith('\tat ')}
    with Zoo() as zoo:
        driver = zoo.driver()
        zoo.tell(driver.pid, 'deadlock')
        frames = {line for line in attach(zoo, driver.pid, 'threaddump')[1].splitlines() if line.startswith('\tat ')}
    assert not frames - real, sorted(frames - real)


def test_threads_of_the_ui():
    script = ''.join(f'job a{v[0]} version={v} up=1h jvm pyspark\n' for v in VERSIONS)
    with Cluster(script) as world:
        for version in VERSIONS:
            with open(os.path.join(RECORDED, 'stand-in', version + '-threads.json'), encoding='utf-8') as file:
                real = json.load(file)
            name = 'a' + version[0]
            world.order(f'job {name} fault deadlock')
            ours = world.json(world.application(name) + '/executors/driver/threads')
            known, needed = set.union(*map(set, real)) | {'blockedByThreadId'}, set.intersection(*map(set, real))
            assert all(needed <= set(thread) <= known for thread in ours), version
            locked = {thread['threadId']: thread['blockedByThreadId'] for thread in ours if 'blockedByThreadId' in thread}
            assert len(locked) == 2 and all(locked[other] == one for one, other in locked.items())
            ends = {frame.endswith('\n') for thread in ours + real for frame in thread['stackTrace']['elems']}
            assert ends == {version == '4.3'}


def test_nothing_outlives_the_world():
    script = 'master jvm\njob a jvm pyspark\njob b kind=standalone jvm executors=2\njob c jvm pyspark\njob d jvm pyspark\njob e jvm\n'
    for end in (signal.SIGKILL, signal.SIGTERM):
        with Cluster(script) as world:
            pids = own_processes(world)
            assert len(pids) == 2 + 2 + 3 + 2 + 2 + 1
            for order in ('a fault hang', 'b fault thrash', 'c fault orphan', 'd fault stop', 'e fault dump'):
                world.order('job ' + order)
            files = [hsperf(pid) for pid in pids if os.path.exists(hsperf(pid))]
            assert len(files) == 9, 'one for each JVM'
            world.process.send_signal(end)
            world.process.wait(300)
            wait_for(lambda world=world: not own_processes(world), 'the end of its processes')
            wait_for(lambda pids=pids: not any(map(alive, pids)), 'the end of its processes')
            assert not [path for path in files if os.path.exists(path)]


main([test_command_line_of_pyspark, test_command_lines_of_a_cluster, test_ports, test_ports_of_the_others, test_counters, test_counters_move, test_thread_names,
      test_thread_dump, test_frames_were_seen, test_threads_of_the_ui, test_nothing_outlives_the_world], beside=4)
