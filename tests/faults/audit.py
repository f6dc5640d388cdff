"""Acknowledgements, what devices saw live, and the history: all three must tell one story."""

from collections import Counter

from crowd import PAGE, Seen


def read_history(client, room):
    """The whole log of a room."""
    log, after = [], 0
    while True:
        page = client.history(room, after=after, limit=PAGE, all_kinds=True)
        log += [Seen.of(entry) for entry in page["entries"]]
        if not page["entries"] or not page["more"]:
            return log, page["head_seq"]
        after = page["entries"][-1]["seq"]


def gaps(room, log, head):
    problems = []
    if [entry.seq for entry in log] != list(range(1, head + 1)):
        problems.append(f"{room}: seq has a gap or a repeat below {head}")
    counted = [entry.n for entry in log if entry.kind == "message"]
    if counted != list(range(1, len(counted) + 1)):
        problems.append(f"{room}: the numbers of its messages have a gap or a repeat")
    return problems


def acknowledged(members, logs):
    """Each acknowledgement names the place where its message stands, once."""
    problems = []
    places = Counter(entry.text for log in logs.values() for entry in log if entry.text)
    for member in members:
        for ack in member.acks:
            log = logs[ack.room]
            stands = log[ack.seq - 1] if ack.seq <= len(log) else None
            if stands is None or (stands.text, stands.n) != (ack.text, ack.n):
                problems.append(f"LOST {ack}: there stands {stands}")
            elif stands.author != member.device.user:
                problems.append(f"{ack} is not of its author: {stands}")
            if places[ack.text] != 1:
                problems.append(f"DOUBLED {ack}: {places[ack.text]} times")
    sent = {ack.text for member in members for ack in member.acks}
    problems += [f"{text} stands in a log, and nobody had it acknowledged"
                 for text in places if text not in sent]
    return problems


def out_of_order(members):
    """A device's messages of a room stand in the order in which it sent them. One that the server
    refused was sent again later and may stand anywhere after."""
    problems = []
    for member in members:
        last = {}
        for ack in sorted(member.acks, key=lambda ack: ack.client_id):
            if ack.refused:
                continue
            if ack.seq <= last.get(ack.room, 0):
                problems.append(f"OUT OF ORDER {ack} after {last[ack.room]}")
            last[ack.room] = ack.seq
    return problems


def seen_otherwise(members, logs):
    """What a device put together from events and catching up is the log itself."""
    problems = []
    for member in members:
        for room, seen in member.logs.items():
            for mine, real in zip(seen, logs[room]):
                if mine != real:
                    problems.append(f"{member.name} saw {mine}, the log says {real}")
                    break
            if len(seen) != len(logs[room]):
                problems.append(f"{member.name} saw {len(seen)} entries of {room}, "
                                f"the log has {len(logs[room])}")
    return problems


def judge(members, logs, heads):
    problems = []
    for room, log in logs.items():
        problems += gaps(room, log, heads[room])
    return (problems + acknowledged(members, logs) + out_of_order(members)
            + seen_otherwise(members, logs))
