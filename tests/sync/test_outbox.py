#!/usr/bin/env python3
"""test_outbox - the outbox on the command line, against a real relay: what waits is listed with what the
relay said for each recipient, and send, edit, hold and drop do what they say, in a new process each."""
import json, os, re, shutil, socket, subprocess, sys, tempfile, threading, time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
SERVERS = TOP + "/tests/servers/servers"
sys.path.insert(0, HERE)
from program import PROGRAM, Run, environment, finish, ok

if not shutil.which("dovecot", path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
    print("1..0 # SKIP dovecot is missing")
    sys.exit(0)

work = tempfile.mkdtemp(prefix="ob.", dir="/tmp")
os.chmod(work, 0o711)


def ends(name, status, *args, **more):
    r = Run(*args, **more)
    ok(name, r.status == status, "wanted %d\n%s" % (status, r))
    return r


def outbox(home, *words):
    """What the program says waits: parsed, by subject."""
    r = Run(home, "outbox", "--json", *words)
    try:
        return {m["subject"]: m for m in json.loads(r.out)}
    except ValueError:
        ok("outbox --json is JSON", False, r)
        return {}


def fates(mail):
    return {r["address"].split("@")[0]: r["fate"] for r in mail["recipients"]}


def mails(user, text):
    """How many messages of that user hold the text."""
    n = 0
    for top, _, names in os.walk(os.path.join(srv["SRV_MAIL"], user, "Maildir")):
        if top.endswith(("/cur", "/new")) and ".Sent" not in top:
            for name in names:
                with open(os.path.join(top, name), errors="replace") as f:
                    n += text in f.read()
    return n


def arrives(name, user, text):
    end = time.time() + 20
    while not mails(user, text) and time.time() < end:
        time.sleep(0.1)
    n = mails(user, text)
    ok(name, n == 1, "%d mails" % n)


class Silent:
    """A relay that takes a mail and never answers."""

    def __init__(self):
        self.taken = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        s, _ = self.listener.accept()
        f = s.makefile("rwb", buffering=0)
        f.write(b"220 hello\r\n")
        for line in f:
            if line.startswith(b"DATA"):
                f.write(b"354 go on\r\n")
                while f.readline() != b".\r\n":
                    pass
                self.taken.set()
            else:
                f.write(b"250 fine\r\n")


def home(name, *accounts, imap=None, smtp=None, plain=None):
    d = os.path.join(work, "home." + name)
    os.makedirs(d + "/.config/talaria", exist_ok=True)
    with open(d + "/.config/talaria/config", "w") as f:
        for account in accounts or ("test",):
            relay = "smtp+insecure://127.0.0.1:%d" % plain if plain else "smtp://alice@%s:%s" % (
                srv["SRV_HOST"], smtp or srv["SRV_SMTP"])
            f.write('account %s {\n from "Alice <alice@example.org>"\n imap imaps://alice@%s:%s\n'
                    ' smtp %s\n password plain "%s"\n tls-ca "%s"\n}\n' % (
                        account, srv["SRV_HOST"], imap or srv["SRV_IMAPS"], relay, srv["SRV_PASSWORD"], srv["SRV_CA"]))
    os.chmod(d + "/.config/talaria/config", 0o600)
    return d


def main():
    h = home("one")
    r = ends("an empty outbox is no failure", 0, h, "outbox")
    ok("it says so", "Nothing waits" in r.out, r)
    r = ends("as JSON", 0, h, "outbox", "--json")
    ok("it is an empty array", json.loads(r.out) == [], r)

    # --- one, two ---
    ends("a mail without a connection waits", 75, h, "--offline", "-s", "first", "bob@example.org", text="one body\n")
    r = ends("it is listed", 0, h, "outbox")
    ok("with state, subject and recipient", re.search(r"^\w+  waiting  first$", r.out, re.M) and
       "    bob@example.org: not asked\n" in r.out, r)
    m = outbox(h)["first"]
    ok("JSON has its keys", set(m) == {"account", "id", "state", "due", "subject", "error", "recipients"}, m)
    ok("and its state", m["state"] == "waiting" and m["due"] and fates(m) == {"bob": "unasked"}, m)
    ends("a second one, for two", 75, h, "--offline", "-s", "second", "bob@example.org", "reject@example.org",
         text="two body\n")
    ok("both are listed", set(outbox(h)) == {"first", "second"}, outbox(h))
    ok("of the account that is named", set(outbox(h, "test")) == {"first", "second"})
    first = outbox(h)["first"]["id"]
    ends("one is held back", 0, h, "outbox", "hold", first)
    ok("the next start knows", outbox(h)["first"]["state"] == "held" and outbox(h)["first"]["due"] is None)

    # --- sync, with two fates ---
    r = ends("sync sends what waits and says what was refused", 69, h, "sync")
    ok("by subject, recipient and the relay's words", "“second”" in r.err and
       re.search(r"reject@example\.org: 554 .*not wanted", r.err), r)
    ok("it lists what is left", "1 message is in the outbox" not in r.out and "2 messages are in the outbox" in r.out and
       re.search(r"reject@example\.org: refused, 554", r.out), r)
    arrives("who takes it has it", "bob", "two body")
    m = outbox(h)["second"]
    ok("each recipient has a fate", m["state"] == "failed" and
       fates(m) == {"bob": "accepted", "reject": "refused"}, m)
    ok("with code and words", [x["words"] for x in m["recipients"] if x["fate"] == "refused"][0].startswith("554 "), m)
    ok("what is held did not go", outbox(h)["first"]["state"] == "held" and mails("bob", "one body") == 0)
    r = ends("what was refused is not tried again unasked", 0, h, "sync")
    ok("and still shown", "refused, 554" in r.out, r)

    # --- send, hold, edit, drop ---
    ends("what is held goes when it is sent", 0, h, "outbox", "send", first)
    arrives("and arrives", "bob", "one body")
    ok("it has left the outbox", set(outbox(h)) == {"second"}, outbox(h))
    ends("it is not there a second time", 65, h, "outbox", "send", first)
    second = outbox(h)["second"]["id"]
    ends("who refused is asked again", 69, h, "outbox", "send", second)
    ok("who has it is not", mails("bob", "two body") == 1)
    ends("what waits for the person cannot be held", 65, h, "outbox", "hold", second)
    r = ends("it becomes a draft again", 0, h, "outbox", "edit", second)
    ok("whose id is said", second in r.out, r)
    ok("and is no longer in the outbox", not outbox(h), outbox(h))
    drafts = os.listdir(h + "/.local/share/talaria/test/drafts")
    ok("but among the drafts", any(f.startswith(second) and f.endswith(".eml") for f in drafts), drafts)

    r = ends("not now", 75, h, "-s", "later", "bob@example.org", "defer@example.org", text="three body\n")
    ok("the relay's words are said", "450 " in r.err, r)
    m = outbox(h)["later"]
    ok("it waits for the one", m["state"] == "waiting" and fates(m) == {"bob": "accepted", "defer": "later"}, m)
    ends("send asks again at once", 75, h, "outbox", "send", m["id"])
    ends("so does sync", 75, h, "sync")
    ok("nobody got it twice", mails("bob", "three body") == 1)
    r = ends("drop", 0, h, "outbox", "drop", m["id"])
    ok("takes it away", not outbox(h), outbox(h))
    r = ends("once", 65, h, "outbox", "drop", m["id"])
    ok("the way out is told", "talaria outbox lists" in r.err, r)

    # --- a relay that cannot be reached, then can ---
    home("one", smtp=1)
    ends("no relay", 75, h, "-s", "unreached", "bob@example.org", text="four body\n")
    m = outbox(h)["unreached"]
    ok("it says why it waits", "refused" in m["error"].lower(), m)
    home("one", imap=1)
    ends("sync sends though the mailbox cannot be had", 75, h, "sync")
    arrives("it is there", "bob", "four body")
    ok("and gone from here", not outbox(h), outbox(h))

    # --- ended in mid-air ---
    relay = Silent()
    h4 = home("killed", plain=relay.port)
    p = subprocess.Popen([PROGRAM, "-s", "perhaps", "bob@example.org"], stdin=subprocess.PIPE,
                         env=environment(h4))
    p.stdin.write(b"six\n")
    p.stdin.close()
    ok("a relay takes the text", relay.taken.wait(30))
    m = outbox(h4)["perhaps"]
    ok("while it is sent, that is its state", m["state"] == "sending", m)
    ends("and nobody else may drop it", 75, h4, "outbox", "drop", m["id"])
    p.kill()
    p.wait()
    m = outbox(h4)["perhaps"]
    ok("when the program has ended, nobody knows", m["state"] == "unconfirmed" and
       fates(m) == {"bob": "unconfirmed"}, m)
    ends("and it can be dropped", 0, h4, "outbox", "drop", m["id"])
    ok("for good", not outbox(h4))

    # --- usage ---
    home("one")
    for words in (["send"], ["frob", "x"], ["send", "x", "y"]):
        ends("usage: " + " ".join(words), 64, h, "outbox", *words)
    ends("an id that never was", 65, h, "outbox", "edit", "nowhere")
    ends("an id with a path in it", 65, h, "outbox", "drop", "../drafts/" + second)
    ends("no such account", 64, h, "outbox", "nobody")
    ends("read-only changes nothing", 64, h, "-R", "outbox", "drop", second)

    # --- two accounts ---
    h2 = home("two", "here", "there")
    ends("in one of two accounts", 75, h2, "--offline", "--account", "there", "-s", "away", "bob@example.org",
         text="five\n")
    r = ends("the list names it", 0, h2, "outbox")
    ok("in front of the subject", "waiting  there: away" in r.out, r)
    ok("the other has nothing", not outbox(h2, "here") and set(outbox(h2, "there")) == {"away"})
    ends("the other cannot drop it", 65, h2, "--account", "here", "outbox", "drop", outbox(h2)["away"]["id"])
    ends("an id is found in whichever account", 0, h2, "outbox", "drop", outbox(h2)["away"]["id"])

    # --- a full disk ---
    full = ["unshare", "-m", "sh", "-c",
            'mount -t tmpfs -o size=256k none "$HOME/.local" && dd if=/dev/zero of="$HOME/.local/fill" bs=1k 2>/dev/null\n'
            'if [ -d "$HOME/kept" ]; then rm "$HOME/.local/fill"; mkdir -p "$HOME/.local/share"; cp -R "$HOME/kept/talaria" "$HOME/.local/share/"\n'
            'dd if=/dev/zero of="$HOME/.local/fill" bs=1k 2>/dev/null; fi; "$@"; s=$?\n'
            'ls -R "$HOME/.local/share/talaria" >"$HOME/left" 2>&1; exit $s', "-"]
    h3 = home("full")
    os.makedirs(h3 + "/.local", exist_ok=True)
    if os.geteuid() != 0 or subprocess.run([*full, "true"], env=dict(os.environ, HOME=h3)).returncode != 0:
        return
    r = ends("a full disk at the first use", 74, h3, "-s", "x", "bob@example.org", text="lost\n", before=full)
    ok("says so, and what is kept", "No space left" in r.err and "nothing of it is kept" in r.err, r)
    ends("a start while there is room", 0, h3, "outbox")
    shutil.move(h3 + "/.local/share", h3 + "/kept")
    r = ends("a full disk later", 74, h3, "-s", "x", "bob@example.org", text="lost\n", before=full)
    ok("says the same", "No space left" in r.err and "nothing of it is kept" in r.err, r)
    with open(h3 + "/left") as f:
        left = f.read()
    ok("and it is so", ".eml" not in left and ".job" not in left, left)
    with open(h + "/larger", "wb") as f:
        f.truncate(200 * 1024 * 1024 + 1)
    r = ends("a file that is too large", 65, h, "-s", "x", "-a", h + "/larger", "--", "bob@example.org", text="lost\n")
    ok("is named with its limit", "larger is larger than 209715200 bytes" in r.err, r)
    ok("and no draft of the mail is left", "nothing of it is kept" in r.err and "x" not in outbox(h), r)


started = False
try:
    if subprocess.run([SERVERS, "start", work + "/s", "--owner", str(os.getpid()), "--for", "600"]).returncode != 0:
        sys.exit(99)
    started = True
    with open(work + "/s/env") as f:
        srv = dict(re.match(r"(\w+)='?(.*?)'?$", line.strip().removeprefix("export ")).groups()
                   for line in f if "=" in line)
    if srv["SMTP_KIND"] != "postfix":
        print("1..0 # SKIP a relay that refuses needs root")
        sys.exit(0)
    main()
finally:
    if started:
        subprocess.run([SERVERS, "stop", work + "/s"])
    shutil.rmtree(work, ignore_errors=True)
sys.exit(finish())
