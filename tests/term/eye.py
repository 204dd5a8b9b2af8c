#!/usr/bin/env python3
"""eye.py - looks at the terminal of a tmux server for lib.sh, without a process for each look.

  eye.py SOCKET CONFIG <QUESTIONS >ANSWERS

A question is a line "SECONDS<tab>WHAT<tab>TEXT"; the answer is yes or no, within so many seconds:
  see     a line of the screen holds TEXT          unsee     no line does
  match   a line matches the regular expression    unmatch   no line does
  on      the line with the terminal's cursor holds TEXT, and is no prompt, in which TEXT was typed
  tick    yes, when the time is over
Where no terminal is, the screen is empty.
"""
import ctypes, os, re, signal, subprocess, sys, time

LOOK_EVERY = 0.02


class Eye:
    def __init__(self, socket, config):
        self.argv = ["tmux", "-u", "-S", socket, "-f", config, "-C", "attach-session", "-t", "t", "-f",
                     "ignore-size,no-output"]
        self.client = None

    def open(self):
        env = {k: v for k, v in os.environ.items() if k not in ("TMUX", "TMUX_PANE")}
        self.client = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, env=dict(env, LC_ALL="C.UTF-8"))
        self.block()  # of attach-session itself

    def close(self):
        if self.client:
            self.client.kill()
            self.client.wait()
        self.client = None

    def block(self):
        """The lines of the next answer; what tmux tells in between is left out."""
        lines, number = [], None
        for raw in self.client.stdout:
            line = raw.decode(errors="replace").rstrip("\n")
            if number is None:
                if line.startswith("%begin "):
                    number = line.split()[2]
            elif line.startswith(("%end ", "%error ")) and line.split()[2] == number:
                return lines
            else:
                lines.append(line)
        raise OSError("tmux is gone")

    def look(self):
        """The lines of the screen and the cursor's row."""
        try:
            if not self.client:
                self.open()
            self.client.stdin.write(b"capture-pane -p -t t\ndisplay-message -p -t t '#{cursor_y}'\n")
            self.client.stdin.flush()
            lines = self.block()
            return lines, int(self.block()[0])
        except (OSError, ValueError, IndexError):
            self.close()
            return [], 0


# What a regular expression for grep -E says and one for Python does not.
CLASSES = {"[:digit:]": "0-9", "[:space:]": r"\s", "[:alpha:]": "A-Za-z", "[:alnum:]": "A-Za-z0-9"}


def condition(what, text):
    if what in ("match", "unmatch"):
        for posix, ours in CLASSES.items():
            text = text.replace(posix, ours)
        found = lambda lines, row, p=re.compile(text): any(p.search(l) for l in lines)
    elif what == "on":
        found = lambda lines, row: row < len(lines) and text in lines[row] and lines[row][:1] not in ("/", ":")
    else:
        found = lambda lines, row: any(text in l for l in lines)
    return (lambda *screen: not found(*screen)) if what.startswith("un") else found


def answer(eye, seconds, what, text):
    end = time.monotonic() + seconds
    if what == "tick":
        time.sleep(seconds)
        return True
    holds = condition(what, text)
    while not holds(*eye.look()):
        if time.monotonic() >= end:
            return False
        time.sleep(LOOK_EVERY)
    return True


def main(socket, config):
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # over when the test is
    eye = Eye(socket, config)
    for line in sys.stdin.buffer:
        seconds, what, text = line.decode(errors="replace").rstrip("\n").split("\t", 2)
        os.write(1, b"yes\n" if answer(eye, float(seconds), what, text) else b"no\n")
    eye.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
