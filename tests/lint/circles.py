#!/usr/bin/env python3
"""Files of one layer that call each other in a circle can only be understood together: there is none but those
named here, each with its reason. What a lower file has to start is handed to it instead (a row of a table, a
member that is called back). The calls are read from the names in the archives of the build."""
import collections, fnmatch, os, subprocess, sys

KNOWN = {  # archive: files (as in a shell) that are one, and why
    "libbase.a": [],
    "libmime.a": [
        ("header param", "a parameter may be folded as a field is"),
        ("part part_open", "what is opened in a part are parts again"),
        ("build draft letter", "one mail as a value and as bytes, both ways"),
    ],
    "libnet.a": [
        ("connect net tls", "what is started once, and what stops a connection"),
        ("imap imap_*", "one session, split by topic"),
    ],
    "libstore.a": [
        ("cache cache_*", "one cache on disk, split by what is done with it"),
        ("journal ledger", "two kinds of record in one file"),
        ("maildir maildir_*", "the names of the files in one Maildir"),
        ("outbox ticket", "a mail at rest, and its state"),
        ("session session_*", "one POP3 session, split by its stages"),
    ],
    "libsync.a": [
        ("check lane", "a check is the life of a connection, once"),
        ("apply compare fill folders mailbox watch", "one driver, split by topic"),
    ],
    "libengine.a": [
        ("settings settings_account", "an account is a block of the same language"),
        ("msglist msglist_*", "one list, split by topic"),
        ("engine engine_* translate", "requests and their answers"),
        ("msglist_sort sort", "the rows of the orders, and what compares by them"),
    ],
    "libui.a": [],
    "libcli.a": [],
}


def calls(archive):
    """{file: files it calls}"""
    defined, used = {}, collections.defaultdict(set)
    out = subprocess.run(["nm", "-A", archive], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    for line in out.decode().splitlines():
        _, member, symbol = line.split(":", 2)
        name, words = member.removesuffix(".o"), symbol.split()
        used[name]
        if words[-2] == "T":
            defined[words[-1]] = name
        elif words[-2] == "U":
            used[name].add(words[-1])
    return {name: {defined[s] for s in symbols if s in defined} - {name} for name, symbols in used.items()}


def reached(graph, start):
    seen, todo = set(), [start]
    while todo:
        for name in graph[todo.pop()] - seen:
            seen.add(name)
            todo.append(name)
    return seen


def circles(graph):
    far = {name: reached(graph, name) for name in graph}
    found = {frozenset(other for other in far[name] if name in far[other]) for name in graph}
    return sorted(sorted(c) for c in found if c)


def is_one_of(name, files):
    return any(fnmatch.fnmatchcase(name, f) for f in files.split())


def complaints(graph, known):
    for circle in circles(graph):
        if not any(all(is_one_of(name, files) for name in circle) for files, _ in known):
            yield "%s call each other in a circle" % " ".join(circle)
    if not any(graph.values()):
        yield "no calls are found"


def selftest():
    line = {"a": {"b"}, "b": {"c"}, "c": set()}
    ring = {**line, "c": {"a"}}
    cases = [(line, [], 0), (ring, [], 1), (ring, [("a b c", "x")], 0), (ring, [("a b", "x")], 1), (ring, [("a [bc]", "x")], 0),
             ({"a": {"b"}, "b": {"a"}, "c": {"d"}, "d": {"c"}}, [], 2), ({"a": set()}, [], 1)]
    return all(len(list(complaints(graph, known))) == want for graph, known, want in cases)


def main():
    top = os.environ.get("srcdir") or os.path.dirname(os.path.abspath(__file__)) + "/../.."
    build = os.environ.get("builddir") or top + "/build"
    results = [("a circle is found", [] if selftest() else ["it is not"])]
    for archive, known in KNOWN.items():
        bad = list(complaints(calls(os.path.join(build, archive)), known))
        results.append(("no circle in %s but the known ones" % archive, bad))
    print("1..%d" % len(results))
    for i, (what, bad) in enumerate(results, 1):
        print("%s %d - %s" % ("not ok" if bad else "ok", i, what))
        for b in bad:
            print("# " + b)
    return any(bad for _, bad in results)


if __name__ == "__main__":
    sys.exit(main())
