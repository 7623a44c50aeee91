"""A million DLQ entries as Python's json.dumps writes them, 993 bytes on average, always the same ones: written to
standard output. Six error types, messages of 40 to 480 bytes, five sample records."""
import json
import random
import sys
import time

TYPES = (('ServerSelectionTimeoutError', 'Retry after 30 seconds - Check MongoDB connection'),
         ('Timeout', 'Retry after 60 seconds - Check API availability'),
         ('SchemaError', 'Check data schema and collection structure'),
         ('Py4JJavaError', 'Review stack trace and DLQ entry'),
         ('KeyError', 'Review stack trace and DLQ entry'),
         ('ConnectionResetError', 'Review stack trace and DLQ entry'))


def main(count):
    rng = random.Random(20261120)
    words = [''.join(rng.choice('etaoinshrdlucm') for _ in range(rng.randint(3, 9))) for _ in range(300)]
    now = time.time()
    midnight = now - now % 86400
    out = []
    for i in range(count):
        kind, advice = TYPES[rng.randrange(len(TYPES))]
        at = time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(midnight + (now - midnight) * i / count))
        message = ' '.join(rng.choice(words) for _ in range(rng.randint(6, 70)))[:480]
        stamp = f'{at}.{rng.randrange(1000000):06d}'
        out.append(json.dumps({
            'batch_id': i, 'timestamp': stamp,
            'error': {'type': kind, 'message': message, 'recommendation': advice, 'action': 'Continue to next batch'},
            'context': {'batch_id': i, 'last_ts': stamp, 'records_queried': rng.randrange(1000)},
            'sample_records': [{'userId': f'user{rng.randrange(100000)}', 'steps': rng.randrange(20000), 'timestamp': stamp}
                               for _ in range(5)]}))
        if len(out) == 5000:
            sys.stdout.write('\n'.join(out) + '\n')
            out.clear()
    sys.stdout.write(''.join(line + '\n' for line in out))


main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000000)
