"""The signed notes of formats.md section 10. In: bytes of a body. Out: fields of a note. Never: a line that is passed over."""
import datetime, ipaddress, re
from types import SimpleNamespace
from .c2sp import COSIGNER, ML_DSA, PLAIN, Key, Note, Policy, decimal
DAY, EPOCH = 86400, 719163
KINDS = ["acquisition", "agreement", "measure", "reidentification", "disclosure"]
NAME, RECORD = r"[a-z0-9][a-z0-9.-]{0,31}", r"([0-9a-f]{16})-(0|[1-9][0-9]{0,19})"
SEALED = "(source-mail|destination-mail|user)"
class Malformed(Exception):
    """A text or body that leaves its form."""
def need(good, value=None):
    if not good: raise Malformed
    return value
def fits(pattern): return lambda text: need(isinstance(text, str) and re.fullmatch(pattern, text), text)
def unhex(length): return lambda text: bytes.fromhex(fits("[0-9a-f]{%d}" % (2 * length))(text))
def number(text): return need(decimal(text) is not None, decimal(text))
def upto(most, least=0): return lambda text: need(least <= number(text) <= most, number(text))
def read_day(text):
    try: return need(fits("[0-9]{4}-[0-9]{2}-[0-9]{2}")(text) >= "1970", datetime.date.fromisoformat(text).toordinal() - EPOCH)
    except ValueError: raise Malformed from None
def read_time(text):
    hour, minute, second = map(int, re.split("[T:Z]", fits(".{10}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")(text))[1:4])
    return read_day(text[:10]) * DAY + need(hour < 24 and minute < 60 and second < 60, hour * 3600 + minute * 60 + second)
def date_of(time): return datetime.date.fromordinal(min(time // DAY + EPOCH, datetime.date.max.toordinal()))
def add_months(time, months):  # the same day and second so many months later, or the month's last day
    months += date_of(time).month - 1
    year, month, day = date_of(time).year + months // 12, months % 12 + 1, date_of(time).day
    while year < 10_000:
        try: return (datetime.date(year, month, day).toordinal() - EPOCH) * DAY + time % DAY
        except ValueError: day -= 1
    return 1 << 64
def words(text):
    found = [] if text == "none" else text.split(" ")
    return need("" not in found and len(set(found)) == len(found), found)
def listed(pattern): return lambda text: [fits(pattern)(word) for word in words(text)]
def digest(text): return unhex(32)(need(text.startswith("sha256:"), text[7:]))
def maybe_digest(text): return None if text == "none" else digest(text)
def key(text, kinds=(PLAIN, COSIGNER, ML_DSA)): return need((found := Key.read(text)) is not None and found.kind in kinds, found)
def short(most): return lambda text: need(len(text) <= most, text)
def bucket(text):  # (authority, sensor, day)
    parts = fits("[^/]*/[^/]*/[^/]*")(text).split("/")
    return unhex(16)(parts[0]), fits(NAME)(parts[1]), read_day(parts[2])
def record(text):
    fits(RECORD)(text)
    return bytes.fromhex(text[:16]), number(text[17:])
def pairs(*names):
    return lambda text: need(text.split(" ")[::2] == list(names) and text.count(" ") % 2, [number(word) for word in text.split(" ")[1::2]])
def selectors(text):
    pairs("count", "v4", "v6-48", "domains", "ja4", "behaviours")(text.partition(" ")[2])
    return digest(text.partition(" ")[0])
READ = {"hex16": unhex(16), "hex32": unhex(32), "name": fits(NAME), "names": listed(NAME), "time": read_time, "number": number, "digest": digest, "key": key,
        "maybe": maybe_digest, "kind": fits("|".join(KINDS)), "short": short(512), "text": str, "count": upto(1 << 64, 1), "country": fits("[A-Z]{2}"),
        "directions": listed("out-in|in-out|out-out"), "caps": pairs("match-ppm", "flow-bytes", "day-records"), "selectors": selectors, "bucket": bucket,
        "keep": lambda text: upto(3660, 1)(fits("bucket 1d keep [0-9]+d")(text)[15:-1]), "plain": lambda text: key(text, (PLAIN,)),
        "cosigner": lambda text: key(text, (COSIGNER, ML_DSA)), "replaces": fits("none|[0-9a-f]{32}"), "by": fits("commission|office|party"),
        "act": fits("suspend|resume"), "commission": fits("commission")}
class Lines:  # the lines of a note, each `key: value`, in order
    def __init__(self, raw, header, most=64 << 10):
        self.note = need((note := Note.read(raw)) is not None, note)
        text = note.text
        need(len(text) <= most and text.endswith("\n") and all(c == "\n" or " " <= c <= "~" for c in text))
        self.rest = text[:-1].split("\n")
        need(self.rest.pop(0) == header)
    def maybe(self, name):
        found = self.rest[0].partition(": ") if self.rest else ("", "", "")
        if found[0] != name or not found[2] or found[2] != found[2].strip(" "): return None
        self.rest.pop(0)
        return found[2]
    def value(self, name): return need((found := self.maybe(name)) is not None, found)
    def many(self, name):
        while (line := self.maybe(name)) is not None: yield line
    def fill(self, found, spec):  # reads `key:type` after `key:type` into attributes
        for name, kind in (item.split(":") for item in spec.split()): setattr(found, name.replace("-", "_"), READ[kind](self.value(name)))
        return found
    def end(self, found):
        found.note, found.hash = self.note, self.note.hash
        return need(not self.rest, found)
def of(header, spec):  # A reader of notes that are these lines and no other
    return lambda raw: (lines := Lines(raw, header)).end(lines.fill(SimpleNamespace(), spec))
lease = of("sakimori/lease/v1", "id:hex16 authority:hex16 statement:digest sensor:name issued:time not-after:time tree-size:number root:number")
suspension = of("sakimori/suspension/v1", "authority:hex16 by:by act:act serial:count time:time reason:short root:number")
software = of("sakimori/software/v1", "name:name version:text sha256:hex32 not-before:time root:number")
def attestation(raw):  # the bucket, or (authority,) of an epoch, whose share is destroyed
    if not raw.startswith(b"sakimori/epoch-share-destroyed/v1"):
        return of("sakimori/share-destroyed/v1", "bucket:bucket holder:commission destroyed:time")(raw)
    found = of("sakimori/epoch-share-destroyed/v1", "epoch:text holder:commission destroyed:time")(raw)
    parts = need(found.epoch.count("/") == 2, found.epoch.split("/"))
    need(read_day(parts[1]) >= 0 and number(parts[2]) > 0)
    found.bucket = (unhex(16)(parts[0]),)
    return found
class Root:  # the trust root, 10.1
    def __init__(self, raw):
        lines = Lines(raw, "sakimori/trust-root/v1")
        lines.fill(self, "version:number not-before:time commission:text")
        self.members = self.people(lines, "member", "chair|deputy|member", self.commission)
        roles = [role for role, _ in self.members.values()]
        need(len(roles) >= 3 and roles.count("chair") == 1 and roles.count("deputy") == 1)
        floors = [line.partition(" ") for line in lines.many("floor")]
        self.floors = {kind: number(votes) for kind, _, votes in floors if need(kind in KINDS, True)}
        need(len(self.floors) == len(floors))
        lines.fill(self, "lease-key:key mirror:cosigner secretariat:plain")
        need(self.secretariat.name == self.commission + "/secretariat")
        shares = [lines.value("share-holder").partition(" ") for _ in range(2)]
        office_holder, self.holder = [key(text) for _, _, text in need([who for who, _, _ in shares] == ["office", "commission"], shares)]
        lines.fill(self, "office:key")
        self.officers = self.people(lines, "officer", "requester|legal-officer|supervisor", self.office.name.split("/")[0])
        self.sensors, self.counters = self.places(lines, "sensor"), self.places(lines, "counter")
        need(set(self.counters) <= set(self.sensors) and not set(self.members) & set(self.officers))
        try: self.policy = Policy(lines.many("policy"))
        except (ValueError, ZeroDivisionError): raise Malformed from None
        lines.end(lines.fill(self, "previous:maybe"))
        single = [self.secretariat, self.lease_key, office_holder, self.holder, self.office, *self.sensors.values(), *self.counters.values()]
        single += [k for _, k in [*self.members.values(), *self.officers.values()]]
        need(len({k.public for k in single}) == len(single) and not self.policy.met_by(self.policy.logs))
    @staticmethod
    def people(lines, what, roles, organisation):
        found = {}
        for line in lines.many(what):
            name, role, text = fits(f"{NAME} ({roles}) [^ ]+")(line).split(" ")
            found[name] = need(name not in found, (role, READ["plain"](text)))
            need(found[name][1].name == f"{organisation}/{name}")
        return found
    @staticmethod
    def places(lines, what):
        found = {}
        for name, _, text in (line.partition(" ") for line in lines.many(what)): found[fits(NAME)(name)] = need(name not in found, key(text))
        return found
    def leads(self): return [k for role, k in self.members.values() if role != "member"]
    def kept_apart(self):  # whether no member keeps a log or the mirror, nor the office the mirror
        members = {k.public for _, k in self.members.values()}
        return not members & {k.public for k in self.policy.logs + [self.mirror]} and self.office.public != self.mirror.public
    def is_signed(self, old):  # all of the first version signed, or a majority with a lead of both the old version and this
        for members in [self.members] + ([old.members] if old else []):
            signed = {k.public for k, _ in self.note.verify([k for _, k in members.values()]) or []}
            roles = [role for role, k in members.values() if k.public in signed]
            enough = 2 * len(roles) > len(members) if old else len(roles) == len(members)
            if not enough or not {"chair", "deputy"} & set(roles): return False
        return True
class Sitting:  # the five lines of a sitting, 10.2
    def __init__(self, lines):
        lines.fill(self, "present:names presiding:name for:names against:names recused:names")
        self.yes, self.no = getattr(self, "for"), self.against
        self.all = not self.no and set(self.present) <= set(self.yes + self.recused)
    def decided(self, root, floor):
        if any(who not in root.members for who in [*self.present, *self.yes, *self.no, *self.recused, self.presiding]): return False
        free = [who for who in self.present if who not in self.recused]
        leads = root.members[self.presiding][0] != "member" and self.presiding in free and len(free) > 2
        votes = set(self.yes + self.no) <= set(free) and not set(self.yes) & set(self.no)
        tie = len(self.yes) == len(self.no) and self.presiding in self.yes
        return leads and votes and (len(self.yes) > len(self.no) or tie) and len(self.yes) >= floor
    def verdict(self, note, root, floor, *others):  # `signature`, `sitting`, or None where it is decided
        keys = {k.public for k, _ in note.verify([k for _, k in root.members.values()] + list(others)) or []}
        signed = {who for who, (_, k) in root.members.items() if k.public in keys}
        if not keys or any(other.public not in keys for other in others) or signed != set(self.present) & set(root.members): return "signature"
        return None if self.decided(root, floor) else "sitting"
class Statement:  # an authority statement, 10.2
    def __init__(self, raw):
        lines = Lines(raw, "sakimori/authority/v1", 8 << 10)
        lines.fill(self, "id:hex16 kind:kind basis:name request:hex32 not-before:time not-after:time sensors:names directions:directions selectors:selectors "
                         "caps:caps retention:keep conditions:short replaces:replaces root:number")
        self.ppm, self.flow_bytes, self.day_records = self.caps
        need(self.not_before < self.not_after and self.directions and 1 <= self.ppm <= 1_000_000 and self.day_records)
        self.sitting = self.party = self.suspend_key = self.urgent = None
        if self.kind == "agreement":
            self.party = key(fits(NAME + " [^ ]+")(lines.value("party")).split(" ")[1])
            lines.fill(self, "suspend-key:key")
        elif (text := lines.maybe("urgent")) is not None:
            self.urgent = need(self.kind in ("acquisition", "measure") and len(words(text)) == 2, listed(NAME)(text))
        else: self.sitting = Sitting(lines)
        lines.end(self)
        self.runs, self.leased = self.kind in ("acquisition", "agreement"), self.kind in ("acquisition", "agreement", "measure")
    def verdict(self, root, floor):  # `signature`, `sitting`, or None where it is decided
        if self.sitting: return self.sitting.verdict(self.note, root, floor)
        both = [root.office, self.party]
        if self.urgent:
            officers = [root.officers.get(who) for who in self.urgent]
            if None in officers or officers[0][0] == officers[1][0]: return "sitting"
            both = [k for _, k in officers]
        return None if len({k.public for k, _ in self.note.verify(both) or []}) == 2 else "signature"
CARRIERS = [(0xFFFF << 32, 96, 96, 0), (0, 96, 96, 0), (0xFFFF0000 << 32, 96, 96, 0), (0x64FF9B << 96, 96, 96, 0), (0x2002 << 112, 16, 16, 0),
            (0x20010000 << 96, 32, 32, 0), (0x20010000 << 96, 32, 96, 1)]  # forms of IPv6 that carry IPv4: their bits, how many, where the address begins, whether it is turned over
def spots(target):  # what a target is: addresses of a version from one to another, those of version 4 that they carry, or a text in small letters
    address, _, bits = target.partition("/")
    try: found = ipaddress.ip_address(address) if "%" not in address else None
    except ValueError: found = None
    most = found and found.max_prefixlen
    bits = most if "/" not in target else decimal(bits)
    if found is None or bits is None or bits > most: return [target.lower()]
    def span(version, most, number, bits): return version, (number >> most - bits) << most - bits, number | (1 << most - bits) - 1
    all = [span(found.version, most, int(found), bits)]
    for form, length, at, turned in CARRIERS if most == 128 else []:
        if (int(found) ^ form) >> 128 - min(bits, length): continue
        carried = int(found) >> 96 - at & 0xFFFFFFFF
        all.append(span(4, 32, carried ^ 0xFFFFFFFF if turned else carried, max(0, min(32, bits - at)) if bits >= length else 0))
    return all
def meet(one, other):
    if str not in (type(one), type(other)): return one[0] == other[0] and one[1] <= other[2] and other[1] <= one[2]
    if not type(one) == type(other) == str or ":" in one + other: return one == other
    bare = [name[2:] if name.startswith("*.") else name for name in (one, other)]
    return bare[0] == bare[1] or any(wide.startswith("*.") and name.endswith("." + of) for wide, of, name in ((one, bare[0], bare[1]), (other, bare[1], bare[0])))
class Measure:  # a measure, 10.10
    DEEDS = "block|no-answer|sinkhole|black-hole|flow-rule|freeze|stop|quarantine|isolate|notify"
    def __init__(self, raw):
        lines = Lines(raw, "sakimori/measure/v1", (1 << 20) - (64 << 10))
        lines.fill(self, "id:hex16 revision:count dossier:digest plan:maybe")
        fits("police|defence")(lines.value("route"))
        lines.fill(self, "order:maybe consultation:maybe proposed:name reviewed:name")
        fits(NAME + " (national|prefectural|defence)")(lines.value("executor"))
        lines.fill(self, "superior:name")
        self.level = upto(2, 1)(lines.value("level"))
        low, high = [number(word) for word in fits("[0-9]+ [0-9]+")(lines.value("collateral")).split(" ")]
        version, _, lists = lines.value("lists").partition(" ")
        need(low <= high and number(version) >= 0 and digest(lists))
        for name, least, most in (("soak", 0, DAY), ("most", 1, 2000), ("seconds", 1, 7 * DAY), ("renewals", 0, 52)): upto(most, least)(lines.value(name))
        lines.fill(self, "success:short stop:short")
        actuators = [key(fits(NAME + " [^ ]+")(line).split(" ")[1]) and line.split(" ")[0] for line in lines.many("actuator")]
        effects = [fits(f"({self.DEEDS}) {NAME} ([A-Z][A-Z]|--) {NAME} [^ ]{{1,1024}}")(line).split(" ") for line in lines.many("effect")]
        need(len(actuators) == len(set(actuators)) in range(1, 65) and len(effects) == len({(e[0], e[1], e[4]) for e in effects}) in range(1, 2001))
        need({e[1] for e in effects} <= set(actuators))
        self.spots = {one for e in effects for one in spots(e[4])}
        lines.end(lines.fill(self, "root:number"))
    def signed(self, root):
        officers = [root.officers.get(who) for who in (self.proposed, self.reviewed)]
        return all(officer and self.note.verify([officer[1]]) for officer in officers)
class Ruling:  # A ruling, 10.6
    OUTCOMES = {"request": "refused", "authority": "approved|revoked", "urgent": "ratified|refused", "bucket": "keep [0-9]+", "record": "reidentify " + SEALED}
    def __init__(self, raw):
        lines = Lines(raw, "sakimori/ruling/v1")
        lines.fill(self, "id:hex16 kind:kind about:text outcome:text")
        self.what, *about = self.about.split(" ")
        fits(need(self.what in self.OUTCOMES, self.OUTCOMES.get(self.what)))(self.outcome)
        need(len(about) == (2 if self.what == "record" else 1) and (self.what == "record") == (self.kind == "reidentification"))
        if self.what == "record": self.about = (fits(RECORD)(about[0]), bucket(about[1]), self.outcome[11:])
        elif self.what == "bucket": self.about, self.days = bucket(about[0]), upto(3660, 1)(self.outcome[5:])
        else: self.about = unhex(32 if self.what == "request" else 16)(about[0])
        lines.fill(self, "request:hex32 time:time reason:short root:number")
        self.sitting = Sitting(lines)
        lines.end(self)
def unit(name, most): return lambda text: upto(most, 1)(fits(f"[0-9]+ {name}")(text).split(" ")[0])
def hours(text):
    found = re.match(r"([0-9]{2})-([0-9]{2}) ([+-][0-9]{2})\Z", text)
    return need(found and int(found[1]) < int(found[2]) <= 24 and -12 <= int(found[3]) <= 14 and found[3] != "-00")
def some(pattern): return lambda text: need(text != "none", listed(pattern)(text))
def off_or(most): return lambda text: text == "off" or unit("hours", most)(text)
MONTHS, DAYS, PPM = unit("months", 120), unit("days", 3660), upto(1_000_000)
VALUES = {**dict.fromkeys(["period.out-out", "period.out-in", "period.in-out", "period.agreement"], MONTHS), "retention.days": upto(3660, 1), "cap.match-ppm": PPM, "cap.day-records": number,
          "cap.share-ppm": PPM, **dict.fromkeys(["floor.acquisition", "floor.measure", "floor.reidentification", "floor.disclosure"], number), "agreement.sitting": fits("yes|no"),
          "urgent.acquisition": off_or(24), "urgent.measure": off_or(2), "urgent.month": number, "urgent.match-ppm": PPM, "urgent.day-records": number,
          **dict.fromkeys(["deadline.question", "deadline.notice", "deadline.demand", "deadline.recommendation"], DAYS), "carrier.tolerance-ppm": PPM, "home-countries": some("[A-Z]{2}"),
          "mechanical-fields": some("[a-z0-9_]{1,32}"), "identify.fields": listed(SEALED), "identify.epoch": DAYS, "release.recipients": listed(NAME), "budget.rows": number,
          "budget.exports": number, "hours": hours}
class Schedule:  # the schedule of legal numbers, 10.9
    def __init__(self, raw):
        lines, self.values = Lines(raw, "sakimori/schedule/v1"), {}
        lines.fill(self, "version:count jurisdiction:country not-before:time")
        for name, reader in VALUES.items():
            line = lines.value("value")
            value, mark, source = need(line.startswith(name + " = ") and line.count(" | ") > 1, line[len(name) + 3:].split(" | ", 2))
            need(mark in ("verified", "unverified") and 0 < len(source) <= 512 and source == source.strip())
            reader(value)
            self.values[name] = value
        lines.fill(self, "consultation:maybe previous:maybe root:number")
        need((self.previous is None) == (self.version == 1))
        self.sitting = Sitting(lines)
        lines.end(self)
    def count(self, name):  # the number of a value; None for `off`
        return decimal(self.values[name].split(" ")[0])
    def unconsulted(self, old):
        guarded = [name for name in VALUES if name.startswith(("mechanical-fields", "identify.", "release."))]
        return self.consultation is None and any(self.values[name] != old.values[name] for name in guarded)
