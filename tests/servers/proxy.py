#!/usr/bin/env python3
"""proxy.py - a TCP proxy on loopback that can be told to be a bad network.

  proxy.py --to PORT --dir DIR [--owner PID] [--for SECONDS] [COMMAND...]

Writes DIR/port when it listens; with --dir -, prints it. Commands are lines to DIR/control, a Unix
socket; proxy.py --tell DIR COMMAND... sends them, one an argument, and returns when all are in force:
  stall        passes nothing on any more, in both directions; connections stay open
  flow         ends a stall
  freeze       the connections there are stall for good; new ones do not
  frozen       prints how many connections do
  cut          breaks all connections (RST)
  close        ends all connections in order (FIN)
  refuse       takes no new connections: closes them at once; accept ends that
  delay MS     each piece of data arrives so much later: half of a round trip
  rate BYTES   a second and direction; 0 is without limit
  after N COMMAND  runs COMMAND when N more bytes have come from the server
  stats        prints connections made so far, bytes up, bytes down, pieces up, pieces down
  turns        prints for each connection since the last time the round trips it made: the time (of
               CLOCK_MONOTONIC, milliseconds) of each answer's first bytes after bytes of the client

It ends with its owner (by default the process that started it) or after --for seconds (600).
"""
import os, select, signal, socket, struct, sys, time

PIECE = 16384


class Turns:
    """Round trips of one connection: however much is asked at once, its first answer counts once."""

    def __init__(self):
        self.asked = False
        self.times = []


class Flow:
    """One direction of one connection."""

    def __init__(self, src, dst, down, turns):
        self.src, self.dst, self.down, self.turns = src, dst, down, turns
        self.queue = []  # (time due, bytes, whether an answer begins here)
        self.size = 0
        self.eof = self.frozen = False
        self.free_at = 0.0


class Proxy:
    def __init__(self, port, where):
        self.port = port
        self.stalled = self.refusing = False
        self.delay, self.rate = 0.0, 0
        self.flows = []
        self.triggers = []
        self.n = [0, 0, 0, 0, 0]
        self.turns = []
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(128)
        self.control = None
        mine = self.listener.getsockname()[1]
        if where == "-":
            print(mine, flush=True)
        else:
            self.control = socket.socket(socket.AF_UNIX)
            self.control.bind(where + "/control")
            self.control.listen(8)
            with open(where + "/port.new", "w") as f:
                f.write("%d\n" % mine)
            os.rename(where + "/port.new", where + "/port")

    def accept(self):
        a, _ = self.listener.accept()
        if self.refusing:
            self.reset(a)
            return
        try:
            b = socket.create_connection(("127.0.0.1", self.port), 5)
        except OSError:
            self.reset(a)
            return
        self.n[0] += 1
        for s in (a, b):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s.setblocking(False)
        self.turns.append(Turns())
        self.flows += [Flow(a, b, False, self.turns[-1]), Flow(b, a, True, self.turns[-1])]

    @staticmethod
    def reset(s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()

    def drop(self, hard, sock=None):
        for f in list(self.flows):
            if sock is None or sock in (f.src, f.dst):
                for s in (f.src, f.dst):
                    if s.fileno() >= 0:
                        self.reset(s) if hard else s.close()
                self.flows.remove(f)

    def take(self, f, now):
        try:
            data = f.src.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            self.drop(True, f.src)
            return
        if not data:
            f.eof = True
            return
        f.queue.append([now + self.delay, data, f.down and f.turns.asked])
        f.turns.asked = f.turns.asked and not f.down
        f.size += len(data)

    def give(self, f, now):
        """Passes on what is due. Gives the time at which there is more to do, or None."""
        while f.queue:
            due = max(f.queue[0][0], f.free_at)
            if due > now:
                return due
            data = f.queue[0][1]
            part = data[:max(1, min(len(data), self.rate // 50))] if self.rate else data
            try:
                n = f.dst.send(part)
            except BlockingIOError:
                return now + 0.005
            except OSError:
                self.drop(True, f.dst)
                return None
            if f.queue[0][2]:
                f.turns.times.append(time.monotonic() * 1e3)
                f.queue[0][2] = False
            if not f.down:
                f.turns.asked = True
            f.size -= n
            self.n[2 if f.down else 1] += n
            self.n[4 if f.down else 3] += 1
            if self.rate:
                f.free_at = now + n / self.rate
            if n == len(data):
                f.queue.pop(0)
            else:
                f.queue[0][1] = data[n:]
            if f.down and self.count(n):
                return now
        if f.eof:
            try:
                f.dst.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            f.eof = None
            other = [o for o in self.flows if o.src is f.dst]
            if not other or other[0].eof is None:
                self.drop(False, f.src)
        return None

    def count(self, n):
        """Whether a trigger went off."""
        for t in list(self.triggers):
            t[0] -= n
            if t[0] <= 0:
                self.triggers.remove(t)
                self.tell(t[1])
                return True
        return False

    def tell(self, line):
        verb, _, rest = line.strip().partition(" ")
        if verb in ("stall", "flow"):
            self.stalled = verb == "stall"
        elif verb == "freeze":
            for f in self.flows:
                f.frozen = True
        elif verb == "frozen":
            return str(sum(f.frozen for f in self.flows if f.down))
        elif verb == "cut":
            self.drop(True)
        elif verb == "close":
            self.drop(False)
        elif verb in ("refuse", "accept"):
            self.refusing = verb == "refuse"
        elif verb == "delay":
            self.delay = float(rest) / 1000
        elif verb == "rate":
            self.rate = int(rest)
        elif verb == "after":
            n, _, command = rest.partition(" ")
            self.triggers.append([int(n), command])
        elif verb == "turns":
            lines = [" ".join(["turns"] + ["%.1f" % t for t in c.times]) for c in self.turns]
            self.turns = [f.turns for f in self.flows if f.down]
            for c in self.turns:
                c.times = []
            return "\n".join(lines) or "ok"
        elif verb == "stats":
            return " ".join(map(str, self.n))
        else:
            return "unknown command: " + verb
        return "ok"

    def serve_control(self):
        s, _ = self.control.accept()
        s.settimeout(2)
        try:
            text = b""
            while not text.endswith(b"\n\n"):
                more = s.recv(4096)
                if not more:
                    break
                text += more
            for line in text.decode().split("\n"):
                if line:
                    s.sendall((self.tell(line) + "\n").encode())
        except OSError:
            pass
        s.close()

    def loop(self, owner, until):
        while time.monotonic() < until:
            now = time.monotonic()
            due = None
            for f in list(self.flows):
                if f in self.flows and not self.stalled and not f.frozen:
                    t = self.give(f, now)
                    due = t if due is None or (t is not None and t < due) else due
            read = [self.listener, owner] + ([self.control] if self.control else [])
            for f in self.flows:
                if f.eof is False and f.size < (1 << 20) and not self.stalled and not f.frozen:
                    read.append(f.src)
            wait = until - now if due is None else max(0.0, min(due, until) - time.monotonic())
            for s in select.select(read, [], [], wait)[0]:
                if s == owner:
                    return
                if s is self.listener:
                    self.accept()
                elif s is self.control:
                    self.serve_control()
                else:
                    for f in list(self.flows):
                        if f.src is s and s.fileno() >= 0:
                            self.take(f, time.monotonic())


def tell(where, commands):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    s.connect(where + "/control")
    s.sendall(("\n".join(commands) + "\n\n").encode())
    bad = 0
    for line in s.makefile().read().splitlines():
        if line.startswith("unknown"):
            bad = 64
        if line != "ok":
            print(line)
    return bad


def main(args):
    port, where, owner, seconds, commands = None, "-", os.getppid(), 600, []
    if args[:1] == ["--tell"]:
        return tell(args[1], args[2:])
    while args:
        a = args.pop(0)
        if a == "--to":
            port = int(args.pop(0))
        elif a == "--dir":
            where = args.pop(0)
        elif a == "--owner":
            owner = int(args.pop(0))
        elif a == "--for":
            seconds = int(args.pop(0))
        elif a.startswith("-"):
            port = None
            break
        else:
            commands.append(a)
    if port is None:
        sys.stderr.write(__doc__)
        return 64
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    fd = os.pidfd_open(owner)
    p = Proxy(port, where)
    for c in commands:
        p.tell(c)
    p.loop(fd, time.monotonic() + seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
