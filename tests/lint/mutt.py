#!/usr/bin/env python3
"""tests/lint/mutt_functions says of each function of mutt's index, pager, lists, attachments and browser which command does it here, or why
there is none. The commands are looked for in the tables, the keys in ui/default-keys: so the count of what is on the
same key, elsewhere and missing, which this prints, is true."""
import collections, glob, os, re, sys

TOP = os.path.realpath(os.environ.get("srcdir") or os.path.dirname(os.path.abspath(__file__)) + "/../..")
SCREENS = {"Index": "index", "Pager": "reader", "Generic": "all", "Attachment": "parts",
           "Browser": "folders"}
NAMES = {"Esc": "Alt-", "<Return>": "Enter", "<Keypadenter>": "Enter", "<Pagedown>": "PageDown", "<Pageup>": "PageUp"}


def keys_of(text):
    """mutt's keys as default-keys has them: "Esc <Tab> ^N" is Alt-Tab and ^N."""
    alt = ""
    for word in text.split():
        if word == "-" and text != "-":
            yield alt + word
        elif word == "Esc":
            alt = "Alt-"
        elif word != "-":
            yield alt + NAMES.get(word, word.strip("<>") if len(word) > 1 else word)
            alt = ""


def read_bindings(text):
    found = {}
    for line in text.splitlines():
        m = re.match(r'bind (\S+) ("(?:\\.|[^"])*"|\S+) ("[^"]*"|\S+)', line)
        if m:
            found[m[1], m[2].strip('"').replace("\\\\", "\\")] = m[3].strip('"').split()
    return found


def does(bindings, screen, key, command):
    words = bindings.get((screen, key)) or bindings.get(("all", key)) or []
    return bool(words) and (words[0] == command or words[:2] == ["command", command])


def judge(rows, commands, bindings):
    """(counts, complaints)"""
    counts, wrong, seen = collections.Counter(), [], set()
    for row in rows:
        menu, function, keys, command, why = (row.split("\t") + [""])[:5]
        if (menu, function) in seen:
            wrong.append(f"{menu} {function} stands twice")
        seen.add((menu, function))
        if command == "-":
            counts[menu, "missing"] += 1
            if not why:
                wrong.append(f"{menu} {function}: why is there none?")
        elif command not in commands:
            wrong.append(f"{menu} {function}: there is no command {command}")
        else:
            same = keys == "-" or any(does(bindings, SCREENS[menu], k, command) for k in keys_of(keys))
            counts[menu, "same key" if same else "elsewhere"] += 1
    return counts, wrong


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def main():
    print("1..2")
    counts, wrong = judge(["Index\ta\tx\tone", "Index\tb\tEsc y\tone", "Index\tc\t-\ttwo", "Pager\td\tz\t-"], {"one"},
                          read_bindings('bind index x one\nbind index y one\n'))
    if len(wrong) == 2 and counts == {("Index", "same key"): 1, ("Index", "elsewhere"): 1, ("Pager", "missing"): 1}:
        print("ok 1 - what is wrong is found")
    else:
        print("not ok 1 - what is wrong is found")
        return 1
    tables = "".join(read(os.path.relpath(p, TOP)) for p in sorted(glob.glob(os.path.join(TOP, "ui/*.c"))))
    commands = set(re.findall(r'^\t\{"([a-z-]+)"', tables, re.M))
    rows = [r for r in read("tests/lint/mutt_functions").splitlines() if not r.startswith("#")]
    counts, wrong = judge(rows, commands, read_bindings(read("ui/default-keys")))
    for menu in SCREENS:
        print(f"# {menu}: " + ", ".join(f"{counts[menu, k]} {k}" for k in ("same key", "elsewhere", "missing")))
    for w in wrong:
        print("# " + w)
    print(("not ok" if wrong or len(rows) < 200 else "ok") + " 2 - every function of mutt's has a command or a reason")
    return 1 if wrong else 0


sys.exit(main())
