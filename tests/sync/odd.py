#!/usr/bin/env python3
"""odd.py - small IMAP, POP3 and SMTP servers on loopback whose manners can be switched while they run.

  odd.py --dir DIR [--owner PID] [--for SECONDS]

Prints the three ports on one line. Each connection to DIR/control, a Unix socket, brings one command
(up to the end of its input) and gets an answer:
  reset              all is forgotten, connections end; INBOX is there and empty
  caps WORDS         what IMAP offers (before: see CAPS)
  smtpcaps WORDS     what SMTP offers, besides AUTH PLAIN
  pop3caps WORDS     what POP3 offers
  greeting imap|pop3|smtp TEXT   instead of the usual first line
  password TEXT      the only one that is taken
  fill BOX N         puts N messages there;  bare BOX N: without Message-IDs
  gone BOX UID       another client removes a message;  flags BOX UID FLAGS: it marks it
  quietly BOX UID FLAGS   it marks it, and the server forgets to count that
  modseq BOX N       the mailbox's mod-sequence becomes N
  drop BOX           another client deletes the mailbox;  rename BOX NAME: it renames it
  validity BOX N     gives the mailbox a new UIDVALIDITY;  renumber BOX N: and its messages UIDs from N on
  list TEXT          one more line of LIST
  raw UID TEXT       in place of the message's line of FETCH
  lame UID HOW REGEX   a FETCH whose line matches comes to the message and answers no more than what came
                     before: HOW is no (NO), bye (BYE), end (the end), nothing (all but it)
  well               no message is lame any more
  uidl NUMBER TEXT   in place of the message's line of UIDL
  drip [MS]          every octet goes out on its own, with a pause
  budget N           connections end after N octets were sent, until `budget 0`
  say TEXT           a line to all IMAP connections that idle; if none does, to the next one
  cut                ends all connections
  rule [xN] REGEX => ACTION [TEXT]   what happens to a line of any protocol that matches; xN: N times
  count BOX          answers with the number of messages;  marked BOX FLAG: of those with that flag
  seen REGEX         answers with the number of lines that came and match; lines begin with "imap ",
                     "pop3 " or "smtp "
  large BOX N        puts a message of N octets or a little more there
  release            what a rule holds goes on
  mails              answers with the number of mails that SMTP took; mails ADDRESS: to this one
  idling             answers with the number of IMAP connections that idle
Actions: say TEXT (sends TEXT instead of all else), instead TEXT (does it, but answers so), before TEXT
(sends TEXT first), no TEXT, bad TEXT,
behind (does it, but says nothing before the next line has come),
lose (does it, but the answer gets lost with the connection), cut (does nothing), half (COPY: copies the
first of the messages and closes), hold (does it, and says so after
`release`), stall (does it, says nothing and hears nothing any more), part N (as
stall, after N octets of the answer), torn N (closes after
N octets of the answer).
In TEXT \\r \\n \\t \\e \\\\ \\xHH are octets and $tag is the first word of the line.
"""
import base64, os, re, select, socket, struct, sys, threading, time

CAPS = "IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE IDLE LITERAL+ ENABLE ID SPECIAL-USE UNSELECT"
LOCK = threading.RLock()


def unescape(text, tag=""):
    esc = {"r": b"\r", "n": b"\n", "t": b"\t", "e": b"\x1b", "\\": b"\\"}
    out = b""
    for m in re.finditer(r"\\x([0-9A-Fa-f]{2})|\\([rnte\\])|\$tag|(.)", text, re.S):
        if m.group(1):
            out += bytes([int(m.group(1), 16)])
        elif m.group(2):
            out += esc[m.group(2)]
        else:
            out += tag.encode() if m.group(0) == "$tag" else m.group(0).encode("utf-8", "surrogateescape")
    return out


class Message:
    def __init__(self, uid, text, modseq, flags=()):
        self.uid, self.text, self.modseq, self.flags = uid, text, modseq, set(flags)

    def header(self):
        return self.text[:self.text.index(b"\r\n\r\n") + 4]

    def field(self, name):
        m = re.search(rb"(?im)^" + name + rb":[ \t]*(.*?)\r$", self.header())
        return m.group(1) if m else b""


class Box:
    def __init__(self, validity):
        self.validity, self.next, self.modseq, self.v = validity, 1, 1, []

    def add(self, text, flags=()):
        self.modseq += 1
        self.v.append(Message(self.next, text, self.modseq, flags))
        self.next += 1
        return self.v[-1].uid

    def find(self, uid):
        return next((m for m in self.v if m.uid == uid), None)

    def remove(self, uids):
        self.modseq += 1
        self.v = [m for m in self.v if m.uid not in uids]


class World:
    def __init__(self):
        self.conns, self.made = set(), 0
        self.forget()

    def forget(self):
        self.boxes = {"INBOX": Box(1000)}
        self.caps, self.smtpcaps, self.pop3caps = CAPS, "", "UIDL TOP USER"
        self.greeting, self.password = {}, None
        self.lists, self.raw, self.uidl, self.rules = [], {}, {}, []
        self.lame, self.gate = {}, threading.Event()
        self.lines, self.mails, self.unsaid = [], [], []
        self.drip, self.budget, self.pause = False, 0, 0
        for c in list(self.conns):
            c.old = True
            c.end()

    def new_text(self):
        self.made += 1
        return ("From: Sender %d <s%d@example.org>\r\nTo: you@example.org\r\nSubject: Message %d\r\n"
                "Date: Mon, 6 Jan 2025 10:%02d:%02d +0000\r\nMessage-ID: <m%d@odd>\r\n\r\nText of message %d\r\n"
                % (self.made, self.made, self.made, self.made // 60 % 60, self.made % 60, self.made,
                   self.made)).encode()

    def changed(self):
        for c in list(self.conns):
            if c.idling:
                c.news()
                c.try_flush()

    def tell(self, text):
        verb, _, rest = text.partition(" ")
        word, _, more = rest.partition(" ")
        if verb == "reset":
            self.forget()
            self.made = 0
        elif verb in ("caps", "smtpcaps", "pop3caps"):
            setattr(self, verb, rest)
        elif verb == "greeting":
            self.greeting[word] = more
        elif verb == "password":
            self.password = rest
        elif verb == "fill":
            box = self.boxes.setdefault(word, Box(1000 + len(self.boxes)))
            for _ in range(int(more)):
                box.add(self.new_text())
        elif verb == "bare":
            box = self.boxes.setdefault(word, Box(1000 + len(self.boxes)))
            for _ in range(int(more)):
                box.add(re.sub(rb"Message-ID:.*?\r\n", b"", self.new_text()))
        elif verb == "large":
            box = self.boxes.setdefault(word, Box(1000 + len(self.boxes)))
            box.add(self.new_text() + b"".join(b"line %05d %s\r\n" % (i, b"x" * 59) for i in range(int(more) // 73 + 1)))
        elif verb == "release":
            self.gate.set()
        elif verb == "gone":
            self.boxes[word].remove({int(more)})
        elif verb == "flags":
            uid, _, flags = more.partition(" ")
            box = self.boxes[word]
            box.modseq += 1
            box.find(int(uid)).flags = set(flags.split())
            box.find(int(uid)).modseq = box.modseq
        elif verb == "quietly":
            uid, _, flags = more.partition(" ")
            self.boxes[word].find(int(uid)).flags = set(flags.split())
        elif verb == "modseq":
            self.boxes[word].modseq = int(more)
            for m in self.boxes[word].v:
                m.modseq = min(m.modseq, int(more))
        elif verb in ("drop", "rename"):
            box = self.boxes.pop(word)
            if verb == "rename":
                self.boxes[more] = box
            for c in list(self.conns):
                if getattr(c, "box", None) is box:
                    c.line("* BYE the mailbox is gone")
                    c.try_flush()
                    c.end()
        elif verb == "validity":
            self.boxes[word].validity = int(more)
        elif verb == "renumber":
            box = self.boxes[word]
            for i, m in enumerate(box.v):
                m.uid = int(more) + i
            box.next = int(more) + len(box.v)
        elif verb == "list":
            self.lists.append(rest)
        elif verb == "raw":
            self.raw[int(word)] = more
        elif verb == "lame":
            how, _, regex = more.partition(" ")
            self.lame[int(word)] = (how, regex)
        elif verb == "well":
            self.lame = {}
        elif verb == "uidl":
            self.uidl[int(word)] = more
        elif verb == "drip":
            self.drip, self.pause = True, int(rest or 0) / 1000
        elif verb == "budget":
            self.budget = int(rest)
        elif verb == "say":
            idle = [c for c in self.conns if c.idling]
            for c in idle:
                c.put(unescape(rest) + b"\r\n")
                c.try_flush()
            if not idle:
                self.unsaid.append(unescape(rest) + b"\r\n")
        elif verb == "cut":
            for c in list(self.conns):
                c.end()
        elif verb == "rule":
            m = re.match(r"(?:x(\d+) )?(.*?) => (\w+) ?(.*)$", rest, re.S)
            self.rules.append([int(m.group(1) or 1 << 30), re.compile(m.group(2), re.I), m.group(3), m.group(4)])
        elif verb == "norules":
            self.rules, self.raw, self.greeting, self.budget, self.drip = [], {}, {}, 0, False
        elif verb == "count":
            return str(len(self.boxes[rest].v) if rest in self.boxes else 0)
        elif verb == "marked":
            return str(sum(more in m.flags for m in self.boxes[word].v))
        elif verb == "seen":
            return str(sum(1 for l in self.lines if re.search(rest, l, re.I)))
        elif verb == "mails":
            return str(sum(1 for to, _ in self.mails if not rest or rest in to))
        elif verb == "idling":
            return str(sum(1 for c in self.conns if c.idling))
        elif verb == "log":
            return "\n".join(self.lines)
        else:
            return "what? " + verb
        self.changed()
        return "ok"


class Gone(Exception):
    pass


class Conn:
    """One connection of any protocol: lines in, answers out by the rules."""
    name = ""
    torn = old = False

    def __init__(self, world, sock):
        self.w, self.sock, self.buf, self.out = world, sock, b"", b""
        self.idling, self.sent, self.limit, self.closed = False, 0, None, False

    def end(self):
        self.idling = False
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def put(self, data):
        self.out += data

    def line(self, text):
        self.put(text.encode("utf-8", "surrogateescape") + b"\r\n")

    def flush(self):
        data, self.out = self.out, b""
        if self.limit is not None:
            data = data[:self.limit]
        budget = self.w.budget
        if budget:
            data, over = data[:max(0, budget - self.sent)], len(data) > budget - self.sent
        self.sent += len(data)
        try:
            if self.w.drip:
                for b in data:
                    self.sock.sendall(bytes([b]))
                    self.sleep()
            else:
                self.sock.sendall(data)
        except OSError:
            raise Gone()
        if budget and over:
            raise Gone()
        if self.torn:
            raise Gone()
        if self.limit is not None:
            self.silence()

    def sleep(self):
        """The others go on meanwhile."""
        if self.w.pause:
            LOCK.release()
            try:
                poll = select.poll()
                poll.register(self.sock, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
                if poll.poll(self.w.pause * 1000):
                    raise OSError()
            finally:
                LOCK.acquire()

    def try_flush(self):
        """For what another connection's thread sends."""
        try:
            self.flush()
        except Gone:
            self.end()

    def silence(self):
        poll = select.poll()
        poll.register(self.sock, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        LOCK.release()
        try:
            poll.poll(120000)
        finally:
            LOCK.acquire()
        raise Gone()

    def more(self):
        self.flush()
        self.buf += self.wait()

    def wait(self):
        LOCK.release()
        try:
            data = self.sock.recv(65536)
        except OSError:
            data = b""
        finally:
            LOCK.acquire()
        if not data:
            raise Gone()
        return data

    def get_line(self):
        while b"\n" not in self.buf:
            self.more()
        raw, _, self.buf = self.buf.partition(b"\n")
        line = raw.rstrip(b"\r").decode("utf-8", "surrogateescape")
        if not self.old:
            self.w.lines.append(self.name + " " + line)
        return line

    def get(self, n):
        while len(self.buf) < n:
            self.more()
        data, self.buf = self.buf[:n], self.buf[n:]
        return data

    def rule_for(self, line):
        for r in self.w.rules:
            if r[0] > 0 and r[1].search(self.name + " " + line):
                r[0] -= 1
                return r[2], r[3]
        return None, ""

    def turn(self, line):
        """One command by the rules."""
        action, text = self.rule_for(line)
        tag = line.split(" ")[0]
        if action == "cut":
            raise Gone()
        if action in ("stall", "part", "torn"):
            self.flush()
            self.limit = int(text) if text else 0
            self.torn = action == "torn"
        elif action == "before":
            self.put(unescape(text, tag) + b"\r\n")
        elif action in ("no", "bad"):
            self.line("%s %s %s" % (tag, action.upper(), text))
            return
        elif action == "say":
            self.put(unescape(text, tag) + b"\r\n")
            return
        if action == "instead":
            self.flush()
        if action == "half":
            line = re.sub(r"(COPY \d+)[^ ]*", r"\1", line)
        self.command(line)
        if action == "hold":
            LOCK.release()
            try:
                self.w.gate.wait(60)
            finally:
                LOCK.acquire()
        if action == "behind":
            while b"\n" not in self.buf:
                self.buf += self.wait()
        if action in ("lose", "half"):
            self.out = b""
            raise Gone()
        if action == "instead":
            self.out = unescape(text, tag) + b"\r\n"

    def run(self):
        with LOCK:
            self.w.conns.add(self)
            try:
                self.greet()
                while not self.closed:
                    self.turn(self.get_line())
                    self.flush()
            except Gone:
                pass
            except Exception as e:  # a mistake of this server must be seen
                self.w.lines.append("%s BROKEN %r" % (self.name, e))
                sys.stderr.write("odd.py: %r\n" % e)
            finally:
                self.w.conns.discard(self)
                self.sock.close()

    def right(self, secret):
        return self.w.password is None or secret == self.w.password

    @staticmethod
    def plain_secret(text):
        return base64.b64decode(text).split(b"\0")[-1].decode()


class Imap(Conn):
    name = "imap"

    def greet(self):
        self.box, self.boxname, self.view, self.condstore, self.qresync = None, None, [], False, False
        self.told = None  # with NOTIFY: what was said of each mailbox
        g = self.w.greeting.get("imap", "* OK [CAPABILITY %s] odd" % self.w.caps)
        self.line(g)
        if "BYE" in g:
            self.flush()
            raise Gone()

    def news(self):
        """What changed in the mailbox since this connection was last told."""
        if self.told is not None:
            now = self.counts()
            for name in [n for n in now if n not in self.told] + [n for n in self.told if n not in now]:
                self.line('* LIST (%s) "/" "%s"' % ("" if name in now else "\\NonExistent", name))
            for name in now:
                if now[name] != self.told.get(name) and self.box is not self.w.boxes[name]:
                    self.line('* STATUS "%s" (%s)' % (name, now[name]))
            self.told = now
        if not self.box:
            return
        now = [m.uid for m in self.box.v]
        gone = [u for u in self.view if u not in set(now)]
        if gone and self.qresync:
            self.line("* VANISHED " + ",".join(map(str, gone)))
        for u in reversed(gone):
            if not self.qresync:
                self.line("* %d EXPUNGE" % (self.view.index(u) + 1))
            self.view.remove(u)
        if len(now) > len(self.view):
            self.line("* %d EXISTS" % len(now))
        self.view = now

    def command(self, line):
        tag, _, rest = line.partition(" ")
        verb, _, args = rest.partition(" ")
        self.tag = tag
        if verb.upper() == "UID":
            verb, _, args = args.partition(" ")
            verb = "uid_" + verb
        f = getattr(self, "do_" + verb.lower(), None)
        if not f or (verb.startswith("uid_") and not self.box):
            self.line(tag + " BAD unknown")
            return
        answer = f(args)
        if verb.lower() not in ("uid_fetch", "uid_store", "uid_search"):
            self.news()
        if answer:
            self.line(tag + " " + answer)

    @staticmethod
    def words(args):
        out = []
        for m in re.finditer(r'"((?:[^"\\]|\\.)*)"|([^ ]+)', args):
            out.append(re.sub(r"\\(.)", r"\1", m.group(1)) if m.group(1) is not None else m.group(2))
        return out

    def uids(self, text):
        out, top = set(), max([m.uid for m in self.box.v] + [0])
        for part in text.split(","):
            a, _, b = part.partition(":")
            a = top if a == "*" else int(a)
            b = a if not b else top if b == "*" else int(b)
            out.update(m.uid for m in self.box.v if min(a, b) <= m.uid <= max(a, b))
        return out

    def number(self, m):
        return self.box.v.index(m) + 1

    def do_capability(self, args):
        self.line("* CAPABILITY " + self.w.caps)
        return "OK done"

    def do_authenticate(self, args):
        words = args.split(" ")
        if len(words) < 2:
            self.line("+ ")
            words.append(self.get_line())
        return "OK in" if self.right(self.plain_secret(words[1])) else "NO [AUTHENTICATIONFAILED] wrong password"

    def do_login(self, args):
        return "OK in" if self.right(self.words(args)[1]) else "NO wrong password"

    def do_enable(self, args):
        if "QRESYNC" in args.upper() and "QRESYNC" in self.w.caps:
            self.condstore = self.qresync = True
            self.line("* ENABLED QRESYNC CONDSTORE")
        return "OK done"

    def do_id(self, args):
        return "OK done"

    def do_noop(self, args):
        return "OK done"

    def do_logout(self, args):
        self.closed = True
        self.line("* BYE")
        return "OK bye"

    def do_list(self, args):
        for name in self.w.boxes:
            use = "\\" + name if name in ("Sent", "Trash", "Drafts", "Archive", "Junk") else ""
            self.line('* LIST (%s) "/" "%s"' % (use, name))
        for text in self.w.lists:
            self.put(b"* LIST " + unescape(text) + b"\r\n")
        return "OK done"

    def do_status(self, args):
        name = self.words(args)[0]
        box = self.w.boxes.get(name)
        if not box:
            return "NO no such mailbox"
        self.line('* STATUS "%s" (%s)' % (name, self.count(box)))
        return "OK done"

    def counts(self):
        return {name: self.count(box) for name, box in self.w.boxes.items()}

    def count(self, box):
        text = "MESSAGES %d UNSEEN %d UIDNEXT %d UIDVALIDITY %d" % (
            len(box.v), sum("\\Seen" not in m.flags for m in box.v), box.next, box.validity)
        return text + (" HIGHESTMODSEQ %d" % box.modseq if "CONDSTORE" in self.w.caps else "")

    def do_notify(self, args):
        self.told = self.counts()
        return "OK done"

    def do_create(self, args):
        self.w.boxes.setdefault(self.words(args)[0], Box(1000 + len(self.w.boxes)))
        return "OK done"

    def do_delete(self, args):
        return "OK done" if self.w.boxes.pop(self.words(args)[0], None) else "NO no such mailbox"

    def do_rename(self, args):
        old, new = self.words(args)
        for name in [n for n in self.w.boxes if n == old or n.startswith(old + "/")]:
            self.w.boxes[new + name[len(old):]] = self.w.boxes.pop(name)
        return "OK done"

    def do_subscribe(self, args):
        return "NO no subscriptions here"

    do_unsubscribe = do_subscribe

    def do_select(self, args):
        name = self.words(args)[0]
        self.box = self.w.boxes.get(name)
        self.boxname = name
        if not self.box:
            return "NO no such mailbox"
        box = self.box
        self.view = [m.uid for m in box.v]
        self.line("* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft)")
        self.line("* OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft \\*)] fine")
        self.line("* %d EXISTS" % len(box.v))
        self.line("* 0 RECENT")
        self.line("* OK [UIDVALIDITY %d] fine" % box.validity)
        self.line("* OK [UIDNEXT %d] fine" % box.next)
        if "CONDSTORE" in self.w.caps:
            self.line("* OK [HIGHESTMODSEQ %d] fine" % box.modseq)
        m = re.search(r"QRESYNC \((\d+) (\d+)", args)
        if m and int(m.group(1)) == box.validity:
            gone = sorted(set(range(1, box.next)) - {x.uid for x in box.v})
            if gone:
                self.line("* VANISHED (EARLIER) " + ",".join(map(str, gone)))
            for x in box.v:
                if x.modseq > int(m.group(2)):
                    self.line("* %d FETCH (UID %d FLAGS (%s) MODSEQ (%d))" % (
                        self.number(x), x.uid, " ".join(sorted(x.flags)), x.modseq))
        return "OK [READ-WRITE] selected"

    def do_unselect(self, args):
        self.box = None
        return "OK done"

    def do_uid_fetch(self, args):
        uids, _, items = args.partition(" ")
        since = re.search(r"CHANGEDSINCE (\d+)", items)
        wanted = self.uids(uids)
        for m in [m for m in self.box.v if m.uid in wanted]:
            if since and m.modseq <= int(since.group(1)):
                continue
            how, regex = self.w.lame.get(m.uid, ("", "^$"))
            if re.search(regex, items):
                if how == "nothing":
                    continue
                if how == "no":
                    return "NO [SERVERBUG] cannot read message %d" % m.uid
                if how == "bye":
                    self.line("* BYE cannot read message %d" % m.uid)
                self.flush()
                raise Gone()
            if m.uid in self.w.raw:
                self.put(unescape(self.w.raw[m.uid]) + b"\r\n")
                continue
            self.put(b"* %d FETCH (UID %d" % (self.number(m), m.uid))
            if "FLAGS" in items:
                self.put((" FLAGS (%s)" % " ".join(sorted(m.flags))).encode())
            if since:
                self.put(b" MODSEQ (%d)" % m.modseq)
            if "INTERNALDATE" in items:
                self.put(b' INTERNALDATE "06-Jan-2025 10:00:00 +0000"')
            if "RFC822.SIZE" in items:
                self.put(b" RFC822.SIZE %d" % len(m.text))
            b = re.search(r"BODY\.PEEK\[([^]]*)\](?:<(\d+)\.(\d+)>)?", items)
            if b:
                name = b.group(1).upper()
                data = m.header() if name.startswith("HEADER") else m.text if not name else m.text[len(m.header()):]
                if b.group(2):
                    data = data[int(b.group(2)):][:int(b.group(3))]
                self.put((" BODY[%s]%s {%d}\r\n" % (
                    b.group(1), "<%s>" % b.group(2) if b.group(2) else "", len(data))).encode() + data)
            self.put(b")\r\n")
        return "OK done"

    def do_uid_search(self, args):
        m = re.match(r'HEADER Message-ID "(.*)"', args, re.I)
        if args.upper() == "DELETED":
            self.line("* SEARCH " + " ".join(str(x.uid) for x in self.box.v if "\\Deleted" in x.flags))
            return "OK done"
        found = [x.uid for x in self.box.v if not m or m.group(1).encode() in x.field(b"Message-ID")]
        if args.upper().startswith("RETURN"):
            self.line('* ESEARCH (TAG "%s") UID%s' % (self.tag, found and " ALL " + ",".join(map(str, found)) or ""))
        else:
            self.line("* SEARCH " + " ".join(map(str, found)))
        return "OK done"

    def do_uid_store(self, args):
        uids, how, flags = args.split(" ", 2)
        for u in self.uids(uids):
            m = self.box.find(u)
            self.box.modseq += 1
            m.modseq = self.box.modseq
            m.flags = m.flags | set(flags[1:-1].split()) if how[0] == "+" else m.flags - set(flags[1:-1].split())
        return "OK done"

    def copy(self, args, move):
        uids, target = args.split(" ", 1)
        box = self.w.boxes.get(self.words(target)[0])
        if not box:
            return "NO [TRYCREATE] no such mailbox"
        src = sorted(self.uids(uids))
        new = [box.add(self.box.find(u).text, self.box.find(u).flags) for u in src]
        if move:
            self.box.remove(set(src))
        code = "" if not src or "UIDPLUS" not in self.w.caps else "[COPYUID %d %s %s] " % (
            box.validity, ",".join(map(str, src)), ",".join(map(str, new)))
        if move and code:
            self.line("* OK %sfine" % code)
            code = ""
        return "OK %sdone" % code

    def do_uid_copy(self, args):
        return self.copy(args, False)

    def do_uid_move(self, args):
        return self.copy(args, True)

    def do_uid_expunge(self, args):
        self.box.remove({u for u in self.uids(args) if "\\Deleted" in self.box.find(u).flags})
        return "OK done"

    def do_expunge(self, args):
        self.box.remove({m.uid for m in self.box.v if "\\Deleted" in m.flags})
        return "OK done"

    def do_append(self, args):
        m = re.match(r'("(?:[^"\\]|\\.)*"|[^ ]+) (?:\(([^)]*)\) )?(?:"[^"]*" )?\{(\d+)(\+?)\}$', args)
        if not m.group(4):
            self.line("+ go on")
        data = self.get(int(m.group(3)))
        self.get_line()
        box = self.w.boxes.get(self.words(m.group(1))[0])
        if not box:
            return "NO [TRYCREATE] no such mailbox"
        uid = box.add(data, (m.group(2) or "").split())
        return "OK [APPENDUID %d %d] done" % (box.validity, uid)

    def do_idle(self, args):
        tag = self.tag
        self.news()
        self.line("+ idling")
        for text in self.w.unsaid:
            self.put(text)
        self.w.unsaid = []
        self.flush()
        self.idling = True
        try:
            self.get_line()
        finally:
            self.idling = False
        self.tag = tag
        return "OK done"


class Pop3(Conn):
    name = "pop3"

    def greet(self):
        self.v, self.dele = list(self.w.boxes["INBOX"].v), set()
        self.line(self.w.greeting.get("pop3", "+OK odd"))

    def command(self, line):
        verb, _, args = line.partition(" ")
        f = getattr(self, "do_" + verb.lower(), None)
        if f:
            f(args)
        else:
            self.line("-ERR unknown")

    def lines(self, v):
        for l in v:
            self.line(l)
        self.line(".")

    def do_capa(self, args):
        self.line("+OK")
        self.lines(self.w.pop3caps.split())

    def do_user(self, args):
        self.line("+OK")

    def do_pass(self, args):
        self.line("+OK in" if self.right(args) else "-ERR [AUTH] wrong password")

    def do_list(self, args):
        self.line("+OK")
        self.lines("%d %d" % (i + 1, len(m.text)) for i, m in enumerate(self.v) if i not in self.dele)

    def do_uidl(self, args):
        self.line("+OK")
        self.lines(l for l in (self.w.uidl.get(i + 1, "%d u%d-%d" % (i + 1, self.w.boxes["INBOX"].validity, m.uid))
                               for i, m in enumerate(self.v)) if l)

    def message(self, n, data):
        if not 1 <= n <= len(self.v):
            self.line("-ERR no such message")
            return
        self.put(b"+OK\r\n" + re.sub(rb"(?m)^\.", b"..", data(self.v[n - 1])) + b".\r\n")

    def do_retr(self, args):
        self.message(int(args), lambda m: m.text)

    def do_top(self, args):
        self.message(int(args.split()[0]), lambda m: m.header())

    def do_dele(self, args):
        self.dele.add(int(args) - 1)
        self.line("+OK")

    def do_noop(self, args):
        self.line("+OK")

    def do_quit(self, args):
        self.w.boxes["INBOX"].remove({self.v[i].uid for i in self.dele})
        self.line("+OK bye")
        self.closed = True


class Smtp(Conn):
    name = "smtp"

    def greet(self):
        self.to = []
        self.line(self.w.greeting.get("smtp", "220 odd"))

    def command(self, line):
        verb, _, args = line.partition(" ")
        f = getattr(self, "do_" + verb.lower(), None)
        if f:
            f(args)
        else:
            self.line("500 unknown")

    def do_ehlo(self, args):
        self.line("250-odd")
        for w in self.w.smtpcaps.split():
            self.line("250-" + w)
        self.line("250-AUTH PLAIN")
        self.line("250 HELP")

    def do_auth(self, args):
        words = args.split(" ")
        if len(words) < 2:
            self.line("334 ")
            words.append(self.get_line())
        self.line("235 in" if self.right(self.plain_secret(words[1])) else "535 5.7.8 wrong password")

    def do_mail(self, args):
        self.to = []
        self.line("250 fine")

    def do_rcpt(self, args):
        self.to.append(re.search("<(.*)>", args).group(1))
        self.line("250 fine")

    def do_rset(self, args):
        self.line("250 fine")

    def do_data(self, args):
        self.line("354 go on")
        text = ""
        while True:
            line = self.get_line()
            if line == ".":
                break
            text += line + "\n"
        self.w.lines.append("smtp (end of data)")
        action, rest = self.rule_for("(end of data)")
        if action == "cut":
            raise Gone()
        if action == "say":
            self.put(unescape(rest) + b"\r\n")
            return
        self.w.mails.append((self.to, text))
        if action == "lose":
            raise Gone()
        self.line("250 taken")

    def do_quit(self, args):
        self.line("221 bye")
        self.closed = True


def serve(world, kind, listener):
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=kind(world, sock).run, daemon=True).start()


def control(world, listener):
    while True:
        s, _ = listener.accept()
        text = b""
        while True:
            data = s.recv(65536)
            if not data:
                break
            text += data
        with LOCK:
            try:
                answer = world.tell(text.decode("utf-8", "surrogateescape"))
            except Exception as e:
                answer = "what? %r" % e
        s.sendall(answer.encode("utf-8", "surrogateescape"))
        s.close()


def main(args):
    opt = {"dir": None, "owner": str(os.getppid()), "for": "900"}
    while args and args[0][:2] == "--" and args[0][2:] in opt and len(args) > 1:
        opt[args[0][2:]] = args[1]
        args = args[2:]
    if args or not opt["dir"]:
        sys.stderr.write(__doc__)
        return 64
    world, ports = World(), []
    for kind in (Imap, Pop3, Smtp):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        ports.append(str(listener.getsockname()[1]))
        threading.Thread(target=serve, args=(world, kind, listener), daemon=True).start()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(opt["dir"] + "/control")
    listener.listen(8)
    threading.Thread(target=control, args=(world, listener), daemon=True).start()
    print(" ".join(ports), flush=True)
    select.select([os.pidfd_open(int(opt["owner"]))], [], [], float(opt["for"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
