"""Does for a daemon what systemd does: service-manager.py SOCKET COMMAND... binds SOCKET once, and starts the command with
LISTEN_FDS, NOTIFY_SOCKET and WATCHDOG_USEC. Prints each notification. Lines of stdin: `restart`, `kill SIGNAL`, `stop`; at their
end the command is killed."""
import os, signal, socket, sys, threading

path, command = sys.argv[1], sys.argv[2:]
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen(511)
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(path + ".notify")


def start():
    pid = os.fork()
    if pid == 0:
        os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)
        service = {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid()), "NOTIFY_SOCKET": path + ".notify"}
        os.execvpe(command[0], command, {**os.environ, **service, "WATCHDOG_USEC": "600000"})
    return pid


def report(text):
    print(text, flush=True)


def listen():
    while True:
        report(notify.recv(4096).decode().replace("\n", " "))


threading.Thread(target=listen, daemon=True).start()
child = start()
report(f"started {child}")
for line in sys.stdin:
    word, *rest = line.split()
    if word == "kill":
        os.kill(child, getattr(signal, rest[0]))
        continue
    os.kill(child, signal.SIGTERM)
    report(f"ended {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}")
    if word == "stop":
        break
    child = start()
    report(f"started {child}")
else:  # The test ended.
    os.kill(child, signal.SIGKILL)
