#!/usr/bin/env python3
"""odd_pop3.py - odd.py with a POP3 server that holds any mail and gives first lines. More commands:

  mail TEXT        one more message, its octets as rules write them (\\\\r\\\\n between lines)
  big SUBJECT N    a message of N octets or a little more, in lines of 70
  long SUBJECT N   a message with one line of N octets
  nouidl, notop    the server does not know UIDL, or TOP, and its CAPA says so
  new-uidls        every message gets another UIDL
  swap A B         two messages change places, and keep the UIDLs of the places
  hold N           RETR N waits for its answer until `release`
"""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import odd


class World(odd.World):
    def forget(self):
        super().forget()
        self.no, self.held = set(), 0

    def put(self, subject, body):
        self.made += 1
        self.boxes["INBOX"].add(
            b"From: a@example.org\r\nTo: you@example.org\r\nSubject: %s\r\n"
            b"Date: Mon, 6 Jan 2025 10:00:00 +0000\r\nMessage-ID: <p%d@odd>\r\n\r\n%s"
            % (subject.encode(), self.made, body))

    def tell(self, text):
        verb, _, rest = text.partition(" ")
        word, _, more = rest.partition(" ")
        if verb == "mail":
            self.boxes["INBOX"].add(odd.unescape(rest))
        elif verb == "big":
            lines = int(more) // 72 + 1
            self.put(word, b"".join(b"line %05d %s\r\n" % (i, b"x" * 59) for i in range(lines)) + b"the end\r\n")
        elif verb == "long":
            self.put(word, b"y" * int(more) + b"\r\nthe end\r\n")
        elif verb in ("nouidl", "notop"):
            self.no.add(verb[2:].upper())
            self.pop3caps = " ".join(w for w in self.pop3caps.split() if w not in self.no)
        elif verb == "hold":
            self.held = int(rest)
        elif verb == "new-uidls":
            self.boxes["INBOX"].validity += 1
        elif verb == "swap":
            v = self.boxes["INBOX"].v
            a, b = int(word) - 1, int(more) - 1
            v[a].text, v[b].text = v[b].text, v[a].text
        else:
            return super().tell(text)
        return "ok"


class Pop3(odd.Pop3):
    def command(self, line):
        if line.split(" ")[0].upper() in self.w.no:
            self.line("-ERR unknown command")
        else:
            super().command(line)

    def do_retr(self, args):
        if int(args) == self.w.held:
            odd.LOCK.release()
            try:
                self.w.gate.wait(60)
            finally:
                odd.LOCK.acquire()
        super().do_retr(args)

    def do_top(self, args):
        n = int(args.split()[1])

        def first(m):
            head = m.header()
            return head + b"".join(m.text[len(head):].splitlines(True)[:n])
        self.message(int(args.split()[0]), first)


odd.World, odd.Pop3 = World, Pop3
if __name__ == "__main__":
    sys.exit(odd.main(sys.argv[1:]))
