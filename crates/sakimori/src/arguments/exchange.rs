//! Arguments of `exchange`. In: words. Out: commands with typed values. Never: a default that is not told in the help.

use super::Format;
use clap::{Args, Subcommand, ValueEnum};
use sakimori_custody::ids::Name;
use std::path::PathBuf;

/// A format to convert to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum To {
    /// A STIX 2.1 bundle, with what it has no place for in an extension.
    Stix,
    /// A STIX 2.1 bundle as misp-stix makes it, without the extension.
    StixPlain,
    /// MISP events.
    Misp,
}

/// What is said of indicators on the way.
#[derive(Args, Debug)]
pub(crate) struct Lists {
    /// A folder of MISP warning lists: indicators that one of them names are told with the reason; none is left out.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) warninglists: Option<PathBuf>,
    /// The column of CSV that holds the indicators, where its name is none of the usual.
    #[arg(long, value_name = "NAME")]
    pub(crate) column: Option<String>,
}

/// How far a feed may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum UpTo {
    /// TLP:CLEAR.
    Clear,
    /// TLP:GREEN.
    Green,
    /// TLP:AMBER.
    Amber,
    /// TLP:AMBER+STRICT.
    AmberStrict,
    /// TLP:RED.
    Red,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Feed {
    /// Takes the events of a feed that are new or newer than those that are here. Each is compared with the manifest and the list of hashes first. Ends with 1 where one is refused.
    Take {
        /// The feed: a folder, or with `--partner` the path of one at its node, `/…/`.
        feed: String,
        /// The folder that events are kept in, a file for each.
        #[arg(long, value_name = "FOLDER")]
        into: PathBuf,
        /// The folder of this node's role, whose peer gives the feed.
        #[arg(long, value_name = "FOLDER", requires = "partner")]
        folder: Option<PathBuf>,
        /// The peer that gives it, as `node join` made it known.
        #[arg(long, value_name = "NAME", requires = "folder")]
        partner: Option<String>,
        /// Most events that are taken at once; the next run goes on.
        #[arg(long, value_name = "NUMBER", default_value_t = 1000)]
        most: usize,
    },
    /// Makes a feed of files with events: `manifest.json`, `hashes.csv`, a file for each event. What its maker's mark keeps nearer is left out and told.
    Make {
        /// Files with events.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The folder that it is written into.
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
        /// The strictest mark that may stand in it.
        #[arg(long, value_enum, default_value = "green")]
        up_to: UpTo,
        /// Events too whose maker gave no mark.
        #[arg(long)]
        unmarked: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Exchange {
    /// Judges files: STIX objects and bundles with their patterns, MISP events, CSAF documents, CVE records. Ends with 1 where one is not valid.
    Check {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Recommendations too, not errors alone.
        #[arg(long)]
        warnings: bool,
        /// A folder of MISP warning lists: indicators that one of them names are told with the reason.
        #[arg(long, value_name = "FOLDER")]
        warninglists: Option<PathBuf>,
        /// A folder of MISP taxonomies: tags that they do not have, or that exclude each other, are errors.
        #[arg(long, value_name = "FOLDER")]
        taxonomies: Option<PathBuf>,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Turns MISP events, or a plain list or CSV of indicators, into a STIX bundle, or a STIX bundle (2.0 or 2.1) into MISP events. What finds no place is told.
    Convert {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        lists: Lists,
        /// What it becomes.
        #[arg(long, value_enum)]
        to: To,
        /// Where it is written; standard output without it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Proposes a selection pack from the indicators of a STIX bundle, a plain list or CSV: a source that somebody reads, completes and signs. What a pack cannot say is told.
    Propose {
        /// The bundle or list.
        file: PathBuf,
        #[command(flatten)]
        lists: Lists,
        /// The pack's name.
        #[arg(long)]
        id: Name,
        /// What the pack is for: a line of ASCII.
        #[arg(long)]
        purpose: String,
        /// Where the source is written; standard output without it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Says which indicators of a file match which observed data of others.
    Match {
        /// A bundle with indicators.
        patterns: PathBuf,
        /// Bundles with observed data.
        #[arg(required = true)]
        observed: Vec<PathBuf>,
        /// How results are shown.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Feeds in the format of MISP.
    #[command(subcommand)]
    Feed(Feed),
    /// Polls a partner's collection over TAXII 2.1 into one of this node that is given to nobody. What was there comes again and is kept once.
    Poll(Box<crate::commands::poll::Poll>),
    /// Lists the collections that partners' objects were polled into, and how the last run of each source went.
    List(Box<crate::commands::shared::List>),
    /// Shows what was polled into a collection; `--bundle` gives a bundle that `propose` takes.
    Show(Box<crate::commands::shared::Show>),
    /// Posts of machines that wait for a supervisor: looked at, let go through the release gate, or kept.
    Posts(Box<crate::commands::shared::Posts>),
}
