//! Files that are taken and files that are refused with their place. In: texts. Out: verdicts. Never: a disk.

use super::*;

/// A file that is taken.
pub(crate) const GOOD: &str = r#"{
  "title": "The office",
  "requests_a_minute": 5,
  "statements": ["marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168"],
  "machines": [
    {"id": "m-1", "kind": "operator", "tlp": "amber"},
    {"id": "m-2", "kind": "state-agency", "tlp": "TLP:RED", "tlp1_only": true}
  ],
  "groups": [{"name": "all", "machines": ["m-1", "m-2"]}],
  "roots": [{
    "name": "notices", "title": "Notices", "default": true,
    "collections": [
      {"id": "91a7b528-80eb-42ed-a74d-c6fbd5a26116", "alias": "open", "title": "Open", "class": "public-notice", "tlp": "green", "read": ["all"], "write": ["m-2"], "inbox": true},
      {"id": "52892447-4d7e-4f70-b94d-d7f22742ff63", "title": "Controlled", "class": "integrated-controlled", "tlp": "amber+strict", "read": ["m-2"],
       "conditions": [{"kind": "controlled-handling", "until": "2027-04-01T00:00:00Z", "record": "undertaking 7"}]}
    ]
  }]
}"#;

#[test]
fn a_good_file_says_who_may_do_what_until_when() {
    let plan = read(GOOD).unwrap();
    assert_eq!((plan.body_bytes_max, plan.requests_a_minute), (64 << 20, 5));
    let [root] = plan.roots.as_slice() else {
        panic!("one root");
    };
    let who = |id: &str, read, write| super::super::plan::Who {
        id: id.to_owned(),
        read,
        write,
    };
    let end: Seconds = "2027-04-01T00:00:00Z".parse().unwrap();
    let rights = |at: usize, id: &str, now: Seconds| {
        let rights = root.collections[at].rights(&who(id, true, true), now);
        (rights.read, rights.write)
    };
    assert_eq!(rights(0, "m-1", end), (true, false));
    assert_eq!(rights(0, "m-2", end), (true, true));
    assert_eq!(rights(0, "m-3", end), (false, false));
    assert_eq!(rights(1, "m-1", end), (false, false));
    assert_eq!(rights(1, "m-2", end), (true, false));
    assert_eq!(
        rights(1, "m-2", end.plus(1)),
        (false, false),
        "the undertaking has ended"
    );
    let m2 = who("m-2", true, true);
    assert!(root.collection("open", &m2, end).is_some());
    assert!(
        root.collection("open", &who("m-2", false, false), end)
            .is_none()
    );
    assert!(root.is_shown(&who("m-1", true, false), end));
    assert!(!root.is_shown(&who("m-1", false, true), end));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one case after the other")]
fn what_is_wrong_is_told_with_its_place() {
    let second = "52892447-4d7e-4f70-b94d-d7f22742ff63";
    let controlled = r#""class": "integrated-controlled", "tlp": "amber+strict", "read": ["m-2"]"#;
    let open = r#""class": "public-notice", "tlp": "green", "read": ["all"]"#;
    let cases = [
        (
            "\"title\": \"The office\",",
            "\"titel\": \"The office\",",
            "line 2, column 9",
            "unknown field `titel`",
        ),
        (
            "\"title\": \"The office\",",
            "",
            "line 18, column 1",
            "missing field `title`",
        ),
        ("\"The office\"", "\" \"", "title", "a text of 1 to"),
        (
            "minute\": 5",
            "minute\": 0",
            "requests_a_minute",
            "not between 1",
        ),
        (
            "--fa42a846-8d90-4e51-bc29-71d5b4802168",
            "--x",
            "statements[0]",
            "no id of a marking",
        ),
        (
            "fa42a846-8d90-4e51-bc29-71d5b4802168",
            "5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
            "statements[0]",
            "no mere statement",
        ),
        (
            "\"id\": \"m-2\"",
            "\"id\": \"m-1\"",
            "machines[1].id",
            "twice",
        ),
        (
            "\"id\": \"m-2\"",
            "\"id\": \"M 2\"",
            "machines[1].id",
            "no name",
        ),
        (
            "\"kind\": \"operator\"",
            "\"kind\": \"friend\"",
            "machines[0].kind",
            "no kind of recipient",
        ),
        (
            "\"tlp\": \"amber\"}",
            "\"tlp\": \"blue\"}",
            "machines[0].tlp",
            "no marking of TLP",
        ),
        (
            "\"name\": \"all\"",
            "\"name\": \"m-1\"",
            "groups[0].name",
            "twice",
        ),
        (
            "[\"m-1\", \"m-2\"]",
            "[\"m-1\", \"m-9\"]",
            "groups[0].machines[1]",
            "no machine `m-9`",
        ),
        (
            "\"write\": [\"m-2\"]",
            "\"write\": [\"m-9\"]",
            "roots[0].collections[0].write[0]",
            "no machine or group",
        ),
        (
            second,
            "91a7b528-80eb-42ed-a74d-c6fbd5a26116",
            "roots[0].collections[1].id",
            "twice",
        ),
        (second, "52892447", "roots[0].collections[1].id", "no UUID"),
        (
            "\"alias\": \"open\"",
            "\"alias\": \"a/b\"",
            "roots[0].collections[0].alias",
            "no name",
        ),
        (
            "public-notice",
            "secret",
            "roots[0].collections[0].class",
            "no class",
        ),
        (
            "\"tlp\": \"amber+strict\"",
            "\"tlp\": \"green\"",
            "roots[0].collections[1].tlp",
            "integrated-controlled",
        ),
        (
            "controlled-handling",
            "friendship",
            "roots[0].collections[1].conditions[0].kind",
            "no condition",
        ),
        (
            "controlled-handling",
            "need",
            "roots[0].collections[1].read[0]",
            "lacks `controlled-handling`",
        ),
        (
            "2027-04-01T00:00:00Z",
            "2027",
            "roots[0].collections[1].conditions[0].until",
            "no time",
        ),
        // Posts before the gate.
        (
            r#", "inbox": true"#,
            "",
            "roots[0].collections[0].write[0]",
            "others read what `m-2` writes: `inbox` or `gate`",
        ),
        (
            r#""inbox": true"#,
            r#""gate": {"by": "s.ito", "reason": "x", "rights": "x", "until": "soon"}"#,
            "roots[0].collections[0].gate.until",
            "no time",
        ),
        (
            r#""inbox": true"#,
            r#""gate": {"by": "S Ito", "reason": "x", "rights": "x", "until": "2027-04-01T00:00:00Z"}"#,
            "roots[0].collections[0].gate.by",
            "no name",
        ),
        (
            r#""inbox": true"#,
            r#""gate": {"by": "s.ito", "reason": "", "rights": "x", "until": "2027-04-01T00:00:00Z"}"#,
            "roots[0].collections[0].gate.reason",
            "a text of 1 to",
        ),
        (
            r#""tlp": "amber"}"#,
            r#""tlp": "amber", "member": "acme"}"#,
            "machines[0].member",
            "of the kind `council` alone",
        ),
        (
            r#""kind": "operator""#,
            r#""kind": "council""#,
            "machines[0].member",
            "names the member that it reads for",
        ),
        (
            r#""kind": "operator", "tlp": "amber"}"#,
            r#""kind": "council", "tlp": "amber", "member": "acme"}"#,
            "roots[0].collections[0].write[0]",
            "submissions with their opinion alone",
        ),
        (
            r#""kind": "operator", "tlp": "amber"}"#,
            r#""kind": "public", "tlp": "clear"}"#,
            "roots[0].collections[0].write[0]",
            "would let no post go: its marking does not let it go there [TLP_AUDIENCE]",
        ),
        // What the law's table refuses.
        (
            controlled,
            r#""class": "integrated-controlled", "tlp": "red", "read": ["all"]"#,
            "roots[0].collections[1].read[0]",
            "art. 40",
        ),
        (
            open,
            r#""class": "integrated-provision", "tlp": "red", "read": ["all"]"#,
            "roots[0].collections[0].read[0]",
            "may not be given",
        ),
        (
            open,
            r#""class": "acquired", "tlp": "red", "read": ["m-2"]"#,
            "roots[0].collections[0].read[0]",
            "may not be given",
        ),
    ];
    for (from, to, place, problem) in cases {
        assert!(GOOD.contains(from), "{from}");
        let error = read(&GOOD.replacen(from, to, 1)).unwrap_err();
        assert!(error.place.starts_with(place), "{to}: {error}");
        assert!(error.problem.contains(problem), "{to}: {error}");
    }
    let own = GOOD.replace("\"kind\": \"operator\"", "\"kind\": \"reporter\"");
    let own = own.replace(r#", "write": ["m-2"], "inbox": true"#, "");
    let report = |readers: &str| {
        let class = format!(r#""class": "operator-report", "tlp": "red", "read": {readers}"#);
        read(&own.replacen(open, &class, 1))
            .map(|_| ())
            .map_err(|e| e.problem)
    };
    assert_eq!(report("[\"m-1\"]"), Ok(()));
    assert!(report("[\"all\"]").is_err());
}

#[test]
fn posts_of_a_machine_go_through_the_gate_where_another_reads_them_and_not_else() {
    let write = |more: &str| {
        let to = format!(r#""read": ["m-2"], "write": ["m-2"{more}]}},"#);
        let from = r#""read": ["all"], "write": ["m-2"], "inbox": true},"#;
        assert!(GOOD.contains(from));
        read(&GOOD.replacen(from, &to, 1)).map_err(|e| e.place)
    };
    // What one writes for itself asks for nothing.
    let plan = write("").unwrap();
    let of = &plan.roots[0].collections[0];
    assert!(!of.is_shared("m-2") && of.is_shared("m-1"));
    assert_eq!(
        write(r#", "m-1""#).unwrap_err(),
        "roots[0].collections[0].write[1]"
    );
    let approved = r#""gate": {"by": "s.ito", "reason": "agreement 4", "rights": "none is touched", "until": "2027-04-01T00:00:00Z"}"#;
    let plan = read(&GOOD.replacen(r#""inbox": true"#, approved, 1)).unwrap();
    let gate = plan.roots[0].collections[0].gate.clone().unwrap();
    assert_eq!(gate.by.as_str(), "s.ito");
    assert_eq!(
        gate.basis(),
        "standing approval until 2027-04-01T00:00:00Z: agreement 4"
    );
    // Selected information comes out of custody, and from no machine.
    let selected = r#""class": "selected", "tlp": "red", "read": ["m-2"], "write": ["m-1"], "inbox": true,
        "conditions": [{"kind": "need", "until": "2027-04-01T00:00:00Z", "record": "a"}]},"#;
    let open = r#""class": "public-notice", "tlp": "green", "read": ["all"], "write": ["m-2"], "inbox": true},"#;
    let refused = read(&GOOD.replacen(open, selected, 1)).unwrap_err();
    assert_eq!(refused.place, "roots[0].collections[0].write[0]");
    assert!(
        refused
            .problem
            .contains("nothing that a machine posts is selected"),
        "{refused}"
    );
}

#[test]
fn the_file_of_the_page_is_taken() {
    let page = include_str!("../../../../../docs/reference/taxii.md");
    let (_, rest) = page.split_once("```json\n").unwrap();
    let (file, _) = rest.split_once("```").unwrap();
    assert_eq!(read(file).unwrap().roots.len(), 1);
}
