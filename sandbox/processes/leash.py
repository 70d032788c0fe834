"""Runs a command and ends it when our own standard input ends: a killed parent then leaves no server behind.

Usage: leash.py COMMAND [ARGUMENT ...]
"""

import os
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 5

child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)


def signal_group(number):
    try:
        os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def end(*_):
    signal_group(signal.SIGTERM)
    killer = threading.Timer(GRACE_SECONDS, lambda: signal_group(signal.SIGKILL))
    killer.daemon = True
    killer.start()


def watch():
    while os.read(0, 4096):
        pass
    end()


# Ctrl-C reaches the whole terminal group; the parent decides how things end.
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, end)
threading.Thread(target=watch, daemon=True).start()
code = child.wait()
sys.stdout.flush()
os._exit(code if code >= 0 else 128 - code)
