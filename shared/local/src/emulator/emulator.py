"""Runs the emulator for as long as whoever started it keeps our standard input open.

However that process ends, the pipe closes and we go at once, with every function we run.
"""

import os
import shutil
import signal
import sys
import threading


def die_with_parent():
    while os.read(0, 4096):
        pass
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


# The functions' processes stay in this group, so that one signal reaches them all.
os.setsid()
threading.Thread(target=die_with_parent, daemon=True).start()

import socketserver

from ministack import app
from ministack.core.lambda_runtime import Worker
from ministack.services import scheduler

# The runtime interface writes an event in two packets. Without this the second waits 40 ms for
# the first to be acknowledged.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True
# A call that logs nothing waits this long for its first line: 5 ms instead of 50.
Worker._drain_stderr_bounded.__defaults__ = (0.005, 0.005, 0.250)
# How late a schedule may be, in seconds: one instead of ten.
scheduler._SCHEDULE_TICK_INTERVAL = 1

sys.argv = ["ministack"]
app.main()
