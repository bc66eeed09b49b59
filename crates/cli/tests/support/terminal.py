"""Runs a program at a terminal of 40 columns. Standard input is what is typed, standard output is the screen, and the last
line tells how the program ended and how it left the terminal."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios


def become_controlling():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


screen, terminal = pty.openpty()
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
before = termios.tcgetattr(terminal)
program = subprocess.Popen(
    sys.argv[1:], stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True, preexec_fn=become_controlling
)
sources = [screen, 0]
while True:
    ended = program.poll() is not None
    ready, _, _ = select.select(sources, [], [], 0 if ended else 0.05)
    if screen in ready:
        os.write(1, os.read(screen, 4096))
    elif ended:
        break
    if 0 in ready:
        typed = os.read(0, 4096)
        if typed:
            os.write(screen, typed)
        else:
            sources.remove(0)
state = "as it was" if termios.tcgetattr(terminal) == before else "changed"
os.write(1, f"\nended with {program.returncode}, terminal {state}\n".encode())
