#!/usr/bin/env python3
"""test_mutt - patterns of mutt find here what they find there: mutt runs on the same Maildir, once for all of them."""
import json, os, pty, select, shutil, signal, sys, tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from program import SECONDS, Run, finish, ok

CONFIG = """account me {
 from "Me <me@example.org>"
 protocol pop3
 pop3 pop3+insecure://t@127.0.0.1:1
 smtp smtp+insecure://t@127.0.0.1:1
 password plain "x"
}
"""

RC = """set folder="" spoolfile="" record="" mbox_type=Maildir header_cache="" sort=threads strict_threads=yes
set wait_key=no pipe_decode=no pipe_split=no beep=no mark_old=yes collapse_unread=yes use_envelope_from=no
set from="me@example.org" realname="Me" quit=yes history=0 timeout=1 mail_check=0
set pgp_use_gpg_agent=yes crypt_use_gpgme=no crypt_verify_sig=no auto_tag=no tilde=no help=no
lists list@lists.example.net
attachments +A */.*
attachments +I image/.* application/.*
"""

# NAME: flags, header, content type and body.
PLAIN = "text/plain; charset=utf-8"
MAILS = {
    "a": ("S", "From: Ann Smith <ann@example.org>\nTo: Me <me@example.org>\nSubject: Plan\n", PLAIN, "The first plan."),
    "b": ("RS", "From: me@example.org\nTo: Ann Smith <ann@example.org>\nCc: bob@example.net\nSubject: Re: Plan\n"
          "In-Reply-To: <a@x>\nReferences: <a@x>\n", PLAIN, "Fine with me."),
    "c": ("FS", "From: Bob <bob@example.net>\nTo: ann@example.org, me@example.org\nSubject: Re: Plan\n"
          "In-Reply-To: <b@x>\nReferences: <a@x> <b@x>\n", PLAIN, "Lunch?"),
    "d": ("", "From: List <poster@example.com>\nTo: list@lists.example.net\nSubject: [list] News\n"
          "List-Id: The list <list.lists.example.net>\nList-Post: <mailto:list@lists.example.net>\n", PLAIN, "News of the list."),
    "e": ("T", "From: Eve <eve@example.com>\nSender: secretary@example.com\nTo: eve@example.com\n"
          "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n", PLAIN, "With an umlaut: \u00fcber."),
    "f": ("S", "From: Files <files@example.com>\nTo: me@example.org\nSubject: Two files\n", "multipart/mixed; boundary=b",
          "--b\nContent-Type: text/plain\n\nSee there.\n--b\nContent-Type: application/pdf; name=a.pdf\n"
          "Content-Disposition: attachment; filename=a.pdf\n\npdf\n--b\nContent-Type: image/png; name=b.png\n"
          "Content-Disposition: attachment; filename=b.png\n\npng\n--b--\n"),
    "g": ("S", "From: Gina <gina@example.com>\nTo: bob@example.net\nCc: carol@example.net\nSubject: Signed\n",
          "multipart/signed; boundary=b; micalg=pgp-sha256; protocol=\"application/pgp-signature\"",
          "--b\nContent-Type: text/plain\n\nSigned words.\n--b\nContent-Type: application/pgp-signature\n\n"
          "-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n--b--\n"),
    "h": ("", "From: Hal <hal@example.com>\nTo: me@example.org\nSubject: Secret\n",
          "multipart/encrypted; boundary=b; protocol=\"application/pgp-encrypted\"",
          "--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream\n\n"
          "-----BEGIN PGP MESSAGE-----\n\nx\n-----END PGP MESSAGE-----\n--b--\n"),
    "i": ("S", "From: Ina <ina@example.com>\nTo: me@example.org\nSubject: A key\n", "application/pgp-keys", "key"),
    "j": ("S", "From: Jo <jo@example.com>\nTo: me@example.org\nSubject: Offer\nExpires: Tue, 03 Nov 2015 10:00:00 +0000\n"
          "X-Spam-Flag: YES\n", PLAIN, "Only today."),
    "k": ("S", "From: Ann Smith <ann@example.org>\nTo: Me <me@example.org>\nSubject: Plan\n", PLAIN, "The first plan."),
    "l": ("S", "From: Lea <lea@example.com>\nTo: me@example.org\nSubject: A picture\n", "image/png; name=p.png", "x" * 3000),
}
IDS = {"k": "a"}  # a duplicate

# What both find.
SAME = """~A | ~b lunch | ~b "The first" | =b lunch | ~B smith | ~B "^Cc: carol" | ~c bob | ~c "bob|carol" | ~C ann | ~C "^ann@" |
~C bob | ~d 3/11/2015 | ~d 2/11/2015-4/11/2015 | ~d -3/11/2015 | ~d 10/11/2015- | ~d 5/11/2015*2d | ~d 5/11/2015-2d | ~d 5/11/2015+2d |
~d >1w | ~d <1w | ~D | ~e secretary | ~E | ~f ann | ~f "Ann S" | ~f "\\\\.net" | =f ann | ~F | ~g | ~G | ~h "^x-spam" | ~h yes |
~i a@x | ~k | ~L ann | ~L bob | ~M image/ | ~M multipart | ~M "^application/pdf" | ~p | ~P | ~Q |
~R | ~U | !~R | ~s plan | ~s "^plan" | ~s gr\u00fc\u00dfe | ~t ann | ~t "me@" | ~x a@x | ~z >2048 | ~z <1K |
~z 2K-1M | ~= | ~$ | ~(~s news) | ~<(~P) | ~>(~F) | !~(~s news) ~R | ~l |  ~f ann | ~f bob ~t me | (~f bob | ~f hal) !~F | ~f ann !~s re |
^~t me@ | ^~C me@ | ^~c bob | ^~L "example.(org|net)" | ~s news | ~f "eve|jo" | ~f ann ~s plan | !(~f ann | ~s plan)"""


# What Talaria finds, and why mutt does not find just that.
OTHERS = {
    "~X 0": ("abcdegjk", "mutt counts what its configuration says; here it is what the list marks as files"),
    "~X 2": ("fh", "mutt does not look into what is encrypted"),
    "~X 1-": ("fhil", "a message that is a picture or a key is a file"),
    "~(~F)": ("abc", "mutt puts a duplicate into the thread of the first one"),
    "~s PLAN": ("abck", "a capital letter makes mutt regard the case"),
    "~N": ("deh", "mutt calls unread mail old that was there before, which servers do not tell"),
    "carol": ("g", "a plain word is looked for among the recipients, too; mutt's simple_search is a setting"),
}

# Errors that say why, of what mutt has no mail for here either, or none without verifying.
ERRORS = ("~H x", "~n 3-", "~O", "~S", "~u", "~V", "%f friends")

def patterns():
    depth, one = 0, ""
    for word in SAME.split():
        depth += word.count("(") - word.count(")")
        if word == "|" and depth == 0:
            yield one.strip()
            one = ""
        else:
            one += " " + word
    yield one.strip()


def write_box(box):
    for sub in ("cur", "new", "tmp"):
        os.makedirs(box + "/" + sub)
    for n, (name, (flags, head, kind, body)) in enumerate(sorted(MAILS.items()), 1):
        raw = "Date: Tue, %02d Nov 2015 10:00:00 +0000\nMessage-ID: <%s@x>\nX-Id: %s\n%sMIME-Version: 1.0\n" \
            "Content-Type: %s\n\n%s\n" % (n + 1, IDS.get(name, name), name, head, kind, body)
        at = 1446458400 + 86400 * n
        path = "%s/cur/%d.M%dP1.host:2,%s" % (box, at, n, flags)
        with open(path, "wb") as f:
            f.write(raw.encode())
        os.utime(path, (at, at))


def ask_mutt(home, box, queries):
    """The names each query finds: tagged messages go through grep into a file."""
    keys = ""
    for n, query in enumerate(queries):
        text = query.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`").replace("^", "^^")
        keys += "<untag-pattern>~A<enter><tag-pattern>%s<enter><tag-prefix-cond><pipe-message>grep X-Id: >%s/out.%d<enter><end-cond>" % (
            text, home, n)
    with open(home + "/rc", "w") as f:
        f.write(RC + 'push "%s<exit>"\n' % keys)
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(HOME=home, TERM="xterm", TZ="UTC", LC_ALL="C.UTF-8")
        os.execvp("mutt", ["mutt", "-n", "-R", "-F", home + "/rc", "-f", box])
    try:
        while select.select([fd], [], [], SECONDS)[0]:
            os.read(fd, 65536)
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass  # it has ended
    os.waitpid(pid, 0)
    os.close(fd)
    found = []
    for n in range(len(queries)):
        path = home + "/out.%d" % n
        found.append("".join(sorted(line.split()[1] for line in open(path))) if os.path.exists(path) else "")
    return found


def ask_talaria(home, box, query):
    """As mutt's: each mail has a day of its own."""
    run = Run(home, "search", "--json", query, box)
    days = [int(m["date"][8:10]) for m in json.loads(run.out or "[]")]
    return "".join(sorted(chr(ord("a") + day - 2) for day in days)), run


if not shutil.which("mutt"):
    print("1..0 # SKIP mutt is missing")
    sys.exit(77)
with tempfile.TemporaryDirectory() as home:
    box = home + "/box"
    write_box(box)
    os.makedirs(home + "/.config/talaria")
    with open(home + "/.config/talaria/config", "w") as f:
        f.write(CONFIG)
    os.chmod(home + "/.config/talaria/config", 0o600)
    same = list(patterns())
    theirs = dict(zip(same + list(OTHERS), ask_mutt(home, box, same + list(OTHERS))))
    for query in same:
        ours, run = ask_talaria(home, box, query)
        ok("%s finds %s" % (query, theirs[query]), ours == theirs[query], "we: %s\n%s" % (ours, run))
    for query, (want, why) in OTHERS.items():
        ours, run = ask_talaria(home, box, query)
        ok("%s is other than %s: %s" % (query, theirs[query], why), ours == want != theirs[query], "we: %s\n%s" % (ours, run))
    for query in ERRORS:
        ours, run = ask_talaria(home, box, query)
        ok("%s is an error" % query, not ours and run.status == 65 and "column 1: Talaria has no" in run.err, str(run))
    ok("mutt answered", theirs["~A"] == "abcdefghijkl")
sys.exit(finish())
