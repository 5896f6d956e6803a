//! Arguments of `measure`. In: words. Out: commands with typed values. Never: a default that is not told in the help.

mod notice;

pub(crate) use notice::{NewNotice, NoticeAct};

use super::asset::Place;
use clap::{Args, Subcommand};
use sakimori_authority::measure::Deed;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use std::path::PathBuf;

/// Measures at the office's node: from a proposal to the report. `--as` is who does it.
#[derive(Args, Debug)]
pub(crate) struct MeasureOf {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) act: MeasureAct,
}

fn deed(text: &str) -> Result<Deed, String> {
    let names = || {
        Deed::ALL
            .iter()
            .map(|deed| deed.name())
            .collect::<Vec<_>>()
            .join(", ")
    };
    Deed::from_name(text).ok_or_else(|| format!("one of {}", names()))
}

#[derive(Debug, Subcommand)]
pub(crate) enum MeasureAct {
    /// Writes a plan to be filled in: a JSON document with one effect and every field that the rules ask for.
    Outline(Box<Outline>),
    /// Begins a measure with a plan; a plan of a known id is written anew.
    Propose {
        /// The plan, JSON.
        plan: PathBuf,
    },
    /// Holds a plan against every rule and the protected lists, without keeping it; exit code 1 where one is broken.
    Check {
        /// The plan, JSON.
        plan: PathBuf,
        /// By the rules of an urgent act.
        #[arg(long)]
        urgent: bool,
    },
    /// Lists measures with their states and next deadlines.
    List,
    /// Shows a measure: effects, clocks, what happened to it.
    Show {
        /// The measure.
        id: AuthorityId,
    },
    /// Finds a proposal in order: by another than who proposed it.
    Review {
        /// The measure.
        id: AuthorityId,
    },
    /// Sends a proposal back.
    SendBack {
        /// The measure.
        id: AuthorityId,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        why: String,
    },
    /// Writes the text that both officers sign with `sakimori authority sign`.
    Text {
        /// The measure.
        id: AuthorityId,
        /// By the rules of an urgent act.
        #[arg(long)]
        urgent: bool,
        /// Counted from 1; a renewal has the next.
        #[arg(long, value_name = "N", default_value_t = 1)]
        revision: u64,
        /// Where it is written.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Brings a measure before the commission: text and request go on record, and the statement is written that members sign.
    Ask {
        /// The measure.
        id: AuthorityId,
        /// The text that both officers signed.
        text: PathBuf,
        /// Article.
        #[arg(long, value_name = "CODE", default_value = "police-6-2")]
        basis: Name,
        /// Where the statement is written.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        sitting: super::authority::Sitting,
    },
    /// Writes the text of the next revision: the plan with what is new. Both officers sign it.
    RenewalText {
        /// The measure.
        id: AuthorityId,
        /// The renewal, JSON: newer evidence, fresh observations, the window.
        renewal: PathBuf,
        /// Where the text is written.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Asks the commission to renew a measure that is in force: text and request go on record, and the statement is written that members sign. Effects go on without a gap once they did.
    Renew {
        /// The measure.
        id: AuthorityId,
        /// The renewal, JSON.
        renewal: PathBuf,
        /// The text of the next revision that both officers signed.
        text: PathBuf,
        /// Article.
        #[arg(long, value_name = "CODE", default_value = "police-6-2")]
        basis: Name,
        /// Where the statement is written.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Two officers decide before the commission can sit: text and request go on record, and the statement is written that both sign; `sakimori authority submit` puts it in force, with the commission's notice.
    Urgent {
        /// The measure.
        id: AuthorityId,
        /// The text that both officers signed.
        text: PathBuf,
        /// The officer beside `--as`.
        #[arg(long, value_name = "NAME")]
        with: Name,
        /// Article.
        #[arg(long, value_name = "CODE", default_value = "police-6-2")]
        basis: Name,
        /// Where the statement is written.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Notes that an urgent statement was submitted.
    Invoked {
        /// The measure.
        id: AuthorityId,
        /// The statement's id.
        #[arg(long, value_name = "ID")]
        authority: AuthorityId,
        /// The text that both officers signed.
        #[arg(long, value_name = "FILE")]
        text: PathBuf,
    },
    /// Takes back a measure that is not decided.
    Withdraw {
        /// The measure.
        id: AuthorityId,
    },
    /// Writes the text that an observer signs with `sakimori authority sign`: what they see of the targets now.
    Observed {
        /// The measure.
        id: AuthorityId,
        /// A JSON list of observations, all by the same observer.
        observations: PathBuf,
        /// Where the text is written.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Writes the order that two people sign where both dispatch; it holds for fifteen minutes.
    Order {
        /// The measure.
        id: AuthorityId,
        /// The other person.
        #[arg(long, value_name = "NAME")]
        with: Name,
        /// Where the order is written.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Puts a measure in force, step by step.
    Dispatch {
        /// The measure.
        id: AuthorityId,
        /// What others see of the targets now, from behind the decision: texts of `measure observed` that their observers signed; may be repeated.
        #[arg(long, value_name = "FILE", required = true)]
        observed: Vec<PathBuf>,
        /// The order of two people that both signed; needed at level 2.
        #[arg(long, value_name = "FILE")]
        order: Option<PathBuf>,
    },
    /// One round: learns what the commission decided, lets time pass, does what is due. A running node does it by itself.
    Round,
    /// Asks each actuator what is in force and what it met, and holds it against what was commanded; exit code 1 where something is missing.
    Effects {
        /// The measure.
        id: AuthorityId,
    },
    /// Judges what a measure did, target by target, by the criterion that its proposal fixed: effective, partly, none, displaced or unknown. Actuators are asked for what is in force and what it met.
    Verdict {
        /// The measure.
        id: AuthorityId,
        /// What sensors, resolvers, routers and providers observed: a JSON list.
        #[arg(long, value_name = "FILE")]
        observed: Option<PathBuf>,
        /// How much the criterion's source counted over as many seconds before the measure; what the office read before the dispatch without it.
        #[arg(long, value_name = "N")]
        before: Option<u64>,
        /// Sightings of findings, for a watch on those who moved: a JSON list.
        #[arg(long, value_name = "FILE")]
        sighted: Option<PathBuf>,
    },
    /// Brings readings of sensors, resolvers and routers: a JSON list. An end that was fixed in advance comes by itself.
    Read {
        /// The measure.
        id: AuthorityId,
        /// The readings.
        readings: PathBuf,
    },
    /// Brings what others see of the targets; a changed target suspends the measure.
    Observe {
        /// The measure.
        id: AuthorityId,
        /// A JSON list of observations.
        observations: PathBuf,
    },
    /// Takes everything of a measure back. One person may.
    Release {
        /// The measure.
        id: AuthorityId,
    },
    /// Takes back everything that rests on one statement.
    ReleaseAuthority {
        /// The statement.
        id: AuthorityId,
    },
    /// Takes back everything of a designation, or of a route.
    #[command(group = clap::ArgGroup::new("of").required(true))]
    ReleaseAll {
        /// All that is carried out under a designation, by its number.
        #[arg(long, value_name = "NUMBER", group = "of")]
        designation: Option<String>,
        /// All of a route: `police`, `defence`.
        #[arg(long, value_name = "ROUTE", group = "of")]
        route: Option<String>,
    },
    /// Stops dispatch at the whole office, also of what is decided later, until another person lets it go; what is in force goes on until its end.
    Hold {
        /// Why.
        #[arg(long, value_name = "TEXT")]
        why: String,
    },
    /// Lets dispatch go on at the whole office: another than who stopped it, and nobody who carries out.
    LetGo {
        /// Why.
        #[arg(long, value_name = "TEXT")]
        why: String,
    },
    /// Shows whether the whole office is stopped, and every stop before.
    Stops,
    /// Lets dispatch of a measure go on.
    Free {
        /// The measure.
        id: AuthorityId,
    },
    /// Lets a suspended measure go on; it is dispatched anew.
    Resume {
        /// The measure.
        id: AuthorityId,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        why: String,
    },
    /// Takes some effects back for good, by their numbers in the plan, from 0.
    Narrow {
        /// The measure.
        id: AuthorityId,
        /// Numbers.
        #[arg(required = true)]
        aims: Vec<usize>,
    },
    /// Notes that a notice which is owed was given: `administrator=NAME`, `victims`, `others`.
    Told {
        /// The measure.
        id: AuthorityId,
        /// To whom.
        duty: String,
    },
    /// Withholds a notice, with a reason and a day on which that is looked at again.
    Withhold {
        /// The measure.
        id: AuthorityId,
        /// To whom, as in `told`.
        duty: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        why: String,
        /// When it is looked at again.
        #[arg(long, value_name = "TIME")]
        review: Seconds,
    },
    /// Composes the report behind the end of what is on record: what was asked, decided and done, verdicts, notices, complaints, duties, chain of custody.
    Report {
        /// The measure.
        id: AuthorityId,
        /// What the office adds, a text.
        #[arg(long, value_name = "FILE")]
        words: Option<PathBuf>,
        /// A folder for the document and for its forms for people: `report.json`, and `report.ja` and `report.en` as Markdown and HTML.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Hands it in: it is kept, its SHA-256 goes into the life and the log.
        #[arg(long)]
        submit: bool,
    },
    /// Pieces of evidence whose bytes are kept.
    #[command(subcommand)]
    Evidence(EvidenceAct),
    /// Asks an actuator what it can do and how many commands it takes a minute.
    Features {
        /// The actuator.
        actuator: Name,
    },
    /// Notices to contacts for abuse, to administrators, victims and others who are met.
    #[command(subcommand)]
    Notice(Box<NoticeAct>),
    /// Writes the measure's chain of custody with the bytes of its links, and its report in CASE; the hash of the last link is printed, to be told to others.
    Export {
        /// The measure.
        id: AuthorityId,
        /// The folder for them.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Playbooks of CACAO 2.0 that plans follow.
    #[command(subcommand)]
    Playbook(PlaybookAct),
    /// Complaints of those who are met.
    #[command(subcommand)]
    Complaint(ComplaintAct),
    /// Figures of a span of time, as the commission's report has them.
    Figures {
        /// From when.
        #[arg(long, value_name = "TIME")]
        from: Seconds,
        /// Until when; now without it.
        #[arg(long, value_name = "TIME")]
        to: Option<Seconds>,
    },
    /// Officers with a designation, and actuators with their keys.
    #[command(subcommand)]
    Register(RegisterAct),
    /// The protected lists.
    #[command(subcommand)]
    Lists(ListsAct),
    /// Facts on who else is met, with who says them and how old they are.
    #[command(subcommand)]
    Facts(FactsAct),
    /// Looks what the targets of a measure run into now, and where its names lead.
    Look {
        /// The measure.
        id: AuthorityId,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum FactsAct {
    /// Lists what is known, by target, with the age of the oldest number.
    List,
    /// Brings facts: a JSON list in the form of a plan's `facts`. Of each number the newer one counts; a measure that takes more by them than it was approved with is suspended.
    Set {
        /// The facts.
        file: PathBuf,
    },
}

/// What an outline begins with.
#[derive(Args, Debug)]
pub(crate) struct Outline {
    /// What is done.
    #[arg(long, value_name = "DEED", value_parser = deed)]
    pub(crate) deed: Deed,
    /// With what: an address, a block, a name, or a thing of a host.
    #[arg(long, value_name = "TARGET")]
    pub(crate) target: String,
    /// By whose actuator.
    #[arg(long, value_name = "NAME")]
    pub(crate) actuator: Name,
    /// Who lawfully controls the system that acts.
    #[arg(long, value_name = "NAME")]
    pub(crate) controller: Name,
    /// Where the target is, two letters; `--` where nobody knows.
    #[arg(
        long,
        value_name = "COUNTRY",
        default_value = "--",
        allow_hyphen_values = true
    )]
    pub(crate) country: String,
    /// A finding of a sensor as evidence: its id, as `sakimori findings` shows it.
    #[arg(long, value_name = "ID")]
    pub(crate) finding: Vec<String>,
    /// Last second that is asked for; a day from now without it.
    #[arg(long, value_name = "TIME")]
    pub(crate) not_after: Option<Seconds>,
    /// Where it is written.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PlaybookAct {
    /// Judges a playbook: every problem with its step; exit code 1 where there is one. Prints the SHA-256 that a plan names, and what it would command.
    Check {
        /// The playbook.
        file: PathBuf,
    },
    /// Keeps a playbook, so that a plan can name it.
    Import {
        /// The playbook.
        file: PathBuf,
    },
    /// Lists the playbooks that are kept.
    List,
    /// Shows a playbook that is kept.
    Show {
        /// Its SHA-256.
        digest: String,
    },
    /// Shows where a measure stands in its playbook, and who is waited for.
    State {
        /// The measure.
        id: AuthorityId,
    },
    /// Answers the step that waits for a person.
    Answer {
        /// The measure.
        id: AuthorityId,
        /// The step.
        #[arg(long, value_name = "ID")]
        step: String,
        /// It was done.
        #[arg(long, conflicts_with = "failed", required_unless_present = "failed")]
        done: bool,
        /// It was not done, or went wrong.
        #[arg(long)]
        failed: bool,
        /// A new value of a variable of the playbook; may be repeated.
        #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
        value: Vec<(String, String)>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceAct {
    /// Keeps the bytes of a piece that the dossier names by their SHA-256. Findings of this node are kept by the proposal itself.
    Keep {
        /// The measure.
        id: AuthorityId,
        /// The piece's name in the dossier.
        name: Name,
        /// Its bytes.
        file: PathBuf,
    },
    /// Lists pieces with their classes, until when they are kept, and what was erased.
    List {
        /// The measure.
        id: AuthorityId,
    },
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').ok_or("NAME=VALUE is asked for")?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

#[derive(Debug, Subcommand)]
pub(crate) enum ComplaintAct {
    /// Lists complaints.
    List,
    /// Enters a complaint that came by letter or telephone; its reference is printed.
    Enter {
        /// About which address or name.
        target: String,
        /// In the words of whoever complains.
        #[arg(long, value_name = "TEXT")]
        words: String,
    },
    /// Decides a complaint. An upheld one ends the measure.
    Decide {
        /// Its reference.
        reference: String,
        /// The block was wrong.
        #[arg(
            long,
            conflicts_with = "dismissed",
            required_unless_present = "dismissed"
        )]
        upheld: bool,
        /// The block was right.
        #[arg(long)]
        dismissed: bool,
        /// What whoever complained is told.
        #[arg(long, value_name = "TEXT")]
        answer: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RegisterAct {
    /// Shows the register.
    Show,
    /// Enters the register anew of a JSON file.
    Set {
        /// The file.
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ListsAct {
    /// Builds lists of folders of MISP warning lists, root hints and additions, and writes the text that the office and the chair or deputy sign with `sakimori authority sign`.
    Build {
        /// A folder of warning lists, one folder or file each.
        #[arg(long, value_name = "DIR")]
        warning_lists: Option<PathBuf>,
        /// The root hints of DNS.
        #[arg(long, value_name = "FILE")]
        root_hints: Option<PathBuf>,
        /// An addition: `NAME=FILE`, one address, block or name a line; `own-systems`, `commission`, `emergency`, `management`, `operators` and others of `docs/reference/safety-lists.md`.
        #[arg(long, value_name = "NAME=FILE")]
        add: Vec<String>,
        /// Counted from 1; each bundle has the next.
        #[arg(long, value_name = "N")]
        version: u64,
        /// Last second.
        #[arg(long, value_name = "TIME")]
        not_after: Seconds,
        /// Where text and lists are written: `safety-lists.txt` and `safety-lists.jsonl`.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Puts a signed bundle in use; every measure in force is judged anew at the next round.
    Set {
        /// The signed note.
        note: PathBuf,
        /// The lists.
        lists: PathBuf,
    },
    /// Shows the bundle in use.
    Show,
    /// Brings the bundle in use to actuators whose owners take it, as a running node does by itself; exit code 1 where one does not answer.
    Bring,
    /// Judges targets by the bundle in use; exit code 1 where one is protected wholly.
    Judge {
        /// Addresses, blocks, names.
        #[arg(required = true)]
        targets: Vec<String>,
    },
}
