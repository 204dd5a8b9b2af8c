#!/usr/bin/env python3
"""coverage.py - what of src/ and ui/ a build with --enable-coverage has entered.

  coverage.py BUILD           prints lines by folder, and every function that was never entered
  coverage.py BUILD --check   the same, and fails when
                                a function was never entered that tests/lint/never_entered does not name,
                                that file names one that is not there, or more than MOST,
                                a folder has less than GOAL per cent of its lines
  coverage.py                 shows that each of these can fail

tests/lint/never_entered has a line per function: FILE FUNCTION REASON.
"""
import collections, concurrent.futures, json, os, subprocess, sys

TOP = os.path.realpath(os.environ.get("srcdir") or os.path.dirname(os.path.abspath(__file__)) + "/../..")
LIST = "tests/lint/never_entered"
MOST = 20  # functions that no test enters
GOAL = 95  # per cent of the lines of each folder


def objects(build):
    for top in ("src", "ui"):
        for d, _, names in os.walk(os.path.join(build, top)):
            for n in sorted(names):
                if n.endswith(".gcno"):
                    yield os.path.join(d, n)


def gcov(path):
    out = subprocess.run([os.environ.get("GCOV", "gcov"), "--json-format", "--stdout", path],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
                         cwd=os.path.dirname(path)).stdout
    return [json.loads(line) for line in out.splitlines() if line.strip()]


def read(build):
    """{file: ({line: count}, {function: count})}: a header's counts are those of all who include it."""
    found = collections.defaultdict(lambda: (collections.Counter(), collections.Counter()))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for answers in pool.map(gcov, objects(build)):
            for a in answers:
                for f in a["files"]:
                    name = os.path.relpath(os.path.realpath(os.path.join(a["current_working_directory"], f["file"])), TOP)
                    if not name.startswith(("src/", "ui/")):
                        continue
                    lines, functions = found[name]
                    for l in f["lines"]:
                        lines[l["line_number"]] += l["count"]
                    for fn in f["functions"]:
                        functions[fn["name"]] += fn["execution_count"]
    return found


def folder(name):
    return "/".join(name.split("/")[:2]) if name.startswith("src/") else "ui"


def shares(found):
    """{folder: (lines entered, lines, functions entered, functions)}"""
    sums = collections.defaultdict(lambda: [0, 0, 0, 0])
    for name, (lines, functions) in found.items():
        s = sums[folder(name)]
        s[0] += sum(1 for c in lines.values() if c)
        s[1] += len(lines)
        s[2] += sum(1 for c in functions.values() if c)
        s[3] += len(functions)
    return sums


def never(found):
    return sorted((name, fn) for name, (_, functions) in found.items() for fn, c in functions.items() if not c)


def read_list(path):
    named = {}
    for line in open(path):
        line = line.split("#")[0].split(None, 2)
        if line:
            named[line[0], line[1]] = line[2].strip() if len(line) > 2 else ""
    return named


def complaints(found, named):
    """What is wrong, one line each."""
    there = {(name, fn) for name, (_, functions) in found.items() for fn in functions}
    for name, fn in never(found):
        if (name, fn) not in named:
            yield "%s: %s is never entered by a test" % (name, fn)
    for (name, fn), why in sorted(named.items()):
        if (name, fn) not in there:
            yield "%s names %s of %s, which is not there" % (LIST, fn, name)
        if not why:
            yield "%s gives no reason for %s of %s" % (LIST, fn, name)
    if len(named) > MOST:
        yield "%s names %d functions, more than %d" % (LIST, len(named), MOST)
    for name, (have, lines, _, _) in sorted(shares(found).items()):
        if 100 * have < GOAL * lines:
            yield "%s: %.1f %% of the lines, less than %d" % (name, 100 * have / lines, GOAL)


def selftest():
    good = {"src/base/a.c": (collections.Counter({n: n > 1 for n in range(1, 30)}),
                             collections.Counter({"f": 1, "g": 0}))}
    g = {("src/base/a.c", "g"): "out of memory"}
    cases = {
        "all is well": (good, g, 0),
        "a function that is never entered": (good, {}, 1),
        "a function that is not there": (good, {**g, ("src/base/a.c", "h"): "x"}, 1),
        "no reason": (good, {("src/base/a.c", "g"): ""}, 1),
        "too few lines": ({"src/base/a.c": (collections.Counter({1: 1, 2: 0}), collections.Counter({"f": 1}))}, {}, 1),
        "too many": ({"ui/a.c": (collections.Counter({1: 1}), collections.Counter({str(i): 0 for i in range(MOST + 1)}))},
                     {("ui/a.c", str(i)): "x" for i in range(MOST + 1)}, 1),
    }
    bad = [what for what, (found, named, want) in cases.items() if len(list(complaints(found, named))) != want]
    print("1..1\n%s 1 - each rule of the coverage can fail" % ("not ok" if bad else "ok"))
    for b in bad:
        print("# " + b)
    return 1 if bad else 0


def main(args):
    if not args:
        return selftest()
    found = read(os.path.abspath(args[0]))
    if not found:
        sys.stderr.write("coverage: %s was not built with --enable-coverage\n" % args[0])
        return 1
    print("%-12s %14s %7s %9s %16s" % ("", "lines", "", "(of %d)" % GOAL, "functions"))
    rows = sorted(shares(found).items())
    for name, s in rows + [("all", [sum(c) for c in zip(*(s for _, s in rows))])]:
        share = 100 * s[0] / s[1]
        print("%-12s %6d of %5d %5.1f %% %9s %7d of %5d" %
              (name, s[0], s[1], share, "reached" if share >= GOAL else "%.1f" % (share - GOAL), s[2], s[3]))
    named = read_list(os.path.join(TOP, LIST))
    for name, fn in never(found):
        print("never entered: %s %s   %s" % (name, fn, named.get((name, fn), "NEW")))
    if "--check" not in args:
        return 0
    bad = list(complaints(found, named))
    for b in bad:
        print(b, file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
