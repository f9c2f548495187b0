//! Ends the processing of a payload early: stages count their steps, and every few thousand steps ask whether to go on. The
//! core reads no clock: its caller does, in an [`Interrupt`].
//!
//! Twin of `src/util/step-budget.ts`.

use std::cell::Cell;
use std::fmt;
use std::time::Duration;

/// Decides whether the processing of a payload ends early. `Sync`, so that [`Scratch`](crate::Scratch) may change threads.
pub trait Interrupt: Sync {
    /// True: it ends now. The next question comes after about `ahead`, because the next step cannot be ended.
    fn is_due(&self, ahead: Duration) -> bool;
}

/// Steps between two questions. A step takes nanoseconds: a node of the schema, a byte of a text, a word of a set.
pub const STEPS: u32 = 4096;

/// Counts the steps of one payload. Without an [`Interrupt`] it never ends.
#[derive(Clone, Default)]
pub struct Budget<'i> {
    interrupt: Option<&'i dyn Interrupt>,
    /// Steps until the next question.
    left: Cell<u32>,
    is_over: Cell<bool>,
}

impl<'i> Budget<'i> {
    /// Asks `interrupt`.
    pub fn new(interrupt: Option<&'i dyn Interrupt>) -> Self {
        Self { interrupt, left: Cell::new(STEPS), is_over: Cell::new(false) }
    }

    /// Counts steps; false when the payload's processing ends. Results after that have no meaning.
    #[inline(always)]
    pub fn spend(&self, steps: u32) -> bool {
        match self.left.get().checked_sub(steps) {
            Some(left) => {
                self.left.set(left);
                true
            }
            None => self.ask(Duration::ZERO),
        }
    }

    /// As [`spend`](Self::spend), for the bytes of a text or the entries of a container.
    #[inline(always)]
    pub fn spend_len(&self, len: usize) -> bool {
        self.spend(u32::try_from(len).unwrap_or(u32::MAX))
    }

    /// As [`spend`](Self::spend), but asks at once: before a step that takes about `ahead` and cannot be ended.
    #[cold]
    pub fn ask(&self, ahead: Duration) -> bool {
        if !self.is_over.get() && self.interrupt.is_some_and(|interrupt| interrupt.is_due(ahead)) {
            self.is_over.set(true);
        }
        // Once it is over, every step asks, so that all loops end.
        self.left.set(if self.is_over.get() { 0 } else { STEPS });
        !self.is_over.get()
    }

    /// True when the processing has ended.
    pub fn is_over(&self) -> bool {
        self.is_over.get()
    }

    /// The characters of a text, as long as the processing goes on.
    pub fn chars<'t>(&'t self, text: &'t str) -> impl Iterator<Item = char> + Clone + 't {
        text.chars().take_while(|_| self.spend(1))
    }
}

impl fmt::Debug for Budget<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Budget").field("is_over", &self.is_over).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use super::*;

    /// Is due at the third question.
    #[derive(Default)]
    struct Third(AtomicU32);

    impl Interrupt for Third {
        fn is_due(&self, _: Duration) -> bool {
            self.0.fetch_add(1, Relaxed) >= 2
        }
    }

    #[test]
    fn asks_every_few_thousand_steps_and_stays_over() {
        let third = Third::default();
        let budget = Budget::new(Some(&third));
        let steps = (0..10 * STEPS).take_while(|_| budget.spend(1)).count();
        // A step that asks and goes on is one too.
        assert_eq!(steps as u32, 3 * STEPS + 2);
        assert!(budget.is_over() && !budget.spend(1));
        assert_eq!(third.0.into_inner(), 3);
    }

    #[test]
    fn never_ends_without_an_interrupt() {
        let budget = Budget::default();
        assert!((0..10 * STEPS).all(|_| budget.spend(u32::MAX)) && !budget.is_over());
        assert_eq!(budget.chars("äb").collect::<String>(), "äb");
    }
}
