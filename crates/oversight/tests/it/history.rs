//! Reads stories into a book.

use sakimori_authority::TrustRoot;
use sakimori_oversight::{Book, Judged, Refused, Taken};
use sakimori_testkit::folder::Plan;
use sakimori_testkit::history::{Story, Written};

/// An empty book under the sample's trust root.
pub(crate) fn empty() -> Book {
    let folder = Plan::default().build().folder;
    Book::new(TrustRoot::open(&folder.trust_root).unwrap())
}

/// Judges one entry at its own time.
pub(crate) fn judge(book: &mut Book, written: &Written) -> Result<Taken, Refused> {
    let now = written.entry.envelope.time;
    book.judge(
        written.index,
        &written.entry.leaf,
        &written.entry.stored,
        Judged::at(now),
    )
}

/// Reads a story; the first step that is refused, with why. Each refused entry has to leave the book as it was.
pub(crate) fn read(story: &Story) -> Result<Book, (String, Refused)> {
    let mut book = empty();
    for written in story.write() {
        let before = book.clone();
        if let Err(why) = judge(&mut book, &written) {
            assert!(
                book == before,
                "step `{}` changed the book; void before it: {:?}",
                written.name,
                before.void()
            );
            return Err((written.name, why));
        }
    }
    Ok(book)
}

/// Reads a story that every rule allows.
pub(crate) fn good(story: &Story) -> Book {
    match read(story) {
        Ok(book) => book,
        Err((name, why)) => panic!("step `{name}`: {why}"),
    }
}

#[test]
fn the_good_story_is_taken_whole_and_nothing_in_it_is_void() {
    let book = good(&Story::good());
    assert_eq!(book.void(), []);
    let at = book.newest();
    let told: Vec<_> = book
        .overdue(at)
        .iter()
        .map(|told| (told.code.name(), told.index))
        .collect();
    assert_eq!(told, []);
}

#[test]
fn a_reader_without_a_clock_judges_every_twist_as_the_mirror_did() {
    let mut caught = 0;
    let story = Story::good().up_to("deletion of s-01");
    let twists = story.twists();
    for (name, story) in &twists {
        let (mut mirror, mut reader) = (empty(), empty());
        for w in story.write() {
            let said = judge(&mut mirror, &w);
            let read = reader.judge(w.index, &w.entry.leaf, &w.entry.stored, Judged::default());
            assert_eq!(said, read, "{name}");
            if said.is_err() {
                break;
            }
        }
        assert!(mirror == reader, "{name}");
        let whole = mirror.size() == story.steps.len() as u64;
        caught += usize::from(!whole || !mirror.void().is_empty());
    }
    assert!(caught * 2 > twists.len(), "{caught} of {}", twists.len());
}
