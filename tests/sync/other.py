#!/usr/bin/env python3
"""other.py - another client of the same mailbox, for the tests.

  other.py PORT USER PASSWORD VERB ARGS [VERB ARGS]...

Verbs: append FOLDER N (messages "Other 1" to N), flag FOLDER SET FLAG, unflag FOLDER SET FLAG, remove FOLDER SET (with
EXPUNGE), create FOLDER, drop FOLDER, rename FOLDER NAME, keyword FOLDER WORD (prints the UIDs that have it). Sets are
UIDs.
"""
import imaplib, sys


def good(answer):
    if answer[0] != "OK":
        sys.exit("other.py: %r" % (answer,))
    return answer[1]


def main(args):
    c = imaplib.IMAP4("127.0.0.1", int(args[0]), timeout=20)
    c.login(args[1], args[2])
    args = args[3:]
    while args:
        verb, folder = args.pop(0), args.pop(0)
        if verb == "append":
            for i in range(int(args.pop(0))):
                text = "From: other@example.org\r\nSubject: Other %d\r\nMessage-ID: <o%d.%s@x>\r\n\r\nText\r\n" % (
                    i + 1, i + 1, folder)
                good(c.append(folder, None, None, text.encode()))
        elif verb in ("flag", "unflag", "remove", "keyword"):
            good(c.select(folder))
            if verb == "remove":
                good(c.uid("STORE", args.pop(0), "+FLAGS.SILENT", "(\\Deleted)"))
                good(c.expunge())
            elif verb == "keyword":
                print(good(c.uid("SEARCH", "KEYWORD", args.pop(0)))[0].decode())
            else:
                uids = args.pop(0)
                good(c.uid("STORE", uids, "+FLAGS.SILENT" if verb == "flag" else "-FLAGS.SILENT",
                           "(%s)" % args.pop(0)))
            c.unselect()
        elif verb == "rename":
            good(c.rename(folder, args.pop(0)))
        else:
            good(c.create(folder) if verb == "create" else c.delete(folder))
    c.logout()


if __name__ == "__main__":
    main(sys.argv[1:])
