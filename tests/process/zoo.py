"""Processes to look at: true stand-ins of Spark's JVMs (tests/world/jvm), and a zoo of what only seems to be one, or is one in a
bad state. All that a zoo started ends with it, by pid, also on failure.

    with Zoo() as zoo:
        pair = zoo.pyspark(name='copy')          # pair.python, pair.java (pids), pair.ui, pair.gateway, pair.rpc (ports)
        zoo.tell(pair.java, 'hang')
        for seeming in zoo.impostors():          # seeming.pid, seeming.what: never a Spark JVM
            ...
"""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from cluster import WORLD, wait_for

STAND_INS = WORLD + '-jvm'
SUBMIT = 'org.apache.spark.deploy.SparkSubmit'
SPARK_PATH = '/opt/spark/conf:/opt/spark/jars/*'
# Tells its pid and port when it listens; ends with the standard input that the zoo holds.
JOB_BELOW = """
import http.server, os, sys, threading
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == '/health' else 404)
        self.end_headers()
        self.wfile.write(b'{"status": "healthy", "last_batch_id": 7, "errors_count": 0, "batches_processed": 7}')
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Health)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(sys.argv[1] + '.new', 'w') as out:
    out.write(f'{os.getpid()} {server.server_address[1]}')
os.rename(sys.argv[1] + '.new', sys.argv[1])
sys.stdin.read()
"""
WAITS = 'read forever'  # a shell's; its standard input is a pipe that the zoo holds


class Animal:
    def __init__(self, what, process, **more):
        self.what, self.process, self.pid = what, process, process.pid
        self.__dict__.update(more)


def state(pid):
    """The letter of /proc/PID/stat; None: it is gone."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8', errors='replace') as file:
            return file.read().rsplit(')', 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def alive(pid):
    """A zombie is not."""
    return state(pid) not in (None, 'Z')


def command_line(pid):
    with open(f'/proc/{pid}/cmdline', 'rb') as file:
        return file.read().decode(errors='replace').split('\0')[:-1]


def maps_libjvm(pid):
    with open(f'/proc/{pid}/maps', encoding='utf-8') as file:
        return any(line.rstrip().endswith('/libjvm.so') for line in file)


def listeners(pid):
    """(family, address, port, rx_queue) of the listening sockets of a process."""
    own = set()
    for fd in os.listdir(f'/proc/{pid}/fd'):
        try:
            own.add(os.readlink(f'/proc/{pid}/fd/{fd}'))
        except FileNotFoundError:
            continue
    found = []
    for family in ('tcp', 'tcp6'):
        with open(f'/proc/{pid}/net/{family}', encoding='utf-8') as file:
            for line in file.readlines()[1:]:
                fields = line.split()
                if fields[3] == '0A' and f'socket:[{fields[9]}]' in own:
                    address, port = fields[1].split(':')
                    found.append((family, address, int(port, 16), int(fields[4].split(':')[1], 16)))
    return found


def own_processes(world):
    """pids of the stand-ins of a Cluster, also of those whose parent is gone."""
    token = f'WORLD_TOKEN={world.ready["pid"]}-'.encode()
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/environ', 'rb') as file:
                if token in file.read():
                    found.append(int(pid))
        except OSError:
            continue
    return found


def lock(name):
    """For one at a time on this host, until it is closed."""
    held = socket.socket(socket.AF_UNIX)

    def is_mine():
        try:
            held.bind('\0' + name)
        except OSError:
            return False
        return True
    wait_for(is_mine, name)
    return held


def copy(*files):
    """Copies programs, as `cp` does: files, then where to. See program() for why it is done by another process."""
    subprocess.run(['cp', *files], check=True)


def kept_ports(count=8):
    """Sockets that keep a port each from whoever asks for any; a stand-in that is told of them can listen there all the same."""
    kept = [socket.socket() for _ in range(count)]
    for one in kept:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(('127.0.0.1', 0))
    return kept


class Zoo:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='zoo-')
        os.chmod(self.folder, 0o755)
        # Copies: another user may not be able to reach the folder that was built in.
        copy(*(os.path.join(STAND_INS, name) for name in ('java', 'python3', 'libjvm.so')), self.folder)
        self.log = os.path.join(self.folder, 'log')  # what they all print
        self.started, self.pids, self.leavings, self.locks = [], [], [], []

    def __enter__(self):
        return self

    def __exit__(self, *what):
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
            process.stdin.close()
        for pid in self.pids:  # JVMs whose parent may be gone; ours as long as they run from our folder
            if (self.exe(pid) or '').startswith(self.folder):
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, signal.SIGKILL)
            wait_for(lambda pid=pid: not (self.exe(pid) or '').startswith(self.folder), 'the end of a stand-in')
            for path in self.traces(pid):
                if os.path.exists(path):
                    os.unlink(path)
        for path in self.leavings:
            if os.path.exists(path):
                os.unlink(path)
        for held in self.locks:
            held.close()
        shutil.rmtree(self.folder)

    @staticmethod
    def exe(pid):
        try:
            return os.readlink(f'/proc/{pid}/exe')
        except OSError:
            return None

    @staticmethod
    def traces(pid):
        users = {pwd.getpwuid(os.geteuid()).pw_name, 'nobody'}
        return [f'/tmp/hsperfdata_{user}/{pid}' for user in users] + [f'/tmp/.java_pid{pid}']

    def start(self, arguments, executable=None, what='', env=None, **more):
        with open(self.log, 'ab') as log:
            process = subprocess.Popen(arguments, executable=executable, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self.folder,
                                       env={**os.environ, **(env or {})}, **more)
        self.started.append(process)
        return Animal(what, process)

    def start_ready(self, arguments, executable, what, env, **more):
        """Starts a stand-in and waits until it has said that its ports are open: its lines, by their first word."""
        reader, writer = os.pipe()
        kept = kept_ports()  # what listened is free when it has ended, and nobody else comes there by chance
        self.locks += kept
        env = {**env, 'WORLD_READY': str(writer), 'WORLD_PORTS': ','.join(str(one.getsockname()[1]) for one in kept)}
        try:
            animal = self.start(arguments, executable, what, env, pass_fds=(writer,), **more)
        finally:
            os.close(writer)
        with os.fdopen(reader, encoding='utf-8') as lines:
            said = {}
            while 'java' not in said:
                line = lines.readline()
                assert line, f'{what} did not start'
                word, *numbers = line.split()
                said[word] = [int(number) for number in numbers]
        animal.java, animal.ui, animal.gateway, animal.rpc = said['java']
        animal.python = said['python'][0] if 'python' in said else None
        self.pids.append(animal.java)
        return animal

    def java(self, *arguments, what='a JVM', env=None, **more):
        """A stand-in JVM: options, main class, arguments. Its ports are open when this returns."""
        return self.start_ready(['java', *arguments], os.path.join(self.folder, 'java'), what, env or {}, **more)

    def driver(self, *options, conf=(), **more):
        """A driver that Java or Scala code began; pid is the JVM."""
        return self.java('-cp', SPARK_PATH, '-Xmx512m', *options, SUBMIT, '--conf', 'spark.ui.port=0',
                         *(word for pair in conf for word in ('--conf', pair)), '--class', 'lake.Stream', '/srv/jobs/lake.jar', **more)

    def executor(self, number=0, app='app-20261120203237-0000', driver_rpc=42719, **more):
        return self.java('-cp', SPARK_PATH, '-Xmx512M', f'-Dspark.driver.port={driver_rpc}', 'org.apache.spark.executor.CoarseGrainedExecutorBackend',
                         '--driver-url', f'spark://CoarseGrainedScheduler@127.0.0.1:{driver_rpc}', '--executor-id', str(number), '--hostname', '127.0.0.1',
                         '--cores', '1', '--app-id', app, '--worker-url', 'spark://Worker@127.0.0.1:43365', '--resourceProfileId', '0', **more)

    def pyspark(self, name='copy', options='', script='job.py', env=None, **more):
        """A Python and its JVM; pid is the Python."""
        return self.start_ready(['python3', script], os.path.join(self.folder, 'python3'), 'a PySpark job',
                                {'PYSPARK_SUBMIT_ARGS': f'--conf spark.app.name={name} --conf spark.ui.port=0 pyspark-shell',
                                 'SPARK_SUBMIT_OPTS': options, **(env or {})}, **more)

    def submitted(self, name='copy', env=None):
        """`spark-submit job.py`: pid is the JVM, python the job's process below it, which answers the health contract at health."""
        script, told = os.path.join(self.folder, 'job.py'), os.path.join(self.folder, 'job.told')
        with open(script, 'w', encoding='utf-8') as file:
            file.write(JOB_BELOW)
        java = os.path.join(self.folder, 'java')
        animal = self.start_ready(['sh', '-c', 'exec 3<&0; "$0" "$1" "$2" <&3 3<&- & shift 2; exec "$@" 3<&-', sys.executable, script, told, java,
                                   '-cp', SPARK_PATH, '-Xmx512m', SUBMIT, '--conf', 'spark.ui.port=0', '--conf', f'spark.app.name={name}', script],
                                  None, 'a submitted script', env or {})
        wait_for(lambda: os.path.exists(told), 'the job below its JVM')
        with open(told, encoding='utf-8') as file:
            animal.python, animal.health = map(int, file.read().split())
        return animal

    @staticmethod
    def tell(pid, order):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(f'\0sparkops-stand-in-{pid}')
            control.sendall(order.encode() + b'\n')
            answer = control.recv(4096).decode().strip()
        assert answer in ('done', ''), (pid, order, answer)

    # what only seems to be a Spark JVM

    def shell_as(self, name, *arguments, what):
        """The shell under another name, with ARGUMENTS behind its own."""
        path = os.path.join(self.folder, 'shells', name)
        if not os.path.exists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            copy(os.path.realpath('/bin/sh'), path)
        return self.start([name, '-c', WAITS, *arguments], path, what)

    def python_with_that_argv(self):
        return self.start(['java', '-c', 'input()', '-cp', SPARK_PATH, SUBMIT, 'pyspark-shell'], sys.executable, 'a Python that calls itself java')

    def shell_with_that_argument(self):
        return self.start(['sh', '-c', WAITS, SUBMIT, 'pyspark-shell'], '/bin/sh', 'a shell with the class among its arguments')

    def java_without_libjvm(self):
        return self.shell_as('java', SUBMIT, 'pyspark-shell', what='a program named java that is no JVM')

    def editor(self):
        return self.shell_as('vim', SUBMIT, what='an editor with the class as a file name')

    def grep(self):
        return self.shell_as('grep', '-r', SUBMIT, '/srv', what='a search for the class')

    def kafka(self):
        return self.java('-Xmx256m', '-cp', '/opt/kafka/libs/*:/opt/org.apache.spark.deploy.SparkSubmit.jar', 'kafka.Kafka', 'server.properties',
                         what='a JVM of Kafka')

    def elasticsearch(self):
        return self.java('-cp', '/usr/share/elasticsearch/lib/*', 'org.elasticsearch.bootstrap.Elasticsearch', f'-Enote={SUBMIT}',
                         what='a JVM of Elasticsearch with the class inside an argument')

    def class_as_argument(self):
        return self.java('-cp', '/opt/tool', 'com.example.Tool', '--explain', 'com.example', what='a JVM of a tool')

    def impostors(self):
        return [make() for make in (self.python_with_that_argv, self.shell_with_that_argument, self.java_without_libjvm, self.editor, self.grep,
                                    self.kafka, self.elasticsearch, self.class_as_argument)]

    # one that is one, in a bad state

    def zombie(self, status=52):
        """A driver that died; its Python lives and does not reap it. java is the zombie."""
        pair = self.pyspark()
        self.tell(pair.java, f'die {status}')
        wait_for(lambda: state(pair.java) == 'Z', 'the zombie')
        return pair

    def orphan(self):
        """A JVM that hangs, whose Python was killed. pid is the JVM."""
        pair = self.pyspark()
        self.tell(pair.java, 'hang')
        pair.process.kill()
        pair.process.wait()
        pair.pid = pair.java
        return pair

    def stopped(self):
        driver = self.driver()
        driver.process.send_signal(signal.SIGSTOP)
        wait_for(lambda: state(driver.pid) == 'T', 'the stop')
        return driver

    def stubborn(self):
        """SIGTERM does not end it."""
        driver = self.driver()
        self.tell(driver.pid, 'hang')
        return driver

    def changeling(self):
        """Was a driver, is a shell: same pid, same start time. become() makes the change."""
        driver = self.driver()
        path = os.path.join(self.folder, 'sh')
        copy(os.path.realpath('/bin/sh'), path)

        def become():
            self.tell(driver.pid, 'become ' + path)
            wait_for(lambda: self.exe(driver.pid) == path, 'the change')
        driver.become = become
        return driver

    def twins(self, seconds=30):
        """A driver that has forked: the child has its command line, its maps and its sockets. twin is the child."""
        driver = self.driver()
        self.tell(driver.pid, f'twin {seconds}')
        with open(f'/proc/{driver.pid}/task/{driver.pid}/children', encoding='utf-8') as file:
            children = file.read().split()
        for thread in os.listdir(f'/proc/{driver.pid}/task'):
            with open(f'/proc/{driver.pid}/task/{thread}/children', encoding='utf-8') as file:
                children += file.read().split()
        driver.twin = int(children[0])
        self.pids.append(driver.twin)
        return driver

    def long_command(self, size=100_000):
        return self.driver(conf=['spark.note=' + 'x' * size])

    def of_nobody(self):
        """A driver of the user nobody; None where we are not root."""
        return self.driver(user='nobody', group='nogroup', extra_groups=[]) if os.geteuid() == 0 else None

    def in_pid_namespace(self):
        """A driver in a PID namespace of its own: java is its pid there, outside it is a child of pid. None where that is not permitted."""
        if subprocess.run(['unshare', '--pid', '--fork', 'true'], capture_output=True, check=False).returncode:
            return None
        self.locks.append(lock('sparkops-test-namespace'))  # it is reached by its number there, which is always 1
        inside = self.start_ready(['unshare', '--pid', '--fork', '--kill-child', os.path.join(self.folder, 'java'), '-cp', SPARK_PATH, SUBMIT,
                                   '--conf', 'spark.ui.port=0', 'x.jar'], None, 'a driver in a PID namespace', {})
        self.pids.remove(inside.java)  # a pid of its own namespace, whose /tmp is ours
        self.leavings += self.traces(inside.java)
        with open(f'/proc/{inside.pid}/task/{inside.pid}/children', encoding='utf-8') as file:
            inside.outside = int(file.read().split()[0])
        self.pids.append(inside.outside)
        return inside
