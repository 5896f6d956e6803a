//! Orders, demands and opinions. In: what is asked of an operator or, in an opinion, of the minister; the answer. Out: where it stands, its clock, what follows if nothing
//! comes. Never: an opinion that looks like an order, or that goes to an operator.
//!
//! Act 42/2025 arts. 6 (orders), 7 (opinions of the Prime Minister, to the competent minister), 9 (demands for material), 83, 84 and 86 (fines).

use crate::FieldError;
use crate::calendar::Date;
use crate::clock::{Due, Times, What, Who, set_day};
use crate::plain::{line, text};
use crate::routing::Minister;
use crate::rules::{Marks, Rule};
use crate::terms::{Source, Terms};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};

/// What a letter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LetterKind {
    /// The minister orders (art. 6).
    Order,
    /// The minister demands material or an account (art. 9).
    Demand,
    /// The Prime Minister's opinion to the minister (art. 7).
    Opinion,
}

/// What follows where a letter is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// Largest fine in yen; none where nothing follows.
    pub fine_yen: Option<u64>,
    /// Whether the operator as a body is fined too (art. 86).
    pub corporate: bool,
    /// Article.
    pub article: Option<u32>,
    /// Where the sum comes from, and whether somebody verified it.
    pub source: Option<Source>,
}

impl Consequence {
    /// `UNVERIFIED` where nobody held the sum against the law.
    pub fn marks(&self) -> Marks {
        Marks {
            reading: false,
            unverified: self.source.as_ref().is_some_and(|source| !source.verified),
        }
    }

    /// In English, without its marks.
    pub fn en(&self) -> String {
        let (Some(fine), Some(article)) = (self.fine_yen, self.article) else {
            return "nothing follows by law".to_owned();
        };
        let body = if self.corporate {
            "; the body too (art. 86)"
        } else {
            ""
        };
        format!("a fine of up to ¥{fine} (Act 42/2025 art. {article}){body}")
    }

    /// In Japanese, without its marks.
    pub fn ja(&self) -> String {
        let (Some(fine), Some(article)) = (self.fine_yen, self.article) else {
            return "法律上の罰則なし".to_owned();
        };
        let body = if self.corporate {
            "、法人も同じ（第86条）"
        } else {
            ""
        };
        format!("{fine}円以下の罰金（法第{article}条）{body}")
    }
}

impl LetterKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Order, Self::Demand, Self::Opinion];

    /// Its word, as in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Demand => "demand",
            Self::Opinion => "opinion",
        }
    }

    /// Its name in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Order => "Order",
            Self::Demand => "Demand for material",
            Self::Opinion => "Opinion of the Prime Minister",
        }
    }

    /// Its name in Japanese.
    pub const fn ja(self) -> &'static str {
        match self {
            Self::Order => "命令",
            Self::Demand => "報告又は資料の提出の求め",
            Self::Opinion => "内閣総理大臣の意見",
        }
    }

    /// What follows.
    pub fn consequence(self, terms: &Terms) -> Consequence {
        let (fine, article) = match self {
            Self::Order => (&terms.penalty_order, 83),
            Self::Demand => (&terms.penalty_answer, 84),
            Self::Opinion => {
                return Consequence {
                    fine_yen: None,
                    corporate: false,
                    article: None,
                    source: None,
                };
            }
        };
        Consequence {
            fine_yen: Some(fine.value),
            corporate: true,
            article: Some(article),
            source: Some(fine.source.clone()),
        }
    }

    /// Article that it rests on.
    pub const fn article(self) -> u32 {
        match self {
            Self::Order => 6,
            Self::Opinion => 7,
            Self::Demand => 9,
        }
    }
}

/// Where a letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LetterState {
    /// It was sent.
    Issued,
    /// The other side has it.
    Received,
    /// It was answered.
    Replied,
    /// The matter is settled.
    Settled,
    /// It was taken back by who sent it.
    Revoked,
}

impl LetterState {
    /// Its word, as in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Received => "received",
            Self::Replied => "replied",
            Self::Settled => "settled",
            Self::Revoked => "revoked",
        }
    }

    /// In English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Issued => "sent",
            Self::Received => "received",
            Self::Replied => "answered",
            Self::Settled => "settled",
            Self::Revoked => "revoked",
        }
    }

    /// In Japanese.
    pub const fn ja(self) -> &'static str {
        match self {
            Self::Issued => "送付済",
            Self::Received => "到達",
            Self::Replied => "回答済",
            Self::Settled => "完結",
            Self::Revoked => "撤回",
        }
    }

    /// Whether an answer is still awaited.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Issued | Self::Received)
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// When it came.
    #[serde(with = "crate::text")]
    pub at: Seconds,
    /// What it says.
    pub text: String,
}

/// A letter. JSON as a node keeps it; what is read back is the node's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    #[serde(with = "crate::text")]
    id: Name,
    kind: LetterKind,
    #[serde(with = "crate::text")]
    to: Name,
    subject: String,
    text: String,
    #[serde(default)]
    issued: Option<Date>,
    reply_by: Date,
    state: LetterState,
    #[serde(default, with = "crate::text::option")]
    received: Option<Seconds>,
    reply: Option<Reply>,
    #[serde(default, with = "crate::text::option")]
    ended: Option<Seconds>,
}

/// What a letter is made of.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// Its id.
    pub id: Name,
    /// What it is.
    pub kind: LetterKind,
    /// To whom: an operator; of an opinion, the minister by its id, such as `mlit`.
    pub to: Name,
    /// One line.
    pub subject: &'a str,
    /// What is asked.
    pub text: &'a str,
    /// Day of issue.
    pub issued: Date,
    /// By when an answer is due; not before the day of issue.
    pub reply_by: Date,
}

/// A step that cannot be taken from where the letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a letter that stands at {0:?} does not take this step")]
pub struct StepError(pub LetterState);

/// Why an answer was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// What it says breaks a rule; whoever answers mends it.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The letter waits for none; whoever answers asks the sender.
    #[error(transparent)]
    Step(#[from] StepError),
}

impl Letter {
    /// Issues a letter.
    ///
    /// # Errors
    /// Fields that break a rule.
    pub fn issue(draft: Draft<'_>) -> Result<Self, Vec<FieldError>> {
        let mut errors: Vec<FieldError> = line("subject", draft.subject).into_iter().collect();
        errors.extend(text("text", draft.text));
        if draft.kind == LetterKind::Opinion && draft.to.as_str().parse::<Minister>().is_err() {
            let what =
                "is no minister; an opinion goes to the competent minister and to nobody else";
            errors.push(FieldError::new("to", Rule::RouteMinister, what));
        }
        if draft.reply_by < draft.issued {
            let what = "lies before the day of issue";
            errors.push(FieldError::new("reply_by", Rule::AnswerDeadline, what));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            id: draft.id,
            kind: draft.kind,
            to: draft.to,
            subject: draft.subject.to_owned(),
            text: draft.text.to_owned(),
            issued: Some(draft.issued),
            reply_by: draft.reply_by,
            state: LetterState::Issued,
            received: None,
            reply: None,
            ended: None,
        })
    }

    /// Its id.
    pub const fn id(&self) -> &Name {
        &self.id
    }

    /// To whom: an operator; of an opinion, the minister.
    pub const fn to(&self) -> &Name {
        &self.to
    }

    /// What it is about, one line.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What is asked.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Day of issue; none in letters of versions that did not keep it.
    pub const fn issued(&self) -> Option<Date> {
        self.issued
    }

    /// When the other side had it, if it said so.
    pub const fn received(&self) -> Option<Seconds> {
        self.received
    }

    /// When it was settled or revoked.
    pub const fn ended(&self) -> Option<Seconds> {
        self.ended
    }

    /// By when an answer is due.
    pub const fn reply_by(&self) -> Date {
        self.reply_by
    }

    /// Where it stands.
    pub const fn state(&self) -> LetterState {
        self.state
    }

    /// What it is.
    pub const fn kind(&self) -> LetterKind {
        self.kind
    }

    /// Its answer.
    pub const fn reply(&self) -> Option<&Reply> {
        self.reply.as_ref()
    }

    /// The other side has it.
    ///
    /// # Errors
    /// [`StepError`] unless it was just issued.
    pub fn receive(&mut self, at: Seconds) -> Result<(), StepError> {
        self.step(&[LetterState::Issued], LetterState::Received)?;
        self.received = Some(at);
        Ok(())
    }

    /// Takes an answer, late ones too: the clock says so.
    ///
    /// # Errors
    /// [`AnswerError`]; nothing is taken then.
    pub fn answer(&mut self, words: &str, at: Seconds) -> Result<(), AnswerError> {
        if let Some(error) = text("text", words) {
            return Err(error.into());
        }
        let waiting = [LetterState::Issued, LetterState::Received];
        self.step(&waiting, LetterState::Replied)?;
        let text = words.to_owned();
        self.received.get_or_insert(at);
        self.reply = Some(Reply { at, text });
        Ok(())
    }

    /// The matter is settled.
    ///
    /// # Errors
    /// [`StepError`] unless it was answered.
    pub fn settle(&mut self, at: Seconds) -> Result<(), StepError> {
        self.step(&[LetterState::Replied], LetterState::Settled)?;
        self.ended = Some(at);
        Ok(())
    }

    /// It is taken back.
    ///
    /// # Errors
    /// [`StepError`] where it was answered or has ended.
    pub fn revoke(&mut self, at: Seconds) -> Result<(), StepError> {
        let waiting = [LetterState::Issued, LetterState::Received];
        self.step(&waiting, LetterState::Revoked)?;
        self.ended = Some(at);
        Ok(())
    }

    fn step(&mut self, from: &[LetterState], to: LetterState) -> Result<(), StepError> {
        if !from.contains(&self.state) {
            return Err(StepError(self.state));
        }
        self.state = to;
        Ok(())
    }

    /// Its clock; none where it was taken back. An opinion's is soft: nothing follows.
    pub fn clock(&self, now: Seconds) -> Option<Due> {
        if self.state == LetterState::Revoked {
            return None;
        }
        let deadline = set_day(self.reply_by);
        let times = Times {
            deadline: &deadline,
            done: self.reply.as_ref().map(|reply| reply.at),
            now,
            soft: self.kind == LetterKind::Opinion,
        };
        let who = match self.kind {
            LetterKind::Opinion => Who::Office,
            LetterKind::Order | LetterKind::Demand => Who::Operator,
        };
        Some(Due::new(self.id.as_str(), (who, What::Order), times))
    }
}
