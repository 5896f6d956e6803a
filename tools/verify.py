#!/usr/bin/env python3
"""Verifies a log, a mirror's copy, a folder that holds `log`, or a proof file: `verify.py TARGET [--now TIME] [--trust-root FILE]`. Prints a JSON list of {code, index}, first problem
first; exit code 0 verified, 3 not in force or omitted, 1 what may not be in a log, 2 usage. `verify.py --serve` reads lines `TARGET NOW` and answers each with such a list."""
import hashlib, hmac, json, sys
from pathlib import Path
from verifier.c2sp import Note, checkpoint, decimal, included, leaf_hash, root_of, unbase64
from verifier.history import Entry, History, stored_body
from verifier.notes import Malformed, Root, read_time
# The codes in the order of docs/reference/verifier.md: ~ not in force, ? told, else refused.
CODES = """
checkpoint-missing checkpoint-malformed checkpoint-log checkpoint-mirror checkpoint-quorum checkpoint-time file-missing file-form tile-wrong entry-wrong files-differ root-wrong stray entry-form
entry-time entry-counters entry-authority entry-signature entry-signer stream-gap stream-chain stream-author stream-flood body-missing body-form body-wrong body-size body-fields trust-root-missing
~trust-root-malformed ~trust-root-unsigned ~trust-root-chain trust-root-other ~trust-root-keys ~request-incomplete ~request-share ~decision-malformed ~decision-root ~decision-request
~decision-requester ~decision-twice ~decision-signature ~decision-sitting ~decision-time ~decision-schedule ~schedule-malformed ~schedule-root ~schedule-signature ~schedule-sitting ~schedule-chain
~schedule-consultation ~software-malformed ~software-root ~software-signature ~ruling-malformed ~ruling-root ~ruling-request ~ruling-signature ~ruling-sitting ~ruling-about ~ruling-twice
~suspension-malformed ~suspension-root ~suspension-about ~suspension-signature ~suspension-serial ~urgent-malformed ~urgent-root ~urgent-twice ~urgent-signature ~urgent-officers ~urgent-schedule
~urgent-target ?urgent-undecided lapse-urgent ~proposal-malformed ~proposal-root ~proposal-signature measure-authority measure-text measure-actuator measure-barred ?measure-sequence
~lease-malformed ~lease-unsigned ~lease-statement ~lease-early ~lease-ahead ~lease-time ~lease-twice run-start run-authority run-pack run-lease run-time run-suspended
run-software run-schedule run-effective run-seal run-after-stop run-totals run-held run-fault ?run-open receipt-missing conservation receipt-held receipt-time receipt-records receipt-bucket
?carrier-differs cap-exceeded query-unopened ?query-open query-fields query-ended query-actor query-clearance query-budget access-clearance export-fields export-recipient export-purged export-actor
export-clearance export-budget reidentification-ruling reidentification-twice reidentification-actor reidentification-role release-fields release-class release-condition release-tlp reference
challenge-answer report-counters finding-records finding-file refusal-fields ?deletion-missing ?deletion-late ?deletion-unknown ?deletion-records ?deletion-unattested deletion-revived ~attestation
mirror-fork mirror-ahead mirror-body proof-malformed proof-wrong proof-entry proof-checkpoint"""
CODES = {word.lstrip("~?"): (at, word[0]) for at, word in enumerate(CODES.split())}
class Log:  # the files of a log: every hash is computed anew
    def __init__(self, folder, pinned, now): self.folder, self.now, self.bad, self.history = Path(folder), now, [], History(pinned)
    def read(self, name):
        path = self.folder / name
        return path.read_bytes() if path.is_file() and not path.is_symlink() else None
    def say(self, code, index=None): self.bad.append((code, index))
    def files(self, level, index, width):
        """Every file of a tile or bundle, the widest first: (width, bytes). The one of this width, or the full one, has to be there."""
        groups = [f"{index % 1000:03}"]
        while index := index // 1000: groups.insert(0, f"x{index % 1000:03}")
        path = f"tile/{level}/" + "/".join(groups)
        partial = [decimal(item.name) for item in (self.folder / (path + ".p")).glob("*")]
        found = [(w, self.read(f"{path}.p/{w}" if w < 256 else path)) for w in sorted({w for w in partial if w and w < 256} | {256}, reverse=True)]
        found = [(w, raw) for w, raw in found if raw is not None]
        if not any(w in (width, 256) for w, _ in found): self.say("file-missing")
        return found
    def level0(self, index, width, stated, before):  # the leaf hashes of a bundle, and its entries where they are the tree's
        bundles, tiles, cuts = self.files("entries", index, width), self.files(0, index, width), []
        for w, raw in bundles:
            entries, at = [], 0
            while len(entries) < w and at + 2 <= len(raw) and at + 2 + (length := int.from_bytes(raw[at:at + 2], "big")) <= len(raw):
                entries.append(raw[at + 2:at + 2 + length])
                at += 2 + length
            cuts.append((w, entries, [leaf_hash(entry) for entry in entries], at == len(raw) and len(entries) == w))
        by_bundle = next((leaves[:width] for _, _, leaves, _ in cuts if len(leaves) >= width), None)
        hashes = [(w, [raw[at:at + 32] for at in range(0, len(raw), 32)], raw) for w, raw in tiles]
        by_tile = next((found[:width] for w, found, raw in hashes if len(raw) % 32 == 0 and len(found) >= width), None)
        leaves = by_bundle or by_tile
        if by_bundle and by_tile and by_bundle != by_tile:
            above = self.read("tile/1/000") or next((raw for _, raw in self.files(1, 0, stated.size // 256)), b"") if width == 256 else b""
            known = above[32 * index:32 * index + 32]
            fits = [root_of(found) == known if known else root_of(before + found) == stated.root for found in (by_bundle, by_tile)]
            leaves = by_tile if fits == [False, True] else by_bundle
            if fits[0] == fits[1]: self.say("files-differ")
        for w, entries, own, complete in cuts:
            wrong = next((at for at, (a, b) in enumerate(zip(own, leaves or [])) if a != b), None)
            if wrong is not None or not complete:
                self.say("entry-wrong" if wrong is not None else "file-form", 256 * index + (len(own) if wrong is None else wrong) if wrong is not None or len(own) < w else None)
        for w, found, raw in hashes:
            wrong = [at for at, (a, b) in enumerate(zip(found, leaves or [])) if a != b] if len(raw) == 32 * w else []
            self.bad += [("file-form", None)] if len(raw) != 32 * w else [("tile-wrong", 256 * index + wrong[0])] if wrong else []
        widest = next((cut for cut in cuts if len(cut[2]) >= width), cuts[0] if cuts else (0, [], [], True))
        return leaves, [entry if own == leaf else None for entry, own, leaf in zip(widest[1], widest[2], leaves or [])]
    def entry(self, raw, index):  # whether an entry and its body could be read; takes it in as long as all before it could
        try: entry = Entry(raw, index)
        except Malformed: return self.say("entry-form", index)
        stored = self.read(f"bodies/{entry.body.hex()[:2]}/{entry.body.hex()}")
        if stored is None: return self.say("body-missing", index)
        try: is_open, first, second = stored_body(stored)
        except Malformed: return self.say("body-form", index)
        if is_open and hmac.new(first, second, hashlib.sha256).digest() != entry.body: return self.say("body-wrong", index)
        if max(8, ((second if not is_open else len(second)) - 1).bit_length()) != entry.size: self.say("body-size", index)
        if self.whole: self.history.take(entry, second if is_open else first)
        return True
    def signed(self, note, stated):  # holds a checkpoint's signatures against the trust root; gives the time of the mirror's
        root = self.history.newest_root()
        known = [] if root is None else root.policy.keys() + [key for key in [root.mirror] if not any(key.same(other) for other in root.policy.keys())]
        keys = note.verify(known) or []
        log = next((key for key in (root.policy.logs if root else []) if any(key.same(k) for k, _ in keys)), None)
        mirror = next((time for key, time in keys if key.same(root.mirror)), None)
        if log is None or log.name != stated.origin: self.say("checkpoint-log")
        elif mirror is None: self.say("checkpoint-mirror")
        elif not root.policy.met_by([key for key, _ in keys]): self.say("checkpoint-quorum")
        elif self.now is not None and mirror > self.now + 300: self.say("checkpoint-time")
        return mirror
    def checkpoint(self):
        raw = self.read("checkpoint")
        note = Note.read(raw) if raw else None
        stated = checkpoint(note.text) if note else None
        if stated is None: self.say("checkpoint-missing" if raw is None else "checkpoint-malformed")
        return note, stated
    def run(self):
        note, stated = self.checkpoint()
        if stated is None: return self.bad + [("trust-root-missing" if self.history.pinned is None else "trust-root-other", None)]
        all_leaves, self.whole = [], True
        for index in range((stated.size + 255) // 256):
            width = min(256, stated.size - 256 * index)
            leaves, entries = self.level0(index, width, stated, all_leaves)
            if not leaves:
                self.whole = False
                break
            all_leaves += leaves
            for at, raw in enumerate(entries + [None] * (width - len(entries))):
                self.whole = bool(raw is not None and self.entry(raw, 256 * index + at)) and self.whole
        rows, level = all_leaves, 1
        while len(all_leaves) == stated.size and (rows := [root_of(rows[at:at + 256]) for at in range(0, len(rows) - 255, 256)]):
            for index in range((len(rows) + 255) // 256):
                row = rows[256 * index:256 * index + 256]
                self.bad += [("tile-wrong", None) for w, raw in self.files(level, index, len(row)) if raw != b"".join(row[:w])]
            level += 1
        if len(all_leaves) == stated.size and root_of(all_leaves) != stated.root: self.say("root-wrong")
        if self.whole: self.history.finish(self.now)
        cosigned = self.signed(note, stated)
        if cosigned is not None: self.history.covered(cosigned)
        return self.bad + self.history.bad
def proof(path, pinned, now):  # one entry with its proof
    log = Log(path.parent / "../log", pinned, now)
    if pinned is None and log.folder.is_dir(): log.run()
    log.bad, head = [], path.read_bytes().partition(b"\n\n")
    lines, note, entry = head[0].decode("latin-1").split("\n"), Note.read(head[2]), path.with_suffix(".entry")
    stated, lines = checkpoint(note.text) if note else None, [line for line in lines if not line.startswith("extra ")]
    index, path_ = decimal(lines[1].removeprefix("index ")) if len(lines) > 1 else None, [unbase64(line) for line in lines[2:]]
    if stated is None or index is None or lines[0] != "c2sp.org/tlog-proof@v1" or any(step is None or len(step) != 32 for step in path_):
        return [("proof-malformed", None)]
    if not entry.is_file(): log.say("proof-entry")
    elif not included(leaf_hash(entry.read_bytes()), index, stated.size, path_, stated.root): log.say("proof-wrong", index)
    log.signed(note, stated)
    return log.bad
def verify(target, now=None, trust_root=None):  # the problems, first problem first
    pinned, target = Root(Path(trust_root).read_bytes()) if trust_root else None, Path(target)
    if target.suffix == ".tlog-proof": found = proof(target, pinned, now)
    else:
        inside = next((target / name for name in ("log", "commission/mirror") if (target / name).is_dir()), target)
        found = Log(inside, pinned, now).run()
    return sorted(set(found), key=lambda bad: (1 << 64 if bad[1] is None else bad[1], CODES[bad[0]][0]))
def shown(found): return json.dumps([{"code": code, "index": index} for code, index in found])
def main(words):
    if words == ["--serve"]:
        for line in sys.stdin:
            target, now = line.rstrip("\n").rsplit(" ", 1)
            print(shown(verify(target, decimal(now))), flush=True)
        return 0
    options = dict(zip(words[1::2], words[2::2]))
    if len(words) % 2 == 0 or not set(options) <= {"--now", "--trust-root"} or words[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    found = verify(words[0], read_time(options["--now"]) if "--now" in options else None, options.get("--trust-root"))
    print(shown(found))
    worst = {CODES[code][1] for code, _ in found}
    return 1 if worst - {"~", "?"} else 3 if worst else 0
if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
