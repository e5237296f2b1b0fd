"""A server of one file on this machine, in the public address's place, that can cut and refuse."""

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from mlsan.sources import download


class Handler(BaseHTTPRequestHandler):
    """Serves ``server.content``; ``server.cuts``: how many bytes of it each next answer sends.

    A negative cut takes so many bytes from the end of the header too.
    """

    def do_GET(self):
        server = self.server
        asked = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        server.requests.append((self.path, asked))
        offset, size = asked * server.ranges, len(server.content)
        if server.status != 200 or offset > 0 and offset >= size:
            return self.send_error(416 if server.status == 200 else server.status)
        head = [f"HTTP/1.1 {206 if offset else 200} OK", "Connection: close"]
        head += [f"Content-Length: {size - offset}"] * server.tells_length
        head = "\r\n".join([*head, "\r\n"]).encode()
        cut = server.cuts.pop(0) if server.cuts else size
        with suppress(ConnectionError):                 # the other side was killed
            self.wfile.write(head[:len(head) + min(cut, 0)])
            self.wfile.write(memoryview(server.content)[offset:offset + max(cut, 0)])
        server.go_on.wait(30)
        self.close_connection = True

    def log_message(self, *args):
        pass


@pytest.fixture
def file_server(monkeypatch):
    """In the public address's place; no pause between one connection and the next."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.content, server.status, server.ranges, server.tells_length = b"", 200, True, True
        server.cuts, server.requests, server.go_on = [], [], threading.Event()
        server.go_on.set()
        server.address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(download, "PUBLIC", server.address)
        monkeypatch.setattr(download, "time", SimpleNamespace(sleep=lambda seconds: None))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
