//! What of a deletion is proven and what is only attested. In: deletions on record. Out: a page. Never: a claim that is stronger than its evidence.

use super::{Reader, page};
use crate::words::Word;
use maud::{Markup, html};
use sakimori_custody::time::Seconds;

/// The claims with their strength, in the order of the design.
const CLAIMS: [(Word, Word); 6] = [
    (Word::ClaimReceipt, Word::DeletionProven),
    (Word::ClaimTime, Word::DeletionProven),
    (Word::ClaimNeverOpened, Word::DeletionProven),
    (Word::ClaimOpened, Word::DeletionAttested),
    (Word::ClaimCopies, Word::DeletionNot),
    (Word::ClaimDiscarded, Word::ClaimDiscardedHow),
];

/// The page.
pub fn deletion(reader: &Reader, deletions: &[(u64, Seconds, String)]) -> Markup {
    let say = |word: Word| reader.say(word);
    let content = html! {
        table {
            thead { tr {
                th scope="col" { (say(Word::Claim)) }
                th scope="col" { (say(Word::Strength)) }
            } }
            tbody { @for (claim, strength) in CLAIMS { tr {
                td { (say(claim)) }
                td { strong { (say(strength)) } }
            } } }
        }
        h2 { (say(Word::Deletions)) }
        @if deletions.is_empty() { p { (say(Word::NoDeletions)) } }
        @else {
            table {
                thead { tr {
                    th scope="col" { (say(Word::Entry)) }
                    th scope="col" { (say(Word::When)) }
                    th scope="col" { (say(Word::OnRecord)) }
                } }
                tbody { @for (index, time, body) in deletions { tr {
                    td { (index) }
                    td { (time) }
                    td { code .wrap { (body) } }
                } } }
            }
        }
    };
    page(reader, say(Word::Deletion), &content)
}
