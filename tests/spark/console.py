"""sparkops as a person runs it: in a terminal of a given size under a private tmux server.

What is on the screen is read with capture-pane and polled for, with a deadline.
"""
import os
import shlex
import subprocess

import proc

SHOW_SECONDS = 60


class Console:
    def __init__(self, argv, folder, width, height, **env):
        """`folder` must have a short name: the server's socket goes there."""
        self.base = ["tmux", "-L", "sparkops", "-f", os.path.join(folder, "tmux.conf")]
        self.env = proc.environment(TERM="screen-256color", TMUX_TMPDIR=folder, **env)
        with open(os.path.join(folder, "tmux.conf"), "w") as file:
            file.write('set -g default-terminal "screen-256color"\nset -g status off\n'
                       "set -g remain-on-exit on\nset -sg escape-time 0\n")
        # tmux forgets the exit status now and then, so a shell keeps it; its own Ctrl-C it ignores.
        self.status = os.path.join(folder, "status")
        if os.path.exists(self.status):
            os.unlink(self.status)
        command = f"trap : INT; {shlex.join(argv)}; echo $? >{shlex.quote(self.status)}"
        self.tmux("new-session", "-d", "-s", "console", "-x", str(width), "-y", str(height),
                  "exec sh -c " + shlex.quote(command))
        self.last = ""

    def tmux(self, *arguments):
        done = subprocess.run(self.base + list(arguments), env=self.env, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.stdout

    def pane(self):
        self.last = self.tmux("capture-pane", "-p", "-t", "console")
        return self.last

    def lines(self):
        return self.pane().splitlines()

    def keys(self, *names):
        self.tmux("send-keys", "-t", "console", *names)

    def type(self, text):
        self.tmux("send-keys", "-t", "console", "-l", text)

    def go(self, view):
        """Go to a view by name from anywhere."""
        self.type(":" + view)
        self.keys("Enter")

    def shows(self, predicate, seconds=SHOW_SECONDS):
        """Poll until predicate(lines of the screen) holds; the last screen stays in `last`."""
        return proc.wait_for(lambda: predicate(self.lines()), seconds)

    def ended(self):
        """The exit status as a shell sees it, None while it runs."""
        def status():
            try:
                with open(self.status) as file:
                    return file.read().split()
            except OSError:
                return None
        answer = proc.wait_for(status, 60)
        return int(answer[0]) if answer else None

    def close(self):
        self.tmux("kill-server")


def row_of(lines, *words):
    """The first line in which all words stand, as its words; None if there is none."""
    for line in lines:
        if all(word in line for word in words):
            return line.split()
    return None
