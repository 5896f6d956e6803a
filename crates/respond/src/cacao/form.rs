//! Which members an object of a playbook has, and in which form: the property tables of the specification. In: an object. Out: each member that it cannot have, and each that is of another form. Never: a member that is
//! passed over: a letter that is wrong in `on_completion` leads elsewhere.

use super::Rule;
use super::read::{Found, id_type, is_time};
use sakimori_exchange::json::{Node, Value};

/// In which form a member stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// Its own reader says it.
    Read,
    /// A text.
    Text,
    /// `true` or `false`.
    Truth,
    /// A whole number of 0 to 100.
    Percent,
    /// A time.
    Time,
    /// An identifier.
    Id,
    /// Texts, at least one.
    Texts,
    /// Identifiers, at least one.
    Ids,
    /// Objects, at least one.
    Objects,
    /// Objects with a name, at least one: what is referred to.
    References,
    /// An object.
    Object,
    /// An object with at least one member.
    Filled,
    /// Objects by their identifiers, at least one.
    ById,
    /// Lists of texts by their names.
    Headers,
}

impl Form {
    fn holds(self, node: &Node<'_>) -> bool {
        let each = |good: fn(&Node<'_>) -> bool| {
            let items = node.items();
            !items.is_empty() && items.iter().all(good)
        };
        match self {
            Self::Read => true,
            Self::Text => is_text(node),
            Self::Truth => node.as_bool().is_some(),
            Self::Percent => node
                .as_i64()
                .is_some_and(|number| (0..=100).contains(&number)),
            Self::Time => node.as_str().is_some_and(is_time),
            Self::Id => is_id(node),
            Self::Texts => each(is_text),
            Self::Ids => each(is_id),
            Self::Objects => each(is_object),
            Self::References => each(|node| node.text_of("name").is_some()),
            Self::Object => node.is_object(),
            Self::Filled => !node.members().is_empty(),
            Self::ById => {
                let mut members = node.members().iter();
                !node.members().is_empty()
                    && members.all(|one| id_type(&one.name).is_some() && one.value.is_object())
            }
            Self::Headers => {
                let mut members = node.members().iter();
                node.is_object()
                    && members.all(|one| {
                        matches!(&one.value.value, Value::List(texts) if texts.iter().all(is_text))
                    })
            }
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Read => "its reader says what is asked for",
            Self::Text => "a text is asked for",
            Self::Truth => "`true` or `false` is asked for",
            Self::Percent => "a whole number of 0 to 100 is asked for",
            Self::Time => super::read::TIME,
            Self::Id => "an id is asked for",
            Self::Texts => "a list of at least one text is asked for",
            Self::Ids => "a list of at least one id is asked for",
            Self::Objects => "a list of at least one object is asked for",
            Self::References => "a list of at least one object with a `name` is asked for",
            Self::Object => "an object is asked for",
            Self::Filled => "an object with at least one member is asked for",
            Self::ById => "an object of at least one object by its id is asked for",
            Self::Headers => "an object of lists of texts is asked for",
        }
    }
}

fn is_text(node: &Node<'_>) -> bool {
    node.as_str().is_some()
}

fn is_object(node: &Node<'_>) -> bool {
    node.is_object()
}

fn is_id(node: &Node<'_>) -> bool {
    node.as_str().and_then(id_type).is_some()
}

/// Members and their forms.
pub(super) type Table = &'static [(&'static str, Form)];

/// Holds an object against the tables of what it is.
pub(super) fn hold(
    found: &mut Found,
    step: Option<&str>,
    place: &str,
    node: &Node<'_>,
    tables: &[Table],
) {
    for member in node.members() {
        let name = member.name.as_ref();
        let mut all = tables.iter().flat_map(|table| table.iter());
        let words = match all.find(|(known, _)| *known == name) {
            None => "CACAO has no such member here",
            Some((_, form)) if !form.holds(&member.value) => form.words(),
            Some(_) => continue,
        };
        found.add(step, format!("{place}/{name}"), Rule::Schema, words);
    }
}

/// Section 3.1.
pub(super) const PLAYBOOK: Table = &[
    ("type", Form::Read),
    ("spec_version", Form::Read),
    ("id", Form::Read),
    ("name", Form::Read),
    ("description", Form::Text),
    ("playbook_types", Form::Texts),
    ("playbook_activities", Form::Texts),
    ("playbook_processing_summary", Form::Object),
    ("created_by", Form::Read),
    ("created", Form::Read),
    ("modified", Form::Read),
    ("revoked", Form::Read),
    ("valid_from", Form::Read),
    ("valid_until", Form::Read),
    ("derived_from", Form::Ids),
    ("related_to", Form::Ids),
    ("priority", Form::Percent),
    ("severity", Form::Percent),
    ("impact", Form::Percent),
    ("industry_sectors", Form::Texts),
    ("labels", Form::Texts),
    ("external_references", Form::References),
    ("markings", Form::Ids),
    ("playbook_variables", Form::Read),
    ("workflow_start", Form::Read),
    ("workflow_exception", Form::Read),
    ("workflow", Form::Read),
    ("playbook_extensions", Form::ById),
    ("authentication_info_definitions", Form::ById),
    ("agent_definitions", Form::Filled),
    ("target_definitions", Form::Filled),
    ("extension_definitions", Form::Object),
    ("data_marking_definitions", Form::Object),
    ("signatures", Form::Objects),
];

/// Section 4.1.
pub(super) const STEP: Table = &[
    ("type", Form::Read),
    ("name", Form::Text),
    ("description", Form::Text),
    ("external_references", Form::References),
    ("delay", Form::Read),
    ("timeout", Form::Read),
    ("step_variables", Form::Read),
    ("owner", Form::Id),
    ("on_completion", Form::Read),
    ("on_success", Form::Read),
    ("on_failure", Form::Read),
    ("step_extensions", Form::ById),
];

/// What a step has beside, by its type: the sections behind 4.1.
pub(super) fn of_step(kind: &str) -> Option<Table> {
    Some(match kind {
        "start" | "end" => &[],
        "action" => &[
            ("commands", Form::Objects),
            ("agent", Form::Read),
            ("targets", Form::Texts),
            ("in_args", Form::Texts),
            ("out_args", Form::Texts),
        ],
        "playbook-action" => &[
            ("playbook_id", Form::Id),
            ("playbook_version", Form::Time),
            ("in_args", Form::Texts),
            ("out_args", Form::Texts),
        ],
        "parallel" => &[("next_steps", Form::Read)],
        "if-condition" => &[
            ("condition", Form::Read),
            ("on_true", Form::Read),
            ("on_false", Form::Read),
        ],
        "while-condition" => &[("condition", Form::Read), ("on_true", Form::Read)],
        "switch-condition" => &[("switch", Form::Read), ("cases", Form::Read)],
        _ => return None,
    })
}

/// Section 5.1.
pub(super) const COMMAND: Table = &[
    ("type", Form::Read),
    ("description", Form::Text),
    ("version", Form::Text),
    ("playbook_activity", Form::Text),
    ("external_references", Form::References),
];

/// What a command for a person has beside.
pub(super) const MANUAL: Table = &[("command", Form::Text), ("command_b64", Form::Text)];

/// What a command for an actuator has beside.
pub(super) const OPENC2: Table = &[
    ("command", Form::Read),
    ("content_b64", Form::Read),
    ("headers", Form::Headers),
];

/// Section 7.1.
pub(super) const AGENT: Table = &[
    ("type", Form::Read),
    ("name", Form::Read),
    ("description", Form::Text),
    ("location", Form::Object),
    ("agent_target_extensions", Form::ById),
];

/// What an agent or target has beside, by its type, and the member that it cannot be without. Types are an open vocabulary: of another nothing is known.
pub(super) fn of_agent(kind: &str) -> Option<(Table, Option<&'static str>)> {
    const ON_NET: Table = &[
        ("address", Form::Object),
        ("port", Form::Text),
        ("authentication_info", Form::Id),
        ("category", Form::Texts),
    ];
    Some(match kind {
        "group" | "individual" | "organization" => (&[("contact", Form::Object)], None),
        "location" => (&[("logical", Form::Texts)], None),
        "sector" => (&[("sector", Form::Text)], Some("sector")),
        "security-category" => (&[("category", Form::Texts)], Some("category")),
        "http-api" | "linux" | "net-address" | "ssh" => (ON_NET, Some("address")),
        _ => return None,
    })
}

/// Section 10.18.
pub(super) const VARIABLE: Table = &[
    ("type", Form::Text),
    ("description", Form::Text),
    ("value", Form::Read),
    ("constant", Form::Truth),
    ("external", Form::Truth),
];
