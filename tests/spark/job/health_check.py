"""The five health endpoints of a streaming job, on the standard library's own HTTP server.

The shape of the answers is the contract that the console reads: counters since the start, times of
this process's own zone without saying which, a status that only ever gets worse. Serving is one
daemon thread, so a busy or dying Spark never takes the endpoints with it.
"""
import json
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STALE_AFTER_S = 300

job_status_lock = threading.Lock()
job_status = {
    "status": "initializing",
    "last_batch_id": None,
    "last_processed_at": None,
    "errors_count": 0,
    "errors_by_type": {},
    "batches_processed": 0,
    "records_processed": 0,
    "start_time": datetime.now().isoformat(),
    "version": "1.0",
}
dead_letter_queue = None
replay = None


def status_of(errors):
    return "unhealthy" if errors >= 5 else "degraded" if errors else "healthy"


def update_batch_status(batch_id, records_processed=0):
    """A batch went through: counted even when it brought no record."""
    with job_status_lock:
        job_status["last_batch_id"] = batch_id
        job_status["last_processed_at"] = datetime.now().isoformat()
        job_status["batches_processed"] += 1
        job_status["records_processed"] += records_processed
        job_status["status"] = status_of(job_status["errors_count"])


def update_error_status(error_type, increment=1):
    with job_status_lock:
        job_status["errors_count"] += increment
        by_type = job_status["errors_by_type"]
        by_type[error_type] = by_type.get(error_type, 0) + increment
        job_status["status"] = status_of(job_status["errors_count"])


def set_job_status(status):
    with job_status_lock:
        job_status["status"] = status


def recommendations(status, since_last_batch):
    errors, said = status["errors_count"], []
    if errors > 10:
        said.append("High error count detected - Review DLQ and error logs")
    elif errors >= 5:
        said.append("Moderate error rate - Monitor for patterns")
    if not status["batches_processed"]:
        said.append("No batches processed yet - Job may be initializing")
    if since_last_batch is not None and since_last_batch > STALE_AFTER_S:
        said.append("Job appears stale (>5 min since last batch) - Check batch processing")
    return said


def health():
    with job_status_lock:
        answer = dict(job_status, errors_by_type=dict(job_status["errors_by_type"]))
    began = datetime.fromisoformat(answer["start_time"])
    answer["uptime_seconds"] = int((datetime.now() - began).total_seconds())
    return 200, answer


def health_detailed():
    _, answer = health()
    uptime, batches = answer["uptime_seconds"], answer["batches_processed"]
    last, since = answer["last_processed_at"], None
    if last is not None:
        since = int((datetime.now() - datetime.fromisoformat(last)).total_seconds())
    answer["avg_batch_processing_time_sec"] = round(uptime / batches, 2) if batches else 0
    answer["records_per_second"] = round(answer["records_processed"] / uptime, 2) if uptime else 0
    answer["seconds_since_last_batch"] = since
    answer["recommendations"] = recommendations(answer, since)
    return 200, answer


def health_dlq():
    return 200, {"dlq": dead_letter_queue.get_dlq_stats(), "timestamp": datetime.now().isoformat()}


def health_ready():
    with job_status_lock:
        ready = job_status["status"] in ("healthy", "degraded")
    if ready:
        return 200, {"ready": True}
    return 503, {"ready": False, "reason": "Job initializing or unhealthy"}


def health_live():
    return 200, {"alive": True}


ROUTES = {
    "/health": health,
    "/health/detailed": health_detailed,
    "/health/dlq": health_dlq,
    "/health/ready": health_ready,
    "/health/live": health_live,
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        route = ROUTES.get(self.path)
        if replay and self.path.startswith("/replayed/"):
            self.answer(replay.state(self.path[len("/replayed/"):]), {})
        else:
            self.answer(*(route() if route else (404, {"error": "no such page"})))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not replay or not self.path.startswith("/replay/"):
            self.answer(404, {"error": "no such page"})
            return
        try:
            self.answer(replay.post(self.headers, body), {})
        except Exception as error:
            self.answer(500, {"error": f"{type(error).__name__}: {error}"[:300]})

    def answer(self, code, answer):
        body = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def start_health_check_server(port=5001, dlq=None, replays=None):
    """Serve in a daemon thread; port 0 takes a free one. The port it listens on is returned."""
    global dead_letter_queue, replay
    dead_letter_queue, replay = dlq, replays
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True, name="health").start()
    return server.server_address[1]
