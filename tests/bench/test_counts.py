#!/usr/bin/env python3
"""test_counts.py - what Talaria costs, counted: round trips, bytes, calls of malloc, heap.

None of it depends on how fast the machine is, so these are tests, unlike tests/bench/bench. A count
that is too high says that a change made something more expensive; one far below says that the limit
can be lowered: LIMITS is the one place for that. Run alone from the build directory:
    make check TESTS=tests/bench/test_counts.py

A new folder of 10000 small messages comes from Dovecot, is opened again with nothing new, and is
sorted, threaded and limited offline, by tests/bench/bench_engine. The proxy between has a round trip
of 100 ms, so that what is counted until a moment is what had to be waited for. Another 2000 come by
POP3.
"""
import importlib.machinery, importlib.util, os, signal, subprocess, sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
loader = importlib.machinery.SourceFileLoader("bench", HERE + "/bench")
bench = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench", loader))
loader.exec_module(bench)

N, SMALL, POP3_N = 10000, 100, 2000
RTT_MS = 100

# What is counted, the most that is right (a little over what it is today), and the unit. Not all are
# quite the same in every run: chunks grow by how quickly the last one came, the cache is rewritten
# beside, and up to 256 kB of its log may wait for the next time, 26 bytes a message.
LIMITS = [
    ("new login", 6, "round trips until logged in, the TLS handshake among them"),
    ("new first", 7, "round trips until the first screen of a new folder"),
    ("new all", 18, "round trips until all headers of 10000 messages are in"),
    ("known synced", 14, "round trips from the start until a known folder is synchronised"),
    ("known again", 5, "round trips to synchronise it again on the same connection"),
    ("new down", 45, "bytes from the server for each message of a new folder, login and all"),
    ("new up", 0.5, "bytes to the server for each of them"),
    ("known both", 10200, "bytes both ways for a known folder with nothing new, login and all"),
    ("known size", 1.1, "times the bytes of a folder of 100 messages for one of 10000"),
    ("new calls", 60, "calls of malloc for each message of a new folder"),
    ("open calls", 0.5, "calls of malloc for each message of a folder opened from the cache"),
    ("open heap", 125, "bytes of heap for each message of a folder opened from the cache"),
    ("list calls", 0.4, "calls of malloc for each message, to sort four ways, thread and limit twice"),
    ("new disk", 650, "bytes written to disk for each message of a new folder"),
    ("cache size", 170, "bytes of the cache on disk for each message"),
    ("line bytes", 290, "bytes to the terminal for a line down, the mean of 100"),
    ("page bytes", 2200, "bytes to the terminal for a page down, the mean of 50"),
    # The index of texts reads some of them once more in the meantime.
    ("pop3 calls", 4, "calls of read and write for each message fetched by POP3, eventfds among them"),
]


# Chunks of headers grow by how quickly the last one came: a program that carries sanitizers is slower,
# and asks more often.
try:
    with open(os.path.join(os.environ.get("builddir", "build"), "Makefile")) as f:
        if "-fsanitize=" in f.read():
            LIMITS = [(k, 24 if k == "new all" else n, what) for k, n, what in LIMITS]
except OSError:
    pass


class Counts(bench.Bench):
    def __init__(self):
        super().__init__({"n": N, "peers": False, "rounds": 1,
                          "build": os.path.abspath(os.environ.get("builddir", "build"))})
        self.got = {}

    def counted(self, home, *args):
        """The stages of bench_engine, the round trips and the bytes up and down meanwhile."""
        self.turns()
        before = self.stats()
        got = {k: v[0] for k, v in self.stages(home, *args).items()}
        after = self.stats()
        return got, self.turns(), after[1] - before[1], after[2] - before[2]

    def new(self, user, n):
        home = self.home(user)
        self.slow(True)
        got, turns, up, down = self.counted(home, "arrive", "INBOX")
        self.slow(False)
        if got["count"] != n:
            raise bench.Unmeasured("%d of %d messages came" % (got["count"], n))
        return home, got, turns, up, down

    def known(self, home):
        self.slow(True)
        result = self.counted(home, "known", "INBOX")
        self.slow(False)
        return result

    def slow(self, on):
        self.tell("delay %d" % (RTT_MS / 2 if on else 0))

    def count(self):
        g = self.got
        self.fill("bob", SMALL, 0)
        self.raw("alice")
        small_home, _, _, _, _ = self.new("bob", SMALL)
        home, new, turns, up, down = self.new("alice", N)
        g["new login"] = self.trips(turns, 0, new["online-at"])
        g["new first"] = self.trips(turns, 0, new["first-at"])
        g["new all"] = self.trips(turns, 0, new["all-at"])
        g["new down"], g["new up"] = down / N, up / N
        g["new disk"] = new["disk"] / N
        if "all-calls" in new:
            g["new calls"] = new["all-calls"] / N
        known, turns, up, down = self.known(home)
        g["known synced"] = self.trips(turns, 0, known["synced-at"])
        g["known again"] = self.trips(turns, known["between-at"], known["again-at"])
        g["known both"] = up + down
        _, _, up, down = self.known(small_home)
        g["known size"] = g["known both"] / (up + down)
        g["cache size"] = self.size(home["env"]["XDG_CACHE_HOME"]) / N
        self.offline(home, small_home)
        self.keys(home)
        self.pop3()

    def offline(self, home, small_home):
        g = self.got
        small = {k: v[0] for k, v in self.stages(small_home, "list", "INBOX", "letter", "1").items()}
        large = {k: v[0] for k, v in self.stages(home, "list", "INBOX", "letter", "1").items()}
        if "ready-calls" in large:
            g["open calls"] = (large["ready-calls"] - small["ready-calls"]) / (N - SMALL)
            g["open heap"] = (large["ready-heap"] - small["ready-heap"]) / (N - SMALL)
            g["list calls"] = (large["listed-calls"] - large["ready-calls"]) / N

    def keys(self, home):
        for name, key, n in (("line bytes", b"j", 100), ("page bytes", b"z", 50)):
            with self.screen(home, "--offline") as p:
                p.until(bench.MARK, 60)
                p.settle()
                self.got[name] = sum(self.drawn(p, key) for _ in range(n)) / n

    def pop3(self):
        self.check(bench.SERVERS + "/servers", "user", self.srv, "dora")
        self.fill("dora", POP3_N, 2000)
        home = self.home("dora", "pop3")
        p = subprocess.Popen([self.talaria, "sync"], env=home["env"], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL)
        os.waitid(os.P_PID, p.pid, os.WEXITED | os.WNOWAIT)
        with open("/proc/%d/io" % p.pid) as f:
            io = dict(line.split(": ") for line in f.read().splitlines())
        came = self.count_mail(home["dir"] + "/data")
        if p.wait() or came != POP3_N:
            raise bench.Unmeasured("%d of %d messages came by POP3" % (came, POP3_N))
        self.got["pop3 calls"] = (int(io["syscr"]) + int(io["syscw"])) / POP3_N

    @staticmethod
    def drawn(p, key):
        """Bytes that the key makes; what comes late counts for the next one."""
        k = p.key(key, 0.02)
        return k[1] if k else 0

    @staticmethod
    def size(top):
        return sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(top) for f in files)


def verdict(number, key, value, limit, what):
    """The line of a count, and whether it is right."""
    text = "%.0f" % value if value == int(value) else "%.2f" % value
    if value <= limit:
        return "ok %d - %s: %s, at most %g" % (number, what, text, limit), True
    return ("not ok %d - %s: %s, at most %g\n# \"%s\" is %s, over its limit of %g in "
            "tests/bench/test_counts.py; alone:\n#     make check TESTS=tests/bench/test_counts.py"
            % (number, what, text, limit, key, text, limit)), False


def report(got):
    fine = True
    print("1..%d" % (len(LIMITS) + 1))
    for i, (key, limit, what) in enumerate(LIMITS, 1):
        if key not in got:
            print("ok %d - %s (a sanitizer's build does not count it)" % (i, what))
            continue
        line, right = verdict(i, key, got[key], limit, what)
        fine = fine and right
        print(line)
    # the check must be able to fail
    noticed = all(not verdict(0, key, limit + 0.01, limit, what)[1] for key, limit, what in LIMITS)
    print("%sok %d - a count over its limit is noticed" % ("" if noticed else "not ", len(LIMITS) + 1))
    return 0 if fine and noticed else 1


def main():
    signal.alarm(170)
    c = Counts()
    try:
        c.start()
        c.count()
    except bench.Unmeasured as e:
        print("1..1\nnot ok 1 - everything can be counted: " + str(e).replace("\n", " "))
        return 1
    finally:
        c.stop()
    return report(c.got)


if __name__ == "__main__":
    sys.exit(main())
