"""program - the program started without a terminal, and cases told as TAP: what the Python tests of the
command line share.

  Run(HOME, WORDS..., text="", before=())   one run, ended: its status, out, err; as text it says all of it.
                                            before: words in front of the program's
  ok(NAME, GOOD, WHY)                       one case; WHY is printed when it fails
  finish()                                  the plan; whether a case failed, for sys.exit
"""
import os, subprocess

PROGRAM = os.path.abspath(os.environ.get("builddir", "build")) + "/talaria"
SECONDS = 100

count = failed = 0


def environment(home):
    """Nothing of the tester's own settings."""
    return dict(HOME=home, PATH=os.environ["PATH"], LANG="C.UTF-8", LC_ALL="C.UTF-8", TZ="UTC",
                ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", ""))


class Run:
    def __init__(self, home, *words, text="", before=()):
        r = subprocess.run([*before, "setsid", "-w", "timeout", "-k", "5", str(SECONDS), PROGRAM, *words],
                           env=environment(home), input=text.encode(), capture_output=True)
        self.status, self.words = r.returncode, words
        self.out, self.err = (b.decode("utf-8", "surrogateescape") for b in (r.stdout, r.stderr))

    def __str__(self):
        return "%s: %d\n%s%s" % (self.words, self.status, self.out, self.err)


def ok(name, good, why=""):
    global count, failed
    count += 1
    failed += not good
    print("%sok %d - %s" % ("" if good else "not ", count, name), flush=True)
    if not good:
        # What is wrong may be bytes that a terminal obeys.
        for line in str(why).split("\n"):
            print("# " + ascii(line)[1:-1], flush=True)


def finish():
    print("1..%d" % count)
    return failed != 0
