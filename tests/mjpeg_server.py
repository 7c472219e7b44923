"""A web camera: motion JPEG over HTTP, in a process of its own that tests can kill and start again.

`python mjpeg_server.py PORT JPEG FRAMES SECONDS` gives the picture FRAMES times to each reader, SECONDS apart; 0 times is
for ever. With PORT 0 it takes a free one. Says its port on stdout.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def start(jpeg: Path, port: int = 0, frames: int = 0, pause: float = 0.01) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, __file__, str(port), str(jpeg), str(frames), str(pause)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def serve(port: int, jpeg: Path, frames: int, pause: float) -> None:
    body = jpeg.read_bytes()

    class Stream(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            try:
                for _ in range(frames) if frames else itertools.repeat(None):
                    head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(body)
                    self.wfile.write(head + body + b"\r\n")
                    time.sleep(pause)
            except OSError:
                pass

        def log_message(self, *_):
            pass

    ThreadingHTTPServer.daemon_threads = True
    server = ThreadingHTTPServer(("127.0.0.1", port), Stream)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
