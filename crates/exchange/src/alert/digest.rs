//! The text of a digest. In: alerts of one owner, a language. Out: plain text. Never: markup, a link, a field of a stranger that could look like ours: control characters
//! are taken out.

use super::notice::Alert;
use crate::feed::Kind;
use std::fmt::Write;

/// Most alerts that a digest lists; the rest is counted.
pub const LISTED_MAX: usize = 50;

/// The language of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 日本語.
    Japanese,
    /// English.
    English,
}

const KINDS: [Kind; 3] = [Kind::ActiveCompromise, Kind::Vulnerability, Kind::Exposure];

const fn word(kind: Kind, language: Language) -> &'static str {
    match (kind, language) {
        (Kind::ActiveCompromise, Language::Japanese) => "侵害の疑い",
        (Kind::Vulnerability, Language::Japanese) => "脆弱性",
        (Kind::Exposure, Language::Japanese) => "外部への露出",
        (Kind::ActiveCompromise, Language::English) => "active compromise",
        (Kind::Vulnerability, Language::English) => "vulnerability",
        (Kind::Exposure, Language::English) => "exposure",
    }
}

/// A text of a stranger on one line of ours.
fn plain(text: &str) -> String {
    // BOUND: 200 characters of a value are enough to find it.
    let clean = text.chars().take(200);
    clean
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// The digest of an owner's alerts: the gravest kind first, in it the last seen first.
pub fn digest(owner: &str, alerts: &[Alert], language: Language) -> String {
    let mut out = String::new();
    let total = alerts.len();
    let owner = plain(owner);
    // Writes to a String cannot fail.
    let _ = match language {
        Language::Japanese => writeln!(
            out,
            "{owner} 御中\n\n登録された資産について、{total}件の通知があります。"
        ),
        Language::English => writeln!(
            out,
            "{owner}\n\nThere are {total} alerts about what you registered."
        ),
    };
    let mut listed = 0;
    for kind in KINDS {
        let mut of: Vec<&Alert> = alerts.iter().filter(|alert| alert.kind == kind).collect();
        if of.is_empty() {
            continue;
        }
        of.sort_by_key(|alert| (std::cmp::Reverse(alert.last), alert.id));
        let _ = match language {
            Language::Japanese => writeln!(out, "\n■ {}（{}件）", word(kind, language), of.len()),
            Language::English => writeln!(out, "\n* {} ({})", word(kind, language), of.len()),
        };
        for alert in of {
            if listed == LISTED_MAX {
                break;
            }
            listed += 1;
            let what = plain(&alert.what.to_string());
            let (about, grade, count) = (plain(&alert.about), alert.grade, alert.count);
            let sources: Vec<String> = alert.sources.iter().map(|s| plain(s)).collect();
            let sources = sources.join(", ");
            let (first, last) = (alert.first, alert.last);
            let _ = match language {
                Language::Japanese => writeln!(
                    out,
                    "- {what}：{about}\n  観測 {first} ～ {last}（{count}回）、情報源 {sources}、確度 {grade}"
                ),
                Language::English => writeln!(
                    out,
                    "- {what}: {about}\n  seen {first} to {last} ({count} times) by {sources}, grade {grade}"
                ),
            };
        }
    }
    let rest = total.saturating_sub(listed);
    if rest > 0 {
        let _ = match language {
            Language::Japanese => writeln!(out, "\nほか{rest}件は画面でご覧ください。"),
            Language::English => writeln!(out, "\n{rest} more are in the console."),
        };
    }
    let _ = match language {
        Language::Japanese => writeln!(
            out,
            "\n対応状況（確認済み・対応済み・誤り・該当なし）をご回答ください。"
        ),
        Language::English => writeln!(
            out,
            "\nPlease answer each: seen, acted, false or not relevant."
        ),
    };
    out
}
