//! The contact that a registry names. In: a registry's answer (RDAP, RFC 9083, with contacts as jCard, RFC 7095). Out: the mail address of who holds the thing. Never: an address for
//! complaints where the holder's is asked for: who reads it need not hold the thing; a part of the answer that is guessed.

use crate::json::{self, JsonError, Limits, Node};

/// Bounds of an answer: networks with many contacts have some 100 kB.
const ANSWER: Limits = Limits {
    bytes_max: 1 << 20,
    depth_max: 24,
    values_max: 1 << 16,
};
/// Longest address in bytes (RFC 5321 section 4.5.3.1).
const ADDRESS_BYTES_MAX: usize = 254;
/// How deep contacts hold contacts.
const DEPTH_MAX: usize = 3;
/// The role of who reads complaints (RFC 9083 section 10.2.4), and what registries call an address that is for them.
const ABUSE: &str = "abuse";
/// How much an address is preferred of which nothing is said: less than all others (RFC 6350 section 5.3).
const PREFERENCE_NONE: u8 = 101;
/// Roles of who holds a thing or answers for it (RFC 9083 section 10.2.4), the first that has an address wins.
const ROLES: [&str; 3] = ["registrant", "administrative", "technical"];

/// The mail address of who holds the thing; nothing where the registry names none.
///
/// # Errors
/// What is wrong with the text as JSON.
pub fn contact(bytes: &[u8]) -> Result<Option<String>, JsonError> {
    let root = json::read_bytes(bytes, ANSWER)?;
    let found = ROLES.iter().find_map(|role| of_role(&root, role, 0));
    Ok(found)
}

/// Somebody that an answer names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Roles (RFC 9083 section 10.2.4), as they are written.
    pub roles: Vec<String>,
    /// The mail address, where there is one that is one.
    pub address: Option<String>,
    /// How many contacts stand around it.
    pub depth: usize,
}

/// Everybody whom an answer names, the outer before the inner, and what it withholds by name (RFC 9537).
///
/// # Errors
/// What is wrong with the text as JSON.
pub fn people(bytes: &[u8]) -> Result<(Vec<Person>, Vec<String>), JsonError> {
    let root = json::read_bytes(bytes, ANSWER)?;
    let mut people = Vec::new();
    if root.get("vcardArray").is_some() {
        people.push(person(&root, 0));
    }
    let mut around = vec![&root];
    for depth in 0..DEPTH_MAX {
        // Of a name of addresses the network is a part of the answer: RFC 9083 section 5.3.
        let inner: Vec<&Node<'_>> = around
            .into_iter()
            .flat_map(|node| [Some(node), node.get("network")])
            .flatten()
            .flat_map(|node| node.get("entities").map_or(&[][..], Node::items))
            .collect();
        people.extend(inner.iter().map(|entity| person(entity, depth)));
        around = inner;
    }
    let withheld = root.get("redacted").map_or(&[][..], Node::items);
    let names = withheld.iter().filter_map(|item| {
        let name = item.get("name")?;
        name.text_of("description").or_else(|| name.text_of("type"))
    });
    Ok((people, names.map(str::to_owned).collect()))
}

fn person(entity: &Node<'_>, depth: usize) -> Person {
    let roles = entity.get("roles").map_or(&[][..], Node::items);
    let roles: Vec<String> = roles
        .iter()
        .filter_map(|role| role.as_str().map(str::to_owned))
        .collect();
    let complaints = roles.iter().any(|role| role == ABUSE);
    Person {
        address: address(entity, complaints),
        roles,
        depth,
    }
}

fn of_role(node: &Node<'_>, role: &str, depth: usize) -> Option<String> {
    if depth == DEPTH_MAX {
        return None;
    }
    let entities = node.get("entities").map_or(&[][..], Node::items);
    let has = |entity: &&Node<'_>| {
        let roles = entity.get("roles").map_or(&[][..], Node::items);
        roles.iter().any(|each| each.as_str() == Some(role))
    };
    let mut own = entities.iter().filter(has);
    let own = own.find_map(|entity| address(entity, false));
    own.or_else(|| {
        let mut below = entities.iter();
        below.find_map(|entity| of_role(entity, role, depth + 1))
    })
}

/// The address of a jCard that is preferred, the first of several: `["vcard", [["email", {"pref": "1"}, "text", "a@example.org"]]]`. One that is marked as for complaints is nobody's other, and goes
/// before all others where complaints are read.
fn address(entity: &Node<'_>, complaints: bool) -> Option<String> {
    let properties = entity.get("vcardArray")?.items().get(1)?.items();
    let addresses = properties.iter().filter_map(|property| {
        let parts = property.items();
        let is = |at: usize, word: &str| parts.get(at).and_then(Node::as_str) == Some(word);
        let text = parts.get(3).and_then(Node::as_str)?.trim();
        let marks = parts.get(1)?;
        let kinds = marks.get("type");
        let marked = kinds.is_some_and(|kinds| {
            kinds.as_str() == Some(ABUSE)
                || kinds
                    .items()
                    .iter()
                    .any(|kind| kind.as_str() == Some(ABUSE))
        });
        let preference = marks
            .text_of("pref")
            .and_then(|pref| pref.parse::<u8>().ok());
        let good = is(0, "email") && is(2, "text") && is_address(text) && (complaints || !marked);
        good.then(|| (!marked, preference.unwrap_or(PREFERENCE_NONE), text))
    });
    let (_, _, text) =
        addresses.min_by_key(|(unmarked, preference, _)| (*unmarked, *preference))?;
    Some(text.to_owned())
}

fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    let good = parts.is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"<>,;\"()[]\\:".contains(&b));
    good && plain && text.len() <= ADDRESS_BYTES_MAX && text.matches('@').count() == 1
}

#[cfg(test)]
mod tests {
    use super::{contact, people};

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(
            contact(text.as_bytes()).unwrap().as_deref(),
            expected,
            "{text}"
        );
    }

    fn entity(roles: &str, mail: &str, below: &str) -> String {
        format!(
            r#"{{"roles": [{roles}], "vcardArray": ["vcard", [["version", {{}}, "text", "4.0"], ["email", {{"type": "work"}}, "text", "{mail}"]]]{below}}}"#
        )
    }

    #[test]
    fn the_contact_is_who_holds_the_thing_and_nobody_else() {
        let all = |entities: &[String]| format!(r#"{{"entities": [{}]}}"#, entities.join(","));
        let holder = entity("\"registrant\"", "noc@water.example", "");
        let office = entity(
            "\"administrative\", \"technical\"",
            "admin@water.example",
            "",
        );
        let abuse = entity("\"abuse\"", "abuse@isp.example", "");
        check(
            &all(&[office.clone(), holder.clone()]),
            Some("noc@water.example"),
        );
        check(
            &all(&[abuse.clone(), office.clone()]),
            Some("admin@water.example"),
        );
        check(&all(&[abuse]), None);
        check("{}", None);
        let below = format!(r#", "entities": [{office}]"#);
        let outer = entity("\"sponsor\"", "sales@isp.example", &below);
        check(&all(&[outer]), Some("admin@water.example"));
        for wrong in [
            "",
            "a",
            "a@b",
            "a@b.example, c@d.example",
            "a@b.example\\nBcc: c",
            "\\u0000@b.example",
        ] {
            check(&all(&[entity("\"registrant\"", wrong, "")]), None);
        }
        let mut deep = holder;
        for _ in 0..4 {
            deep = entity(
                "\"x\"",
                "x@x.example",
                &format!(r#", "entities": [{deep}]"#),
            );
        }
        check(&all(&[deep]), None);
    }

    #[test]
    fn of_several_addresses_the_preferred_one_counts_and_one_for_complaints_where_they_are_read() {
        let card = |roles: &str, mails: &[(&str, &str)]| {
            let each = mails
                .iter()
                .map(|(marks, mail)| format!(r#"["email", {marks}, "text", "{mail}"]"#));
            let each = each.collect::<Vec<_>>().join(",");
            format!(r#"{{"roles": ["{roles}"], "vcardArray": ["vcard", [{each}]]}}"#)
        };
        let mails = [
            (r#"{"type": "email"}"#, "first@isp.example"),
            (r#"{"pref": "2"}"#, "second@isp.example"),
            (r#"{"pref": "1", "type": ["work"]}"#, "third@isp.example"),
            (r#"{"type": ["work", "abuse"]}"#, "abuse@isp.example"),
        ];
        let holder = card("registrant", &mails);
        check(
            &format!(r#"{{"entities": [{holder}]}}"#),
            Some("third@isp.example"),
        );
        let only = card("registrant", &mails[3..]);
        check(&format!(r#"{{"entities": [{only}]}}"#), None);
        let reader = card("abuse", &mails);
        for answer in [
            format!(r#"{{"entities": [{reader}]}}"#),
            format!(r#"{{"objectClassName": "domain", "network": {{"entities": [{reader}]}}}}"#),
        ] {
            let (people, _) = people(answer.as_bytes()).unwrap();
            let found: Vec<_> = people.iter().map(|one| one.address.as_deref()).collect();
            assert_eq!(found, [Some("abuse@isp.example")], "{answer}");
        }
    }

    #[test]
    fn what_is_no_answer_of_a_registry_is_an_error_or_nobody() {
        for text in [
            "[]",
            "null",
            "3",
            r#"{"entities": 7}"#,
            r#"{"entities": [1, [], {"vcardArray": 3, "roles": ["registrant"]}]}"#,
        ] {
            check(text, None);
        }
        assert!(contact(b"<html>").is_err());
        assert!(contact(&vec![b'['; 1 << 21]).is_err());
    }
}
