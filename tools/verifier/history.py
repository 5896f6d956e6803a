"""What entries say, one after the other: formats.md sections 7, 18 and 19. In: envelopes with their bodies. Out: a list of (code, index). Never: a name of a person printed."""
import json, re
from types import SimpleNamespace as Facts
from . import notes
from .c2sp import included, leaf_hash
from .notes import DAY, KINDS, Malformed, Measure, Root, Ruling, Schedule, Statement, add_months, bucket, date_of, need, read_day, read_time, record, unhex
LATE, HOUR, NONE, STREAMS = 120, 3600, bytes(32), 1 << 24  # the last: most streams of a log
TYPES = {  # code: name, numbers of counters, who signs the envelope (note: nobody), fields of an open JSON body
    1: "trust-root 1 note", 2: "schedule 1 note", 3: "software 0 note", 4: "access 0 office+secretariat person:n act:access roles:N clearance:N until:t? by:N",
    10: "request 0 office kind:s requester:n facts:s necessity:s alternatives:s expected_share_ppm:u rights:s replaces:h16? draft:s", 11: "decision 0 note", 12: "activation 1 note",
    13: "question 1 secretariat request:h32 from:n text:S", 14: "answer 1 office request:h32 from:n text:S", 15: "ruling 0 note", 16: "suspension 1 note", 17: "urgent 0 note",
    18: "lapse 1 secretariat urgent:h16 reason:lapse destroyed:L",
    20: "start 4 sensor authority:h16 sensor:s statement_sha256:h32 pack_sha256:h32 schedule_sha256:h32- software_sha256:h32- lease_id:h16 input:s started:t limits:u",
    21: "stop 6 sensor reason:s ended:t", 22: "receipt 13 sensor window:w bucket:B first_record:s? records:u commitment:h32- identifiers:u identifiers_commitment:h32-", 23: "gap 2 sensor reason:s",
    24: "fault 3 sensor kind:s detail:s", 25: "refusal 1 sensor code:u name:x sensor:s authority:x detail:x", 26: "effective 3 sensor state:state sensor:s lease_id:h16 reason:s",
    27: "carrier 4 counter sensor:s", 30: "deletion 2 office bucket:B reason:s objects:u records:u office_share:gone commission_attestation:h32", 31: "attestation 0 office",
    33: "purge 1 office buckets:L reason:S", 34: "challenge 1 secretariat bucket:B record:r nonce:h32", 35: "response 2 office bucket:B record:r outcome:s leaf:h32- path:H share:x",
    41: "finding 2 office", 40: "query 2,3 office actor:n purpose:s case:s authority:h16 kind:s buckets:L rows:u outcome:s",
    42: "export 2 office actor:n purpose:s case:s class:s recipient:s mark:s sha256:h32 buckets:L", 43: "reidentification 1 office actor:n bucket:B record:q field:n",
    19: "proposal 1 note", 46: "measure 1 office act:deed measure:h32 revision:u actuator:n? step:u detail:D",
    45: "release 2 office actor:n class_from:C class_to:c recipients:R basis:s rights:s conditions:K transforms:T tlp:tlp pap:pap product_sha256:h32- outcome:o",
    44: "misuse 1 office+secretariat rule:S actor:n case:S entries:I evidence:h32", 50: "inspection 0 secretariat inspection:n act:inspection inspector:n subject:s text:s",
    **{code: f"{name} 1 secretariat id:n to:S subject:S text:S about:s? stop:h16?" for code, name in ((52, "notice"), (53, "demand"), (54, "recommendation"))},
    55: "reply 1 office from:n text:S", 60: "report 10 secretariat year:u sha256:h32 headings:J"}
TYPES = {code: (row.split()[0], [int(n) for n in row.split()[1].split(",")], row.split()[2], row.split()[3:]) for code, row in TYPES.items()}
WINDOW = ("index start_ms end_ms held_before read selected domestic not_ip direction not_selected shed link truncated malformed record held_after bytes_read "
          "flows_opened flows_closed flows_selected records events flows_evicted pairs_evicted flows_open identifiers identifiers_shed").split()
SLOTS, BASES = [2, 2, 2, 2, 3, 3, 1, 3, 1], {"act42-17": 0, "act42-19": 0, "act42-32": 1, "act42-33": 2, "police-6-2": 5, "sdf-81-3": 7}
CLASSES = {"acquired": "selected selected-party", "selected": "released-selected", "selected-party": "released-selected", "released-selected": "integrated", "operator-report": "integrated",
           "integrated": "integrated-provision", "integrated-provision": "integrated-controlled public-notice", "integrated-controlled": "", "public-notice": ""}
KINDS, TLP = "state-agency police-defence carrier foreign-government operator public supplier council contractor reporter party".split(), "clear green amber amber+strict red".split()
CONDITIONS = "need|protection-assessment|equivalent-protection|party-consent|prior-consent|fix-method|controlled-handling|competent-minister|opinion-override"
GIVEN = ["selected state-agency+police-defence need", "selected carrier protection-assessment", "selected-party state-agency+police-defence need prior-consent",
         "selected-party carrier protection-assessment prior-consent", "selected-party party", "integrated state-agency+police-defence", "integrated carrier *",
         "integrated-controlled police-defence+carrier+council", "integrated-controlled state-agency controlled-handling", "integrated-controlled foreign-government equivalent-protection",
         "integrated-controlled contractor *", "public-notice state-agency+police-defence+carrier+foreign-government+operator+public+council+contractor", "public-notice supplier fix-method",
         "operator-report state-agency competent-minister", "operator-report reporter"]  # class, recipients, what it asks for; * is that something was done to it
GIVEN = {(row.split()[0], kind): " ".join(row.split()[2:]) for row in GIVEN for kind in row.split()[1].split("+")}
def leads(one, to): return one == to or any(leads(n, to) for n in CLASSES[one].split())
def condition(value):
    kind, who, by, begin, end = need(text(value).count("/") == 4, value).split("/")
    return notes.fits(CONDITIONS)(kind), notes.fits(notes.NAME + "|-")(who), notes.fits(notes.NAME)(by) and read_time(begin), read_time(end)
STATES = ["running", "renewed", "suspended", "ended"]
def text(value): return need(isinstance(value, str), value)
def whole(value): return need(isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 64, value)
def many(reader): return lambda value: [reader(item) for item in need(isinstance(value, list), value)]
def exact(value, names): return need(isinstance(value, dict) and set(value) == set(names), value)
JSON = {"s": text, "S": lambda v: need(text(v).strip(), v), "n": notes.fits(notes.NAME), "u": whole, "t": read_time, "h16": unhex(16), "h32": unhex(32), "B": bucket,
        "h32-": lambda v: None if v == "" else unhex(32)(v), "r": lambda v: record(text(v)), "q": notes.fits(notes.RECORD), "x": lambda v: v, "L": many(bucket), "N": many(notes.fits(notes.NAME)),
        "H": many(unhex(32)), "I": many(whole), "J": many(many(whole)), "gone": notes.fits("destroyed"), "access": notes.fits("granted|ended"), "lapse": notes.fits("refused|silence"),
        "inspection": notes.fits("opened|finding|closed"), "C": many(lambda v: need(isinstance(v, str) and v in CLASSES, v)), "c": lambda v: need(isinstance(v, str) and v in CLASSES, v),
        "K": many(condition), "T": many(lambda v: need(text(v), v)), "R": many(lambda v: tuple(notes.fits(f"({'|'.join(KINDS)})/{notes.NAME}")(v).split("/"))),
        "tlp": lambda v: TLP.index(need(v in TLP, v)), "pap": notes.fits("clear|green|amber|red"), "o": notes.fits("released|[A-Z_]{1,32}"),
        "deed": notes.fits("dispatch|effect|end|kill|safety|report|hold|free"), "D": lambda v: need(len(text(v).encode("utf-8", "surrogatepass")) <= 64 << 10, v),
        "state": lambda v: STATES.index(need(v in STATES, v)) + 1, "w": lambda v: {name: whole(n) for name, n in exact(v, WINDOW).items()}}
def read_json(body, spec):
    try: read = json.loads(body.decode(), parse_constant=lambda _: need(False))
    except (ValueError, RecursionError): raise Malformed from None
    spec = dict(item.split(":") for item in spec)
    exact(read, spec)
    return Facts(**{name: None if read[name] is None and kind[-1] == "?" else JSON[kind.rstrip("?")](read[name]) for name, kind in spec.items()})
class Entry:  # an envelope: deterministic CBOR with exactly twelve keys
    def __init__(self, raw, index):
        self.raw, self.index, self.at, self.leaf = raw, index, 0, leaf_hash(raw)
        need(len(raw) <= 1024 and self.head(5) == 12 and self.number(0) == 1 and (code := self.number(1)) in TYPES)
        self.kind, self.counts, self.author, self.spec = TYPES[code]
        self.stream, self.sequence, self.previous = self.fixed(2, 8), self.number(3), self.fixed(4, 32)
        self.time, self.authority, self.body, self.size = self.number(5), self.fixed(6, 32), self.fixed(7, 32), self.number(8)
        need(self.head(0) == 9 and (count := self.head(4)) <= 16)
        self.counters = [self.head(0) for _ in range(count)]
        self.signer = self.fixed(10, 4)
        need(self.head(0) == 11 and (length := self.head(2)) in (0, 64))
        self.signature = self.take(length)
        need(self.at == len(raw))
        self.last = self.time + 59
    def take(self, count):
        self.at += need(self.at + count <= len(self.raw), count)
        return self.raw[self.at - count:self.at]
    def head(self, major):
        need((lead := self.take(1)[0]) >> 5 == major and lead & 31 < 28)
        if lead & 31 < 24: return lead & 31
        length = 1 << (lead & 31) - 24
        return need((value := int.from_bytes(self.take(length), "big")) >= (24 if length == 1 else 1 << 4 * length), value)
    def number(self, wanted): return need(self.head(0) == wanted, self.head(0))
    def fixed(self, wanted, length): return need(self.head(0) == wanted and self.head(2) == length, self.take(length))
    def counter(self, at): return self.counters[at] if at < len(self.counters) else 0
    def signed_by(self, key): return key.kind == 1 and key.signs(b"sakimori/entry/v1\n" + self.raw[:-66] + b"\x40", self.signature)
def stored_body(raw):  # (salt, body) of an open one, (bucket, length) of a sealed one
    need(len(raw) > 32 and raw[32] < 2)
    if raw[32] == 0: return True, raw[:32], need(len(raw) <= 33 + (1 << 20), raw[33:])
    need(raw[:32] == NONE and len(raw) > 33 and 0 <= len(raw) - raw[33] - 106 <= 1 << 20)
    return False, bucket(raw[34:34 + raw[33]].decode("latin-1")), len(raw) - raw[33] - 106
class History:
    def __init__(self, pinned=None):
        self.bad, self.pinned, self.found, self.highs = [], pinned, False, [(0, None)]
        for name in "roots schedules software carriers sums".split(): setattr(self, name, [])
        for name in "closed rulings purged used answered sent".split(): setattr(self, name, set())
        for name in ("streams requests statements ids leases keeps shows runs windows committed day_records buckets attested attested_at queries actors rows grants "
                     "exports waiting challenges inspections measures steps").split(): setattr(self, name, {})
    def say(self, code, good=False):  # tells what does not hold; gives whether it holds
        if not good: self.bad.append((code, self.entry.index))
        return bool(good)
    def each(self, *pairs):  # tells all of several things that do not hold
        for code, good in pairs: self.say(code, good)
    def hold(self, *pairs):  # tells the first of several things that does not hold; gives whether all hold
        return next((self.say(code) for code, good in pairs if not good), True)
    def root_at(self, time):
        begun = [root for root in self.roots if root.not_before <= time]
        return begun[-1] if begun else self.roots[0] if self.roots else self.pinned
    def root_named(self, version): return next((r for r in map(self.root_at, (self.entry.last, self.entry.time)) if r and r.version == version), None)
    def newest_root(self): return self.pinned if self.pinned and not self.found else self.roots[-1] if self.roots else None
    def schedule_at(self, time): return next((s for s in reversed(self.schedules) if s.not_before <= time), None)
    def value(self, name, other=None):
        schedule = self.schedule_at(self.entry.last)
        return other if schedule is None else schedule.count(name)
    def listed(self, name, word):
        schedule = self.schedule_at(self.entry.last)
        return schedule is not None and word != "none" and word in schedule.values[name].split(" ")
    def verdict(self, kind, version, judge, of, **names):  # holds a note's trust root, signatures and sitting; `judge(root, floor)` says what is missing
        if self.say(f"{kind}-root", root := self.root_named(version)):
            missing = judge(root, max(root.floors.get(of, 0), 0 if of == "agreement" else self.value("floor." + of, 0)))
            self.say(f"{kind}-{names.get(missing, missing)}", missing is None)
    def known(self, number, good=False):
        found = self.statements.get(number if len(number) == 32 else self.ids.get(number))
        return found if found and (found.good or not good) else None
    def has_sensor(self, of): return (decided := self.known(of[0])) is not None and of[1] in decided.s.sensors
    def take(self, e, body):  # takes an entry in. `body` is the open body, or the bucket of a sealed one
        self.entry, self.raw = e, body if isinstance(body, bytes) else None
        if not self.stream(e): return
        self.each(("entry-counters", len(e.counters) in e.counts), ("body-form", e.kind != "finding" if self.raw is not None else e.kind in ("finding", "query") and self.has_sensor(body)))
        if e.kind == "trust-root" and self.raw is not None: self.trust_root()
        root = self.root_at(e.last)
        self.who, none = self.signer(root) if root else None, e.authority == NONE
        if e.kind in ("trust-root", "schedule", "software", "access", "request", "proposal"): self.say("entry-authority", none)
        elif none: self.say("entry-authority", e.kind not in ("activation", "start", "stop", "receipt", "effective"))
        elif e.kind not in ("decision", "urgent", "refusal"): self.say("entry-authority", e.authority in self.statements)
        act, self.b = getattr(self, "on_" + e.kind, None), None
        try:
            self.b = read_json(self.raw, e.spec) if e.spec and self.raw is not None else None
            fits = not e.spec or self.b is not None
        except Malformed: fits = self.say("body-fields")
        if act and (self.raw is not None and fits or e.kind in ("start", "stop", "receipt", "query", "finding")):
            try: act(e, self.b)
            except Malformed: self.say("body-fields")
    def stream(self, e):
        if not self.say("stream-flood", e.stream in self.streams or len(self.streams) < STREAMS): return False
        end = self.streams.setdefault(e.stream, Facts(next=0, leaf=NONE, time=0, signer=None))
        self.hold(("stream-gap", e.sequence == end.next), ("stream-chain", e.previous == end.leaf))
        self.each(("entry-time", e.time % 60 == 0 and e.time >= end.time and e.time + HOUR >= self.highs[-1][0]), ("stream-author", end.signer in (None, e.signer)))
        if forward := e.sequence >= end.next: end.next, end.leaf = e.sequence + 1, e.leaf
        end.time, end.signer = max(end.time, e.time), end.signer or e.signer
        self.highs += [(e.time, e.index)] if e.time > self.highs[-1][0] else []
        return forward
    def signer(self, root):
        e, unsigned = self.entry, self.entry.signer == bytes(4) and not self.entry.signature
        if unsigned and (e.author == "note" or e.kind == "attestation"): return None
        keys = [{"office": {"": r.office}, "secretariat": {"": r.secretariat}, "sensor": r.sensors, "counter": r.counters, "note": {}} for r in (root, self.root_at(e.time))]
        found = [pair for of in keys for role in e.author.split("+") for pair in of[role].items() if pair[1].id == e.signer][:1]
        if self.hold(("entry-signature", e.author != "note" and e.signature), ("entry-signer", found)):
            self.say("entry-signature", e.signed_by(found[0][1]))
            return found[0][0] or None
        return None
    def note(self, reader, code):
        try: return reader(self.raw)
        except Malformed:
            self.say(code)
            return None
    def trust_root(self):
        last = self.roots[-1] if self.roots else None
        if root := self.note(Root, "trust-root-malformed"):
            follows = (root.version, root.previous) == ((last.version + 1, last.hash) if last else (1, None))
            if self.hold(("trust-root-chain", follows), ("trust-root-unsigned", root.is_signed(last)), ("trust-root-keys", root.kept_apart())):
                self.found |= self.pinned is not None and self.pinned.hash == root.hash
                self.say("body-fields", root.version == self.entry.counter(0))
                self.roots.append(root)
    def on_schedule(self, e, _):
        if s := self.note(Schedule, "schedule-malformed"):
            before, last = len(self.bad), self.schedules[-1] if self.schedules else None
            self.say("body-fields", s.version == e.counter(0))
            self.verdict("schedule", s.root, lambda root, floor: s.sitting.verdict(s.note, root, floor, root.office), "acquisition")
            self.each(("schedule-chain", (s.version, s.previous) == ((last.version + 1, last.hash) if last else (1, None))), ("schedule-consultation", not last or not s.unconsulted(last)))
            self.schedules += [s] if len(self.bad) == before else []
    def on_software(self, _, __):
        if (s := self.note(notes.software, "software-malformed")) and self.say("software-root", root := self.root_named(s.root)):
            signed = {k.public for k, _ in s.note.verify([root.office, *root.leads()]) or []}
            self.software += [s] if self.say("software-signature", root.office.public in signed and len(signed) > 1) else []
    def on_access(self, _, b):
        granted = b.act == "granted"
        need((b.until is not None and (b.roles or b.clearance)) if granted else b.person in self.grants)
        self.say("access-clearance", not granted or not b.clearance or len(set(b.by) - {b.person}) > 1)
        self.grants[b.person] = self.grants.get(b.person, []) + [(b.roles, b.clearance, b.until)] if granted else []
    def may_see(self, person, role, cleared, *roles):  # codes for who has not one of the roles, or no clearance
        held = [(set(words), clearance) for words, clearance, until in self.grants.get(person, []) if until >= self.entry.time]
        return not self.grants or self.hold((role, any(words & set(roles) for words, _ in held)), (cleared, any("selected" in clearance for _, clearance in held)))
    def on_request(self, e, b):
        of = {name: next((line[len(name) + 2:] for line in b.draft.split("\n") if line.startswith(name + ": ")), "") for name in ("id", "basis")}
        said = all(part.strip() for part in (b.facts, b.necessity, b.alternatives, b.rights))
        fits = b.expected_share_ppm <= self.value("cap.share-ppm", 1 << 64)
        self.requests[e.leaf] = asked = (b.requester, of["id"] if said and fits else None, b.expected_share_ppm)
        self.each(("decision-requester", self.may_ask(asked)), ("request-incomplete", said), ("request-share", fits))
        self.count(of["basis"], 0)
    def may_ask(self, asked): return not (root := asked and self.root_at(self.entry.last)) or asked[0] in (root.officers or {asked[0]}) and asked[0] not in root.members
    def count(self, basis, what):  # 0 a request, 1 an urgent statement, 2 a decision
        heading = BASES.get(basis)
        if heading is not None and (what != 1 or heading > 2): self.sums.append((self.entry.time, heading, SLOTS[heading] - 1 if what == 2 else what))
    def statement(self, e, kind):
        s = self.note(Statement, f"{kind}-malformed")
        if not s or not self.hold((f"{kind}-malformed", bool(s.urgent) == (kind == "urgent")), ("body-fields", s.hash == e.authority)): return None
        before, asked, schedule = len(self.bad), self.requests.get(s.request), self.schedule_at(e.last)
        self.each(("decision-request", asked and asked[1] == s.id.hex()), ("decision-requester", self.may_ask(asked)), ("decision-twice", new := s.id not in self.ids))
        self.say("decision-time", s.not_after >= e.time)
        self.verdict(kind, s.root, s.verdict, s.kind, **{"sitting": "officers"} if s.urgent else {})
        if s.kind == "measure" and (m := self.measures.get(s.selectors)) and m.level > 1:
            self.say("urgent-officers" if s.urgent else "decision-sitting", s.sitting and s.sitting.all)
        hours = (schedule.count("urgent." + s.kind) or 0) if schedule and s.urgent else 0
        within = not schedule or self.within(s, schedule, asked[2] if asked else 0)
        self.say(f"{kind}-schedule", within and (not s.urgent or hours and self.within_urgent(s, schedule, hours * HOUR)))
        if s.urgent and s.kind == "measure": self.say("urgent-target", self.once(s, e))
        good, waits = len(self.bad) == before, s.kind == "agreement" and self.listed("agreement.sitting", "yes")
        if new:
            self.ids[s.id], urgent = s.hash, Facts(deadline=e.time + hours * HOUR, word=None, lapsed=None) if s.urgent else None
            self.statements[s.hash] = Facts(s=s, index=e.index, time=e.time, good=good, waits=waits, urgent=urgent, revoked=None, words={}, demand=False, rests=None)
        if good: self.count(s.basis, 1 if s.urgent else 2)
        return good and s
    def within(self, s, schedule, share):
        periods = ["agreement"] if s.kind == "agreement" else s.directions
        caps = {"retention.days": s.retention, "cap.match-ppm": s.ppm, "cap.day-records": s.day_records, "cap.share-ppm": share}
        return (all(s.not_after <= add_months(s.not_before, schedule.count("period." + name)) for name in periods)
                and all(found <= schedule.count(name) for name, found in caps.items()))
    def within_urgent(self, s, schedule, lasts):
        month = date_of(self.entry.time).timetuple()[:2]
        others = [d for d in self.statements.values() if d.good and d.urgent and date_of(d.time).timetuple()[:2] == month]
        caps = {"urgent.month": len(others) + 1, "urgent.match-ppm": s.ppm, "urgent.day-records": s.day_records}
        return max(s.not_after - s.not_before, s.not_after - self.entry.time - 60) <= lasts and all(n <= schedule.count(name) for name, n in caps.items())
    def proposed(self, s, index): return m if (m := self.measures.get(s.selectors)) and m.index < index else None
    def once(self, s, e):  # whether an urgent measure is the first of its month against each of its targets
        if not (new := self.proposed(s, e.index)): return False
        month = date_of(e.time).timetuple()[:2]
        others = [d for d in self.statements.values() if d.good and d.urgent and d.s.kind == "measure" and date_of(d.time).timetuple()[:2] == month]
        return not any(notes.meet(one, own) for d in others for own in self.measures[d.s.selectors].spots for one in new.spots)
    def on_proposal(self, e, _):
        if not (m := self.note(Measure, "proposal-malformed")) or not self.say("body-fields", m.revision == e.counter(0)): return
        root = self.root_named(m.root)
        if self.hold(("proposal-root", root), ("proposal-signature", root and m.signed(root))):
            self.measures.setdefault(m.hash, Facts(index=e.index, revision=m.revision, level=m.level, spots=m.spots))
    def on_measure(self, e, b):
        need(b.step == e.counter(0))
        d = (d := self.known(e.authority, True)) and d.s.kind == "measure" and d
        m = d and self.proposed(d.s, d.index)
        named = d and (b.actuator in d.s.sensors if b.actuator is not None else b.act not in ("dispatch", "effect"))
        if not self.hold(("measure-authority", d), ("measure-text", m and m.revision == b.revision and d.s.selectors == b.measure), ("measure-actuator", named),
                         ("measure-barred", b.act != "dispatch" or self.barred(e.authority, b.actuator) is None)) or b.actuator is None: return
        of = (e.authority, b.actuator)
        if b.act == "dispatch":
            last, self.steps[of] = self.steps.get(of, 0), max(self.steps.get(of, 0), b.step)
            self.sent.add((of, b.step))
            self.say("measure-sequence", b.step > last)
        elif b.act in ("effect", "safety"): self.say("measure-sequence", (of, b.step) in self.sent)
    def on_decision(self, e, _):
        if s := self.statement(e, "decision"): self.closed.add(s.request)
    def on_urgent(self, e, _): self.statement(e, "urgent")
    def on_activation(self, e, _):
        one = self.note(notes.lease, "lease-malformed")
        if not one or not self.say("body-fields", one.not_after == e.counter(0)): return
        decided = self.known(one.statement, True)
        s, root = decided and decided.s, self.root_named(one.root) or (self.root_at(e.last) if decided and decided.s.root == one.root else None)
        of = s and s.id == one.authority and one.sensor in s.sensors and s.leased and (s.kind != "measure" or self.proposed(s, decided.index)) and e.authority == one.statement
        if self.hold(("lease-unsigned", root and one.note.verify([root.lease_key])), ("lease-statement", of), ("lease-early", of and one.tree_size > decided.index),
                     ("lease-ahead", one.tree_size <= e.index), ("lease-time", 0 <= one.not_after - one.issued <= DAY and one.issued <= e.last + LATE),
                     ("lease-twice", one.id not in self.leases)):
            self.leases[one.id] = one
    def on_ruling(self, e, _):
        if not (r := self.note(Ruling, "ruling-malformed")): return
        before, decided = len(self.bad), self.known(r.about) if r.what in ("authority", "urgent") else None
        self.verdict("ruling", r.root, lambda root, floor: r.sitting.verdict(r.note, root, floor), r.kind)
        self.each(("ruling-request", r.request == NONE or r.request in self.requests), ("ruling-about", self.rulable(r, e)), ("ruling-twice", r.id not in self.rulings))
        if len(self.bad) > before: return
        self.rulings.add(r.id)
        self.closed |= {r.request, r.about} if r.what == "request" else {r.request}
        if r.what == "urgent": decided.urgent.word = (r.outcome, e.last)
        elif r.what == "bucket": self.keeps[r.about] = r.days
        elif r.what == "record": self.shows[e.index] = (r.about, r.sitting.yes + r.sitting.no)
        elif r.what == "authority": decided.waits, decided.revoked = (False, decided.revoked) if r.outcome == "approved" else (decided.waits, e.last)
    def rulable(self, r, e):
        if r.what == "request": return r.about in self.requests and r.about not in self.closed
        if r.what == "bucket": return (b := self.buckets.get(r.about)) and b.written and not b.deleted and r.days > self.keep(r.about)
        if r.what == "record": return (found := self.covering(*record(r.about[0]))) and found[2] == r.about[1]
        if not (decided := self.known(r.about, True)): return False
        if r.what == "authority": return decided.s.kind == "agreement" if r.outcome == "approved" else decided.revoked is None
        return (u := decided.urgent) and not u.word and u.lapsed is None and r.kind == decided.s.kind and e.time <= u.deadline + HOUR
    def on_suspension(self, e, _):
        if not (s := self.note(notes.suspension, "suspension-malformed")): return
        before, root, decided = len(self.bad), self.root_named(s.root), self.known(s.authority, True)
        self.each(("body-fields", s.serial == e.counter(0)), ("suspension-root", root))
        party = decided and decided.s.suspend_key
        if self.say("suspension-about", decided and (s.by != "party" or party)) and root:
            self.say("suspension-signature", s.note.verify({"commission": root.leads(), "office": [root.office], "party": [party]}[s.by]))
        if decided and self.say("suspension-serial", s.serial == decided.words.get(s.by, (0, 0))[0] + 1) and len(self.bad) == before:
            decided.words[s.by] = (s.serial, s.act == "suspend")
            decided.demand &= s.by != "commission" or s.act == "suspend"
            self.settle(decided)
    def settle(self, decided):
        rests = decided.demand or any(word for _, word in decided.words.values())
        decided.rests = (decided.rests or self.entry.last) if rests else None
    def end(self, d):
        ends = [d.s.not_after, d.revoked]
        if d.urgent and (not d.urgent.word or d.urgent.word[0] == "refused"): ends += [d.urgent.deadline, d.urgent.word and d.urgent.word[1], d.urgent.lapsed]
        return min(end for end in ends if end is not None)
    def given(self, statement, sensor): return [one for one in self.leases.values() if (one.statement, one.sensor) == (statement, sensor)]
    def barred(self, statement, sensor, lease=None):
        e, d = self.entry, self.known(statement, True)
        if not d or d.waits: return "run-authority" if d else None
        leased = any(one.issued <= e.last and e.time <= one.not_after + LATE for one in self.given(statement, sensor) if lease in (None, one.id))
        if not leased or d.s.not_before > e.last or e.time > self.end(d) + LATE: return "run-time"
        return "run-suspended" if d.rests is not None and e.time > d.rests + LATE else None
    def on_lapse(self, e, b):
        need(len(b.destroyed) == e.counter(0))
        u = (d := self.known(b.urgent)) and d.urgent
        could = u and u.lapsed is None and all(of[0] == b.urgent for of in b.destroyed)
        silent, refused = could and not u.word and e.time > u.deadline, could and u.word and u.word[0] == "refused"
        if self.say("lapse-urgent", silent if b.reason == "silence" else refused):
            u.lapsed = e.last
            for state in filter(None, map(self.buckets.get, b.destroyed)): state.lapsed = e.time if state.lapsed is None else state.lapsed
    def on_question(self, e, b):
        if self.say("reference", b.request in self.requests): self.waiting[e.index] = e.kind
    def on_answer(self, e, b):
        if self.say("reference", b.request in self.requests): self.on_reply(e, b, "question")
    def on_reply(self, e, _, *kinds):
        waits = self.waiting.get(e.counter(0)) in (kinds or ("notice", "demand", "recommendation"))
        if self.say("reference", waits and e.counter(0) not in self.answered): self.answered.add(e.counter(0))
    def on_notice(self, e, b):
        need(b.stop is None or e.kind == "demand")
        self.waiting[e.index] = e.kind
        if b.stop is not None and self.say("reference", stop := self.known(b.stop, True)):
            stop.demand = True
            self.settle(stop)
        about = self.known(bytes.fromhex(b.about)) if re.fullmatch("[0-9a-f]{32}", b.about or "") else None
        if not about or about.s.kind != "measure": self.sums.append((e.time, 4, ["notice", "demand", "recommendation"].index(e.kind)))
        elif e.kind == "recommendation" and about.s.basis in ("police-6-2", "sdf-81-3"): self.sums.append((e.time, BASES[about.s.basis] + 1, 0))
    on_demand = on_recommendation = on_notice
    def on_inspection(self, e, b):
        need((b.act != "opened" or b.subject.strip()) and (b.act != "finding" or b.text.strip()))
        if self.say("reference", self.inspections.get(b.inspection) == (None if b.act == "opened" else True)):
            self.inspections[b.inspection] = b.act != "closed"
            self.sums += [] if b.act == "closed" else [(e.time, 3, 0 if b.act == "opened" else 1)]
    def on_report(self, e, b):
        found = [[0] * slots for slots in SLOTS]
        if 1970 <= b.year <= 9999:
            first, last = (read_day(f"{b.year}-{day}") * DAY - 9 * HOUR for day in ("01-01", "12-31"))
            for time, heading, slot in self.sums: found[heading][slot] += first <= time < last + DAY
        self.say("report-counters", b.headings == found and e.counters == [b.year] + [sum(numbers) for numbers in found])
    def on_misuse(self, e, b): need(b.entries and max(b.entries) < e.index)
    def on_start(self, e, b):
        if not self.say("run-start", e.stream not in self.runs): return
        run = self.runs[e.stream] = Facts(index=e.index, sensor=b.sensor if b else self.who or "", statement=e.authority, admitted=False, windows=0, held=0, end=None,
                                          told=None, sums=[0] * 4, records=0, broken=None, fault=None, stopped=False, explained=False)
        self.say("run-seal", e.counter(1) == 1)
        if b is None: return
        d, one, root, barred = self.known(e.authority, True), self.leases.get(b.lease_id), self.root_at(e.last), self.barred(e.authority, b.sensor, b.lease_id)
        fits = d and (d.s.id, d.s.hash) == (b.authority, b.statement_sha256) and d.s.runs and d.s.flow_bytes >= 176 and b.sensor in d.s.sensors
        run.admitted = self.hold(
            ("run-authority", fits and self.who in (None, b.sensor)), ("run-pack", d and d.s.selectors == b.pack_sha256), ("run-authority", d and d.s.ppm == b.limits),
            ("run-lease", one and (one.statement, one.sensor) == (e.authority, b.sensor)), (barred, barred is None),
            ("run-time", e.last >= (root.not_before if root else 0) and b.started <= e.last))
        begun = [release.sha256 for release in self.software if release.not_before <= e.last]
        self.say("run-software", not begun or b.software_sha256 in begun)
        in_force = [s and s.hash for s in map(self.schedule_at, (e.last, e.time))]
        self.say("run-schedule", in_force[0] is None or b.schedule_sha256 is not None and b.schedule_sha256 in in_force)
    def going(self, e):
        if self.say("run-start", run := self.runs.get(e.stream)):
            self.each(("run-after-stop", not run.stopped), ("run-authority", run.statement == e.authority))
        return run
    def on_receipt(self, e, b):
        if not (run := self.going(e)): return
        barred = self.barred(run.statement, run.sensor) if run.admitted else None
        self.say(barred, barred is None)
        if b is None: return
        w, n = Facts(**b.window), b.window["records"]
        discarded, errors = w.domestic + w.not_ip + w.direction + w.not_selected + w.shed, w.link + w.truncated + w.malformed + w.record
        need(e.counters == [w.index, w.start_ms, w.end_ms, w.held_before, w.read, w.selected, discarded, errors, w.held_after, n, w.events, w.flows_closed, w.flows_selected])
        need((b.records, b.identifiers) == (n, w.identifiers) and (b.commitment is None) == (n == 0) and (b.identifiers_commitment is None) == (w.identifiers == 0))
        need(n or not w.identifiers)
        self.each(("conservation", w.held_before + w.read == w.selected + discarded + errors + w.held_after), ("receipt-records", n == w.flows_selected <= w.flows_closed))
        if n: self.committed.setdefault(e.stream, []).append((run.records, n, b.bucket, b.commitment))
        self.hold(("receipt-missing", w.index == run.windows), ("receipt-held", w.held_before == run.held))
        explained = run.told is not None and w.start_ms <= run.told
        self.say("receipt-time", w.start_ms <= w.end_ms and (run.end in (None, w.start_ms) or explained))
        self.say("receipt-records", b.first_record == (f"{e.stream.hex()}-{run.records}" if n else None))
        run.windows, run.held, run.end, run.records = w.index + 1, w.held_after, w.end_ms, run.records + n
        run.sums = [a + b for a, b in zip(run.sums, (w.read, w.selected, discarded, errors))]
        self.windows.setdefault(run.sensor, []).append((w.start_ms, w.end_ms, w.read))
        if not (d := self.known(run.statement)): return
        self.say("receipt-bucket", b.bucket[:2] == (d.s.id, run.sensor) and b.bucket[2] in ((e.time - LATE) // DAY, e.time // DAY))
        of_day = self.day_records[run.statement, run.sensor, b.bucket[2]] = self.day_records.get((run.statement, run.sensor, b.bucket[2]), 0) + n
        share = run.sums[0] >= 10_000 and run.sums[1] * 1_000_000 > d.s.ppm * run.sums[0]
        run.broken = e.index if run.broken is None and (of_day > d.s.day_records or share) else run.broken
        if self.has_sensor(b.bucket):
            state = self.bucket(b.bucket)
            self.say("deletion-revived", not state.deleted or not n)
            state.records, state.written, state.place = state.records + n, True, e.index
    def bucket(self, of): return self.buckets.setdefault(of, Facts(records=0, deleted=False, written=False, lapsed=None, place=None))
    def covering(self, stream, number):  # place of a record in its window, the window's records, bucket and commitment
        return next(((number - first, n, *rest) for first, n, *rest in self.committed.get(stream, []) if first <= number < first + n), None)
    def on_stop(self, e, _):
        if run := self.going(e):
            self.each(("body-fields", e.counter(0) in (0, 1, 2, 3, 4, 5, 100)), ("run-totals", e.counters[1:] == [run.windows, *run.sums]))
            self.each(("run-fault", e.counter(0) != 100 or run.fault), ("run-held", e.counter(0) == 100 or run.held == 0))
            run.stopped = True
    def on_gap(self, e, b):
        self.say("body-fields", e.counter(0) <= e.counter(1))
        if run := self.runs.get(e.stream): run.told = max(run.told or 0, e.counter(1))
        self.explain(b.reason)
    def on_fault(self, e, b):
        if run := self.runs.get(e.stream): run.fault = "cap" if b.kind.startswith("cap-") or run.fault == "cap" else "other"
        self.explain(f"{b.kind} {b.detail}")
    def explain(self, words):
        for word in re.findall("[0-9A-Fa-f]+", words):
            run = self.runs.get(bytes.fromhex(word)) if re.fullmatch("[0-9a-f]{16}", word) and word != self.entry.stream.hex() else None
            if run and run.sensor == self.who: run.explained = True
    def on_refusal(self, e, b): self.say("refusal-fields", b.code == e.counter(0) and self.who in (None, b.sensor))
    def on_effective(self, e, b):
        need(b.state == e.counter(0))
        one = self.leases.get(b.lease_id)
        same = one and (one.sensor, one.statement, one.not_after, one.tree_size) == (b.sensor, e.authority, e.counter(1), e.counter(2))
        self.say("run-effective", same and self.who in (None, b.sensor))
    def on_carrier(self, e, b):
        need(e.counter(0) < e.counter(1))
        if self.say("entry-signer", self.who in (None, b.sensor)):
            self.carriers.append((e.index, b.sensor, *(e.counter(at) for at in range(3)), self.value("carrier.tolerance-ppm", 0)))
    def on_attestation(self, e, _):
        root, found = self.root_at(e.last), self.note(notes.attestation, "attestation")
        if found and self.hold(("attestation", root and found.note.verify([root.holder])),
                               ("attestation", self.has_sensor(found.bucket) if len(found.bucket) > 1 else self.known(found.bucket[0]))) and len(found.bucket) > 1:
            self.attested[e.leaf] = self.attested_at[e.index] = found.bucket
    def keep(self, of): return self.keeps.get(of) or self.known(of[0]).s.retention
    def due(self, of): return min((of[2] + self.keep(of)) * DAY, 1 << 64 if self.buckets[of].lapsed is None else self.buckets[of].lapsed) + DAY
    def over(self, of): return (b := self.buckets.get(of)) and (b.deleted or b.lapsed is not None) or self.entry.time >= (of[2] + self.keep(of)) * DAY
    def on_deletion(self, e, b):
        need(e.counters == [b.objects, b.records])
        if self.say("deletion-unknown", self.has_sensor(b.bucket)):
            state = self.bucket(b.bucket)
            self.each(("deletion-unattested", self.attested.get(b.commission_attestation) == b.bucket), ("deletion-records", state.records == b.records))
            self.say("deletion-late", e.time <= self.due(b.bucket))
            state.deleted = True
    def written(self, named): return all(of in self.buckets and self.buckets[of].written for of in named)
    def on_purge(self, e, b):
        need(len(b.buckets) == e.counter(0))
        self.say("reference", self.written(b.buckets))
        self.purged.update(b.buckets)
    def on_challenge(self, e, b):
        need((found := self.covering(*b.record)) and found[2] == b.bucket)
        self.challenges[e.index] = (b.bucket, b.record)
    def on_response(self, e, b):
        opened = e.counter(1) == 1
        need(e.counter(1) < 2 and b.outcome == ("opened" if opened else "gone") and opened == (b.leaf is not None) and (opened or not b.path))
        if not self.say("challenge-answer", self.challenges.get(e.counter(0)) == (b.bucket, b.record) and e.counter(0) not in self.answered): return
        self.answered.add(e.counter(0))
        at, size, _, root = self.covering(*b.record)
        gone = not opened and isinstance(b.share, int) and self.attested_at.get(b.share) == b.bucket
        self.say("challenge-answer", gone or opened and not (b.bucket in self.buckets and self.buckets[b.bucket].deleted) and included(leaf_hash(b.leaf), at, size, b.path, root))
    def on_query(self, e, b):
        closes = len(e.counters) > 2
        if b is not None and self.say("body-fields", b.rows == e.counter(0)):
            of, full = self.known(e.authority), b.actor.strip() and b.purpose.strip() and b.case.strip()
            same = of and of.s.id == b.authority and all(named[0] == b.authority for named in b.buckets)
            self.say("query-fields", full and same and (closes or len(b.buckets) == e.counter(1)))
            if not closes:
                self.may_see(b.actor, "query-actor", "query-clearance", "analyst")
                self.each(("query-ended", not same or not any(map(self.over, b.buckets))), ("query-budget", self.rows.get((b.actor, e.time // DAY), 0) < self.value("budget.rows", 1 << 64)))
                self.actors[e.index] = b.actor
        if not closes:
            self.each(("body-form", self.raw is not None), ("query-unopened", e.counter(0) == 0))
            self.queries[e.index] = (e.stream, e.authority)
        elif self.say("query-unopened", self.queries.get(e.counter(2)) == (e.stream, e.authority)):
            del self.queries[e.counter(2)]
            day = (self.actors.pop(e.counter(2), None), e.time // DAY)
            self.rows[day] = self.rows.get(day, 0) + e.counter(0)
    def on_finding(self, e, _): self.say("finding-records", e.counter(0) <= 1000)
    def on_export(self, e, b):
        day, said = (b.actor, e.time // DAY), all(part.strip() for part in (b.actor, b.purpose, b.case, getattr(b, "class"), b.recipient, b.mark))
        self.each(("export-fields", said and b.buckets and self.written(b.buckets)), ("export-recipient", self.listed("release.recipients", b.recipient)))
        self.say("export-purged", not self.purged & set(b.buckets))
        self.may_see(b.actor, "export-actor", "export-clearance", "analyst")
        self.say("export-budget", self.exports.get(day, 0) < self.value("budget.exports", 1 << 64))
        self.exports[day] = self.exports.get(day, 0) + 1
    def on_reidentification(self, e, b):
        what, voters = self.shows.get(e.counter(0), (None, []))
        if self.say("reidentification-ruling", what == (b.record, b.bucket, b.field)):
            self.each(("reidentification-twice", e.counter(0) not in self.used), ("reidentification-actor", b.actor not in voters))
            self.may_see(b.actor, *["reidentification-role"] * 2, "analyst", "supervisor")
            self.used.add(e.counter(0))
    def on_release(self, e, b):
        gone = b.outcome == "released"
        whole = b.basis.strip() and b.rights.strip() and b.class_from and b.recipients and all(len(set(of)) == len(of) for of in (b.class_from, b.recipients))
        self.say("release-fields", (e.counter(0) == 0) == gone == (b.product_sha256 is not None) and e.counter(1) == len(b.recipients) and (whole or not gone))
        if not gone: return
        asked = [(GIVEN.get((b.class_to, kind)), who) for kind, who in b.recipients]
        self.say("release-class", all(leads(one, b.class_to) for one in b.class_from) and all(words is not None for words, _ in asked))
        held = {(kind, who) for kind, who, begin, end in b.conditions if begin <= e.last and end >= e.time} | ({("*", "-")} if b.transforms else set())
        self.say("release-condition", all({(word, who), (word, "-")} & held for words, who in asked for word in (words or "").split()))
        loosest = 0 if b.class_to == "public-notice" else 3 if any(of == b.class_to for of, _ in GIVEN) else 4
        self.say("release-tlp", b.tlp >= loosest and (b.tlp == 0 or all(kind != "public" for kind, _ in b.recipients)))
    def finish(self, now):  # what has to have happened by now
        if not self.found and (self.pinned or not self.roots): self.bad.append(("trust-root-other" if self.pinned else "trust-root-missing", None))
        late = 0 if now is None else now
        for d in self.statements.values():
            if d.urgent and d.good and not d.urgent.word and (late if d.urgent.lapsed is None else d.urgent.lapsed - 59) > d.urgent.deadline + HOUR:
                self.bad.append(("urgent-undecided", d.index))
        for index, sensor, start, end, packets, tolerance in self.carriers:
            at, read = start, 0
            for begin, until, count in sorted(w for w in self.windows.get(sensor, []) if w[0] < end and start < w[1]):
                at, read = (until, read + count) if begin == at else (None, 0)
            self.bad += [("carrier-differs", index)] if at == end and abs(read - packets) * 1_000_000 > tolerance * packets else []
        for run in self.runs.values():
            self.bad += [("cap-exceeded", run.broken)] if run.broken is not None and run.fault != "cap" else []
            ends = [one.not_after for one in self.given(run.statement, run.sensor)]
            going = now is not None and run.admitted and now <= min(self.end(self.known(run.statement)), max(ends, default=0)) + LATE
            self.bad += [] if run.stopped or run.fault or run.explained or going else [("run-open", run.index)]
        self.bad += [("query-open", index) for index in self.queries]
        self.bad += [("deletion-missing", state.place) for of, state in self.buckets.items() if not state.deleted and late > self.due(of)]
    def covered(self, cosigned):  # no entry is ahead of the cosignature that covers it
        self.bad += [("entry-time", index) for time, index in self.highs if time > cosigned + LATE][:1]
