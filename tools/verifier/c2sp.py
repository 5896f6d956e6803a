"""Texts and trees of C2SP: signed notes, checkpoints, cosignatures, policies, proofs. In: bytes. Out: values, or None. Never: a network, a key that signs."""
import base64, hashlib, struct
from types import SimpleNamespace
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
EMPTY = hashlib.sha256(b"").digest()
PLAIN, COSIGNER, ML_DSA = 1, 4, 6
def unbase64(text):
    try: raw = base64.b64decode(text.encode(), validate=True)
    except (ValueError, UnicodeError): return None
    return raw if base64.b64encode(raw).decode() == text else None
def decimal(text):  # A number without sign and leading zeros, of 64 bits
    if not text or not all("0" <= c <= "9" for c in text) or (text[0] == "0" and text != "0"): return None
    return int(text) if len(text) <= 20 and int(text) < 1 << 64 else None
class Key:  # A verifier key: name, id, kind, public key
    def __init__(self, name, kind, public):
        self.name, self.kind, self.public = name, kind, public
        self.id = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]
        self.verifier = (MLDSA44PublicKey if kind == ML_DSA else Ed25519PublicKey).from_public_bytes(public)
    @staticmethod
    def read(text):
        parts = text.split("+", 2)
        raw = unbase64(parts[2]) if len(parts) == 3 else None
        if not raw or len(raw) != {PLAIN: 33, COSIGNER: 33, ML_DSA: 1313}.get(raw[0]) or not is_key_name(parts[0]): return None
        try: key = Key(parts[0], raw[0], raw[1:])
        except ValueError: return None
        return key if key.id.hex() == parts[1] else None
    def same(self, other): return (self.id, self.name, self.public) == (other.id, other.name, other.public)
    def signs(self, message, signature):
        try: return self.verifier.verify(signature, message) is None
        except (InvalidSignature, ValueError): return False
    def check(self, text, signature):  # (good, time of a cosignature)
        if self.kind == PLAIN: return self.signs(text.encode(), signature), None
        if len(signature) < 8 or (time := struct.unpack(">Q", signature[:8])[0]) >= 1 << 63: return False, None
        if self.kind == COSIGNER: message = f"cosignature/v1\ntime {time}\n{text}".encode()
        else:
            if (stated := checkpoint(text)) is None or len(stated.origin.encode()) > 255: return False, None
            name, origin = self.name.encode(), stated.origin.encode()
            message = b"subtree/v1\n\0" + bytes([len(name)]) + name + struct.pack(">Q", time) + bytes([len(origin)]) + origin
            message += struct.pack(">QQ", 0, stated.size) + stated.root
        return self.signs(message, signature[8:]), time
def is_key_name(name): return 0 < len(name.encode()) <= 255 and not any(c.isspace() or c == "+" or ord(c) < 32 or ord(c) == 127 for c in name)
class Note:  # text and signature lines of a signed note
    @staticmethod
    def read(raw):
        try: whole = raw.decode()
        except UnicodeDecodeError: return None
        at = whole.rfind("\n\n")
        if any(b < 32 and b != 10 for b in raw) or at < 0 or not whole.endswith("\n"): return None
        note = Note()
        note.text, lines = whole[: at + 1], whole[at + 2 : -1]
        note.lines = []
        if not lines or lines.count("\n") >= 64: return None
        for line in lines.split("\n"):
            name, found, encoded = line.removeprefix("\u2014 ").partition(" ")
            signature = unbase64(encoded)
            if not line.startswith("\u2014 ") or not found or signature is None or len(signature) < 5 or not is_key_name(name): return None
            note.lines.append((name, signature[:4], signature[4:]))
        return note
    @property
    def hash(self): return hashlib.sha256(self.text.encode()).digest()
    def verify(self, known):  # the known keys that signed, with their times; None where a known key's signature is bad or nobody known signed
        good = []
        for name, number, signature in self.lines:
            key = next((k for k in known if k.name == name and k.id == number), None)
            if key is None or any(key.same(earlier) for earlier, _ in good): continue
            right, time = key.check(self.text, signature)
            if not right: return None
            good.append((key, time))
        return good or None
    def signed_by(self, *keys): return self.verify(list(keys)) is not None
def checkpoint(text):  # origin, size and root
    lines = text[:-1].split("\n")
    good = len(lines) == 3 and lines[0] and decimal(lines[1]) is not None and len(unbase64(lines[2]) or b"") == 32
    return SimpleNamespace(origin=lines[0], size=decimal(lines[1]), root=unbase64(lines[2])) if good else None
class Policy:  # which signatures make a checkpoint one to believe (tlog-policy)
    def __init__(self, lines):
        self.logs, self.items, names, used, quorum = [], [], {}, set(), []
        for line in lines:
            words = [word for word in line.replace("\t", " ").split(" ") if word]
            if not words or words[0].startswith("#"): continue
            if words[0] == "log" and len(words) in (2, 3): self.logs.append(self.fresh(words[1]))
            elif words[0] == "witness" and len(words) in (3, 4): self.define(names, words[1], self.fresh(words[2]))
            elif words[0] == "group" and len(words) > 3:
                members = words[3:]
                if len(set(members)) != len(members) or any(m not in names or m in used for m in members): raise ValueError("members")
                used.update(members)
                needed = {"all": len(members), "any": 1}.get(words[2]) or decimal(words[2])
                if not needed or needed > len(members): raise ValueError("needed")
                self.define(names, words[1], (needed, [names[m] for m in members]))
            elif words[0] == "quorum" and len(words) == 2 and not quorum and (words[1] == "none" or words[1] in names): quorum.append(names.get(words[1]))
            else: raise ValueError("form")
        self.quorum = quorum[0] if quorum else 1 / 0
    def fresh(self, text):
        key = Key.read(text)
        if key is None or any(key.same(other) for other in self.keys()): raise ValueError("key")
        return key
    def define(self, names, name, item):
        if name == "none" or name in names: raise ValueError("name")
        names[name] = len(self.items)
        self.items.append(item)
    def keys(self): return self.logs + [item for item in self.items if isinstance(item, Key)]
    def met_by(self, keys):
        def signed(key): return any(key.same(other) for other in keys)
        met = []
        for item in self.items: met.append(signed(item) if isinstance(item, Key) else sum(met[m] for m in item[1]) >= item[0])
        return (self.quorum is None or met[self.quorum]) and any(map(signed, self.logs))
def leaf_hash(entry): return hashlib.sha256(b"\0" + entry).digest()
def node_hash(left, right): return hashlib.sha256(b"\1" + left + right).digest()
def root_of(leaves):  # the root over leaf hashes, RFC 6962
    if len(leaves) < 2: return leaves[0] if leaves else EMPTY
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(root_of(leaves[:half]), root_of(leaves[half:]))
def included(leaf, index, size, path, root):  # RFC 9162 2.1.3.2
    if index >= size: return False
    fn, sn, found = index, size - 1, leaf
    for step in path:
        if sn == 0: return False
        if fn & 1 or fn == sn:
            found = node_hash(step, found)
            while not fn & 1 and fn: fn, sn = fn >> 1, sn >> 1
        else: found = node_hash(found, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and found == root
