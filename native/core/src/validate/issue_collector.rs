//! Collects issues: builds their pointers and caps their number. `slow_path` decides what is an issue.
//!
//! Twin of `src/engine/js/issue-collector.ts`.

use crate::issue::{Issue, MAX_ISSUES};
use crate::path::{Step as PathStep, push_step};
use crate::read::Tape;

/// One step from a value of the tape to one of its children.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Index of the key on the tape.
    Member(usize),
    Index(usize),
}

/// The issues so far, and the path of the walk.
pub struct IssueCollector<'i> {
    /// From the root to the current value.
    pub path: Vec<Step>,
    pub issues: &'i mut Vec<Issue>,
    /// An issue beyond the cap was dropped.
    pub truncated: bool,
}

impl IssueCollector<'_> {
    /// Adds an issue at the current value, or at its member `key`.
    pub fn add(&mut self, tape: &Tape<'_>, keyword: &'static str, params: impl Into<String>, key: Option<&str>) {
        if self.issues.len() == MAX_ISSUES {
            self.truncated = true;
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
        self.issues.push(Issue::of_schema(pointer, keyword, params.into()));
    }
}
