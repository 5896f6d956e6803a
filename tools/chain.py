#!/usr/bin/env python3
"""Checks a chain of custody: `chain.py CHAIN [--head HASH] [--items FOLDER]`. Ends with 0 where it holds, with 1 and the first line that is wrong, with 2 where it is called wrongly. Written from
docs/reference/custody-chain.md alone."""
import argparse, hashlib, json, re, sys
from datetime import datetime
from pathlib import Path

MEMBERS = ["n", "time", "kind", "who", "what", "bytes", "sha256", "previous", "hash"]
LINKS_MAX, LINE_BYTES_MAX, TEXT_BYTES_MAX = 1_000_000, 8192, 1024


class Wrong(Exception):
    pass


def need(holds, what):
    if not holds:
        raise Wrong(what)


def is_text(value):
    if not isinstance(value, str) or not 0 < len(value.encode()) <= TEXT_BYTES_MAX:
        return False
    return not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029" for c in value)


def is_digits(value):
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def is_count(value):
    return type(value) is int and 0 <= value < 1 << 64


def is_time(value):
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", value):
        return False
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").year >= 1970
    except ValueError:
        return False


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(link):
    """The one form of a link."""
    values = [str(link[m]) if m in ("n", "bytes") else quoted(link[m]) for m in MEMBERS]
    return "{" + ",".join(f'"{m}":{v}' for m, v in zip(MEMBERS, values)) + "}"


def hashed(link):
    text = "sakimori/custody-chain/v1\n" + "".join(f"{link[m]}\n" for m in MEMBERS[:-1])
    return hashlib.sha256(text.encode()).hexdigest()


def check(line, at, before):
    """One line; `before` is the link before."""
    need(len(line) <= LINE_BYTES_MAX, "is too long")
    pairs = json.loads(line.decode(), object_pairs_hook=list)
    need(isinstance(pairs, list) and all(isinstance(p, tuple) for p in pairs), "is no object")
    need([name for name, _ in pairs] == MEMBERS, "has not the members of a link")
    link = dict(pairs)
    need(is_count(link["n"]) and is_count(link["bytes"]), "has a number that is none")
    need(is_time(link["time"]), "has no `time`")
    need(link["kind"] in ("item", "act"), "has no `kind`")
    need(is_text(link["who"]) and is_text(link["what"]), "has a text that is none")
    need(all(is_digits(link[m]) for m in MEMBERS[6:]), "has a hash that is none")
    need(link["n"] == at, "is not at its place")
    need(link["previous"] == (before["hash"] if before else "0" * 64), "does not follow the one before")
    need(link["hash"] == hashed(link), "is not what was hashed")
    need(not before or before["time"] <= link["time"], "is of a time before the one before")
    need(written(link).encode() == line, "is written otherwise than links are")
    return link


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("chain", type=Path)
    parser.add_argument("--head")
    parser.add_argument("--items", type=Path)
    asked = parser.parse_args()
    raw, links, at = asked.chain.read_bytes(), [], 0
    try:
        need(not raw or raw.endswith(b"\n"), "has no end at the last line")
        lines = raw.split(b"\n")[:-1]
        need(len(lines) <= LINKS_MAX, "has too many links")
        for at, line in enumerate(lines):
            links.append(check(line, at, links[-1] if links else None))
        head = links[-1]["hash"] if links else "0" * 64
        need(asked.head in (None, head), f"ends with {head}")
    except (Wrong, ValueError, RecursionError) as error:
        print(f"line {at + 1} {error}")
        return 1
    known = {link["sha256"] for link in links}
    for path in sorted(asked.items.iterdir()) if asked.items else []:
        if is_digits(path.name):
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            if found != path.name or found not in known:
                print(f"item {path.name} is not what came in")
                return 1
    print(f"{len(links)} links, head {head}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
