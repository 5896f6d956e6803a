//! Arguments of `product` and `council`. In: words. Out: commands with typed values. Never: a default that is not told in the help.

use super::asset::Place;
use clap::{Args, Subcommand};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;

/// Products: at the office's node all of them, at an operator's what the office gave it.
#[derive(Args, Debug)]
pub(crate) struct Product {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) act: ProductAct,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProductAct {
    /// Lists copies, oldest first, at most 100.
    List {
        /// Behind this place.
        #[arg(long, value_name = "PLACE", default_value_t = 0)]
        after: u64,
    },
    /// Shows a product; at the office every version of every copy.
    Show {
        /// The product.
        id: String,
    },
}

/// The council: at the office's node and at a member's own.
#[derive(Args, Debug)]
pub(crate) struct Council {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) act: CouncilAct,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CouncilAct {
    /// At the office: members, who is invited, and how often an opinion was overridden. At a member's node: where it stands.
    Show,
    /// Lists what was submitted.
    Submissions,
    /// Lists copies, each with the opinion on its handling.
    Copies,
    /// Lists requests for material with their days.
    Materials,
    /// Invites an operator, at the office. It is a member once a person of its own node consented.
    Invite {
        /// The operator.
        member: Name,
    },
    /// Asks a member for material, at the office.
    Ask {
        /// The member.
        member: Name,
        /// One line.
        subject: String,
        /// What is asked for, and what it is needed for.
        #[arg(long, value_name = "TEXT")]
        text: String,
        /// By when an answer is due.
        #[arg(long, value_name = "TIME")]
        reply_by: Seconds,
    },
    /// Answers a request for material, at the member's node.
    Answer {
        /// The request.
        id: Name,
        /// The material, or where it is.
        #[arg(
            long,
            value_name = "TEXT",
            required_unless_present = "refused",
            conflicts_with = "refused"
        )]
        given: Option<String>,
        /// The just cause for which it is not given.
        #[arg(long, value_name = "TEXT")]
        refused: Option<String>,
    },
    /// Consents to the invitation, at the node of who is invited: `--as` is a person of that node who may sign for it.
    Consent,
    /// Declines the invitation.
    Decline,
    /// Leaves the council.
    Leave,
}
