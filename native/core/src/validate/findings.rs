//! Issues as they are found: their pointers, their cap. What is an issue is decided in `issues`.

use crate::json_text::push_string;
use crate::path::{Step as PathStep, push_step};
use crate::read::Tape;

/// Most issues that one outcome lists.
pub const MAX_ISSUES: usize = 32;

/// One finding about the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// RFC 6901; each key cut at 128 code points, then escaped.
    pub pointer: String,
    /// What failed.
    pub keyword: &'static str,
    /// JSON text of an object; from the contract, never from the payload.
    pub params: String,
}

impl Issue {
    /// Appends the issue as JSON text, the keys in their fixed order.
    pub fn push_json(&self, out: &mut String) {
        out.push_str("{\"code\":\"validate.failed\",\"pointer\":");
        push_string(out, &self.pointer);
        out.push_str(",\"keyword\":\"");
        out.push_str(self.keyword);
        out.push_str("\",\"params\":");
        out.push_str(&self.params);
        out.push('}');
    }
}

/// What a document's validation found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validation {
    /// Empty when the document passes; at most 32.
    pub issues: Vec<Issue>,
    /// True when there was a 33rd issue.
    pub truncated: bool,
}

/// One step of the way to a value of the tape.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// The key's place on the tape.
    Member(usize),
    Index(usize),
}

/// What was found so far, and where the walk stands.
#[derive(Default)]
pub struct Findings {
    /// From the root to the value that is looked at.
    pub path: Vec<Step>,
    pub found: Validation,
}

impl Findings {
    /// Adds an issue at the current value, or at its member `key`.
    pub fn add(&mut self, tape: &Tape<'_>, keyword: &'static str, params: impl Into<String>, key: Option<&str>) {
        if self.found.issues.len() == MAX_ISSUES {
            self.found.truncated = true;
            return;
        }
        let mut pointer = String::new();
        for step in &self.path {
            push_step(
                &mut pointer,
                match step {
                    Step::Member(at) => PathStep::Key(tape.text(*at)),
                    Step::Index(index) => PathStep::Index(*index),
                },
            );
        }
        if let Some(key) = key {
            push_step(&mut pointer, PathStep::Key(key));
        }
        self.found.issues.push(Issue { pointer, keyword, params: params.into() });
    }
}
