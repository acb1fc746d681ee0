"""TensorFlow's process: answers requests from `wizard.verify.client` until its stdin ends.

Run as `python -m wizard.verify.server`, because importing TensorFlow takes seconds and half a gigabyte, and writes to
stderr. A request is a JSON line on stdin; its answers are JSON lines on stdout, the last one {"end": true}.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any


def serve() -> None:
    """Sends {"ready": version}, then answers requests; never returns.

    The end of stdin ends the process, whatever it is doing: the client has closed it, or has ended.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client handles Ctrl-C, and ends this process
    send = _sender()
    requests: SimpleQueue[str] = SimpleQueue()
    Thread(target=_listen, args=(requests,), daemon=True).start()
    # Imported here, because importing TensorFlow takes seconds, during which the client may end.
    from wizard.verify import decoder, trainer

    send({"ready": trainer.VERSION})
    while True:
        asked = json.loads(requests.get())
        if asked["task"] == "batch":
            send(trainer.answer(asked))
        else:
            decoder.decode_shard(asked, send)
        send({"end": True})


def _listen(requests: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        requests.put(line)
    os._exit(0)


def _sender() -> Callable[[Mapping[str, Any]], None]:
    """Returns a thread-safe function that writes answers to the original stdout; other output now goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii", buffering=1)
    os.dup2(2, 1)
    lock = Lock()

    def send(answer: Mapping[str, Any]) -> None:
        line = f"{json.dumps(answer)}\n"
        with lock:
            answers.write(line)

    return send


if __name__ == "__main__":
    serve()
