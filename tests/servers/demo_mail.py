"""demo_mail - the sample mailbox of the demo, made anew for each day so that it looks alive.

mailbox(user, now) yields (folder, Maildir flags, time, bytes); many(user, n, now) yields n small
messages (flags, time, bytes), the same ones every time but for their dates.
"""
import base64, email.utils, random, struct, time, zlib

MIN, HOUR, DAY = 60, 3600, 86400
PEOPLE = {
    "rosa": "Rosa Calderón <rosa@example.com>", "jeff": "Jeff Beaumont <jeff@example.net>",
    "wei": "徐薇 <wei.xu@example.com>", "anna": "Anna Lindqvist <anna@example.net>",
    "tom": "Tom Okafor <tom@example.org>", "mina": "Mina Park <mina@example.com>",
    "bob": "Bob Builder <bob@example.org>", "carol": "Carol Ames <carol@example.org>",
    "ivan": "Иван Петров <ivan@example.net>", "noa": "נועה לוי <noa@example.com>",
    "yuki": "山田 由紀 <yuki@example.net>", "gerd": "Gerd Müller-Jäger <gerd@example.com>",
}
LIST = "talaria@lists.example.org"


def word(text, charset="utf-8"):
    """A header's text: RFC 2047 when it has to be, in pieces of whole characters."""
    if text.isascii():
        return text
    out, piece = [], ""
    for c in text + "\0":
        if c == "\0" or len((piece + c).encode(charset)) > 36:
            out.append("=?%s?B?%s?=" % (charset, base64.b64encode(piece.encode(charset)).decode()))
            piece = ""
        piece += c
    return "\n ".join(out)


def address(who, charset="utf-8"):
    full = PEOPLE.get(who, who)
    name, _, addr = full.rpartition(" <")
    return "%s <%s" % (word(name, charset), addr) if name else full


def fold64(data):
    return base64.encodebytes(data).decode()


def png(w=48, h=32):
    rows = b"".join(b"\0" + b"".join(bytes((40 + 4 * x, 90 + 3 * y, 200 - 2 * x)) for x in range(w))
                    for y in range(h))
    chunk = lambda t, d: struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def pdf(text):
    body = "BT /F1 18 Tf 40 90 Td (%s) Tj ET" % text
    objs = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 320 160] /Contents 4 0 R "
            "/Resources << /Font << /F1 5 0 R >> >> >>",
            "<< /Length %d >>\nstream\n%s\nendstream" % (len(body), body),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    out, at = "%PDF-1.4\n", []
    for i, o in enumerate(objs):
        at.append(len(out))
        out += "%d 0 obj\n%s\nendobj\n" % (i + 1, o)
    xref = len(out)
    out += "xref\n0 6\n0000000000 65535 f \n" + "".join("%010d 00000 n \n" % a for a in at)
    return (out + "trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % xref).encode()


class Maker:
    def __init__(self, user, now):
        self.user, self.now = user, now
        self.n = 0
        self.out = []
        self.refs = {}

    def put(self, folder, flags, age, who, subject, body, to=None, cc=None, re=None, tag=None,
            ctype="text/plain; charset=utf-8", cte="8bit", charset="utf-8", extra="", raw_subject=None):
        """tag names the message for a later re=; body is text, or bytes as they are."""
        when = int(self.now - age)
        self.n += 1
        mid = "<%d.%d@%s>" % (when, self.n, "example.org")
        h = "From: %s\n" % (address(who, charset) if who else address(self.me()))
        h += "To: %s\n" % (to or address(self.me()))
        if cc:
            h += "Cc: %s\n" % cc
        if subject is not None:
            h += "Subject: %s\n" % (raw_subject or word(subject, charset))
        h += "Date: %s\nMessage-ID: %s\n" % (email.utils.formatdate(when, localtime=False), mid)
        if re:
            chain = self.refs[re]
            h += "In-Reply-To: %s\nReferences: %s\n" % (chain[-1], "\n ".join(chain))
        if tag:
            self.refs[tag] = (self.refs[re] if re else []) + [mid]
        h += extra
        if ctype:
            h += "MIME-Version: 1.0\nContent-Type: %s\nContent-Transfer-Encoding: %s\n" % (ctype, cte)
        data = h.encode("utf-8") + b"\n" + (body if isinstance(body, bytes) else body.encode(charset))
        if not data.endswith(b"\n"):
            data += b"\n"
        self.out.append((folder, flags, when, data))

    def me(self):
        return "%s Example <%s@example.org>" % (self.user.capitalize(), self.user)

    def multi(self, kind, parts):
        """parts: (header lines, text). Gives the Content-Type and the body."""
        b = "=_part_%d" % (self.n + 1)
        body = "This is a message in several parts.\n"
        for head, text in parts:
            body += "\n--%s\n%s\n\n%s" % (b, head, text)
        return '%s; boundary="%s"' % (kind, b), body + "\n--%s--\n" % b

    def parts(self, kind, parts, *args, **kw):
        ctype, body = self.multi(kind, parts)
        self.put(*args, body=body, ctype=ctype, **kw)


TEXT = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit"
HTML = "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit"


def attached(ctype, name, disposition="attachment"):
    return ("Content-Type: %s\nContent-Transfer-Encoding: base64\nContent-Disposition: %s;\n %s"
            % (ctype, disposition, name))


def conversations(m):
    cc = "%s,\n %s" % (address("tom"), address("mina"))
    m.put("INBOX", "RS", 5 * DAY, "rosa", "Spring hike: which weekend?", """Hi all,

the snow is going and I would like to walk the ridge again. Shall we say the
second or the third weekend? The hut has eight beds left.

Rosa
""", cc=cc, tag="hike")
    m.put("INBOX", "S", 5 * DAY - 3 * HOUR, "tom", "Re: Spring hike: which weekend?", """Rosa Calderón wrote:
> the snow is going and I would like to walk the ridge again. Shall we say the
> second or the third weekend?

The third. I am on call before that.

-- 
Tom
""", cc=cc, re="hike", tag="hike2")
    m.put("INBOX", "S", 5 * DAY - 5 * HOUR, "mina", "Re: Spring hike: which weekend?", """On Monday, Tom Okafor wrote:
> Rosa Calderón wrote:
> > Shall we say the second or the third weekend?
>
> The third. I am on call before that.

Third is fine for me too. I bring the stove. 🏔️🔥
""", cc=cc, re="hike2", tag="hike3")
    m.put("INBOX", "", 2 * HOUR, "rosa", "Re: Spring hike: which weekend?", """> Third is fine for me too. I bring the stove.

Then it is settled. Beds are booked: https://hut.example.com/booking?id=4711&n=4

Train leaves at 7:42. See you on the platform!
""", cc=cc, re="hike3")
    m.put("INBOX", "FS", 3 * DAY, "jeff", "the new cache format", """Hello,

I measured pages of 64, 128 and 256 rows. Numbers below.

  rows   open    scroll   bytes
    64   41 ms   1.9 ms   310 k
   128   28 ms   1.1 ms   302 k
   256   22 ms   1.0 ms   299 k

Jeff
""", tag="cache")
    m.put("Sent", "S", 3 * DAY - HOUR, None, "Re: the new cache format", """Jeff Beaumont wrote:
> I measured pages of 64, 128 and 256 rows. Numbers below.

Why not pages of 256? That is what one screen needs, more or less.
""", to=address("jeff"), re="cache", tag="cache2")
    m.put("INBOX", "", 35 * MIN, "jeff", "Re: the new cache format", """> > I measured pages of 64, 128 and 256 rows. Numbers below.
>
> Why not pages of 256? That is what one screen needs, more or less.

Because the last page is rewritten at every new mail. But you are right for
big folders, so: 256, and the newest page as a log. Patch follows on the list.

Jeff
""", re="cache2", tag="cache3")
    m.put("INBOX", "S", 26 * HOUR, "bob", "Lunch on Thursday?", "Noon, the place with the green door?\n\nBob\n", tag="lunch")
    m.put("INBOX", "", 20 * MIN, "carol", "Re: Lunch on Thursday?",
          "Bob asked me too. I can come at half past twelve.\n\nCarol\n", re="lunch", cc=address("bob"))


def languages(m):
    m.put("INBOX", "S", 4 * DAY, "gerd", "Grüße aus Köln", """Liebe Grüße vom Rhein! Das Wetter ist schön, die Straßen sind voll.
Über Pfingsten kommen wir zurück.
""", charset="iso-8859-1", ctype="text/plain; charset=iso-8859-1")
    m.put("INBOX", "", 9 * HOUR, "yuki", "会議の議事録", """お疲れさまです。山田です。

昨日の会議の議事録をお送りします。ご確認ください。
""", charset="iso-2022-jp", ctype="text/plain; charset=iso-2022-jp", cte="7bit")
    m.put("INBOX", "S", 6 * DAY, "ivan", "Привет из Казани", """Здравствуйте!

Пишу с дороги: поезд идёт вовремя, завтра буду на месте.
""", charset="koi8-r", ctype="text/plain; charset=koi8-r")
    m.put("INBOX", "S", 7 * DAY, "wei", "关于下周的安排", """你好，

下周二下午三点开会，地点在二楼。请带上笔记本。

徐薇
""", charset="gb18030", ctype="text/plain; charset=gb18030")
    m.put("INBOX", "", 5 * HOUR, "noa", "פגישה ביום ראשון", """שלום,

הפגישה ביום ראשון בשעה 10:00 במשרד (room 12, second floor).

תודה, נועה
""")
    m.put("INBOX", "S", 8 * DAY, "anna", "Räksmörgås på fredag? 🦐🍞",
          "Hej!\n\nSkaldjur på kajen klockan sex. Säg till om du kommer.\n\n👋 Anna\n")
    m.put("INBOX", "S", 15 * DAY, "Old Machine <cron@example.net>", "latin without a name",
          "Gr\xfc\xdfe von einer alten Maschine: \xe4\xf6\xfc, und kein Zeichensatz.\n".encode("latin-1"), ctype=None)
    m.put("INBOX", "S", 16 * DAY, "Fax Gateway <fax@example.com>", "x", b"Subject line above holds raw 8-bit bytes.\n",
          ctype=None, raw_subject="Caf\u00e9 cr\u00e8me, raw UTF-8 in a header")
    m.put("INBOX", "S", 9 * DAY, "anna", "Smörgåsbord", """=C3=84ven l=C3=A5nga rader g=C3=A5r bra: den h=C3=A4r raden =
forts=C3=A4tter utan radbrytning, =3D-tecken och allt.
""", ctype="text/plain; charset=utf-8", cte="quoted-printable")


def papers(m):
    rows = "".join('<tr><td>%s</td><td align="right">%s</td></tr>' % r for r in (
        ("Walking boots", "89.00"), ("Map 1:25,000", "12.50"), ("Gas canister", "7.90")))
    html = """<html><head><style>h1{color:#264}</style></head><body><h1>Spring is here</h1>
<p>Dear friend, <b>three things</b> for the <i>trail</i>:</p><table border="1"><tr><th>Item</th>
<th>Price</th></tr>%s</table><ul><li>Free delivery over 50</li><li>Open on Sundays</li></ul>
<img src="https://track.example.com/pixel.gif?u=42" width="1" height="1">
<p><a href="https://shop.example.com/spring?from=news">To the shop</a> &middot;
<a href="https://shop.example.com/unsubscribe">Unsubscribe</a></p></body></html>
""" % rows
    m.put("INBOX", "S", 30 * HOUR, "Trail & Tent <news@example.com>", "Spring is here: boots, maps, gas", html,
          ctype="text/html; charset=utf-8",
          extra="List-Unsubscribe: <https://shop.example.com/unsubscribe>\nPrecedence: bulk\n")
    m.parts("multipart/alternative", [
        (TEXT, "Your parcel 7781 is on its way and comes tomorrow between 9 and 12.\n"),
        (HTML, "<p>Your parcel <b>7781</b> is on its way and comes <u>tomorrow</u> between 9 and 12.</p>\n")],
        "INBOX", "", 3 * HOUR, "Parcel Service <no-reply@example.net>", "Your parcel is on its way")
    m.parts("multipart/mixed", [
        (TEXT, "Hello,\n\nplease find the invoice attached. Payable within 14 days.\n\nAnna\n"),
        (attached("application/pdf; name=\"invoice-4711.pdf\"", 'filename="invoice-4711.pdf"'), fold64(pdf("Invoice 4711")))],
        "INBOX", "F", 28 * HOUR, "anna", "Invoice 4711")
    m.parts("multipart/mixed", [
        (TEXT, "Three things from the weekend: a picture, the plan and the list.\n"),
        (attached("image/png", "filename*=UTF-8''Gipfel%20im%20Schnee%20%E2%9B%B0.png"), fold64(png())),
        (attached("text/plain; charset=utf-8",
                  "filename*0*=UTF-8''%D0%BF%D0%BB%D0%B0%D0%BD%20;\n filename*1*=%D0%BF%D0%BE%D1%85%D0%BE%D0%B4%D0%B0.txt"),
         fold64("1. поезд\n2. тропа\n3. чай\n".encode())),
        (attached("text/csv; charset=utf-8", 'filename="list.csv"'), fold64(b"item,who\nstove,Mina\nrope,Tom\n"))],
        "INBOX", "S", 6 * DAY + HOUR, "mina", "Pictures, plan and list")
    m.parts("multipart/related; type=\"text/html\"", [
        (HTML, '<p>Look what I drew:</p><p><img src="cid:drawing@example.com" alt="a blue square"></p>\n'),
        (attached("image/png", 'filename="drawing.png"', "inline") + "\nContent-ID: <drawing@example.com>", fold64(png(24, 24)))],
        "INBOX", "S", 10 * DAY, "mina", "A drawing")
    ics = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example.org//calendar//EN", "METHOD:REQUEST",
                     "BEGIN:VEVENT", "UID:planning-%d@example.org" % (m.now // DAY),
                     "DTSTAMP:%s" % utc(m.now), "DTSTART:%s" % utc(m.now + 2 * DAY),
                     "DTEND:%s" % utc(m.now + 2 * DAY + HOUR), "SUMMARY:Planning\\, second round",
                     "LOCATION:Room 12", "ORGANIZER;CN=Tom Okafor:mailto:tom@example.org",
                     "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:%s@example.org" % m.user,
                     "END:VEVENT", "END:VCALENDAR", ""])
    m.parts("multipart/mixed", [
        (TEXT, "Can we meet in room 12? The invitation is attached.\n\nTom\n"),
        ("Content-Type: text/calendar; charset=utf-8; method=REQUEST\nContent-Disposition: attachment; filename=\"invite.ics\"", ics)],
        "INBOX", "", 90 * MIN, "tom", "Invitation: Planning, second round")
    inner = ("From: %s\nTo: %s\nSubject: The original\nDate: %s\nMessage-ID: <inner@example.com>\n\n"
             "This is the message that was passed on.\n" % (address("rosa"), address("bob"), email.utils.formatdate(m.now - 20 * DAY)))
    m.parts("multipart/mixed", [
        (TEXT, "See below, as a whole message.\n\nBob\n"), ("Content-Type: message/rfc822", inner)],
        "INBOX", "PS", 19 * DAY, "bob", "Fwd: The original")


def utc(t):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(t))


def oddities(m):
    m.put("INBOX", "S", 11 * DAY, "jeff", "format=flowed", """This paragraph was written as one long line, and the program that wrote 
it broke it softly, so that a wide window can show it wide and a narrow 
one narrow.

> A quoted paragraph may be flowed as well, which is why the quote marks 
> have to be taken off before the lines are joined.

A line that ends without a blank is a real line end.
So this is another line.
 From here on nothing is special.
""", ctype="text/plain; charset=utf-8; format=flowed")
    m.put("INBOX", "S", 12 * DAY, "anna", "one very long line", "word " * 400 + "end.\n")
    m.put("INBOX", "S", 13 * DAY, "tom", "", "The subject is empty. Sorry.\n")
    m.put("INBOX", "S", 13 * DAY + HOUR, "tom", None, "And this one has no subject line at all.\n")
    m.put("INBOX", "S", 14 * DAY, "gerd", "A subject that simply does not want to end, "
          + "because the one who wrote it put the whole letter into it, " * 4 + "and then stopped", "See subject.\n")
    m.put("INBOX", "", 50 * MIN, "\"Friend \x1b]0;owned\x07\" <evil@example.net>", "x", (
        "A hostile message: escape sequences in its header and in this text.\n"
        "\x1b[2J\x1b[H\x1b]0;title taken\x07\x1b]52;c;aGFja2Vk\x07\u202egnp.exe\u202c \x9b31mred\n"
        "None of it may reach the terminal as anything but harmless marks.\n"),
        raw_subject="\x1b[2J\x1b[31mYou have won\x1b]0;owned\x07 \u202eyenom")
    m.put("INBOX", "S", 21 * DAY, "\"rosa@example.com\" <stranger@example.net>", "A sender who looks like another",
          "The name says one address, the address is another one.\n")
    m.parts("multipart/report; report-type=delivery-status", [
        (TEXT, "Your message could not be delivered to nobody@example.com:\n\n    550 5.1.1 no such user\n"),
        ("Content-Type: message/delivery-status",
         "Reporting-MTA: dns; relay.example.org\n\nFinal-Recipient: rfc822; nobody@example.com\n"
         "Action: failed\nStatus: 5.1.1\n")],
        "INBOX", "S", 17 * DAY, "Mail Delivery System <MAILER-DAEMON@example.org>",
        "Undelivered Mail Returned to Sender", extra="Auto-Submitted: auto-replied\n")


def mailing_list(m):
    extra = "List-Id: Talaria users <talaria.lists.example.org>\nList-Post: <mailto:%s>\nReply-To: %s\nPrecedence: list\n" % (LIST, LIST)
    patch = """Pages of 256 rows, and the newest page as a log.

---
 cache.c | 9 +++++----
 1 file changed, 5 insertions(+), 4 deletions(-)

diff --git a/cache.c b/cache.c
index 3b18e51..9d2f0aa 100644
--- a/cache.c
+++ b/cache.c
@@ -12,9 +12,10 @@ static int page_open(struct page *p)
 {
-\tif (p->n > 64)
-\t\treturn page_split(p, 64);
-\treturn page_read(p, 0, p->n);
+\t/* One page is what one screen needs. */
+\tif (p->n > PAGE_ROWS)
+\t\treturn page_split(p, PAGE_ROWS);
+\treturn page_read(p, 0, p->n, PAGE_LAZY);
 }
-- 
2.39.5
"""
    thread = [  # tag, reply to, who, subject, text
        ("p0", None, "jeff", "[PATCH] cache: pages of 256 rows", patch),
        ("p1", "p0", "wei", None, "> +\t/* One page is what one screen needs. */\n\nA screen may have 400 rows these days. Still fine?\n"),
        ("p2", "p1", "jeff", None, "> A screen may have 400 rows these days. Still fine?\n\nThen it reads two. Measured: 0.3 ms more.\n"),
        ("p3", "p2", "wei", None, "> Then it reads two. Measured: 0.3 ms more.\n\nGood enough. Reviewed-by: me.\n"),
        ("p4", "p0", "anna", None, "Could the number be an option?\n"),
        ("p5", "p4", "jeff", None, "> Could the number be an option?\n\nIt could, but who would set it?\n"),
        ("p6", "p5", "anna", None, "> > Could the number be an option?\n>\n> It could, but who would set it?\n\nNobody. Withdrawn. :-)\n"),
        ("p7", "p0", "ivan", None, "Works here with a folder of 300,000 on a slow disk.\n\nTested-by: Иван\n"),
        ("p8", "p7", "tom", None, "> Works here with a folder of 300,000 on a slow disk.\n\nWhich file system?\n"),
        ("p9", "p8", "ivan", None, "> Which file system?\n\next4, and btrfs as well.\n"),
        ("p10", "p0", "mina", None, "Applied, thanks.\n"),
        ("p11", "p10", "jeff", None, "> Applied, thanks.\n\nThank you all!\n"),
    ]
    for i, (tag, re, who, subject, text) in enumerate(thread):
        flags = "S" if i < 8 else ""
        m.put("Lists/talaria", flags, 4 * DAY - i * 7 * HOUR, who,
              subject or "Re: [PATCH] cache: pages of 256 rows", text, to=LIST, re=re, tag=tag, extra=extra)
    m.put("Lists/talaria", "", 4 * HOUR, "anna", "Key for jumping to the next unread message?",
          "I keep pressing Tab. Is there another one?\n", to=LIST, extra=extra)


def rest(m):
    for i, (who, subject) in enumerate((("rosa", "Minutes of last month"), ("tom", "Parking card"),
                                        ("bob", "The green door has moved"), ("yuki", "ありがとうございました"))):
        m.put("Archive", "S", (40 + 9 * i) * DAY, who, subject, "Filed away.\n")
    m.put("Sent", "S", 2 * DAY, None, "Re: Grüße aus Köln", "Danke! Bis bald.\n", to=address("gerd"))
    m.put("Sent", "S", 30 * DAY, None, "Key for the office", "It is in the drawer.\n", to=address("tom"))
    m.put("Drafts", "DS", 6 * HOUR, None, "Plan for the summer", "Dear Rosa,\n\nhere is what I thought of so far:\n\n- ",
          to=address("rosa"))
    m.put("Junk", "", 8 * HOUR, "Prize Office <win@example.net>", "YOU HAVE WON!!!", "Send us your bank card at once.\n")


def mailbox(user, now):
    m = Maker(user, now)
    for part in (conversations, languages, papers, oddities, mailing_list, rest):
        part(m)
    return sorted(m.out, key=lambda x: x[2])


def many(user, n, now):
    rnd = random.Random(4711)
    people = list(PEOPLE)
    words = "red green blue quiet early late small second open river window letter garden stone".split()
    heads = []
    for i in range(n):
        who = rnd.choice(people)
        when = now - (n - i) * 97
        subject = " ".join(rnd.choice(words) for _ in range(rnd.randint(2, 6)))
        ref = ""
        if heads and rnd.random() < 0.4:
            mid, subject = rnd.choice(heads[-50:])
            subject = subject if subject.startswith("Re: ") else "Re: " + subject
            ref = "In-Reply-To: %s\nReferences: %s\n" % (mid, mid)
        mid = "<n%d@example.org>" % i
        heads.append((mid, subject))
        body = "".join(" ".join(rnd.choice(words) for _ in range(9)) + "\n" for _ in range(rnd.randint(1, 8)))
        text = "From: %s\nTo: %s@example.org\nSubject: %s\nDate: %s\nMessage-ID: %s\n%s\nMessage %d of %d.\n\n%s" % (
            address(who), user, subject, email.utils.formatdate(when), mid, ref, i + 1, n, body)
        flags = "".join(f for f, p in (("F", .05), ("R", .15), ("S", .7)) if rnd.random() < p)
        yield flags, when, text.encode()
