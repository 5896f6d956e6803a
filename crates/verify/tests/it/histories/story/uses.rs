//! What is done with what was selected, and what the commission does about it. In: a story with its runs. Out: queries, exports, challenges, rulings, inspections, letters, deletions, the
//! report. Never: an act that the rules would not have.

use super::{Covered, DAY, Granted, NONE, Story, day_of, path, stream};
use crate::histories::world::{Act, hex, kind};
use sakimori_tlog::merkle::{Hash, leaf_hash};
use serde_json::json;

impl Story {
    /// Queries, exports, findings, purge lists, challenges.
    pub(super) fn uses(&mut self, granted: &[Granted]) {
        for one in granted {
            let own: Vec<String> = self
                .buckets
                .iter()
                .map(|(name, ..)| name.clone())
                .filter(|name| name.starts_with(&hex(&one.id)))
                .collect();
            for _ in 0..self.world.rng.below(3) {
                self.world.wait(3);
                self.query(one, &own);
            }
            if let Some(bucket) = own.first().cloned()
                && self.world.rng.of_100(30)
            {
                self.finding(one, &bucket);
            }
            if self.schedule.is_some() && !own.is_empty() && self.world.rng.of_100(40) {
                let body = json!({
                    "actor": "a.sato", "purpose": "prevent damage", "case": "case-7", "class": "selected",
                    "recipient": "npa", "mark": "mark-1", "sha256": "ab".repeat(32), "buckets": own,
                });
                self.office(kind::EXPORT, one.hash, &[7, 700], &body);
                if self.world.rng.of_100(50) {
                    self.office(
                        kind::PURGE,
                        NONE,
                        &[1],
                        &json!({"buckets": [own[0]], "reason": "no longer needed"}),
                    );
                }
            }
        }
        if self.world.rng.of_100(25) {
            let last = self.world.made.len() as u64 - 1;
            let body = json!({"rule": "off-hours", "actor": "a.sato", "case": "misuse-1", "entries": [last], "evidence": "cd".repeat(32)});
            self.office(kind::MISUSE, NONE, &[1], &body);
        }
    }

    fn query(&mut self, one: &Granted, own: &[String]) {
        let mut body = json!({
            "actor": "a.sato", "purpose": "look at the beacon", "case": "case-7", "authority": hex(&one.id), "kind": "pair", "buckets": own, "rows": 0, "outcome": "opened",
        });
        let opened = self.office(kind::QUERY, one.hash, &[0, own.len() as u64], &body);
        let rows = self.world.rng.below(40);
        (body["rows"], body["outcome"]) = (rows.into(), "answered".into());
        let act = Act {
            kind: kind::QUERY,
            stream: stream::OFFICE,
            who: Some("office".to_owned()),
            time: self.world.now / 60 * 60,
            authority: one.hash,
            counters: vec![rows, own.len() as u64, opened.index],
            body: body.to_string().into_bytes(),
            sealed: own.first().cloned(),
        };
        self.world.act(act);
    }

    fn finding(&mut self, one: &Granted, bucket: &str) {
        let act = Act {
            kind: kind::FINDING,
            stream: stream::OFFICE,
            who: Some("office".to_owned()),
            time: self.world.now / 60 * 60,
            authority: one.hash,
            counters: vec![800, 3],
            body: b"a finding".to_vec(),
            sealed: Some(bucket.to_owned()),
        };
        self.world.act(act);
    }

    pub(super) fn rulings(&mut self, granted: &[Granted]) {
        let covered = self
            .covered
            .iter()
            .filter(|covered| {
                granted
                    .iter()
                    .any(|one| covered.bucket.starts_with(&hex(&one.id)))
            })
            .collect::<Vec<_>>();
        let covered = covered.first().map(|covered| (*covered).clone());
        if let Some(covered) = &covered
            && self.world.rng.of_100(50)
        {
            self.challenge(covered);
        }
        if let Some(Covered {
            stream,
            first,
            bucket,
            ..
        }) = &covered
            && self.world.rng.of_100(40)
        {
            let record = format!("{}-{first}", hex(&[*stream; 8]));
            let ruling = self.rule(
                "reidentification",
                &format!("record {record} {bucket}"),
                "reidentify user",
            );
            self.world.wait(2);
            let body =
                json!({"actor": "a.sato", "bucket": bucket, "record": record, "field": "user"});
            let of = granted
                .iter()
                .find(|one| bucket.starts_with(&hex(&one.id)))
                .map_or(NONE, |one| one.hash);
            self.office(kind::REIDENTIFICATION, of, &[ruling.index], &body);
        }
        if let Some(Covered { bucket, .. }) = &covered
            && self.world.rng.of_100(30)
        {
            self.rule("acquisition", &format!("bucket {bucket}"), "keep 9");
            self.buckets
                .iter_mut()
                .filter(|(name, ..)| name == bucket)
                .for_each(|known| known.2 = 9);
        }
        if self.world.rng.of_100(20) {
            let (lines, _) = self.sitting();
            let (_, leaf) = self.request("acquisition", "act42-32", lines);
            self.rule("acquisition", &format!("request {}", hex(&leaf)), "refused");
        }
        if let Some(one) = granted.first()
            && self.world.rng.of_100(20)
        {
            self.rule(
                "acquisition",
                &format!("authority {}", hex(&one.id)),
                "revoked",
            );
        }
    }

    fn challenge(&mut self, covered: &Covered) {
        self.world.wait(2);
        let place = self.world.rng.below(covered.leaves.len() as u64) as usize;
        let record = format!(
            "{}-{}",
            hex(&[covered.stream; 8]),
            covered.first + place as u64
        );
        let asked = self.secretariat(
            kind::CHALLENGE,
            &[self.world.now],
            &json!({"bucket": covered.bucket, "record": record, "nonce": "11".repeat(32)}),
        );
        let hashes: Vec<Hash> = covered.leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        let path: Vec<String> = path(&hashes, place).iter().map(|hash| hex(hash)).collect();
        let body = json!({"bucket": covered.bucket, "record": record, "outcome": "opened", "leaf": hex(&covered.leaves[place]), "path": path, "share": null});
        self.office(kind::RESPONSE, NONE, &[asked.index, 1], &body);
    }

    /// Inspections and letters.
    pub(super) fn oversight(&mut self, granted: &[Granted]) {
        if self.world.rng.of_100(40) {
            for act in ["opened", "finding", "closed"] {
                self.world.wait(8);
                let body = json!({"inspection": "i-1", "act": act, "inspector": "m5", "subject": "logs", "text": "as seen"});
                self.secretariat(kind::INSPECTION, &[], &body);
                match act {
                    "opened" => self.count(3, 0),
                    "finding" => self.count(3, 1),
                    _ => {}
                }
            }
        }
        for (slot, of) in [kind::NOTICE, kind::DEMAND, kind::RECOMMENDATION]
            .into_iter()
            .enumerate()
        {
            if !self.world.rng.of_100(30) {
                continue;
            }
            self.world.wait(5);
            let stop = granted
                .last()
                .filter(|_| of == kind::DEMAND)
                .map(|one| hex(&one.id));
            let body = json!({"id": format!("l-{slot}"), "to": "office", "subject": "logs", "text": "keep them", "about": null, "stop": stop});
            let left = self.secretariat(of, &[self.world.now + 30 * DAY], &body);
            self.count(4, slot);
            if self.world.rng.of_100(60) {
                self.world.wait(6);
                let body = json!({"from": "office", "text": "done"})
                    .to_string()
                    .into_bytes();
                self.put(
                    kind::REPLY,
                    stream::ANSWERS,
                    Some("office"),
                    NONE,
                    &[left.index],
                    body,
                );
            }
        }
    }

    /// Buckets expire and are destroyed; what is left is looked at once more.
    pub(super) fn ends(&mut self, granted: &[Granted]) {
        if self.world.rng.of_100(40) {
            return;
        }
        let mut due: Vec<(u64, String)> = self
            .buckets
            .iter()
            .map(|(name, _, keep)| (day_of(name) + keep * DAY, name.clone()))
            .collect();
        due.sort();
        for (end, bucket) in due {
            self.world.now = self.world.now.max(end) + 60;
            self.destroy(&bucket);
            let now = self.world.now;
            for one in granted {
                let kept = |known: &&(String, u64, u64)| {
                    known.0.starts_with(&hex(&one.id)) && now < day_of(&known.0) + known.2 * DAY
                };
                let left = self.buckets.iter().filter(kept);
                let left: Vec<String> = left.map(|(name, ..)| name.clone()).collect();
                if !left.is_empty() && self.world.rng.of_100(40) {
                    self.query(one, &left);
                }
            }
        }
    }

    pub(super) fn report(&mut self) {
        self.world.wait(30);
        let mut headings: Vec<Vec<u64>> = [2usize, 2, 2, 2, 3, 3, 1, 3, 1]
            .iter()
            .map(|slots| vec![0; *slots])
            .collect();
        for (_, heading, slot) in &self.counts {
            headings[*heading][*slot] += 1;
        }
        let sums = headings.iter().map(|numbers| numbers.iter().sum::<u64>());
        let counters: Vec<u64> = [2027].into_iter().chain(sums).collect();
        let body = json!({"year": 2027, "sha256": "ef".repeat(32), "headings": headings});
        self.secretariat(kind::REPORT, &counters, &body);
    }
}
