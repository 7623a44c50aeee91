"""A command hook: argv is where to send the entry that comes on standard input. Exit codes say what came of it."""
import os
import sys
import urllib.error
import urllib.request

EXIT = {409: 100, 429: 75, 503: 75}

request = urllib.request.Request(sys.argv[1], data=sys.stdin.buffer.read(), method="POST", headers={
    "Idempotency-Key": os.environ["SPARKOPS_KEY"], "Content-Type": "application/json"})
try:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=50) as answer:
        print(answer.read().decode())
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())
    sys.exit(EXIT.get(error.code, 1))
