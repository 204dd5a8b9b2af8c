#!/usr/bin/env python3
"""talaria-unsubscribe against a server of https on loopback, with an authority of its own."""
import http.server
import os
import ssl
import subprocess
import sys
import tempfile
import threading

build = os.environ.get("builddir", ".")
helper = os.path.join(build, "talaria-unsubscribe")
count = 0
failed = False


def ok(good, name, what=""):
    global count, failed
    count += 1
    failed |= not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good and what:
        print("# " + str(what).replace("\n", "\n# "))


seen = []


class List(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen.append((self.path, body, dict(self.headers)))
        status, headers, answer = 200, [], b"gone\n"
        if self.path.startswith("/away"):
            status, headers = 302, [("Location", f"https://localhost:{port}/other")]
        elif self.path.startswith("/refused"):
            status = 403
        elif self.path.startswith("/large"):
            answer = b"x" * (1 << 20)
        self.send_response(status)
        for name, value in headers + [("Set-Cookie", "a=b"), ("Content-Length", str(len(answer)))]:
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(answer)
        except OSError:
            pass

    do_GET = do_POST

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass  # a client that does not trust us goes away


def openssl(*words):
    subprocess.run(("openssl",) + words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            f"{name}.key", "-out", f"{name}.pem", "-days", "30", "-subj", f"/CN={name}", "-addext",
            "keyUsage=critical,keyCertSign")


def certificate(ca):
    with open("ext", "w", encoding="ascii") as f:
        f.write("subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "leaf.key",
            "-out", "leaf.csr", "-subj", "/CN=localhost")
    openssl("x509", "-req", "-in", "leaf.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial",
            "-days", "30", "-extfile", "ext", "-out", "leaf.pem")


def ask(*words, ca="ours.pem"):
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    env.update(LC_ALL="C", https_proxy="http://127.0.0.1:1")
    if ca:
        env["TALARIA_UNSUBSCRIBE_CA"] = ca
    del seen[:]
    run = subprocess.run((helper,) + words, env=env, capture_output=True, text=True, timeout=60)
    return run.returncode, run.stderr


if not os.access(helper, os.X_OK):
    print("1..0 # SKIP talaria-unsubscribe is not built")
    sys.exit(0)
helper = os.path.abspath(helper)
with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    authority("ours")
    authority("other")
    certificate("ours")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("leaf.pem", "leaf.key")
    server = Server(("127.0.0.1", 0), List)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"https://localhost:{port}"

    rc, said = ask(base + "/leave?u=1&x=$(id)'")
    ok(rc == 0 and said == "", "a list is left", said)
    ok(len(seen) == 1 and seen[0][0] == "/leave?u=1&x=$(id)'" and seen[0][1] == b"List-Unsubscribe=One-Click",
       "by one POST to the address as it is, past a proxy", seen)
    names = {k.lower() for k in seen[0][2]} if seen else set()
    ok(seen and seen[0][2].get("Content-Type") == "application/x-www-form-urlencoded", "as a form", names)
    ok(not names & {"cookie", "referer", "user-agent", "authorization"}, "that tells nothing of who asks", names)
    rc, said = ask(base + "/large")
    ok(rc == 0 and len(seen) == 1, "a long answer is not read to its end", said)
    rc, said = ask(base + "/away")
    ok(rc == 1 and "redirect" in said and len(seen) == 1, "a redirect is not followed", said)
    rc, said = ask(base + "/refused")
    ok(rc == 1 and "HTTP status 403" in said, "a refusal is told", said)
    rc, said = ask(base + "/leave", ca="other.pem")
    ok(rc == 1 and said and not seen, "an authority that is not trusted gets nothing", said)
    rc, said = ask(f"https://127.0.0.1:{port}/leave")
    ok(rc == 1 and said and not seen, "nor does another name", said)
    rc, said = ask(f"https://a:b@localhost:{port}/leave")
    ok(rc == 1 and said and not seen, "nor an address with a password", said)
    for url in (f"http://localhost:{port}/leave", "file:///etc/passwd", "-h", ""):
        rc, said = ask(url)
        ok(rc == 1 and "https" in said and not seen, f"not https is not asked: {url[:5]}", said)
    for n, good in ((1999, True), (2000, True), (2001, False)):
        rc, said = ask(base + "/" + "a" * (n - len(base) - 1))
        ok((rc == 0) == good and len(seen) == good, f"an address of {n} octets", said)
    for words in ((), (base, base)):
        rc, said = ask(*words)
        ok(rc == 1 and "usage" in said, f"{len(words)} addresses", said)
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", "0.0.0.0", "10.1.2.3", "172.31.0.1", "192.168.1.1",
                 "169.254.169.254", "100.64.0.1", "2130706433", "0x7f.1", "[::1]", "[fd00::1]", "[fe80::1]",
                 "[::ffff:127.0.0.1]", "[64:ff9b::10.0.0.1]", "[2002:7f00:1::]", "224.0.0.1"):
        rc, said = ask(f"https://{host}/leave", ca=None)
        ok(rc == 1 and "not on the public internet" in said and not seen, f"not to a private address: {host}", said)
    server.shutdown()
    os.chdir("/")
print(f"1..{count}")
sys.exit(failed)
