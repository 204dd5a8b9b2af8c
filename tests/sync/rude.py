#!/usr/bin/env python3
"""rude.py - a server on loopback that plays a script, to be as rude as no real one is on demand.

  rude.py [--tls CERT-CHAIN] [--log FILE] [--port-file FILE] [--owner PID] [--for SECONDS]
          [--connections N] SCRIPT

Prints its port (and writes it to --port-file). SCRIPT is a file, or - for standard input. Every
connection plays the script from its beginning, or the part that is for it: a line `== N` begins the
part of the N-th connection, `== *` that of all others. --tls begins with TLS; CERT-CHAIN holds key and
certificate (see `servers certs`). The log gets what came (C:), what went (S:) and what went wrong (!).
It ends with its owner (by default the process that started it), after --for seconds (120), or after
--connections. The exit status is 1 when an expect failed.

A script has one step a line; blank lines and those that begin with # are nothing.
  S TEXT        sends TEXT and CRLF
  send TEXT     sends TEXT alone
  C REGEX       reads a line, which has to match (case does not matter); (?P<name>...) keeps a part
  skip REGEX    reads lines until one matches
  loop REGEX    like C, but answers other lines from the `answer`s until it comes
  answer REGEX => TEXT   what `loop` sends to lines that match ($tag is the line's first word)
  read N        reads N octets        data   reads up to a line with one dot, as SMTP's DATA does
  literal       when the last line ended in {N}: sends "+ go on" and reads N octets and the line's rest
  drip MS TEXT  sends TEXT and CRLF octet by octet with a pause     flood N TEXT   sends a line N times
  file PATH     sends a file's bytes (PATH from the script's folder)
  starttls CERT-CHAIN    TLS from here on
  stall [SECONDS]        keeps silent, reading nothing, until the client leaves or the time is over
  close  reset  half     ends the connection: in order, with RST, only our direction
In TEXT: \\r \\n \\t \\0 \\e \\\\ \\xHH are octets, $tag is the first word of the last line read, $NAME a kept part,
${N*TEXT} is TEXT N times. Anything else goes as UTF-8.
"""
import os, re, select, signal, socket, ssl, struct, sys, threading, time

MAX_LINE = 1 << 22


class Over(Exception):
    pass


class Wrong(Exception):
    pass


def parse(text):
    """{connection number or None: [(line number, verb, rest)]}"""
    parts, here = {None: []}, None
    for n, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.startswith("== "):
            what = line[3:].strip()
            here = None if what == "*" else int(what)
            parts.setdefault(here, [])
            continue
        verb, _, rest = line.lstrip().partition(" ")
        if not hasattr(Player, "do_" + verb):
            raise SystemExit("rude.py: line %d: no such step: %s" % (n, verb))
        parts[here].append((n, verb, rest))
    return parts


class Player:
    def __init__(self, sock, steps, log, folder, until):
        self.sock, self.steps, self.log, self.folder, self.until = sock, steps, log, folder, until
        self.buf = b""
        self.line = ""
        self.kept = {}
        self.answers = []

    # -- bytes --

    def expand(self, text):
        """The octets of a TEXT."""
        out = b""
        esc = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "e": b"\x1b", "\\": b"\\", "$": b"$"}
        i = 0
        while i < len(text):
            m = re.compile(r"\$\{(\d+)\*((?:[^}\\]|\\.)*)\}").match(text, i)
            if m:
                out += self.expand(m.group(2)) * int(m.group(1))
                i = m.end()
                continue
            m = re.compile(r"\$([A-Za-z_]\w*)").match(text, i)
            if m and m.group(1) in self.kept:
                out += self.kept[m.group(1)].encode("utf-8", "surrogateescape")
                i = m.end()
                continue
            m = re.compile(r"\\x([0-9A-Fa-f]{2})").match(text, i)
            if m:
                out += bytes([int(m.group(1), 16)])
                i = m.end()
            elif text[i] == "\\" and text[i + 1:i + 2] in esc and text[i + 1:i + 2]:
                out += esc[text[i + 1]]
                i += 2
            else:
                out += text[i].encode("utf-8", "surrogateescape")
                i += 1
        return out

    def send(self, data, show=True):
        if show:
            self.log("S: %r" % data[:2000])
        self.sock.sendall(data)

    def more(self):
        left = self.until - time.monotonic()
        if left <= 0:
            raise Over("time is over")
        self.sock.settimeout(left)
        data = self.sock.recv(65536)
        if not data:
            raise Over("the client has gone")
        self.buf += data

    def get_line(self):
        while b"\n" not in self.buf:
            if len(self.buf) > MAX_LINE:
                raise Wrong("a line without end")
            self.more()
        raw, _, self.buf = self.buf.partition(b"\n")
        self.line = raw.rstrip(b"\r").decode("utf-8", "surrogateescape")
        self.kept["tag"] = self.line.split(" ")[0]
        self.log("C: %r" % (raw + b"\n"))
        return self.line

    def get(self, n):
        while len(self.buf) < n:
            self.more()
        data, self.buf = self.buf[:n], self.buf[n:]
        self.log("C: %r" % data)
        return data

    def matches(self, regex):
        m = re.search(regex, self.line, re.I)
        if m:
            self.kept.update({k: v for k, v in m.groupdict().items() if v is not None})
        return m

    # -- steps --

    def do_S(self, rest):
        self.send(self.expand(rest) + b"\r\n")

    def do_send(self, rest):
        self.send(self.expand(rest))

    def do_C(self, rest):
        self.get_line()
        if not self.matches(rest):
            raise Wrong("expected /%s/, got %r" % (rest, self.line))

    def do_skip(self, rest):
        while True:
            self.get_line()
            if self.matches(rest):
                return

    def do_answer(self, rest):
        regex, _, text = rest.partition(" => ")
        self.answers.append((regex, text))

    def do_loop(self, rest):
        while True:
            self.get_line()
            if self.matches(rest):
                return
            for regex, text in self.answers:
                if self.matches(regex):
                    self.do_S(text)
                    break
            else:
                raise Wrong("no answer to %r" % self.line)

    def do_read(self, rest):
        self.get(int(rest))

    def do_data(self, rest):
        while self.get_line() != ".":
            pass

    def do_literal(self, rest):
        m = re.search(r"\{(\d+)(\+?)\}$", self.line)
        if not m:
            raise Wrong("no literal in %r" % self.line)
        if not m.group(2):
            self.send(b"+ go on\r\n")
        tag = self.kept["tag"]
        self.get(int(m.group(1)))
        self.get_line()
        self.kept["tag"] = tag

    def do_drip(self, rest):
        ms, _, text = rest.partition(" ")
        for b in self.expand(text) + b"\r\n":
            self.send(bytes([b]), False)
            if select.select([self.sock], [], [], int(ms) / 1000)[0] and not self.sock.recv(1, socket.MSG_PEEK):
                raise Over("the client has gone")

    def do_flood(self, rest):
        n, _, text = rest.partition(" ")
        line = self.expand(text) + b"\r\n"
        self.log("S: %s times %r" % (n, line[:200]))
        left = int(n)
        while left:
            k = min(left, max(1, 65536 // len(line)))
            self.send(line * k, False)
            left -= k

    def do_file(self, rest):
        with open(os.path.join(self.folder, rest), "rb") as f:
            self.send(f.read())

    def do_starttls(self, rest):
        if self.buf:
            self.log("! %d octets came before TLS" % len(self.buf))
            self.buf = b""
        self.sock = tls(self.sock, rest, self.until)

    def do_stall(self, rest):
        end = min(self.until, time.monotonic() + float(rest or 3600))
        poll = select.poll()
        poll.register(self.sock, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        poll.poll(max(0, end - time.monotonic()) * 1000)

    def do_close(self, rest):
        raise Over("closed by the script")

    def do_reset(self, rest):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Over("reset by the script")

    def do_half(self, rest):
        self.sock.shutdown(socket.SHUT_WR)

    def play(self):
        """Whether all that was expected came."""
        try:
            for n, verb, rest in self.steps:
                try:
                    getattr(self, "do_" + verb)(rest)
                except Wrong as e:
                    self.log("! line %d: %s" % (n, e))
                    return False
                except (Over, OSError) as e:
                    left = [v for at, v, _ in self.steps if at >= n and v in ("C", "skip", "loop")]
                    mine = verb in ("close", "reset")
                    self.log("%s line %d: %s" % ("!" if left and not mine else "-", n, e))
                    return mine or not left
            self.log("- end of the script")
            return True
        finally:
            self.sock.close()


def tls(sock, chain, until):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(chain)
    sock.settimeout(max(1, until - time.monotonic()))
    return ctx.wrap_socket(sock, server_side=True)


class Server:
    """For tests written in Python: Server(text).port; stop() gives whether all went as expected."""

    def __init__(self, text, chain=None, log=None, seconds=120, folder=".", connections=None):
        self.parts = parse(text)
        self.chain, self.folder = chain, folder
        self.until = time.monotonic() + seconds
        self.lines, self.file = [], log
        self.lock = threading.Lock()
        self.good, self.n, self.most = True, 0, connections
        self.threads = []
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.wake = os.pipe()
        self.main = threading.Thread(target=self.accept, daemon=True)
        self.main.start()

    def log(self, text):
        with self.lock:
            self.lines.append(text)
            if self.file:
                self.file.write(text + "\n")
                self.file.flush()

    def accept(self):
        while self.most is None or self.n < self.most:
            left = self.until - time.monotonic()
            ready = select.select([self.listener, self.wake[0]], [], [], max(0, left))[0]
            if not ready or self.wake[0] in ready:
                break
            sock, _ = self.listener.accept()
            self.n += 1
            t = threading.Thread(target=self.one, args=(sock, self.n), daemon=True)
            self.threads.append(t)
            t.start()
        self.listener.close()
        if self.most is not None and self.n >= self.most:
            for t in self.threads:
                t.join(max(0, self.until - time.monotonic()))

    def one(self, sock, n):
        steps = self.parts.get(n, self.parts[None])
        log = lambda text: self.log("%d %s" % (n, text))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        log("- connected")
        try:
            if self.chain:
                sock = tls(sock, self.chain, self.until)
        except OSError as e:
            log("- no TLS: %s" % e)
            return
        try:
            good = Player(sock, steps, log, self.folder, self.until).play()
        except Exception as e:  # a script's own mistake must not look like a success
            log("! %r" % e)
            good = False
        self.good = self.good and good

    def stop(self):
        os.write(self.wake[1], b"x")
        self.main.join(10)
        return self.good


def main(args):
    opt = {"tls": None, "log": None, "port-file": None, "owner": str(os.getppid()), "for": "120",
           "connections": None}
    while args and args[0][:2] == "--" and args[0][2:] in opt and len(args) > 1:
        opt[args[0][2:]] = args[1]
        args = args[2:]
    if len(args) != 1:
        sys.stderr.write(__doc__)
        return 64
    # Before anybody is told the port: who knows it may end the owner at once.
    owner = os.pidfd_open(int(opt["owner"]))
    text = sys.stdin.read() if args[0] == "-" else open(args[0], encoding="utf-8").read()
    s = Server(text, opt["tls"], open(opt["log"], "w", errors="backslashreplace") if opt["log"] else None,
               int(opt["for"]), os.path.dirname(os.path.abspath(args[0])),
               int(opt["connections"]) if opt["connections"] else None)
    if opt["port-file"]:
        with open(opt["port-file"] + ".new", "w") as f:
            f.write("%d\n" % s.port)
        os.rename(opt["port-file"] + ".new", opt["port-file"])
    print(s.port, flush=True)
    rd, wr = os.pipe()
    os.set_blocking(wr, False)
    signal.set_wakeup_fd(wr)
    signal.signal(signal.SIGTERM, lambda *a: None)
    while s.main.is_alive():
        if select.select([owner, rd], [], [], 0.1)[0]:
            break
    s.stop()
    return 0 if s.good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
