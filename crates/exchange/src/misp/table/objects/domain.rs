//! Objects that are knowledge and not something seen: people, places, weaknesses, rules. In: nothing. Out: rows. Never: a pattern made of parts; a rule's text is its
//! pattern.

use super::Row;

const fn row(name: &'static str, templates: &'static str) -> Row {
    Row {
        name,
        when: None,
        only: &[],
        templates,
        fixed: "",
        pieces: &[],
    }
}

pub(super) const ROWS: &[Row] = &[
    row(
        "annotation",
        r#"[{"type":"note","content":"{text}","object_refs":"%refs"}]"#,
    ),
    row(
        "attack-pattern",
        r#"[{"type":"attack-pattern","name":"{name}","description":"{summary}","kill_chain_phases":"%phases","external_references":[{"source_name":"capec","external_id":"CAPEC-{id}"},{"source_name":"mitre-attack","url":"{references*}"}]}]"#,
    ),
    row(
        "course-of-action",
        r#"[{"type":"course-of-action","name":"{name}","description":"{description}"}]"#,
    ),
    row(
        "employee",
        r#"[{"type":"identity","name":"%person","description":"{text}","roles":["{employee-type*}"],"identity_class":"individual","contact_information":"%contact:email-address"}]"#,
    ),
    row(
        "geolocation",
        r#"[{"type":"location","description":"{text}","latitude":"{latitude:num}","longitude":"{longitude:num}","precision":"{accuracy-radius:metres}","region":"{region}","country":"{countrycode}","city":"{city}","street_address":"{address}","postal_code":"{zipcode}"}]"#,
    ),
    row(
        "identity",
        r#"[{"type":"identity","name":"{name}","description":"{description}","roles":["{roles*}"],"identity_class":"{identity_class}","sectors":["{sectors*}"],"contact_information":"{contact_information}"}]"#,
    ),
    row(
        "intrusion-set",
        r#"[{"type":"intrusion-set","name":"{name}","description":"{description}","aliases":["{aliases*}"],"first_seen":"{first_seen:time}","last_seen":"{last_seen:time}","goals":["{goals*}"],"resource_level":"{resource_level}","primary_motivation":"{primary-motivation}","secondary_motivations":["{secondary-motivation*}"]}]"#,
    ),
    row(
        "legal-entity",
        r#"[{"type":"identity","name":"{name}","description":"{text}","identity_class":"organization","sectors":["{business*}"],"contact_information":"%contact:phone-number,website"}]"#,
    ),
    row(
        "news-agency",
        r#"[{"type":"identity","name":"{name}","identity_class":"organization","contact_information":"%contact:address,e-mail,fax-number,phone-number,link"}]"#,
    ),
    row(
        "nova-rule",
        r#"[{"type":"indicator","name":"{rule-name}","description":"{description}","pattern":"{raw-rule}","pattern_type":"nova","kill_chain_phases":"%phases"}]"#,
    ),
    row(
        "organization",
        r#"[{"type":"identity","name":"{name}","description":"{description}","roles":["{role*}"],"identity_class":"organization","contact_information":"%contact:address,e-mail,fax-number,phone-number"}]"#,
    ),
    row(
        "owasp-crs-rule",
        r#"[{"type":"indicator","name":"{rule-id}","description":"{message}","pattern":"{raw-rule}","pattern_type":"crs","kill_chain_phases":"%phases"}]"#,
    ),
    row(
        "person",
        r#"[{"type":"identity","name":"%person","description":"{text}","roles":["{role*}"],"identity_class":"individual","contact_information":"%contact:address,e-mail,fax-number,phone-number"}]"#,
    ),
    Row {
        name: "script",
        when: Some(("state", "Malicious")),
        only: &[],
        templates: r#"[{"type":"malware","name":"{filename}","description":"{comment}","is_family":false,"kill_chain_phases":"%phases","implementation_languages":["{language*}"]}]"#,
        fixed: "",
        pieces: &[],
    },
    row(
        "script",
        r#"[{"type":"tool","name":"{filename}","description":"{comment}","kill_chain_phases":"%phases"}]"#,
    ),
    row(
        "sigma",
        r#"[{"type":"indicator","name":"{sigma-rule-name}","description":"{comment}","pattern":"{sigma}","pattern_type":"sigma","kill_chain_phases":"%phases","external_references":[{"source_name":"url","url":"{reference*}"}]}]"#,
    ),
    row(
        "suricata",
        r#"[{"type":"indicator","description":"{comment}","pattern":"{suricata}","pattern_type":"suricata","pattern_version":"{version}","kill_chain_phases":"%phases","external_references":[{"source_name":"url","url":"{ref*}"}]}]"#,
    ),
    row(
        "vulnerability",
        r#"[{"type":"vulnerability","name":"{id}","description":"{summary|description}","external_references":[{"source_name":"cve","external_id":"{id}"},{"source_name":"url","url":"{references*}"}]}]"#,
    ),
    row(
        "wazuh-rule",
        r#"[{"type":"indicator","name":"{rule-id}","description":"{comment}","pattern":"{wazuh-rule}","pattern_type":"wazuh","pattern_version":"{version}","kill_chain_phases":"%phases"}]"#,
    ),
    row(
        "yara",
        r#"[{"type":"indicator","name":"{yara-rule-name}","description":"{comment}","pattern":"{yara}","pattern_type":"yara","pattern_version":"{version}","kill_chain_phases":"%phases"}]"#,
    ),
];
