//! Arguments of `order` and `ticket`. In: words. Out: commands with typed values. Never: a default that is not told in the help.

use super::report::At;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// A text that somebody writes: typed, or in a file.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct Words {
    /// The text.
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// The file that has the text, UTF-8, at most 8000 characters.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// Orders and demands of the minister, at the operator's node.
#[derive(Args, Debug)]
pub(crate) struct Order {
    #[command(flatten)]
    pub(crate) at: At,
    #[command(subcommand)]
    pub(crate) act: OrderAct,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OrderAct {
    /// Lists orders and demands, the nearest day first, with what follows where nothing comes. `sakimori report send` fetches what is new.
    List,
    /// Shows an order or a demand, and what was answered.
    Show {
        /// The letter.
        id: String,
    },
    /// Answers an order or a demand; `sakimori report send` brings the answer to the office, which takes one. Until then it can be written anew.
    Reply {
        /// The letter.
        id: String,
        #[command(flatten)]
        words: Words,
    },
}

/// Support that an operator asks of the office, at the operator's node.
#[derive(Args, Debug)]
pub(crate) struct Ticket {
    #[command(flatten)]
    pub(crate) at: At,
    #[command(subcommand)]
    pub(crate) act: TicketAct,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TicketAct {
    /// Opens a ticket; `sakimori report send` brings it to the office.
    Open {
        /// What it is about, one line.
        subject: String,
        #[command(flatten)]
        words: Words,
    },
    /// Lists tickets: those that wait first, with the office's clock and how long each took.
    List,
    /// Shows a ticket with the words of both sides.
    Show {
        /// The ticket.
        id: String,
    },
    /// Writes on a ticket; on a closed one it opens it again.
    Reply {
        /// The ticket.
        id: String,
        #[command(flatten)]
        words: Words,
    },
}
