"""Sends each line of standard input to the daemon: caller.py SOCKET CONTRACT < payloads.ndjson"""
import http.client, json, socket, sys

class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=5)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

daemon = UnixConnection(sys.argv[1])
for line in sys.stdin.buffer:
    try:
        daemon.request("POST", f"/v1/contracts/{sys.argv[2]}/process", line.rstrip(b"\n"))
        answer = daemon.getresponse()
        body = answer.read()
        print(answer.status, answer.headers["Sidelane-Digest"] or json.loads(body)["code"], len(body), flush=True)
    except (OSError, http.client.HTTPException):
        daemon.close()  # reconnects with the next line
        print("- unavailable 0", flush=True)
