#!/usr/bin/env python3
"""test_servers - the servers that other tests rely on do what the tests think they do."""
import imaplib, os, poplib, shutil, signal, smtplib, ssl, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
SERVERS = HERE + "/servers"
count = failed = 0


def ok(name, good, why=""):
    global count, failed
    count += 1
    failed += not good
    print("%sok %d - %s" % ("" if good else "not ", count, name), flush=True)
    for line in str(why).splitlines() if not good else ():
        print("# " + line)


def attempt(name, call):
    try:
        ok(name, call())
    except Exception as e:  # every kind of refusal is a failed test here
        ok(name, False, repr(e))


def imap(e, user="alice", tls=True, ctx=None):
    ctx = ctx or ssl.create_default_context(cafile=e["SRV_CA"])
    if tls:
        c = imaplib.IMAP4_SSL("localhost", int(e["SRV_IMAPS"]), ssl_context=ctx, timeout=20)
    else:
        c = imaplib.IMAP4("localhost", int(e["SRV_IMAP"]), timeout=20)
        c.starttls(ctx)
    c.login(user, e["SRV_PASSWORD"])
    return c


def smtp(e, port, login=True):
    ctx = ssl.create_default_context(cafile=e["SRV_CA"])
    if port == "SRV_SMTPS":
        c = smtplib.SMTP_SSL("localhost", int(e[port]), context=ctx, timeout=20)
    else:
        c = smtplib.SMTP("localhost", int(e[port]), timeout=20)
        if port == "SRV_SMTP":
            c.starttls(context=ctx)
    if login:
        c.login("alice", e["SRV_PASSWORD"])
    return c


def arrives(e, subject, user="bob"):
    c = imap(e, user)
    until = time.monotonic() + 20
    try:
        while time.monotonic() < until:
            c.select("INBOX")
            if c.search(None, "SUBJECT", subject)[1][0]:
                return True
            time.sleep(0.05)  # polling for what another process delivers, bounded above
        return False
    finally:
        c.logout()


def send(e, port, subject, login=True):
    c = smtp(e, port, login)
    text = "From: alice@example.org\r\nTo: bob@example.org\r\nSubject: %s\r\n\r\nHello\r\n" % subject
    refused = c.sendmail("alice@example.org", ["bob@example.org", "carol@example.net"], text)
    c.quit()
    return not refused and arrives(e, subject)


def rcpt(e, who):
    c = smtp(e, "SRV_SMTP")
    c.ehlo_or_helo_if_needed()
    c.mail("alice@example.org")
    code = c.rcpt(who)[0]
    c.close()
    return code


def pop3(e, tls):
    ctx = ssl.create_default_context(cafile=e["SRV_CA"])
    if tls:
        c = poplib.POP3_SSL("localhost", int(e["SRV_POP3S"]), context=ctx, timeout=20)
    else:
        c = poplib.POP3("localhost", int(e["SRV_POP3"]), timeout=20)
        c.stls(ctx)
    c.user("bob")
    c.pass_(e["SRV_PASSWORD"])
    n = len(c.list()[1])
    c.quit()
    return n >= 1


def oauth(e):
    token = subprocess.run([SERVERS, "token", e["SRV_DIR"], "alice"], stdout=subprocess.PIPE,
                           check=True, text=True).stdout.strip()
    ctx = ssl.create_default_context(cafile=e["SRV_CA"])
    c = imaplib.IMAP4_SSL("localhost", int(e["SRV_IMAPS"]), ssl_context=ctx, timeout=20)
    c.authenticate("XOAUTH2", lambda _: ("user=alice\1auth=Bearer %s\1\1" % token).encode())
    c.logout()
    return True


def untrusted(e):
    try:
        imap(e, ctx=ssl.create_default_context()).logout()
    except ssl.SSLError:
        return True
    return False


def special_use(e):
    c = imap(e)
    text = b" ".join(c.list()[1])
    c.logout()
    return all(w in text for w in (b"\\Drafts", b"\\Sent", b"\\Trash", b"\\Junk", b"\\Archive"))


def capabilities(e):
    c = imap(e)
    caps = c.capability()[1][0].split()
    c.logout()
    return all(w in caps for w in b"IDLE QRESYNC CONDSTORE MOVE NOTIFY SPECIAL-USE COMPRESS=DEFLATE".split())


def filled(e):
    subprocess.run([HERE + "/fill", e["SRV_DIR"], "carol", "INBOX", "--count", "25"], check=True)
    subprocess.run([HERE + "/fill", e["SRV_DIR"], "carol", "Lists/talaria", "--count", "3"], check=True)
    subprocess.run([HERE + "/fill", e["SRV_DIR"], "carol", "INBOX", "--demo"], check=True)
    c = imap(e, "carol")
    n = [int(c.select(f)[1][0]) for f in ("INBOX", "Lists/talaria", "Archive")]
    c.logout()
    return n[0] >= 40 and n[1] >= 13 and n[2] >= 1


def user(e):
    subprocess.run([SERVERS, "user", e["SRV_DIR"], "dora"], check=True)
    imap(e, "dora").logout()
    return rcpt(e, "dora@example.org") == 250


def suite(kind, option):
    d = tempfile.mkdtemp(prefix="t.")
    owner = subprocess.Popen(["sleep", "600"])
    try:
        begin = time.monotonic()
        subprocess.run([SERVERS, "start", d, option, "--owner", str(owner.pid), "--for", "300"], check=True)
        print("# %s: started in %.1f s" % (kind, time.monotonic() - begin))
        e = dict(l.strip().replace("'", "").split("=", 1) for l in open(d + "/env"))
        pid = int(open(d + "/pid").read())
        t = lambda name, call: attempt(kind + ": " + name, call)
        t("the asked kind runs", lambda: e["SMTP_KIND"] == kind)
        t("IMAP, TLS from the first byte", lambda: imap(e).logout()[0] == "BYE")
        t("IMAP, STARTTLS", lambda: imap(e, tls=False).logout()[0] == "BYE")
        t("the certificate is not trusted without the authority", lambda: untrusted(e))
        t("special-use folders are there", lambda: special_use(e))
        t("IMAP extensions are there", lambda: capabilities(e))
        t("OAuth 2 token", lambda: oauth(e))
        t("sent with STARTTLS and AUTH, arrives", lambda: send(e, "SRV_SMTP", "one"))
        t("sent with TLS and AUTH, arrives", lambda: send(e, "SRV_SMTPS", "two"))
        t("sent in the clear without AUTH, arrives", lambda: send(e, "SRV_SMTP_PLAIN", "three", False))
        t("an unknown recipient is refused", lambda: rcpt(e, "nobody-here@example.org") == 550)
        t("a recipient for later", lambda: rcpt(e, "defer@example.org") == 450)
        t("a recipient for never", lambda: rcpt(e, "reject@example.org") == 554)
        t("POP3 with TLS", lambda: pop3(e, True))
        t("POP3 with STLS", lambda: pop3(e, False))
        t("a user added later", lambda: user(e))
        t("mail filled in", lambda: filled(e))
        owner.kill()
        owner.wait()
        t("all ends with the owner", lambda: ends(pid, d))
    finally:
        owner.kill()
        owner.wait()
        subprocess.run([SERVERS, "stop", d])
        shutil.rmtree(d, ignore_errors=True)


def ends(pid, d):
    """The watcher ends, and no process is left that knows the directory."""
    until = time.monotonic() + 20
    while time.monotonic() < until and os.path.exists("/proc/%d" % pid):
        time.sleep(0.02)
    left = []
    for p in os.listdir("/proc"):
        try:
            if p.isdigit() and d.encode() in open("/proc/%s/cmdline" % p, "rb").read():
                left.append(p)
        except OSError:
            pass
    return not os.path.exists("/proc/%d" % pid) and not left


def main():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if not shutil.which("dovecot") or not shutil.which("openssl"):
        print("1..0 # SKIP dovecot or openssl is missing")
        return
    suite("submission", "--no-postfix")
    if os.geteuid() == 0 and shutil.which("postfix"):
        suite("postfix", "--postfix")
    print("1..%d" % count)
    sys.exit(1 if failed else 0)


main()
