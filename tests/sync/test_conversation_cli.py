#!/usr/bin/env python3
"""test_conversation - a conversation over the folders of an account, on the command line."""
import json, os, sys, tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from program import Run, finish, ok

CONFIG = """account %s {
 from "A <%s@example.org>"
 protocol pop3
 pop3 pop3+insecure://t@127.0.0.1:1
 smtp smtp+insecure://t@127.0.0.1:1
 password plain "x"
}
"""


def mail(n, references="", subject="Plan"):
    """A message with an id of that number, which answers others."""
    return "".join([
        "From x@example.org Sat Jan  3 01:05:30 2026\nFrom: X <x@example.org>\n",
        "Subject: %s%s %s\n" % ("Re: " if references else "", subject, n),
        "Message-ID: <%s@example.org>\n" % n,
        "References:%s\n" % "".join(" <%s@example.org>" % r for r in references.split()) if references else "",
        "Date: Sat, 03 Jan 2026 %02d:02:03 +0000\n\nWords.\n\n" % (122 - ord(n[0]))])


with tempfile.TemporaryDirectory() as home:
    os.makedirs(home + "/.config/talaria")
    with open(home + "/.config/talaria/config", "w") as f:
        f.write(CONFIG % ("one", "one"))
    os.chmod(home + "/.config/talaria/config", 0o600)
    for folder, mails in (("INBOX", mail("z") + mail("x", "z y") + mail("other")),
                          ("Sent", mail("y", "z")),
                          ("Archive", mail("w", "missing x") + mail("y", "z")),
                          ("Old/2025", mail("v", "missing")),
                          ("Trash", mail("u", "z"))):
        with open(home + "/mbox", "w") as f:
            f.write(mails)
        r = Run(home, "import", "--offline", home + "/mbox", folder)
        ok("mail in " + folder, r.status == 0, r)
    NAME = "@conversation:x@example.org"
    r = Run(home, "list", "--offline", "--json", NAME)
    rows = json.loads(r.out) if r.status == 0 else []
    ok("all of it, each once, but what was thrown away",
       sorted((m["folder"], m["subject"]) for m in rows) == [
           ("Archive", "Re: Plan w"), ("INBOX", "Plan z"), ("INBOX", "Re: Plan x"),
           ("Old/2025", "Re: Plan v"), ("Sent", "Re: Plan y")], r)
    ok("-f and < > are fine", Run(home, "list", "--offline", "--json", "-f",
                                  "@conversation:<w@example.org>").out == r.out, r)
    for m in rows:
        if m["folder"] == "Old/2025":
            r = Run(home, "show", "--offline", m["folder"], str(m["id"]))
            ok("the number is that in its folder", "Plan v" in r.out, r)
    r = Run(home, "list", "--offline", NAME)
    ok("rows say where", sum(" Sent " in line or " Old/2025 " in line for line in r.out.splitlines()) == 2, r)
    r = Run(home, "list", "--offline", "--json", "@conversation:u@example.org")
    ok("what only Trash has is not looked at", len(json.loads(r.out)) == 0, r)
    r = Run(home, "search", "--offline", "--json", "subject:w", NAME)
    ok("search in it", [m["subject"] for m in json.loads(r.out)] == ["Re: Plan w"], r)
    r = Run(home, "list", "--offline", "@conversation:nobody")
    ok("one that is nowhere is empty", r.status == 0 and not r.out.strip(), r)
    r = Run(home, "show", "--offline", NAME, "1")
    ok("a number alone names no message", r.status == 64, r)
    # It is of one account.
    with open(home + "/.config/talaria/config", "a") as f:
        f.write(CONFIG % ("two", "two"))
    with open(home + "/mbox", "w") as f:
        f.write(mail("t", "z"))
    r = Run(home, "import", "--offline", "--account", "two", home + "/mbox", "INBOX")
    r = Run(home, "list", "--offline", "--json", "--account", "one", NAME)
    ok("of the account that is named", len(json.loads(r.out)) == 5, r)
    r = Run(home, "list", "--offline", "--json", "--account", "two", "@conversation:z@example.org")
    ok("and of the other", [m["subject"] for m in json.loads(r.out)] == ["Re: Plan t"], r)
    r = Run(home, "list", "--offline", "--account", "two", "@conversation:z@example.org")
    ok("whose name no row repeats", " INBOX " in r.out and "two/" not in r.out, r)
sys.exit(finish())
