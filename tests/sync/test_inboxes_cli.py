#!/usr/bin/env python3
"""test_inboxes - the inboxes of several accounts as one list, on the command line."""
import json, os, sys, tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from program import Run, finish, ok

ACCOUNT = """account %s {
 from "A <%s@example.org>"
 protocol %s
 imap imap+insecure://t@127.0.0.1:1
 pop3 pop3+insecure://t@127.0.0.1:1
 smtp smtp+insecure://t@127.0.0.1:1
 password plain "x"
}
"""
MAIL = """From x@example.org Sat Jan  3 01:05:30 2026
From: X <x@example.org>
Subject: For %s
Date: Sat, 03 Jan 2026 0%d:02:03 +0000

Words.

"""


def configure(home, *accounts):
    os.makedirs(home + "/.config/talaria", exist_ok=True)
    with open(home + "/.config/talaria/config", "w") as f:
        f.write("".join(ACCOUNT % (name, name, protocol) for name, protocol in accounts))
    os.chmod(home + "/.config/talaria/config", 0o600)


with tempfile.TemporaryDirectory() as home:
    configure(home, ("work", "pop3"), ("home", "pop3"))
    for hour, name in enumerate(("work", "home")):
        with open(home + "/mbox", "w") as f:
            f.write(MAIL % (name, hour + 1))
        r = Run(home, "import", "--offline", "--account", name, home + "/mbox", "INBOX")
        ok("mail for " + name, r.status == 0, r)
    r = Run(home, "list", "--offline", "@inboxes")
    rows = [line.split() for line in r.out.splitlines()]
    ok("the newest of all first", [row[-1] for row in rows] == ["home", "work"], r)
    ok("each with its account", [row[4] for row in rows] == ["home", "work"], r)
    ok("-f names it too", Run(home, "list", "--offline", "-f", "@inboxes").out == r.out)
    r = Run(home, "list", "--offline", "--json", "@inboxes")
    rows = json.loads(r.out)
    ok("JSON has account and folder of each",
       [(m["account"], m["folder"]) for m in rows] == [("home", "INBOX"), ("work", "INBOX")], r)
    ok("and the number it has there", [m["id"] for m in rows] == [1, 1], r)
    r = Run(home, "show", "--offline", "--account", rows[1]["account"], rows[1]["folder"], str(rows[1]["id"]))
    ok("by which it is shown", "Subject: For work" in r.out, r)
    r = Run(home, "search", "--offline", "--json", "subject:work", "@inboxes")
    ok("search", [m["subject"] for m in json.loads(r.out)] == ["For work"], r)
    r = Run(home, "show", "--offline", "@inboxes", "1")
    ok("a number alone names no message", r.status == 64 and "--account" in r.err, r)
    r = Run(home, "list", "--offline", "--account", "work", "@inboxes")
    ok("they are of no single account", r.status != 0 and "@inboxes" in r.err, r)
    r = Run(home, "export", "--offline", "@inboxes", home + "/all.mbox")
    ok("one file is not made of several", r.status != 0 and not os.path.exists(home + "/all.mbox"), r)
    # What is flagged in any folder: two with equal numbers in each account.
    for name in ("work", "home"):
        with open(home + "/mbox", "w") as f:
            f.write((MAIL % (name + " flagged", 3)).replace("Date:", "X-Status: F\nDate:", 1))
            f.write(MAIL % (name + " plain", 4))
        r = Run(home, "import", "--offline", "--account", name, home + "/mbox", "Bills")
        ok("more for " + name, r.status == 0, r)
    r = Run(home, "list", "--offline", "--json", "-f", "@flagged")
    rows = json.loads(r.out)
    ok("flagged in all folders", sorted((m["account"], m["folder"], m["id"], m["subject"]) for m in rows) ==
       [("home", "Bills", 1, "For home flagged"), ("work", "Bills", 1, "For work flagged")], r)
    ok("nothing is missing", r.status == 0 and not r.err, r)
    r = Run(home, "list", "--offline", "@flagged")
    ok("each with its place", sorted(line.split()[4] for line in r.out.splitlines()) == ["home/Bills", "work/Bills"], r)
    r = Run(home, "search", "--offline", "subject:home", "@flagged")
    ok("searched among them", r.out.count("For ") == 1 and "For home flagged" in r.out, r)
    r = Run(home, "show", "--offline", "@flagged", "1")
    ok("a number alone names none there either", r.status == 64 and "--account" in r.err, r)
    r = Run(home, "list", "--offline", "--account", "work", "@flagged")
    ok("it is of no single account", r.status != 0 and "@flagged" in r.err, r)
    # Whatever is looked for in all folders, and what of that is kept.
    r = Run(home, "list", "--offline", "--json", "@find:subject:flagged | subject:plain")
    ok("found in all folders", sorted((m["account"], m["subject"]) for m in json.loads(r.out)) ==
       [("home", "For home flagged"), ("home", "For home plain"), ("work", "For work flagged"),
        ("work", "For work plain")], r)
    r = Run(home, "list", "--offline", "@find:subject:nowhere")
    ok("found nowhere", r.status == 0 and not r.out and not r.err, r)
    r = Run(home, "list", "--offline", "@find:(subject:x")
    ok("what is not understood finds nothing", r.status != 0 and not r.out and "column" in r.err, r)
    r = Run(home, "list", "--offline", "@find:body:words subject:plain")
    ok("by their texts", r.status == 0 and r.out.count("plain") == 2 and not r.err, r)
    r = Run(home, "list", "--offline", "@unread")
    ok("unread in all folders", r.out.count("For ") == 6, r)
    configure(home, ("work", "pop3"), ("home", "pop3"))
    with open(home + "/.config/talaria/config", "a") as f:
        f.write('search plain "subject:plain"\n')
    r = Run(home, "list", "--offline", "-f", "@plain")
    ok("a saved search", sorted(line.split()[-2] for line in r.out.splitlines()) == ["home", "work"], r)
    r = Run(home, "search", "--offline", "subject:home", "@Plain")
    ok("searched in turn", r.out.count("For ") == 1, r)
    r = Run(home, "list", "--offline", "@plan")
    ok("there is none of that name", r.status != 0 and not r.out, r)
    # A third that was never reached.
    configure(home, ("work", "pop3"), ("home", "pop3"), ("far", "imap"))
    r = Run(home, "list", "@inboxes")
    ok("the others are shown", r.out.count("For ") == 2, r)
    ok("and what is missing is told", r.status != 0 and r.err, r)
    # One account, and none.
    configure(home, ("work", "pop3"))
    r = Run(home, "list", "--offline", "@inboxes")
    ok("of one account", r.status == 0 and r.out.count("For ") == 1, r)
    r = Run(home, "list", "--offline", "@flagged")
    ok("flagged of one account", r.status == 0 and r.out.split()[4] == "Bills", r)
    # What the list shows is chosen, here as on the screen; the number is always there.
    with open(home + "/.config/talaria/config", "a") as f:
        f.write("set index-columns from subject\nfolder-columns bills date subject\nset date-format %Y\n")
    r = Run(home, "list", "--offline", "INBOX")
    ok("its columns", r.out.split() == ["1", "X", "For", "work"], r)
    r = Run(home, "list", "--offline", "Bills")
    ok("those of one folder", sorted(r.out.splitlines()) ==
       ["     1             2026  For work flagged", "     2             2026  For work plain"], r)
sys.exit(finish())
