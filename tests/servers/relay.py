#!/usr/bin/env python3
"""relay.py PORT LMTP-PORT - a small SMTP relay on loopback for where no Postfix can run.

Mail for example.org goes on by LMTP, whose answers to RCPT are passed back, so unknown users are
refused. Mail for other domains is swallowed. defer@, full@ and reject@example.org are refused with
450, 452 and 554. It stands behind Dovecot's submission service, which does TLS and AUTH.
"""
import re, smtplib, socketserver, sys

SPECIAL = {"defer": "450 4.2.0 come back later", "full": "452 4.2.2 mailbox full",
           "reject": "554 5.7.1 not wanted here"}
MAX_SIZE = 26214400
LMTP_PORT = 0


class Session(socketserver.StreamRequestHandler):
    timeout = 300

    def say(self, text):
        self.wfile.write((text + "\r\n").encode())

    def reset(self):
        self.sender = None
        self.rcpts = []

    def handle(self):
        self.reset()
        self.say("220 relay.example.org ESMTP")
        try:
            while True:
                line = self.rfile.readline(4096)
                if not line:
                    return
                verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
                if verb.upper() == "QUIT":
                    self.say("221 2.0.0 bye")
                    return
                getattr(self, "do_" + verb.lower(), self.unknown)(rest)
        except (OSError, smtplib.SMTPException):
            return

    def unknown(self, rest):
        self.say("502 5.5.2 what?")

    def do_ehlo(self, rest):
        self.reset()
        for word in ("relay.example.org", "PIPELINING", "SIZE %d" % MAX_SIZE, "8BITMIME", "SMTPUTF8",
                     "DSN", "XCLIENT ADDR PORT PROTO HELO LOGIN TTL TIMEOUT"):
            self.say("250-" + word)
        self.say("250 ENHANCEDSTATUSCODES")

    def do_helo(self, rest):
        self.reset()
        self.say("250 relay.example.org")

    do_lhlo = do_ehlo

    def do_xclient(self, rest):
        self.say("220 relay.example.org ESMTP")

    def do_noop(self, rest):
        self.say("250 2.0.0 ok")

    def do_rset(self, rest):
        self.reset()
        self.say("250 2.0.0 ok")

    def do_vrfy(self, rest):
        self.say("252 2.0.0 try it")

    @staticmethod
    def path(rest):
        m = re.match(r"(?i)(?:FROM|TO):\s*<([^>]*)>(.*)", rest)
        return (m.group(1), m.group(2)) if m else (None, "")

    def do_mail(self, rest):
        addr, params = self.path(rest)
        size = re.search(r"(?i)SIZE=(\d+)", params)
        if addr is None:
            self.say("501 5.5.4 MAIL FROM:<address>")
        elif size and int(size.group(1)) > MAX_SIZE:
            self.say("552 5.3.4 too large")
        else:
            self.sender = addr
            self.say("250 2.1.0 ok")

    def do_rcpt(self, rest):
        addr, _ = self.path(rest)
        if self.sender is None or not addr:
            self.say("503 5.5.1 MAIL first" if addr else "501 5.5.4 RCPT TO:<address>")
            return
        user, _, domain = addr.rpartition("@")
        if domain.lower() == "example.org":
            if user.lower() in SPECIAL:
                self.say(SPECIAL[user.lower()])
                return
            with smtplib.LMTP("127.0.0.1", LMTP_PORT) as lmtp:
                lmtp.ehlo_or_helo_if_needed()
                lmtp.mail(self.sender)
                code, text = lmtp.rcpt(addr)
            if code >= 400:
                self.say("%d %s" % (code, text.decode(errors="replace").splitlines()[0]))
                return
            self.rcpts.append(addr)
        else:
            self.rcpts.append(None)
        self.say("250 2.1.5 ok")

    def do_data(self, rest):
        if not self.rcpts:
            self.say("554 5.5.1 no recipients")
            return
        self.say("354 go on")
        data = []
        size = 0
        while True:
            line = self.rfile.readline()
            if not line:
                return
            if line == b".\r\n":
                break
            size += len(line)
            data.append(line[1:] if line.startswith(b".") else line)
        if size > MAX_SIZE:
            self.say("552 5.3.4 too large")
            return
        local = [r for r in self.rcpts if r]
        if local:
            with smtplib.LMTP("127.0.0.1", LMTP_PORT) as lmtp:
                lmtp.ehlo_or_helo_if_needed()
                lmtp.mail(self.sender, ["BODY=8BITMIME"])
                for r in local:
                    lmtp.rcpt(r)
                code, text = lmtp.data(b"".join(data))
            if code >= 400:
                self.say("%d %s" % (code, text.decode(errors="replace").splitlines()[0]))
                return
        self.reset()
        self.say("250 2.0.0 delivered")


class Relay(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    LMTP_PORT = int(sys.argv[2])
    Relay(("127.0.0.1", int(sys.argv[1])), Session).serve_forever()
