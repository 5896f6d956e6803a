//! How others ask the runner. In: questions, what hands have done. Out: the owner's words before all else, then what was done, then approvals with what takes them back, then the rest, each in its order. Never: an owner's stop, or the word that it is done,
//! that waits behind commands.

use super::{Ask, Message};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

/// The owner's words that were not heard yet, in their order.
pub(crate) struct Words {
    said: Mutex<VecDeque<Ask>>,
    /// While it is set, no hand puts anything in force.
    halt: Arc<AtomicBool>,
}

impl Words {
    pub(super) fn of(halt: Arc<AtomicBool>) -> Self {
        Self {
            said: Mutex::default(),
            halt,
        }
    }

    pub(super) fn next(&self) -> Option<Ask> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.pop_front()
    }

    fn say(&self, ask: Ask) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        // From this moment on nothing begins, whatever the runner is doing.
        if matches!(ask, Ask::Stop(_)) {
            self.halt.store(true, Ordering::SeqCst);
        }
        said.push_back(ask);
    }
}

/// What the runner was sent and has not come to.
#[derive(Default)]
pub(super) struct Queue {
    done: VecDeque<Message>,
    approvals: VecDeque<Message>,
    rest: VecDeque<Message>,
}

impl Queue {
    pub(super) fn put(&mut self, message: Message) {
        match message {
            Message::Word => {}
            Message::Done(..) | Message::Led(_) | Message::Listed(_) => {
                self.done.push_back(message);
            }
            Message::Ask(Ask::Approve { .. } | Ask::Lists { .. }) => {
                self.approvals.push_back(message);
            }
            Message::Ask(_) => self.rest.push_back(message),
        }
    }

    pub(super) fn next(&mut self) -> Option<Message> {
        let done = self.done.pop_front();
        let done = done.or_else(|| self.approvals.pop_front());
        done.or_else(|| self.rest.pop_front())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.done.is_empty() && self.approvals.is_empty() && self.rest.is_empty()
    }
}

/// By which others ask.
#[derive(Clone)]
pub struct Handle {
    to: Sender<Message>,
    words: Arc<Words>,
}

impl Handle {
    pub(super) const fn of(to: Sender<Message>, words: Arc<Words>) -> Self {
        Self { to, words }
    }

    /// Asks. What the owner says is heard before all that waits: stop, hold, free, release, show, and the end of the program. Where the runner has ended, nothing answers.
    pub fn ask(&self, ask: Ask) {
        let message = match ask {
            Ask::Stop(_)
            | Ask::Free(..)
            | Ask::Release(..)
            | Ask::Hold(..)
            | Ask::ReleaseAll(..)
            | Ask::FreeAll(..)
            | Ask::Show(_)
            | Ask::End => {
                self.words.say(ask);
                Message::Word
            }
            ask => Message::Ask(ask),
        };
        // Who asks sees by the missing answer that it has ended.
        let _ = self.to.send(message);
    }
}
