"""Lets a run that is told to end take away what it has begun: programs and folders."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

_SIGNALS = ("SIGTERM", "SIGHUP")


class _Told(BaseException):
    """The run was told to end; nothing but `tidy_end` catches it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def tidy_end() -> Iterator[None]:
    """Within the block SIGTERM ends what was begun first, and the run by the same signal then.

    Ctrl-C does so by itself. Without this the programs of --install, which have sessions of their
    own, would run on, and its environments of hundreds of megabytes would stay behind.
    """
    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    mine = [one for one in numbers if signal.getsignal(one) is signal.SIG_DFL]
    if current_thread() is not main_thread():
        mine = []
    for one in mine:
        signal.signal(one, _tell)
    try:
        yield
    except _Told as told:
        signal.signal(told.number, signal.SIG_DFL)
        os.kill(os.getpid(), told.number)
    finally:
        for one in mine:
            signal.signal(one, signal.SIG_DFL)


def _tell(number: int, _: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough: what follows takes things away
    raise _Told(number)
