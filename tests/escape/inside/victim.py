"""A process that has a secret in its memory and its environment, and tells how it is when asked."""

import ctypes
import json
import os
import resource
import sys
from pathlib import Path


def main() -> None:
    secret = sys.stdin.readline().strip().encode()
    room = ctypes.create_string_buffer(secret)
    print(ctypes.addressof(room), flush=True)
    for _ in sys.stdin:
        tracer = next(line for line in Path("/proc/self/status").read_text().splitlines() if "TracerPid" in line)
        state = {
            "memory": room.value == secret,
            "limit": resource.getrlimit(resource.RLIMIT_NOFILE),
            "nice": os.getpriority(os.PRIO_PROCESS, 0),
            "processors": sorted(os.sched_getaffinity(0)),
            "scheduler": os.sched_getscheduler(0),
            "tracer": tracer.split()[1],
        }
        print(json.dumps(state), flush=True)


if __name__ == "__main__":
    main()
