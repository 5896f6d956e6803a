//! Is a computer in scope? In: answers about it, the schedule. Out: in, ask or outside; types and all sub-types that fit; whether it is a core machine; the sentences.
//! Never: outside while an answer that could bring it in is unsure.
//!
//! Act 42/2025 art. 2; Cabinet Order 47/2026 art. 1(3); Order 4/2026 art. 1.

use crate::rules::{Marks, Reason, Rule, marks};
use crate::terms::Terms;
use crate::{Answer, text};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! sub_types {
    ($($(#[$doc:meta])* $name:ident $id:literal $ja:literal $en:literal,)*) => {
        /// What a computer of type 2 can be. JSON: its id, such as `"adjacent-router"`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum SubType {
            $($(#[$doc])* $name,)*
        }

        impl SubType {
            /// All seven, in the order of the law.
            pub const ALL: [Self; 7] = [$(Self::$name,)*];

            /// The stable id.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// The name in Japanese.
            pub const fn ja(self) -> &'static str {
                match self { $(Self::$name => $ja,)* }
            }

            /// The name in English.
            pub const fn en(self) -> &'static str {
                match self { $(Self::$name => $en,)* }
            }
        }
    };
}

sub_types! {
    /// Sends data to the equipment and does not route.
    Sender "sender" "中継をしない送信機器" "sender that does not route",
    /// The router next to the equipment.
    AdjacentRouter "adjacent-router" "隣接するルーター" "adjacent router",
    /// The firewall next to the equipment.
    AdjacentFirewall "adjacent-firewall" "隣接するファイアウォール" "adjacent firewall",
    /// A host behind the firewall from which one goes on.
    StagingHost "staging-host" "ファイアウォール内側の中継ホスト" "staging host behind the firewall",
    /// A host that stores the network's diagram with addresses, or all credentials.
    StoreHost "store-host" "構成図又は全識別符号を保存するホスト" "host storing the network diagram with addresses or all credentials",
    /// A host that controls access.
    AccessControl "access-control" "アクセス制御を行うホスト" "access-control host",
    /// A host with an address on the internet.
    InternetHost "internet-host" "インターネットのアドレスを持つホスト" "internet-addressed host",
}

impl fmt::Display for SubType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A text that names no sub-type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no sub-type of type 2")]
pub struct SubTypeError;

impl FromStr for SubType {
    type Err = SubTypeError;

    fn from_str(text: &str) -> Result<Self, SubTypeError> {
        let found = Self::ALL.into_iter().find(|each| each.id() == text);
        found.ok_or(SubTypeError)
    }
}

impl Serialize for SubType {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        text::serialize(self, to)
    }
}

impl<'de> Deserialize<'de> for SubType {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        text::deserialize(from)
    }
}

/// Which of the seven sub-types fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SubTypes {
    /// [`SubType::Sender`].
    pub sender: Answer,
    /// [`SubType::AdjacentRouter`].
    pub adjacent_router: Answer,
    /// [`SubType::AdjacentFirewall`].
    pub adjacent_firewall: Answer,
    /// [`SubType::StagingHost`].
    pub staging_host: Answer,
    /// [`SubType::StoreHost`].
    pub store_host: Answer,
    /// [`SubType::AccessControl`].
    pub access_control: Answer,
    /// [`SubType::InternetHost`].
    pub internet_host: Answer,
}

impl SubTypes {
    /// The same answer to all seven.
    pub const fn all(answer: Answer) -> Self {
        Self {
            sender: answer,
            adjacent_router: answer,
            adjacent_firewall: answer,
            staging_host: answer,
            store_host: answer,
            access_control: answer,
            internet_host: answer,
        }
    }

    /// The answer to one.
    pub const fn of(&self, sub_type: SubType) -> Answer {
        match sub_type {
            SubType::Sender => self.sender,
            SubType::AdjacentRouter => self.adjacent_router,
            SubType::AdjacentFirewall => self.adjacent_firewall,
            SubType::StagingHost => self.staging_host,
            SubType::StoreHost => self.store_host,
            SubType::AccessControl => self.access_control,
            SubType::InternetHost => self.internet_host,
        }
    }

    /// Sets the answer to one.
    pub const fn set(&mut self, sub_type: SubType, answer: Answer) {
        let place = match sub_type {
            SubType::Sender => &mut self.sender,
            SubType::AdjacentRouter => &mut self.adjacent_router,
            SubType::AdjacentFirewall => &mut self.adjacent_firewall,
            SubType::StagingHost => &mut self.staging_host,
            SubType::StoreHost => &mut self.store_host,
            SubType::AccessControl => &mut self.access_control,
            SubType::InternetHost => &mut self.internet_host,
        };
        *place = answer;
    }
}

/// The questions about a computer; what is not answered is unsure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Questions {
    /// Does a designated infrastructure operator use it?
    pub operator: Answer,
    /// Is it the designated equipment itself or a part of it?
    pub equipment: Answer,
    /// Is it connected to the equipment and able to send data that influences it?
    pub connected: Answer,
    /// Which of the seven sub-types is it?
    pub sub_types: SubTypes,
    /// Does it prepare data periodically without which the equipment degrades?
    pub preparation: Answer,
}

/// Whether a computer is in scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// In scope.
    In,
    /// Not known yet; it counts as in scope.
    Ask,
    /// Outside.
    Outside,
}

/// A type of the law: 1, 2 or 3. JSON: `"type-1"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComputerType {
    /// The equipment or a part of it.
    #[serde(rename = "type-1")]
    One,
    /// Connected to it.
    #[serde(rename = "type-2")]
    Two,
    /// Prepares its data.
    #[serde(rename = "type-3")]
    Three,
}

/// What the answers give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// In, ask or outside.
    pub verdict: Verdict,
    /// Types that fit, or may.
    pub types: Vec<ComputerType>,
    /// All sub-types that fit, or may.
    pub sub_types: Vec<SubType>,
    /// Whether it is a core machine, or may be one: the strictest duty applies.
    pub core: bool,
    /// Questions whose answer would decide: names of [`Questions`]' fields.
    pub ask: Vec<&'static str>,
    /// The sentences that decide.
    pub reasons: Vec<Reason>,
}

impl Scope {
    /// Whether the duties apply: everything but outside.
    pub const fn has_duties(&self) -> bool {
        !matches!(self.verdict, Verdict::Outside)
    }

    /// The marks of its sentences.
    pub fn marks(&self) -> Marks {
        marks(&self.reasons)
    }
}

/// Judges a computer.
pub fn judge(questions: &Questions, terms: &Terms) -> Scope {
    if questions.operator == Answer::No {
        return outside(vec![Rule::ScopeNoOperator.into()]);
    }
    let mut types = Vec::new();
    let mut reasons: Vec<Reason> = Vec::new();
    if questions.equipment.may_be() {
        types.push(ComputerType::One);
        reasons.push(Rule::ScopeTypeOne.into());
    }
    let sub_types: Vec<SubType> = SubType::ALL
        .into_iter()
        .filter(|each| questions.connected.may_be() && questions.sub_types.of(*each).may_be())
        .collect();
    if !sub_types.is_empty() {
        types.push(ComputerType::Two);
        reasons.push(Rule::ScopeTypeTwo.into());
    }
    if sub_types.len() > 1 {
        reasons.push(Rule::ScopeAllSubTypes.into());
    }
    if questions.preparation.may_be() {
        types.push(ComputerType::Three);
        reasons.push(Rule::ScopeTypeThree.into());
    }
    if types.is_empty() {
        let mut reasons = vec![Rule::ScopeNoType.into()];
        if questions.connected == Answer::No {
            reasons.push(Rule::ScopeNotConnected.into());
        }
        return outside(reasons);
    }
    let ask = open(questions);
    let sure = is_sure(questions);
    if !sure {
        reasons.push(Rule::ScopeAsk.into());
    }
    let core = core(&types, &sub_types, terms);
    reasons.push(core);
    Scope {
        verdict: if sure { Verdict::In } else { Verdict::Ask },
        types,
        sub_types,
        core: core.rule != Rule::CoreNot,
        ask,
        reasons,
    }
}

/// Whether the answers that are sure bring it in by themselves.
fn is_sure(questions: &Questions) -> bool {
    let yes = |answer| answer == Answer::Yes;
    let two = || {
        SubType::ALL
            .into_iter()
            .any(|each| yes(questions.sub_types.of(each)))
    };
    yes(questions.operator)
        && (yes(questions.equipment)
            || yes(questions.preparation)
            || yes(questions.connected) && two())
}

/// Unsure answers that matter: to what the computer is, or to how strict its duty is.
fn open(questions: &Questions) -> Vec<&'static str> {
    let unsure = |answer: Answer| answer == Answer::Unsure;
    let subs = SubType::ALL.into_iter();
    let any_may_be = || {
        subs.clone()
            .any(|each| questions.sub_types.of(each).may_be())
    };
    let any_unsure = || {
        subs.clone()
            .any(|each| unsure(questions.sub_types.of(each)))
    };
    let connected = unsure(questions.connected) && any_may_be();
    let sub_types = questions.connected.may_be() && any_unsure();
    [
        ("operator", unsure(questions.operator)),
        ("equipment", unsure(questions.equipment)),
        ("connected", connected),
        ("sub_types", sub_types),
        ("preparation", unsure(questions.preparation)),
    ]
    .into_iter()
    .filter_map(|(name, open)| open.then_some(name))
    .collect()
}

/// The strictest duty of the types and sub-types that fit or may.
fn core(types: &[ComputerType], sub_types: &[SubType], terms: &Terms) -> Reason {
    if types.contains(&ComputerType::One) {
        return Rule::CoreTypeOne.into();
    }
    let listed = &terms.core_sub_types;
    let verified = sub_types.is_empty() || listed.source.verified;
    let core = sub_types.iter().any(|each| listed.value.contains(each));
    let rule = if core {
        Rule::CoreSubType
    } else {
        Rule::CoreNot
    };
    Reason::new(rule, verified)
}

fn outside(reasons: Vec<Reason>) -> Scope {
    Scope {
        verdict: Verdict::Outside,
        types: Vec::new(),
        sub_types: Vec::new(),
        core: false,
        ask: Vec::new(),
        reasons,
    }
}
