//! Pages of the register of assets: the list with its clocks, an entry with the sentences that decide. In: the register, what the law asks of it. Out: HTML that works without a script.
//! Never: a verdict without its sentences; a text of a list that becomes markup.

use super::{Reader, page};
use crate::words::asset::AssetWord as W;
use crate::words::cells;
use maud::{Markup, html};
use sakimori_cooperate::asset::ComputerClass;
use sakimori_cooperate::form::{CellError, heading};
use sakimori_cooperate::routing::Sector;
use sakimori_cooperate::scope::{Questions, SubType, Verdict};
use sakimori_cooperate::{Answer, Reason};
use sakimori_liaison::asset::{Asked, Profile, Summary, Tell};
use sakimori_liaison::notice::{Notice, NoticeKind};
use sakimori_liaison::paper::Written;

impl Reader {
    /// A word of the pages of assets and alerts in the reader's language.
    pub(super) const fn asset(&self, word: W) -> &'static str {
        word.text(self.language)
    }
}

const fn verdict(verdict: Verdict) -> W {
    match verdict {
        Verdict::In => W::InScope,
        Verdict::Ask => W::ToAsk,
        Verdict::Outside => W::Outside,
    }
}

const fn tell(tell: Tell) -> W {
    match tell {
        Tell::Nothing => W::TellNothing,
        Tell::Told => W::TellTold,
        Tell::New => W::TellNew,
        Tell::Changed => W::TellChanged,
        Tell::Removed => W::TellRemoved,
    }
}

/// The sentences that decide.
fn reasons(reader: &Reader, reasons: &[Reason]) -> Markup {
    html! {
        ul .small { @for reason in reasons {
            li { (reader.pick(reason.rule.en(), reason.rule.ja())) " (" (reason.rule.law()) ") " (reason.marks()) }
        } }
    }
}

/// The day of an entry: what is overdue stands out by word and weight, not by colour alone.
fn day(reader: &Reader, each: &Asked<'_>) -> Markup {
    html! { @if let Some(due) = &each.due {
        (due.last) " "
        @if due.is_overdue() { strong .warn { (reader.asset(W::Overdue)) } }
        @else { (reader.asset(W::DaysLeft)) }
        " " span .small { (due.marks()) }
    } }
}

fn field(label: &str, name: &str, value: &str, kind: &str, required: bool) -> Markup {
    html! {
        label { (label)
            input type=(kind) name=(name) value=(value) maxlength="200" required[required] autocomplete="off";
        }
    }
}

/// What the page of the register shows.
pub(crate) struct Shown<'r> {
    /// Entries, those of the page.
    pub(crate) entries: &'r [Asked<'r>],
    /// How many stand where.
    pub(crate) summary: Summary,
    /// What is said of the operator.
    pub(crate) profile: Option<&'r Profile>,
    /// The notices that were made.
    pub(crate) notices: &'r [Written<Notice>],
    /// The number behind which the next page begins, where there is one.
    pub(crate) next: Option<u64>,
    /// Whether it is the first page.
    pub(crate) is_first: bool,
    /// What went wrong with the form that was sent.
    pub(crate) wrong: Option<&'r str>,
    /// Wrong cells of the list that was sent, and how many there are: more than are named, where there are very many.
    pub(crate) cells: (&'r [CellError], usize),
}

/// The register.
pub(crate) fn register(reader: &Reader, shown: &Shown<'_>) -> Markup {
    let say = |word: W| reader.asset(word);
    let sums = &shown.summary;
    let content = html! {
        @if let Some(wrong) = shown.wrong { p .warn role="alert" { (wrong) } }
        @if shown.cells.1 > 0 { (wrong_cells(reader, shown.cells)) }
        @if shown.profile.is_none() { p { (say(W::NoOutline)) } }
        @else {
            p {
                (say(W::TellNew)) ": " (sums.new) " · " (say(W::TellChanged)) ": " (sums.changed) " · "
                (say(W::TellTold)) ": " (sums.told) " · " (say(W::Overdue)) ": " (sums.overdue)
            }
            table {
                thead { tr {
                    @for word in [W::NumberShort, W::Maker, W::Product, W::Version, W::Class, W::Scope, W::ToTell, W::LastDay] {
                        th scope="col" { (say(word)) }
                    }
                } }
                tbody { @for each in shown.entries { tr {
                    td { a href={ "/assets/" (each.entry.number) } { (each.entry.number) } }
                    td { (each.entry.asset.maker) }
                    td { (each.entry.asset.product) }
                    td { (each.entry.asset.version) }
                    td { (class(each.entry.asset.class)) }
                    td { (say(verdict(each.scope.verdict))) }
                    td { (say(tell(each.tell))) }
                    td { (day(reader, each)) }
                } } }
            }
            p {
                @if !shown.is_first { a href="/assets" { (say(W::FirstOnes)) } " " }
                @if let Some(next) = shown.next { a href={ "/assets?after=" (next) } { (say(W::NextOnes)) } }
            }
            (notices(reader, shown))
        }
        (import(reader))
        (outline(reader, shown.profile))
    };
    page(reader, say(W::Assets), &content)
}

/// Every wrong cell, by row and column, in the reader's language.
fn wrong_cells(reader: &Reader, (cells, total): (&[CellError], usize)) -> Markup {
    let say = |word: W| reader.asset(word);
    html! {
        section role="alert" {
            h2 .warn { (total) " " (say(W::WrongCells)) }
            p { (say(W::NothingTaken)) }
            table {
                thead { tr {
                    @for word in [W::Row, W::Column, W::Why] { th scope="col" { (say(word)) } }
                } }
                tbody { @for cell in cells { tr {
                    td { (cell.row) }
                    td { code { (cell.column) } @if let Some(ja) = heading(&cell.column) { " " (ja) } }
                    td { (reader.pick(&cell.what, &cells::ja(&cell.what))) }
                } } }
            }
            @if total > cells.len() { p { (total - cells.len()) " " (say(W::MoreCells)) } }
        }
    }
}

fn class(class: ComputerClass) -> String {
    let value = serde_json::to_value(class).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn notices(reader: &Reader, shown: &Shown<'_>) -> Markup {
    let say = |word: W| reader.asset(word);
    let make = |kind: NoticeKind, word: W| {
        html! {
            form method="post" action="/assets/notices" {
                (reader.form_field())
                input type="hidden" name="kind" value=(kind.word());
                label { input type="checkbox" name="details" value="yes"; (say(W::Details)) }
                button { (say(word)) }
            }
        }
    };
    html! {
        section {
            h2 { (say(W::Notices)) }
            @if shown.notices.is_empty() { p { (say(W::NoNotices)) } }
            @else { table {
                thead { tr {
                    @for word in [W::NumberShort, W::Items, W::LastDay, W::State] { th scope="col" { (say(word)) } }
                } }
                tbody { @for kept in shown.notices { tr {
                    td { code { (kept.id) } }
                    td { (kept.said.items) }
                    td { @if let Some(last) = kept.said.last { (last) } }
                    td { (say(if kept.said.taken.is_some() { W::StateTaken } else { W::StateMade })) }
                } } }
            } }
            @if shown.summary.new > 0 { (make(NoticeKind::Asset, W::MakeAsset)) }
            @if shown.summary.changed > 0 { (make(NoticeKind::Change, W::MakeChange)) }
        }
    }
}

fn import(reader: &Reader) -> Markup {
    let say = |word: W| reader.asset(word);
    html! {
        section {
            h2 { (say(W::Import)) }
            p { (say(W::ImportHow)) }
            form method="post" action="/assets/file" enctype="multipart/form-data" {
                (reader.form_field())
                label { input type="checkbox" name="more" value="yes"; (say(W::More)) }
                label { (say(W::File)) input type="file" name="file" accept=".csv,.xlsx" required; }
                button { (say(W::Take)) }
            }
            form method="post" action="/assets/list" {
                (reader.form_field())
                label { (say(W::List)) textarea name="list" rows="8" required spellcheck="false" {} }
                label { input type="checkbox" name="more" value="yes"; (say(W::More)) }
                button { (say(W::Take)) }
            }
        }
    }
}

fn outline(reader: &Reader, profile: Option<&Profile>) -> Markup {
    let say = |word: W| reader.asset(word);
    let value = |of: fn(&Profile) -> &str| profile.map(of).unwrap_or_default();
    let day = |of: fn(&Profile) -> Option<String>| profile.and_then(of).unwrap_or_default();
    html! {
        section {
            h2 { (say(W::Outline)) }
            form method="post" action="/assets/outline" {
                (reader.form_field())
                (field(say(W::Name), "name", value(|p| &p.outline.name), "text", true))
                (field(say(W::Address), "address", value(|p| &p.outline.address), "text", true))
                (field(say(W::Representative), "representative", value(|p| &p.outline.representative), "text", true))
                (field(say(W::Contact), "contact", value(|p| &p.outline.contact), "text", true))
                label { (say(W::Sector)) select name="sector" {
                    @for sector in Sector::ALL {
                        option value=(sector.id()) selected[profile.is_some_and(|p| p.sector == *sector)] {
                            (reader.pick(sector.en(), sector.ja()))
                        }
                    }
                } }
                (field(say(W::Designated), "designated", &day(|p| Some(p.since.designated.to_string())), "date", true))
                (field(say(W::ScopeChanged), "scope_changed", &day(|p| p.since.scope_changed.map(|d| d.to_string())), "date", false))
                button { (say(W::Save)) }
            }
        }
    }
}

/// An entry: scope, duty and clock, each with its sentences, and the questions about its computer.
pub(crate) fn entry(reader: &Reader, each: &Asked<'_>) -> Markup {
    let say = |word: W| reader.asset(word);
    let asset = &each.entry.asset;
    let (en, ja) = (each.duty.words().1, each.duty.words().0);
    let content = html! {
        dl {
            dt { (say(W::Maker)) } dd { (asset.maker) }
            dt { (say(W::Product)) } dd { (asset.product) }
            dt { (say(W::Version)) } dd { (asset.version) }
            @if !asset.cpe.is_empty() { dt { "CPE" } dd { code { (asset.cpe) } } }
            @if !asset.purl.is_empty() { dt { (say(W::PackageUrl)) } dd { code { (asset.purl) } } }
            dt { (say(W::Class)) } dd { (class(asset.class)) }
            dt { (say(W::Scope)) } dd { (say(verdict(each.scope.verdict))) (reasons(reader, &each.scope.reasons)) }
            dt { (say(W::ToTell)) } dd { (reader.pick(en, ja)) (reasons(reader, &each.duty.reasons)) }
            @if let Some(due) = &each.due {
                dt { (say(W::LastDay)) } dd { (day(reader, each)) (reasons(reader, &due.reasons)) }
            }
        }
        (questions(reader, each.entry.number, each.entry.questions.unwrap_or_default()))
        p { a href="/assets" { (say(W::Assets)) } }
    };
    page(reader, &asset.product, &content)
}

fn questions(reader: &Reader, number: u64, said: Questions) -> Markup {
    let say = |word: W| reader.asset(word);
    let ask = |name: &str, text: &str, said: Answer| {
        html! {
            fieldset {
                legend { (text) }
                @for (answer, value, word) in [(Answer::Yes, "yes", W::Yes), (Answer::No, "no", W::No), (Answer::Unsure, "unsure", W::Unsure)] {
                    label { input type="radio" name=(name) value=(value) checked[answer == said]; (say(word)) }
                }
            }
        }
    };
    html! {
        section {
            h2 { (say(W::Questions)) }
            form method="post" action={ "/assets/" (number) "/scope" } {
                (reader.form_field())
                (ask("operator", say(W::QOperator), said.operator))
                (ask("equipment", say(W::QEquipment), said.equipment))
                (ask("connected", say(W::QConnected), said.connected))
                @for each in SubType::ALL {
                    (ask(each.id(), reader.pick(each.en(), each.ja()), said.sub_types.of(each)))
                }
                (ask("preparation", say(W::QPreparation), said.preparation))
                button { (say(W::Judge)) }
            }
        }
    }
}
