"""Sends each line of standard input to the daemon: caller.py SOCKET CONTRACT < payloads.ndjson"""
import http.client, json, re, socket, sys

class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=5)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

def result(answer):
    body = answer.read(64 << 20)
    if answer.length:  # of the body is missing
        raise http.client.IncompleteRead(body, answer.length)
    code = "-" if answer.status == 200 else json.loads(body)["code"]  # only a problem is JSON
    if not re.fullmatch("[a-z0-9_.-]+", code):
        raise ValueError(code)
    return f"{answer.status} {answer.headers['Sidelane-Digest'] or code} {len(body)}"

daemon = UnixConnection(sys.argv[1])

def call(payload):
    daemon.request("POST", f"/v1/contracts/{sys.argv[2]}/process", payload)
    return result(daemon.getresponse())

for line in sys.stdin.buffer:
    payload = line.rstrip(b"\n")
    try:
        try:
            answer = call(payload)
        except (BrokenPipeError, ConnectionResetError):  # the daemon has closed the idle connection
            daemon.close()
            answer = call(payload)
        print(answer, flush=True)
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        daemon.close()  # reconnects with the next line
        print("- unavailable 0", flush=True)
