#!/usr/bin/env python3
"""test_rude - the rude server and the bad network do what later tests ask of them."""
import os, shutil, socket, ssl, subprocess, sys, tempfile, time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
SERVERS = os.path.join(os.path.dirname(HERE), "servers")
sys.path.insert(0, HERE)
import rude

count = failed = 0


def ok(name, call):
    global count, failed
    count += 1
    try:
        good = call()
        why = "got %r" % (good,)
    except Exception as e:  # every kind of refusal is a failed test here
        good, why = False, repr(e)
    failed += not good
    print("%sok %d - %s" % ("" if good else "not ", count, name), flush=True)
    if not good:
        print("# " + why)


def talk(port, *sent, tls=None, wait=5):
    """Everything the server says when these octets are sent at once."""
    got = b""
    try:
        with socket.create_connection(("127.0.0.1", port), wait) as s:
            s.settimeout(wait)
            if tls:
                s = tls.wrap_socket(s, server_hostname="localhost")
            for data in sent:
                s.sendall(data)
            while True:
                more = s.recv(65536)
                if not more:
                    return got
                got += more
    except (ConnectionResetError, BrokenPipeError):
        return got + b"<RST>"
    except socket.timeout:
        return got + b"<silence>"


def play(script, *sent, good=True, **kw):
    s = rude.Server(script, connections=1, **{k: kw.pop(k) for k in ("chain",) if k in kw})
    got = talk(s.port, *sent, **kw)
    s.main.join(10)
    return got if s.stop() == good else "the script's end was not as it should be: %r" % s.lines


def protocol():
    ok("greets, answers with the tag", lambda: play(
        "S * OK hi\nC ^\\S+ CAPABILITY$\nS * CAPABILITY IMAP4rev1\nS $tag OK done\nclose", b"a1 capability\r\n")
        == b"* OK hi\r\n* CAPABILITY IMAP4rev1\r\na1 OK done\r\n")
    ok("what is not expected fails the script", lambda: play("C HELLO", b"QUIT\r\n", good=False) == b"")
    ok("what never comes fails the script", lambda: play("S hi\nhalf\nC HELLO", good=False) == b"hi\r\n")
    ok("octets", lambda: play("send a\\x00\\r\\n\\e[2J\\\\ü${3*xy}") == b"a\0\r\n\x1b[2J\\\xc3\xbcxyxyxy")
    ok("kept parts", lambda: play("C MAIL FROM:<(?P<who>.*)>\nS hello $who, $5 please", b"mail from:<b@c>\r\n")
       == b"hello b@c, $5 please\r\n")
    ok("a literal", lambda: play("C LOGIN\nliteral\nS $tag OK", b"a2 login {3}\r\n", b"abc def\r\n")
       == b"+ go on\r\na2 OK\r\n")
    ok("answers until the awaited line", lambda: play(
        "answer ^EHLO => 250 hi\nanswer ^NOOP => 250 ok\nloop ^QUIT\nS 221 bye", b"EHLO x\r\nNOOP\r\nQUIT\r\n")
        == b"250 hi\r\n250 ok\r\n221 bye\r\n")
    ok("data with a dot", lambda: play("data\nS 250 got it", b"line\r\n..\r\n.\r\n") == b"250 got it\r\n")
    ok("drip", lambda: play("drip 1 abc") == b"abc\r\n")
    ok("flood", lambda: len(play("flood 50000 * 1 EXISTS")) == 50000 * 12)
    ok("reset", lambda: play("S hi\nreset").endswith(b"<RST>"))
    ok("stall is silence", lambda: play("S hi\nstall", wait=0.3) == b"hi\r\n<silence>")
    s = rude.Server("S first\n== 2\nS second\n")
    ok("a part for the second connection", lambda: [talk(s.port) for _ in range(3)]
       == [b"first\r\n", b"second\r\n", b"first\r\n"] and s.stop())


def with_tls(d):
    subprocess.run([SERVERS + "/servers", "certs", d], check=True)
    ctx = ssl.create_default_context(cafile=d + "/ca.pem")
    ctx.hostname_checks_common_name = False  # RFC 9525
    ok("TLS from the first byte", lambda: play("S hi", chain=d + "/server-chain.pem", tls=ctx) == b"hi\r\n")

    def refused(name, reason):
        try:
            s = rude.Server("S hi", chain=d + "/%s-chain.pem" % name)
            talk(s.port, tls=ctx)
        except ssl.SSLCertVerificationError as e:
            return reason in str(e)
        return False
    for name, reason in (("selfsigned", "self-signed"), ("untrusted", "unable to get local issuer"),
                         ("expired", "expired"), ("notyet", "not yet valid"), ("wronghost", "ostname mismatch"),
                         ("cnonly", "ostname mismatch"), ("clientonly", "purpose")):
        ok("a bad certificate is bad: " + name, lambda: refused(name, reason))


def command_line(d):
    with open(d + "/script", "w") as f:
        f.write("S * OK hi\nC LOGOUT\nclose\n")
    owner = subprocess.Popen(["sleep", "60"])
    p = subprocess.Popen([HERE + "/rude.py", "--log", d + "/log", "--port-file", d + "/rport", "--owner", str(owner.pid),
                          d + "/script"], stdout=subprocess.PIPE, text=True)
    port = int(p.stdout.readline())
    ok("the program plays and logs", lambda: talk(port, b"x LOGOUT\r\n") == b"* OK hi\r\n"
       and int(open(d + "/rport").read()) == port and "C: b'x LOGOUT" in open(d + "/log").read())
    owner.kill()
    owner.wait()
    ok("it ends with its owner", lambda: p.wait(10) == 0)


def network(d):
    s = rude.Server("S hi\nC one\nS 1\nC two\nS 2\nC three\nS 3\nstall")
    p = subprocess.Popen([SERVERS + "/proxy.py", "--to", str(s.port), "--dir", d])
    until = time.monotonic() + 10
    while not os.path.exists(d + "/port") and time.monotonic() < until:
        time.sleep(0.01)
    port = int(open(d + "/port").read())
    tell = lambda *c: subprocess.run([SERVERS + "/proxy.py", "--tell", d] + list(c), stdout=subprocess.PIPE,
                                     text=True, check=True).stdout
    c = socket.create_connection(("127.0.0.1", port), 5)
    c.settimeout(5)

    def ask(text, wait=5):
        c.settimeout(wait)
        began = time.monotonic()
        if text:
            c.sendall(text)
        try:
            return c.recv(100), time.monotonic() - began
        except socket.timeout:
            return b"<silence>", wait
        except ConnectionResetError:
            return b"<RST>", 0
    ok("the proxy passes on", lambda: ask(b"")[0] == b"hi\r\n" and ask(b"one\r\n")[0] == b"1\r\n")

    def stalled():
        tell("stall")
        quiet = ask(b"two\r\n", 0.2)[0] == b"<silence>"
        tell("flow")
        return quiet and ask(b"")[0] == b"2\r\n"
    ok("it stalls and flows again", stalled)

    def delayed():
        tell("delay 100")
        got, took = ask(b"three\r\n")
        return got == b"3\r\n" and 0.2 <= took < 2
    ok("it delays each way", delayed)
    ok("it counts", lambda: [int(x) for x in tell("stats").split()][:3] == [1, 5 + 5 + 7, 4 + 3 + 3 + 3])

    def cut():
        tell("cut")
        return ask(b"")[0] == b"<RST>"
    ok("it cuts", cut)
    tell("delay 0", "refuse")
    ok("it refuses", lambda: talk(port) == b"<RST>")
    tell("accept", "rate 20000")
    big = rude.Server("flood 1000 12345678")
    q = subprocess.Popen([SERVERS + "/proxy.py", "--to", str(big.port), "rate 20000"], stdout=subprocess.PIPE, text=True)
    slow = int(q.stdout.readline())
    began = time.monotonic()
    ok("it limits the rate", lambda: len(talk(slow)) == 10000 and 0.3 < time.monotonic() - began < 3)
    r = subprocess.Popen([SERVERS + "/proxy.py", "--to", str(big.port), "after 5000 cut"], stdout=subprocess.PIPE, text=True)
    cutter = int(r.stdout.readline())
    ok("it cuts after so many octets", lambda: talk(cutter).endswith(b"<RST>"))
    for x in (p, q, r):
        x.terminate()
        x.wait()
    s.stop()
    c.close()


def main():
    protocol()
    d = tempfile.mkdtemp(prefix="t.")
    try:
        if shutil.which("openssl"):
            with_tls(d)
        command_line(d)
        network(d)
    finally:
        shutil.rmtree(d, ignore_errors=True)
    print("1..%d" % count)
    sys.exit(1 if failed else 0)


main()
