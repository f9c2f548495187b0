//! A bounded set of connections: one more ends the oldest, so that silent ones do not keep others out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

#[derive(Default)]
struct Members {
    last_number: u64,
    by_age: BTreeMap<u64, Arc<Notify>>,
}

pub struct EvictingSet {
    max: usize,
    members: Mutex<Members>,
}

/// A member of the set, removed on drop.
pub struct Member {
    set: Arc<EvictingSet>,
    number: u64,
    evicted: Arc<Notify>,
}

impl EvictingSet {
    pub fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, members: Mutex::default() })
    }

    /// Adds a member; true when the oldest one was evicted for it.
    pub fn enter(self: &Arc<Self>) -> (Member, bool) {
        let evicted = Arc::new(Notify::new());
        let mut members = self.lock();
        let oldest = if members.by_age.len() >= self.max { members.by_age.pop_first() } else { None };
        members.last_number += 1;
        let number = members.last_number;
        members.by_age.insert(number, Arc::clone(&evicted));
        drop(members);
        if let Some((_, oldest)) = &oldest {
            oldest.notify_one();
        }
        (Member { set: Arc::clone(self), number, evicted }, oldest.is_some())
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Member {
    /// Resolves when the member is evicted.
    pub fn evicted(&self) -> impl Future<Output = ()> + use<> {
        let evicted = Arc::clone(&self.evicted);
        async move { evicted.notified().await }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.set.lock().by_age.remove(&self.number);
    }
}
