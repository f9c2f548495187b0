//! A bounded set of connections: one more ends the oldest, so that silent ones do not keep others out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

#[derive(Default)]
struct Members {
    last_number: u64,
    by_age: BTreeMap<u64, Arc<State>>,
}

/// Of a member.
#[derive(Default)]
struct State {
    evicted: Notify,
    is_counted: AtomicBool,
}

pub struct EvictingSet {
    max: usize,
    members: Mutex<Members>,
}

/// A member of the set, removed on drop.
pub struct Member {
    set: Arc<EvictingSet>,
    number: u64,
    state: Arc<State>,
}

/// Whether the end of a connection is counted: as answered or as evicted, whichever comes first, on any thread.
pub struct Counted(Arc<State>);

impl EvictingSet {
    pub fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, members: Mutex::default() })
    }

    /// Adds a member; true when the oldest one was evicted for it before it was answered.
    pub fn enter(self: &Arc<Self>) -> (Member, bool) {
        let state = Arc::<State>::default();
        let mut members = self.lock();
        let oldest = if members.by_age.len() >= self.max { members.by_age.pop_first() } else { None };
        members.last_number += 1;
        let number = members.last_number;
        members.by_age.insert(number, Arc::clone(&state));
        drop(members);
        let evicts = oldest.is_some_and(|(_, oldest)| {
            oldest.evicted.notify_one();
            Counted(oldest).claim()
        });
        (Member { set: Arc::clone(self), number, state }, evicts)
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Member {
    /// Resolves when the member is evicted.
    pub fn evicted(&self) -> impl Future<Output = ()> + use<> {
        let state = Arc::clone(&self.state);
        async move { state.evicted.notified().await }
    }

    pub fn counted(&self) -> Counted {
        Counted(Arc::clone(&self.state))
    }
}

impl Counted {
    /// True for the first caller, which is the one that counts the member.
    pub fn claim(&self) -> bool {
        !self.0.is_counted.swap(true, Relaxed)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.set.lock().by_age.remove(&self.number);
    }
}
