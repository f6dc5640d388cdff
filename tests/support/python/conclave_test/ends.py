"""How the launcher's children ended, as its log tells. A server that crashes and heals itself would
pass unseen otherwise: each end by a signal, or with a status other than 0, must be expected by the
test that causes it."""

import json
from dataclasses import dataclass

EVENT = '"event":"launcher.child_ended"'  # runtime/launcher/supervisor.cpp


@dataclass(frozen=True)
class End:
    program: str
    status: int | None  # exit status; None: it ended by the signal
    signal: int | None

    @property
    def clean(self):
        return self.status == 0

    def __str__(self):
        how = f"by signal {self.signal}" if self.signal else f"with status {self.status}"
        return f"{self.program} ended {how}"


def read_ends(text):
    """Every end in a launcher's log, in order."""
    found = []
    for line in text.splitlines():
        if EVENT not in line:
            continue
        entry = json.loads(line[line.index("{"):])
        by_signal = entry["signal"] or None
        found.append(End(entry["program"], None if by_signal else entry["status"], by_signal))
    return found


class Ends:
    """The ends in one log, held against those that a test said it would cause."""

    def __init__(self, log):
        self._log = log
        self._expected = []

    def expect(self, program, status=None, signal=None, most=1):
        """Up to `most` ends of `program` with this status or by this signal are the test's
        doing."""
        assert (status is None) != (signal is None), "a status or a signal"
        self._expected += [End(program, status, signal)] * most

    def all(self):
        return read_ends(self._log.read_text(errors="replace")) if self._log.exists() else []

    def unexpected(self):
        """The ends that nobody said would come."""
        open_ones = list(self._expected)
        surplus = []
        for end in self.all():
            if end.clean:
                continue
            if end in open_ones:
                open_ones.remove(end)
            else:
                surplus.append(end)
        return surplus

    def forgive(self):
        """What was unexpected until now was told once and is not told again."""
        self._expected += self.unexpected()
