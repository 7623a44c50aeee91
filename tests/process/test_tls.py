#!/usr/bin/env python3
"""A job behind TLS whose certificate does not hold is not asked anything: self-signed, another host's name, an old protocol, a
handshake that never ends, or no TLS at all. Each says why, and none of them makes the job look well."""
import http.server
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

OUT = os.environ.get('O', 'build')
HEALTHY = json.dumps({'status': 'healthy', 'last_batch_id': 7, 'errors_count': 0, 'batches_processed': 7}).encode()
asked = []


class Job(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(HEALTHY)))
        self.end_headers()
        self.wfile.write(HEALTHY)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that turns away in the middle of the handshake is what is tested


def certificate(home, name, subject):
    key, crt = f'{home}/{name}.key', f'{home}/{name}.crt'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', crt, '-subj',
                    f'/CN={subject}', '-addext', f'subjectAltName={subject_name(subject)}', '-days', '30'],
                   check=True, capture_output=True)
    return crt, key


def subject_name(subject):
    return f'IP:{subject}' if subject[0].isdigit() else f'DNS:{subject}'


def serve(pair, oldest=None):
    server = Server(('127.0.0.1', 0), Job)
    if pair:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        if oldest:
            context.set_ciphers('ALL:@SECLEVEL=0')
            context.minimum_version = context.maximum_version = oldest
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def silent():
    """Accepts and says nothing: a handshake that never ends."""
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    s.listen(5)
    return s


def main():
    home = tempfile.mkdtemp(prefix='sparkops-tls.')
    own = certificate(home, 'own', '127.0.0.1')
    other = certificate(home, 'other', 'elsewhere.example')
    mute = silent()
    servers = {'selfsigned': (serve(own), 'certificate'), 'othername': (serve(other), 'certificate'),
               'tls1': (serve(own, ssl.TLSVersion.TLSv1), 'TLS'),
               'plain': (serve(None), 'TLS')}
    ports = {name: server.server_port for name, (server, _) in servers.items()}
    ports['mute'] = mute.getsockname()[1]
    with open(home + '/config.yaml', 'w', encoding='utf-8') as f:
        f.write('jobs:\n' + ''.join(f'  - {{name: {n}, health: "https://127.0.0.1:{p}"}}\n' for n, p in ports.items()))
    command = [f'{OUT}/sparkops-asan', '--once', '--json', '--no-discover', '--timeout', '4s', '--config', home + '/config.yaml',
               '--state-dir', home + '/state']
    for _ in range(20):  # a busy machine may shake no hands within the two seconds that sparkops gives it: once more
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        said = json.loads(done.stdout)
        problems = [t['problem'] or '' for t in said['targets'] if t['job'] in servers]
        if all('certificate' in problem or 'TLS' in problem for problem in problems):
            break
    for server, _ in servers.values():
        server.shutdown()
    mute.close()
    shutil.rmtree(home, ignore_errors=True)
    targets = {t['job']: t for t in said['targets'] if t['job'] in ports}
    verdicts = {j['name']: j['verdict'] for j in said['jobs']}
    checks = {'nothing was asked of any of them': asked == []}
    for name in ports:
        problem = targets[name]['problem'] or ''
        word = servers[name][1] if name in servers else ''
        checks[f'{name}: failed and says why: {problem}'] = targets[name]['state'] != 'ok' and word.lower() in problem.lower()
        checks[f'{name}: {verdicts[name]}'] = verdicts[name] in ('unknown', 'unreachable')
    for what, ok in checks.items():
        print('ok' if ok else 'FAILED', what)
    if not all(checks.values()):
        print(done.stdout[:3000], done.stderr[:500])
    print(f'{sum(checks.values())} passed, {len(checks) - sum(checks.values())} failed')
    return 0 if all(checks.values()) else 1


sys.exit(main())
