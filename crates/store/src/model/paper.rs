//! Papers: what offices, operators and makers tell each other, version by version. In: rows. Out: the same for everybody. Never: a version that is changed or taken away.

/// One version of a paper: a report, a case, a notice, guidance, a letter, a ticket, an alert.
///
/// A paper is named by its kind, its owner and its id, so that two owners may give the same id without knowing of each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// What it is, a word.
    pub kind: String,
    /// Whose it is: an operator, a maker, the office itself.
    pub owner: String,
    /// Its id among the owner's papers of this kind.
    pub id: String,
    /// 1 for the first version, one more for each that follows.
    pub version: u64,
    /// Where it stands, a word of its kind.
    pub state: String,
    /// By when something has to happen, if something has to.
    pub due: Option<u64>,
    /// When this version was written.
    pub at: u64,
    /// Who wrote it.
    pub by: String,
    /// What it says, JSON; the store does not look into it.
    pub body: String,
}

/// A paper as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its place among all versions of all papers, from 1 and without a gap: whoever has read up to it misses nothing by asking for what comes behind it.
    pub sequence: u64,
    /// The paper.
    pub paper: Paper,
}

/// Whose papers a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View<'a> {
    /// One owner's.
    Of(&'a str),
    /// Everybody's.
    All,
}

/// A file that came with a paper, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The paper's kind.
    pub kind: String,
    /// The paper's owner.
    pub owner: String,
    /// The paper's id.
    pub id: String,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// The name that it came with.
    pub name: String,
    /// What its first bytes say that it is, a media type.
    pub media: String,
    /// How many bytes it has.
    pub size: u64,
    /// When it came.
    pub at: u64,
    /// Who brought it.
    pub by: String,
}
