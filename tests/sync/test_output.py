#!/usr/bin/env python3
"""test_output - no byte of a server reaches the terminal from the commands without a screen."""
import json, os, sys, tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import rude
from program import Run, finish, ok

# ESC, C1 as UTF-8, a right-to-left override and a zero-width space: in words of the server, in names.
EVIL = "\\e[31m\\xc2\\x9b31m\\xe2\\x80\\xae\\xe2\\x80\\x8b"
SCRIPT = """
S * OK [CAPABILITY IMAP4rev1 X-${1*EVIL}] hi
answer CAPABILITY => * CAPABILITY IMAP4rev1 X-EVIL\\r\\n$tag OK done
answer LOGIN => $tag OK [ALERT] EVIL in
answer LIST => * LIST () "/" INBOX\\r\\n* LIST () "/" "spoof&IC4-ed"\\r\\n* LIST () "/" "c1&AJs-ed"\\r\\n$tag OK done
answer SELECT => $tag NO EVIL cannot
answer . => $tag OK EVIL done
loop LOGOUT
S * BYE
S $tag OK bye
""".replace("${1*EVIL}", EVIL).replace("EVIL", EVIL)


def unsafe(text):
    return [c for c in text if (ord(c) < 0x20 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0
            or ord(c) in range(0x200B, 0x2010) or ord(c) in range(0x202A, 0x202F)]


with tempfile.TemporaryDirectory() as home:
    server = rude.Server(SCRIPT, seconds=300)
    os.makedirs(home + "/.config/talaria")
    with open(home + "/.config/talaria/config", "w") as f:
        f.write('account a {\n from "A <a@example.org>"\n imap imap+insecure://alice@127.0.0.1:%d\n'
                ' password command "echo x"\n}\n' % server.port)
    for words in (["check"], ["folders"], ["folders", "--json"], ["list"], ["sync"], ["folders", "--offline"]):
        r = Run(home, *words)
        out, err = r.out, r.err
        name = "talaria " + " ".join(words)
        ok(name + ": standard output is clean", not unsafe(out), out)
        ok(name + ": and standard error", not unsafe(err), err)
        if words == ["check"]:
            ok("what the server can is told all the same", "IMAP4REV1" in out, out)
        if "--json" in words:
            names = [f["name"] for f in json.loads(out)]
            ok("JSON names the folders as they are", "spoof\u202eed" in names or any(
                "IC4" in n for n in names), names)
            ok("each of them", len(names) == 3 or len([n for n in names if "ed" in n]) == 2, names)
sys.exit(finish())
