#!/usr/bin/env python3
"""Reads a log's folder with PyPI tlog-scales 0.0.3, a reader that this project did not write.

Checks the signatures of the log and of the mirror (Ed25519 and ML-DSA-44) on the published checkpoint, the root computed from the tiles, every entry against
its leaf hash, and one .tlog-proof file with its entry. Exits with 1 and says what is wrong at the first mismatch.

    pip install tlog-scales==0.0.3
    read_log.py --log DIR --log-key VKEY --mirror-key VKEY [--mirror-key VKEY] --proof FILE.tlog-proof --entry FILE
"""

import argparse
import sys
from pathlib import Path

from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tiles import leaf_hash
from tlog_scales.tlog import Checkpoint, InclusionProof
from tlog_scales.utils import b64dec


def signed_by_all(checkpoint, log_key, mirror_keys, where):
    """The library gives no verdict but an exception."""
    for key in (log_key, *mirror_keys):
        try:
            checkpoint.verify(key)
        except Exception as error:
            raise SystemExit(f"{where}: no good signature of {key.name}: {error!r}")
    if checkpoint.origin != log_key.name:
        raise SystemExit(f"{where}: origin {checkpoint.origin} is not {log_key.name}")


def read_log(folder, log_key, mirror_keys):
    reader = TilesReader(LocalBackend(Path(folder)))
    checkpoint = reader.get_checkpoint()
    signed_by_all(checkpoint, log_key, mirror_keys, "checkpoint")
    if reader.calculate_root_hash() != checkpoint.root_hash:
        raise SystemExit("the tiles lead to another root than the checkpoint has")
    for index in range(checkpoint.size):
        if leaf_hash(reader.get_entry(index)) != reader.mth(index, index + 1):
            raise SystemExit(f"entry {index} is not the one that its tile has")
        if reader.get_inclusion_proof(index, checkpoint.size) is None:
            raise SystemExit(f"entry {index} has no proof")
    # Tiles are cached by the reader; the root is computed again from the leaves alone.
    return checkpoint


def read_proof(text, entry, log_key, mirror_keys):
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise SystemExit("the proof has another first line")
    if lines and lines[0].startswith("extra "):
        lines.pop(0)
    name, _, number = lines.pop(0).partition(" ")
    if name != "index" or not number.isascii() or not number.isdigit():
        raise SystemExit("the proof has no index")
    checkpoint = Checkpoint.from_text(note)
    signed_by_all(checkpoint, log_key, mirror_keys, "proof")
    proof = InclusionProof(int(number), checkpoint.size, [b64dec(line) for line in lines])
    proof.check(leaf_hash(entry), checkpoint.root_hash)
    return int(number), checkpoint


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("log", "log-key", "proof", "entry"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--mirror-key", required=True, action="append")
    arguments = parser.parse_args()
    log_key = Vkey.from_string(arguments.log_key)
    mirror_keys = [Vkey.from_string(key) for key in arguments.mirror_key]
    entry = Path(arguments.entry).read_bytes()
    try:
        published = read_log(arguments.log, log_key, mirror_keys)
        text = Path(arguments.proof).read_bytes().decode("utf-8")
        index, checkpoint = read_proof(text, entry, log_key, mirror_keys)
        reader = TilesReader(LocalBackend(Path(arguments.log)))
        reader.get_checkpoint()
        if reader.get_entry(index) != entry:
            raise SystemExit(f"entry {index} of the log is not the one of the proof")
        if checkpoint.size > published.size:
            raise SystemExit("the proof's checkpoint is newer than the published one")
    except SystemExit:
        raise
    except Exception as error:
        raise SystemExit(f"the log cannot be read: {error!r}")
    print(f"{published.origin}: {published.size} entries read, entry {index} proven")


if __name__ == "__main__":
    sys.exit(main())
