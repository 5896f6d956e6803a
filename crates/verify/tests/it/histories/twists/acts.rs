//! Ways in which runs, uses and letters can be otherwise.

use super::{Way, act};
use serde_json::json;

pub(super) fn runs() -> Vec<Way> {
    vec![
        act("a run is of another pack", &[20], |act, _| {
            act.json(|body| body["pack_sha256"] = json!("5".repeat(64)));
        }),
        act("a run is under another lease", &[20], |act, _| {
            act.json(|body| body["lease_id"] = json!("5".repeat(32)));
        }),
        act("a run is of another sensor", &[20], |act, _| {
            act.json(|body| body["sensor"] = json!("s-09"));
        }),
        act("a run has another limit", &[20], |act, _| {
            act.json(|body| body["limits"] = json!(7));
        }),
        act("a run names other software", &[20], |act, _| {
            act.json(|body| body["software_sha256"] = json!("5".repeat(64)));
        }),
        act("a run names another schedule", &[20], |act, _| {
            act.json(|body| body["schedule_sha256"] = json!("5".repeat(64)));
        }),
        act("a run names no schedule", &[20], |act, _| {
            act.json(|body| body["schedule_sha256"] = json!(""));
        }),
        act("a run names no software", &[20], |act, _| {
            act.json(|body| body["software_sha256"] = json!(""));
        }),
        act("a run started tomorrow", &[20], |act, _| {
            act.json(|body| body["started"] = json!("2027-04-09T00:00:00Z"));
        }),
        act("a run is not sealed", &[20], |act, _| act.counters[1] = 0),
        act("a start is three hours later", &[20], |act, _| {
            act.time += 10_800;
        }),
        act("a receipt is three hours later", &[22], |act, _| {
            act.time += 10_800;
        }),
        act("packets vanish in a receipt", &[22], |act, _| {
            act.counters[6] -= 1;
            act.json(|body| {
                body["window"]["domestic"] =
                    json!(body["window"]["domestic"].as_u64().unwrap() - 1);
            });
        }),
        act("a receipt holds other packets before", &[22], |act, _| {
            act.counters[3] += 1;
            act.counters[6] += 1;
            act.json(|body| {
                for name in ["held_before", "domestic"] {
                    body["window"][name] = json!(body["window"][name].as_u64().unwrap() + 1);
                }
            });
        }),
        act("a receipt is of another window", &[22], |act, _| {
            act.counters[0] += 1;
            act.json(|body| {
                body["window"]["index"] = json!(body["window"]["index"].as_u64().unwrap() + 1);
            });
        }),
        act("a receipt begins elsewhere", &[22], |act, _| {
            act.counters[1] += 500;
            act.json(|body| {
                body["window"]["start_ms"] =
                    json!(body["window"]["start_ms"].as_u64().unwrap() + 500);
            });
        }),
        act("a receipt ends elsewhere", &[22], |act, _| {
            act.counters[2] += 500;
            act.json(|body| {
                body["window"]["end_ms"] = json!(body["window"]["end_ms"].as_u64().unwrap() + 500);
            });
        }),
        act("a receipt numbers its records anew", &[22], |act, _| {
            act.json(|body| body["first_record"] = json!(format!("{}-77", "10".repeat(8))));
        }),
        act("a receipt commits to nothing", &[22], |act, _| {
            act.json(|body| body["commitment"] = json!(""));
        }),
        act("a receipt commits to something else", &[22], |act, _| {
            act.replace("\"commitment\":\"", "\"commitment\":\"00");
        }),
        act(
            "a receipt has identifiers and no commitment",
            &[22],
            |act, _| {
                act.json(|body| {
                    body["identifiers"] = json!(1);
                    body["window"]["identifiers"] = json!(1);
                });
            },
        ),
        act("a receipt is of another bucket", &[22], |act, _| {
            act.json(|body| {
                body["bucket"] = json!(
                    body["bucket"]
                        .as_str()
                        .unwrap()
                        .replace("2027-04-0", "2027-05-0")
                );
            });
        }),
        act(
            "a receipt is of another sensor's bucket",
            &[22],
            |act, _| {
                act.json(|body| {
                    body["bucket"] =
                        json!(body["bucket"].as_str().unwrap().replace("/s-0", "/s-1"));
                });
            },
        ),
        act("a receipt exceeds the day's cap", &[22], |act, _| {
            act.counters[9] = 5000;
            act.counters[11] = 5007;
            act.counters[12] = 5000;
            act.json(|body| {
                for (name, value) in [
                    ("records", 5000),
                    ("flows_selected", 5000),
                    ("flows_closed", 5007),
                ] {
                    body["window"][name] = json!(value);
                }
                body["records"] = json!(5000);
                body["commitment"] = json!("ab".repeat(32));
            });
        }),
        act("a stop tells of other packets", &[21], |act, _| {
            act.counters[2] += 5;
        }),
        act("a stop has no such status", &[21], |act, _| {
            act.counters[0] = 9;
        }),
        act("a stop failed and no fault was told", &[21], |act, _| {
            act.counters[0] = 100;
        }),
        act("a fault names another run", &[24], |act, _| {
            act.replace("run ", "run 0");
        }),
        act("a gap ends before it begins", &[23], |act, _| {
            act.counters.swap(0, 1);
        }),
        act("a sensor tells of another lease", &[26], |act, _| {
            act.json(|body| body["lease_id"] = json!("5".repeat(32)));
        }),
        act("a sensor tells of another state", &[26], |act, _| {
            act.json(|body| body["state"] = json!("resting"));
        }),
        act("a sensor tells of a longer lease", &[26], |act, _| {
            act.counters[1] += 60;
        }),
        act("the carrier counts twice as much", &[27], |act, _| {
            act.counters[2] = act.counters[2] * 2 + 1;
        }),
        act("the carrier counts for another sensor", &[27], |act, _| {
            act.json(|body| body["sensor"] = json!("s-02"));
        }),
        act("the carrier counts a minute more", &[27], |act, _| {
            act.counters[1] += 60_000;
        }),
        act("a refusal is of another sensor", &[25], |act, _| {
            act.json(|body| body["sensor"] = json!("s-01"));
        }),
    ]
}

pub(super) fn uses() -> Vec<Way> {
    vec![
        act("a query has no purpose", &[40], |act, _| {
            act.json(|body| body["purpose"] = json!(" "));
        }),
        act("a query is by somebody else", &[40], |act, _| {
            act.json(|body| body["actor"] = json!("c.abe"));
        }),
        act("a query is under another authority", &[40], |act, _| {
            act.json(|body| body["authority"] = json!("5".repeat(32)));
        }),
        act(
            "a query looks at the bucket of another authority",
            &[40],
            |act, _| {
                act.json(|body| {
                    body["buckets"] = json!([format!("{}/s-01/2027-04-01", "5".repeat(32))]);
                });
            },
        ),
        act("a query closes another", &[40], |act, _| {
            if let Some(opened) = act.counters.get_mut(2) {
                *opened = 1;
            } else {
                act.counters[0] = 3;
            }
        }),
        act("a query has other rows than it says", &[40], |act, _| {
            act.counters[0] += 100;
        }),
        act("an export has no mark", &[42], |act, _| {
            act.json(|body| body["mark"] = json!(""));
        }),
        act("an export goes to a stranger", &[42], |act, _| {
            act.json(|body| body["recipient"] = json!("press"));
        }),
        act("an export is by a supervisor", &[42], |act, _| {
            act.json(|body| body["actor"] = json!("b.ito"));
        }),
        act(
            "an export is by somebody without a role",
            &[42],
            |act, _| act.json(|body| body["actor"] = json!("c.abe")),
        ),
        act(
            "an export has a bucket that nobody wrote",
            &[42],
            |act, _| {
                act.json(|body| {
                    body["buckets"] = json!([format!("{}/s-01/2027-04-01", "5".repeat(32))]);
                });
            },
        ),
        act(
            "a purge list has a bucket that nobody wrote",
            &[33],
            |act, _| {
                act.json(|body| {
                    body["buckets"] = json!([format!("{}/s-01/2027-04-01", "5".repeat(32))]);
                });
            },
        ),
        act("who is shown a record voted for it", &[43], |act, _| {
            act.json(|body| body["actor"] = json!("m1"));
        }),
        act("another field is shown", &[43], |act, _| {
            act.json(|body| body["field"] = json!("source-mail"));
        }),
        act("another record is shown", &[43], |act, _| {
            act.json(|body| body["record"] = json!(format!("{}-0", "77".repeat(8))));
        }),
        act("a showing names another ruling", &[43], |act, _| {
            act.counters[0] = 1;
        }),
        act("a member asks", &[10], |act, _| {
            act.json(|body| body["requester"] = json!("m2"));
        }),
        act("a stranger asks", &[10], |act, _| {
            act.json(|body| body["requester"] = json!("x9"));
        }),
        act("a request leaves the necessity open", &[10], |act, _| {
            act.json(|body| body["necessity"] = json!(""));
        }),
        act("a request asks for half of all traffic", &[10], |act, _| {
            act.json(|body| body["expected_share_ppm"] = json!(500_000));
        }),
        act(
            "a request's draft is for another authority",
            &[10],
            |act, _| act.replace("nid: ", "nid: 0"),
        ),
        act("a question is about no request", &[13, 14], |act, _| {
            act.json(|body| body["request"] = json!("5".repeat(64)));
        }),
        act("an answer is to nothing", &[14, 55], |act, _| {
            act.counters[0] = 0;
        }),
        act("nobody is cleared", &[4], |act, _| {
            act.json(|body| body["clearance"] = json!([]));
        }),
        act("a clearance of another class", &[4], |act, _| {
            act.json(|body| body["clearance"] = json!(["integrated"]));
        }),
        act("another role is granted", &[4], |act, _| {
            act.json(|body| body["roles"] = json!(["responder"]));
        }),
        act("who is shown a record has no role", &[43], |act, _| {
            act.json(|body| body["actor"] = json!("c.abe"));
        }),
        act("a clearance by one person", &[4], |act, _| {
            act.json(|body| body["by"] = json!(["d.ono"]));
        }),
        act("a role ended yesterday", &[4], |act, _| {
            act.json(|body| body["until"] = json!("2027-03-31T00:00:00Z"));
        }),
        act("a clearance by oneself", &[4], |act, _| {
            act.json(|body| body["by"] = json!([body["person"].clone(), "d.ono"]));
        }),
        act("a lapse for another reason", &[18], |act, _| {
            act.json(|body| {
                body["reason"] = json!(if body["reason"] == "silence" {
                    "refused"
                } else {
                    "silence"
                });
            });
        }),
        act("a lapse of another act", &[18], |act, _| {
            act.json(|body| body["urgent"] = json!("5".repeat(32)));
        }),
        act("a lapse destroys another's bucket", &[18], |act, _| {
            act.json(|body| {
                body["destroyed"] = json!([format!("{}/s-01/2027-04-01", "5".repeat(32))]);
            });
            act.counters[0] = 1;
        }),
        act("a deletion is of other records", &[30], |act, _| {
            act.counters[1] += 1;
            act.json(|body| body["records"] = json!(body["records"].as_u64().unwrap() + 1));
        }),
        act("a deletion names no attestation", &[30], |act, _| {
            act.json(|body| body["commission_attestation"] = json!("5".repeat(64)));
        }),
        act(
            "a deletion is of a bucket that nobody has",
            &[30],
            |act, _| act.replace("/s-0", "/s-1"),
        ),
        act("a deletion keeps the office's share", &[30], |act, _| {
            act.json(|body| body["office_share"] = json!("kept"));
        }),
        act("a deletion comes two days late", &[30], |act, _| {
            act.time += 2 * 86_400;
        }),
        act(
            "a challenge is about a record that nobody has",
            &[34],
            |act, _| act.json(|body| body["record"] = json!(format!("{}-0", "77".repeat(8)))),
        ),
        act("a response has another leaf", &[35], |act, _| {
            act.json(|body| body["leaf"] = json!("5".repeat(64)));
        }),
        act("a response has a longer path", &[35], |act, _| {
            act.json(|body| {
                body["path"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!("5".repeat(64)));
            });
        }),
        act("a response is to another challenge", &[35], |act, _| {
            act.counters[0] = 0;
        }),
        act(
            "a response says that the record is gone",
            &[35],
            |act, _| {
                act.counters[1] = 0;
                act.json(|body| {
                    body["outcome"] = json!("gone");
                    body["leaf"] = json!("");
                    body["path"] = json!([]);
                    body["share"] = json!(0);
                });
            },
        ),
        act(
            "an inspection finds what was not opened",
            &[50],
            |act, _| act.json(|body| body["inspection"] = json!("i-9")),
        ),
        act("a notice stops an authority", &[52, 54], |act, _| {
            act.json(|body| body["stop"] = json!("5".repeat(32)));
        }),
        act("a demand stops what is not there", &[53], |act, _| {
            act.json(|body| body["stop"] = json!("5".repeat(32)));
        }),
        act("a query is of a bucket of last month", &[40], |act, _| {
            act.replace("/2027-04-0", "/2027-03-0");
        }),
        act("a query is of the first day's bucket", &[40], |act, _| {
            act.json(|body| {
                for bucket in body["buckets"].as_array_mut().into_iter().flatten() {
                    let (before, _) = bucket.as_str().unwrap().rsplit_once('/').unwrap();
                    *bucket = json!(format!("{before}/2027-04-01"));
                }
            });
        }),
        act("a report counts one more", &[60], |act, _| {
            act.counters[1] += 1;
            act.json(|body| {
                body["headings"][0][0] = json!(body["headings"][0][0].as_u64().unwrap() + 1);
            });
        }),
        act("a report is of another year", &[60], |act, _| {
            act.counters[0] = 2026;
            act.json(|body| body["year"] = json!(2026));
        }),
        act(
            "a case of misuse names what comes later",
            &[44],
            |act, _| act.json(|body| body["entries"] = json!([100_000])),
        ),
        act("a finding is more than certain", &[41], |act, _| {
            act.counters[0] = 1001;
        }),
    ]
}
