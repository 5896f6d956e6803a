//! What happens to a case. In: who did what, when. Out: JSON that a node keeps for ever. Never: an event that is changed afterwards; a case is what its events come to.

use super::embargo::Hour;
use super::urgency::Triage;
use crate::csaf::products::Versions;
use crate::publish::case::{MakerState, Product, Stage, Weakness};
use sakimori_custody::time::Seconds;
use sakimori_release::Tlp;
use serde::{Deserialize, Serialize};

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Actor {
    /// A person of the office.
    Office(String),
    /// A maker, by its name in the case.
    Maker(String),
    /// Who reported.
    Reporter,
    /// A coordinator that the office lets take part, by its name in the case.
    Coordinator(String),
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When.
    #[serde(with = "crate::text")]
    pub at: Seconds,
    /// Who did it.
    pub by: Actor,
    /// What.
    pub act: Act,
}

/// Who may notify a maker directly where there is no time to ask the minister of its sector (Act 42/2025 art. 42).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notifier {
    /// The Prime Minister.
    PrimeMinister,
    /// The minister who is competent for the infrastructure.
    InfrastructureMinister,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Act {
    /// A report opens the case.
    Received {
        /// The report's id.
        report: String,
    },
    /// Another report is about the same.
    Joined {
        /// The report's id.
        report: String,
    },
    /// The office has judged how urgent it is.
    Triaged(Box<Triage>),
    /// A maker takes part.
    MakerAdded {
        /// Its name.
        maker: String,
    },
    /// Where a maker is written to: an official letter is announced there by mail.
    MakerContact {
        /// The maker.
        maker: String,
        /// Its mail address.
        mail: String,
    },
    /// A maker is told of the weakness and asked.
    Told {
        /// The maker.
        maker: String,
        /// What it is told.
        text: String,
        /// Until when an answer is waited for; then it is silent.
        #[serde(with = "crate::text")]
        answer_by: Seconds,
    },
    /// A maker says where its products stand. Never `silent`: that is decided by a clock.
    Said {
        /// The maker.
        maker: String,
        /// What it says.
        state: MakerState,
        /// Its own words.
        words: Option<String>,
    },
    /// The minister of the maker's sector requests measures (Act 42/2025 art. 42).
    Requested {
        /// The maker.
        maker: String,
        /// Whose request it is.
        minister: String,
        /// Why the product is a specific important computer: without this there is no basis.
        ground: String,
        /// What is requested.
        text: String,
        /// By when an answer is due.
        #[serde(with = "crate::text")]
        reply_by: Seconds,
    },
    /// The maker answers a request.
    Replied {
        /// The maker.
        maker: String,
        /// Number of the request among those to this maker, from 1.
        request: usize,
        /// What it answers.
        text: String,
    },
    /// A request is taken back.
    RequestWithdrawn {
        /// The maker.
        maker: String,
        /// Number of the request.
        request: usize,
        /// Why.
        why: String,
    },
    /// A maker is notified directly, for there is no time.
    Notified {
        /// The maker.
        maker: String,
        /// Who notifies.
        notifier: Notifier,
        /// Name of the office that notifies.
        minister: String,
        /// Why there is no time.
        urgency: String,
        /// What it is told.
        text: String,
    },
    /// A link into the maker's room was made; only its hash is kept.
    LinkMade {
        /// The maker.
        maker: String,
        /// SHA-256 of the link's secret, hexadecimal.
        hash: String,
        /// The second from which it opens nothing.
        #[serde(with = "crate::text")]
        until: Seconds,
    },
    /// The maker's links open nothing any more.
    LinksEnded {
        /// The maker.
        maker: String,
        /// Why.
        why: String,
    },
    /// A coordinator takes part (Act 42/2025 art. 72).
    CoordinatorAdded {
        /// Its name.
        coordinator: String,
    },
    /// A coordinator is told something.
    CoordinatorTold {
        /// The coordinator.
        coordinator: String,
        /// What.
        text: String,
    },
    /// A coordinator says something.
    CoordinatorSaid {
        /// The coordinator.
        coordinator: String,
        /// What.
        text: String,
    },
    /// A link into a coordinator's room is made; who has it speaks for the coordinator.
    CoordinatorLinkMade {
        /// The coordinator.
        coordinator: String,
        /// SHA-256 of the link's secret, hexadecimal.
        hash: String,
        /// The second from which it opens nothing.
        #[serde(with = "crate::text")]
        until: Seconds,
    },
    /// All links into a coordinator's room open nothing from now on.
    CoordinatorLinksEnded {
        /// The coordinator.
        coordinator: String,
        /// Why.
        why: String,
    },
    /// The hour of publication is set, or set anew.
    HourSet {
        /// The hour.
        #[serde(with = "crate::text")]
        hour: Hour,
        /// Why; all parties read it.
        why: String,
    },
    /// It has become known: the hour is now.
    Leaked {
        /// Where it was seen; all parties read it.
        why: String,
    },
    /// What is to be published was written anew.
    Drafted(Box<Content>),
    /// The last draft may go out at the hour, or at once where that has passed.
    Approved {
        /// What changed, as the history of the document says it.
        summary: String,
    },
    /// What was approved and is not public yet does not go out.
    Withdrawn {
        /// Why.
        why: String,
    },
    /// The reporter is told something.
    ReporterTold {
        /// What.
        text: String,
    },
    /// The reporter says something.
    ReporterSaid {
        /// What.
        text: String,
    },
    /// Nothing more is done.
    Closed {
        /// Why.
        why: String,
    },
    /// The case is at work again.
    Reopened {
        /// Why.
        why: String,
    },
}

impl Act {
    /// The maker whose it is, if it is about one.
    pub fn maker(&self) -> Option<&str> {
        match self {
            Self::MakerAdded { maker }
            | Self::MakerContact { maker, .. }
            | Self::Told { maker, .. }
            | Self::Said { maker, .. }
            | Self::Requested { maker, .. }
            | Self::Replied { maker, .. }
            | Self::RequestWithdrawn { maker, .. }
            | Self::Notified { maker, .. }
            | Self::LinkMade { maker, .. }
            | Self::LinksEnded { maker, .. } => Some(maker),
            _ => None,
        }
    }
}

impl Act {
    /// The coordinator whose it is, if it is about one.
    pub fn coordinator(&self) -> Option<&str> {
        match self {
            Self::CoordinatorAdded { coordinator }
            | Self::CoordinatorTold { coordinator, .. }
            | Self::CoordinatorSaid { coordinator, .. }
            | Self::CoordinatorLinkMade { coordinator, .. }
            | Self::CoordinatorLinksEnded { coordinator, .. } => Some(coordinator),
            _ => None,
        }
    }
}

/// What a person writes of a publication. Its id, hour, history and the makers' words come from the room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Title.
    pub title: String,
    /// Summary for everybody.
    pub summary: String,
    /// Language of all texts, `en` or `ja`.
    pub lang: String,
    /// To whom it may go.
    #[serde(with = "crate::text::tlp")]
    pub tlp: Tlp,
    /// Whether changes are expected.
    pub stage: Stage,
    /// Products.
    pub products: Vec<Product>,
    /// Weaknesses.
    pub weaknesses: Vec<Weakness>,
    /// Addresses with more: what it is, and where.
    #[serde(default)]
    pub references: Vec<(String, String)>,
}

impl Content {
    /// The products as a form of one line each has them: maker, name, versions.
    pub fn product_lines(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.products.iter().map(|product| {
            let versions = match &product.versions {
                Versions::Unsaid => "",
                Versions::One(text) | Versions::Range(text) => text,
            };
            (product.maker.as_str(), product.name.as_str(), versions)
        })
    }
}
