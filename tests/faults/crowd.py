"""Devices that write without rest, lose their server and go on where they were."""

import itertools
import random
import threading
import time
from dataclasses import dataclass

import wsproto.utilities

from conclave_test import Closed, Refused, Rejected, slow_factor

WINDOW = 8  # requests of a device that wait for their answer
PAGE = 200
# What a client meets while there is no server, or one that is just starting or just dying.
AWAY = (Closed, Rejected, OSError, ValueError, wsproto.utilities.LocalProtocolError)
# Longest time for which a device may find no service, the launcher's pauses included.
MOST_AWAY_S = 90


@dataclass
class Sent:
    """One message, from its first sending to its acknowledgement."""

    room: str
    text: str
    refused: bool = False  # the server said so at least once; its place in the order is then free
    attempts: int = 0


@dataclass(frozen=True)
class Ack:
    room: str
    client_id: int
    text: str
    seq: int
    n: int
    refused: bool


@dataclass(frozen=True)
class Seen:
    """What of a log entry must be the same for everybody for ever."""

    seq: int
    n: int
    kind: str
    author: str
    text: str

    @staticmethod
    def of(entry):
        return Seen(entry["seq"], entry.get("n", 0), entry["kind"], entry.get("author", ""),
                    entry.get("body", {}).get("text", ""))


class Member(threading.Thread):
    """One device. `problem` is set when it saw what must not be."""

    def __init__(self, installation, device, handle, rooms, name, seed):
        super().__init__(daemon=True, name=name)
        self.installation, self.device, self.rooms = installation, device, rooms
        self.random = random.Random(seed)
        self.handle = handle
        self.client = None
        self.cursor = None
        self.pending = {}  # client_id -> Sent, in the order of sending
        self.acks = []
        self.logs = {room: [] for room in rooms}
        self.counts = {"connections": 0, "resumed": 0, "repeated": 0, "refused": 0, "gaps": 0}
        self.problem = None
        self._numbers = itertools.count(1)
        self.written = threading.Event()  # all that it sent is acknowledged
        self._ending = threading.Event()
        self._others_written = threading.Event()

    def finish(self):
        """Sends nothing new."""
        self._ending.set()

    def read_up(self):
        """Nobody writes any more: reads what is left and ends."""
        self._others_written.set()

    def run(self):
        last_service = time.monotonic()
        try:
            while True:
                try:
                    self._connect()
                    self._catch_up()
                    last_service = time.monotonic()
                    self._converse()
                    return
                except AWAY as error:
                    away = time.monotonic() - last_service
                    if away > MOST_AWAY_S * slow_factor():
                        raise AssertionError(f"no service for {away:.0f} s: {error!r}") from error
                    if self.client is not None:
                        self.client.drop()
                    time.sleep(self.random.uniform(0.02, 0.1))
        except BaseException as error:  # told by the main thread
            self.problem = error
            self.written.set()
        finally:
            if self.client is not None:
                self.client.close()

    # -- connection

    def _connect(self):
        self.client = self.installation.connect(validate=False)
        self.counts["connections"] += 1
        try:
            if self.handle is not None:
                handle, self.handle = self.handle, None
                result = self.client.resume(self.device, handle)
                self.counts["resumed"] += bool(result.get("resumed"))
            else:
                result = self.client.prove(self.device)
            self.handle = result["resume_handle"]
        except Refused as refused:
            # A handle lives in the server's memory; a token that is away cannot sign anybody in.
            if refused.reason != "session.resume_refused" and refused.code != -32050:
                raise AssertionError(f"sign-in: {refused}") from refused
            raise Closed(refused.reason) from refused

    def _catch_up(self):
        while True:
            params = {"limit": PAGE, "tail": 50}
            if self.cursor:
                params["cursor"] = self.cursor
            page = self._patiently("sync.since", params)
            assert not page.get("reset"), "the cursor was refused though nothing was restored"
            for room in page["rooms"]:
                if room["room"] in self.logs and room["head_seq"] > len(self.logs[room["room"]]):
                    self._apply(room["room"], room.get("entries", []), room["head_seq"])
            self.cursor = page["cursor"]
            if not page["more"]:
                return

    def _patiently(self, method, params):
        """Asks again while the token is away."""
        while True:
            try:
                return self.client.call(method, params)
            except Refused as refused:
                if refused.code not in (-32050, -32029):
                    raise AssertionError(f"{method}: {refused}") from refused
                time.sleep(0.05)

    # -- reading

    def _apply(self, room, entries, head=0):
        log = self.logs[room]
        for entry in entries:
            if entry["seq"] > len(log) + 1:
                self._fill(room, entry["seq"] - 1)
            seen = Seen.of(entry)
            if seen.seq == len(log) + 1:
                log.append(seen)
            else:
                assert log[seen.seq - 1] == seen, (
                    f"{self.name}: entry {seen.seq} was {log[seen.seq - 1]} and is now {seen}")
        if head > len(log):
            self._fill(room, head)

    def _fill(self, room, last):
        """Reads the log up to `last`."""
        log = self.logs[room]
        self.counts["gaps"] += 1
        while len(log) < last:
            page = self._patiently("message.history", {"room": room, "after": len(log),
                                                       "limit": PAGE, "all_kinds": True})
            assert page["entries"], f"{self.name}: {room} ends at {len(log)}, not at {last}"
            for entry in page["entries"]:
                assert entry["seq"] == len(log) + 1, (
                    f"{self.name}: {entry['seq']} follows {len(log)} in the history of {room}")
                log.append(Seen.of(entry))

    def _take_events(self):
        for name, params in self.client.take_events():
            if name == "sync.lagged":
                self._catch_up()
            elif name == "room.entries" and params["room"] in self.logs:
                self._apply(params["room"], params["entries"])
                self.cursor = params["cursor"]

    # -- writing

    def _converse(self):
        waiting = [(number, self._start(number)) for number in list(self.pending)]
        while waiting or not self._ending.is_set():
            while len(waiting) < WINDOW and not self._ending.is_set():
                number = self.device.next_client_id()
                text = f"{self.name}-{next(self._numbers)}"
                self.pending[number] = Sent(self.random.choice(self.rooms), text)
                waiting.append((number, self._start(number)))
            number, request = waiting.pop(0)
            if not self._settle(number, request):
                waiting.append((number, self._start(number)))
            self._take_events()
        assert not self.pending
        self.written.set()
        while not self._others_written.wait(0.05):
            self._take_events()
        self._catch_up()

    def _start(self, number):
        sent = self.pending[number]
        sent.attempts += 1
        self.counts["repeated"] += sent.attempts > 1
        return self.client.start("message.send", {"room": sent.room, "client_id": number,
                                                  "text": sent.text})

    def _settle(self, number, request):
        """False when the server refused and the message must be sent again."""
        sent = self.pending[number]
        try:
            result = self.client.finish("message.send", request)
        except Refused as refused:
            if refused.code not in (-32050, -32029):
                raise AssertionError(f"message.send: {refused}") from refused
            sent.refused = True
            self.counts["refused"] += 1
            time.sleep(0.02)
            return False
        self.acks.append(Ack(sent.room, number, sent.text, result["seq"], result["n"],
                             sent.refused))
        del self.pending[number]
        return True
