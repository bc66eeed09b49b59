"""Stands in for opencode, a service, Caddy or what makes backups: answers its probe, and misbehaves as it is told.

Called as: stand_in.py NAME FOLDER [what the real program would get]
FOLDER/NAME.behaviour holds words, read anew at each start:
  die               end with code 3 and a sentence, at once
  die-after=S       become ready, and end S seconds later
  silent            listen and accept, and never answer
  html              answer everything with a page
  ignore-term       go on when asked to end
  stream            like a server with open streams: once asked to end, go on for 60 s
  detach            leave behind a process in a session of its own
  group             leave behind a process in the own process group
  busy              compute instead of answering, for as many seconds as FOLDER/NAME.busy says
  held              compute instead of answering, for as long as FOLDER/NAME.held is there
  zombies           leave behind orphans that die soon
  late=S            listen only after S seconds
  hang              do nothing, for as long as may be
  made=S            a backup: write down that one was made which was begun S seconds ago, and end
  broken=S          a backup: write down that one failed which was begun S seconds ago, and end with code 1
FOLDER/NAME.starts gets a line at each start: pid, and the time since the epoch.
FOLDER/NAME.environment is the environment of the last start.
FOLDER/NAME.reloads gets a letter each time that it is told to read its configuration again (USR1).
FOLDER/NAME.metrics, where it is, is the answer to /metrics.
FOLDER/NAME.says, where it is, is written to standard error at each start.
FOLDER/NAME.headers, where it is, is JSON: further headers of every answer. An answer says which ones were heard.
"""
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler

name, folder = sys.argv[1], sys.argv[2]
path = os.path.join(folder, name)
busy_until = None
try:
    words = open(path + ".behaviour").read().split()
except FileNotFoundError:
    words = []
flags = {word.partition("=")[0]: word.partition("=")[2] for word in words}

with open(path + ".environment.new", "w") as file:
    json.dump(dict(os.environ), file)
os.rename(path + ".environment.new", path + ".environment")
with open(path + ".starts", "a") as file:
    file.write(f"{os.getpid()} {time.time()}\n")

if os.path.exists(path + ".says"):
    print(open(path + ".says").read(), end="", file=sys.stderr, flush=True)
if "die" in flags:
    print("ocweb: THE_SETTING is not set: set it", file=sys.stderr, flush=True)
    sys.exit(3)

if "made" in flags or "broken" in flags:
    begun = datetime.now(timezone.utc) - timedelta(seconds=float(flags.get("made") or flags.get("broken")))
    note = os.path.join(folder, "data/ocweb/supervisor/backup/last.json")
    os.makedirs(os.path.dirname(note), exist_ok=True)
    try:
        last = json.load(open(note))
    except FileNotFoundError:
        last = {"last_success_at": None, "size_bytes": 0, "not_held": []}
    if "made" in flags:
        unheld = {"repo": "octo/large", "session_id": "ses_1", "reason": "Its files are too large."}
        last = {"last_success_at": begun.isoformat(), "size_bytes": 7000, "not_held": [unheld]}
        last |= {"failed_at": None, "reason": None}
    else:
        last |= {"failed_at": begun.isoformat(), "reason": "The store is closed."}
    with open(note + ".new", "w") as file:
        json.dump(last, file)
    os.rename(note + ".new", note)
    sys.exit("broken" in flags)

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
if "detach" in flags:
    child = subprocess.Popen(SLEEP, start_new_session=True)
    open(path + ".detached", "w").write(str(child.pid))
if "group" in flags:
    child = subprocess.Popen(SLEEP)
    open(path + ".grouped", "w").write(str(child.pid))
if "zombies" in flags:
    subprocess.run(["sh", "-c", "for i in 1 2 3 4 5; do (setsid sleep 0.2 &) ; done"])


if "hang" in flags:
    time.sleep(600)


def ask_to_end(*_):
    if "ignore-term" not in flags and "stream" not in flags:
        os._exit(0)


def reload(*_):
    with open(path + ".reloads", "a") as file:
        file.write("x")


signal.signal(signal.SIGTERM, ask_to_end)
signal.signal(signal.SIGUSR1, reload)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self):
        return "somebody"

    def log_message(self, *_):
        pass

    def do_GET(self):
        if "busy" in flags and os.path.exists(path + ".busy"):
            global busy_until
            if busy_until is None:
                busy_until = time.time() + float(open(path + ".busy").read() or 0)
            while time.time() < busy_until:
                pass
        while "held" in flags and os.path.exists(path + ".held"):
            pass
        if "silent" in flags:
            time.sleep(600)
        if self.path == "/stream":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            while True:
                self.wfile.write(b": beat\n\n")
                self.wfile.flush()
                time.sleep(0.1)
        said = {"healthy": True, "service": name, "version": "1.2.3", "waiting_for": []}
        body = json.dumps({**said, "heard": list(self.headers.items())})
        if self.path == "/metrics" and os.path.exists(path + ".metrics"):
            body = open(path + ".metrics").read()
        if "html" in flags:
            body = "<!doctype html><title>not JSON</title>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if os.path.exists(path + ".headers"):
            for header, value in json.load(open(path + ".headers")).items():
                self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body.encode())


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_):
        pass


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


time.sleep(float(flags.get("late", 0)))
if name == "opencode":
    server = Server(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler)
elif name == "caddy":
    Server.allow_reuse_port = True
    server = Server((os.environ["OCWEB_HOST"], int(os.environ["OCWEB_PORT"])), Handler)
else:
    socket = os.path.join(os.environ["OCWEB_RUN_DIR"], name, "socket")
    if os.path.exists(socket):
        os.remove(socket)
    server = UnixServer(socket, Handler)
    os.chmod(socket, 0o660)
if "die-after" in flags:
    threading.Timer(float(flags["die-after"]), lambda: os._exit(7)).start()
server.serve_forever()
