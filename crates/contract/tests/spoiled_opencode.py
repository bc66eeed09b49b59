#!/usr/bin/env python3
"""An opencode that keeps almost everything: the real one behind a proxy that spoils an answer of some paths.

Called as opencode is. `serve` starts the real one at another port; everything else is the real one.
"""

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REAL = os.environ.get("OPENCODE_REAL") or open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "real")).read()

if sys.argv[1:2] != ["serve"]:
    os.execv(REAL, [REAL, *sys.argv[1:]])

arguments = sys.argv[1:]
at = arguments.index("--port") + 1
public = int(arguments[at])
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    inner = free.getsockname()[1]
arguments[at] = str(inner)
# Whoever kills this one means the real one too.
PR_SET_PDEATHSIG = 1
real = subprocess.Popen(
    [REAL, *arguments],
    preexec_fn=lambda: ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
)


def spoiled(method, path, status, body):
    """What is answered in place of an answer."""
    path = path.split("?")[0]
    # Its messages have another time.
    if path == "/global/health":
        return status, body.replace(b'"healthy":true', b'"healthy":true,"ok":true')
    # Sessions that are not there.
    if method == "GET" and path.startswith("/session/ses_") and status == 404:
        return 500, body
    # A busy session takes a line for the shell.
    if path.endswith("/shell") and status == 409:
        return 200, b"{}"
    # The catalogue does not tell where a provider comes from.
    if path == "/provider":
        return status, body.replace(b'"source":"config"', b'"source":"settings"')
    # The list of tasks has other words.
    if path.endswith("/todo"):
        return status, body.replace(b"in_progress", b"working")
    # Terminals have no id.
    if method == "POST" and path == "/pty":
        return status, body.replace(b'"id"', b'"name"')
    return status, body


class Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length) if length else None
        upstream = http.client.HTTPConnection("127.0.0.1", inner, timeout=200)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("connection", "accept-encoding")}
        try:
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
        except OSError:
            self.close_connection = True
            return
        kept = [(n, v) for n, v in answer.getheaders() if n.lower() not in ("transfer-encoding", "content-length", "connection")]
        if (answer.getheader("content-type") or "").startswith("text/event-stream"):
            self.send_response(answer.status)
            for name, value in kept:
                self.send_header(name, value)
            self.send_header("connection", "close")
            self.end_headers()
            self.close_connection = True
            try:
                while chunk := answer.read1(65536):
                    # Deltas go astray.
                    self.wfile.write(chunk.replace(b'"message.part.delta"', b'"message.part.piece"'))
                    self.wfile.flush()
            except OSError:
                pass
            return
        status, body = spoiled(self.command, self.path, answer.status, answer.read())
        try:
            self.send_response(status)
            for name, value in kept:
                self.send_header(name, value)
            if status != 204:
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            if status != 204:
                self.wfile.write(body)
        except OSError:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", public), Proxy)
server.daemon_threads = True
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
try:
    server.serve_forever()
finally:
    real.kill()
