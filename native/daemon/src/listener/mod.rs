//! The socket of the daemon: bound under a temporary name, published when it listens, watched, and removed only by its owner.
//!
//! Twin of `src/server/listener.ts`.

mod parents;
mod socket_file;

use std::fs;
use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use parents::check_parents;
use socket_file::{PathState, bind_temporary, identity_of, inherited, path_state};

use crate::config::settings::{Settings, SocketPlace};
use crate::socket_path::make_own_directory;
use crate::texts::socket as texts;

const BACKLOG: i32 = 511;
/// Time between two checks of the path.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);
/// How long a listener without path accepts: closing it resets the connections in its backlog.
const CLOSE_DELAY: Duration = Duration::from_secs(1);
/// Pause after a failed accept, for example without free descriptors.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub enum ListenerEvent {
    /// A non-blocking connection of an allowed uid.
    Connected(StdStream),
    /// A non-blocking connection of this other uid.
    Unauthorized(u32, StdStream),
    AcceptFailed(io::Error),
    /// The path was missing, or had a socket without a listener, and is published again.
    Republished,
    /// The path cannot be published again, for this reason; reported once.
    Lost(String),
    /// Another daemon owns the path. This one accepts for one more second.
    TakenOver,
    /// That second is over: nothing is accepted from now on.
    Closed,
}

/// Device and inode of a file.
type Identity = (u64, u64);

struct Published {
    path: PathBuf,
    identity: Identity,
    watch: Interval,
}

pub struct Listener {
    /// The last one is in force; the others accept until a time.
    listeners: Vec<(UnixListener, Option<Instant>)>,
    file: Option<Published>,
    is_inherited: bool,
    allows_open: bool,
    mode: u32,
    group: Option<u32>,
    allowed: Vec<u32>,
    lost: bool,
    taken_over: bool,
    timer: std::pin::Pin<Box<tokio::time::Sleep>>,
    paused: bool,
}

impl Listener {
    /// Listens on the socket of the settings; within a runtime.
    pub fn open(settings: &Settings) -> Result<Self, String> {
        let mut listener = Self {
            listeners: Vec::new(),
            file: None,
            is_inherited: settings.socket == SocketPlace::Inherited,
            allows_open: settings.allow_open_directory,
            mode: settings.socket_mode,
            group: settings.socket_group,
            allowed: settings.allow_uids.clone(),
            lost: false,
            taken_over: false,
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            paused: false,
        };
        let path = match &settings.socket {
            SocketPlace::Inherited => {
                let inherited = inherited().map_err(texts::cannot_inherit)?;
                listener.listeners.push((inherited, None));
                return Ok(listener);
            }
            SocketPlace::Default(path) => {
                make_own_directory(path)?;
                path
            }
            SocketPlace::Path(path) => path,
        };
        check_parents(path, listener.allows_open)?;
        let before = path_state(path)?;
        if before == PathState::Alive && !settings.takeover {
            return Err(texts::in_use(path.display()));
        }
        let (socket, identity) = listener.publish(path, before != PathState::Free)?;
        listener.listeners.push((socket, None));
        let mut watch = interval_at(Instant::now() + WATCH_INTERVAL, WATCH_INTERVAL);
        watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        listener.file = Some(Published { path: path.clone(), identity, watch });
        Ok(listener)
    }

    /// Stops accepting on the socket of a service manager: connections wait in its backlog for the next daemon. On a path there
    /// may be none, so health checks are answered there until the end.
    pub fn leave_to_successor(&mut self) {
        if self.is_inherited {
            self.listeners.clear();
        }
    }

    /// Removes the file if it is still ours. What is in the backlog is accepted; nothing comes to it any more.
    pub fn remove_file(&mut self) {
        if let Some(file) = self.file.take()
            && identity_of(&file.path) == Some(file.identity)
        {
            // It may be gone already.
            let _ = fs::remove_file(&file.path);
        }
    }

    /// The next happening; may be dropped and called again.
    pub async fn next(&mut self) -> ListenerEvent {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<ListenerEvent> {
        if let Some(event) = self.poll_watch(context) {
            return Poll::Ready(event);
        }
        if self.poll_timer(context).is_pending() && self.paused {
            return Poll::Pending;
        }
        if self.taken_over && self.listeners.is_empty() {
            self.file = None;
            self.taken_over = false;
            return Poll::Ready(ListenerEvent::Closed);
        }
        for (listener, _) in &self.listeners {
            let Poll::Ready(accepted) = listener.poll_accept(context) else { continue };
            let event = match accepted.and_then(|(stream, _)| Ok((stream.peer_cred()?.uid(), stream.into_std()?))) {
                Ok((uid, stream)) if !self.allowed.contains(&uid) => ListenerEvent::Unauthorized(uid, stream),
                Ok((_, stream)) => ListenerEvent::Connected(stream),
                Err(error) => {
                    if error.kind() != io::ErrorKind::ConnectionAborted {
                        self.paused = true;
                        self.timer.as_mut().reset(Instant::now() + RETRY_INTERVAL);
                    }
                    ListenerEvent::AcceptFailed(error)
                }
            };
            return Poll::Ready(event);
        }
        Poll::Pending
    }

    /// Checks once a second whether the path is ours.
    fn poll_watch(&mut self, context: &mut Context<'_>) -> Option<ListenerEvent> {
        if self.taken_over {
            return None;
        }
        while self.file.as_mut()?.watch.poll_tick(context).is_ready() {
            let file = self.file.as_ref()?;
            let event = match identity_of(&file.path) {
                Some(identity) if identity == file.identity => None,
                // The daemon that took over has died: if this one left too, no daemon would serve the path.
                Some(_) if path_state(&file.path) == Ok(PathState::Stale) => self.republish(true),
                Some(_) => {
                    self.taken_over = true;
                    self.retire();
                    Some(ListenerEvent::TakenOver)
                }
                None => self.republish(false),
            };
            if event.is_some() {
                return event;
            }
        }
        None
    }

    fn republish(&mut self, replace: bool) -> Option<ListenerEvent> {
        let path = self.file.as_ref()?.path.clone();
        match self.publish(&path, replace) {
            Ok((socket, identity)) => {
                // The old one still serves its backlog.
                self.retire();
                self.listeners.push((socket, None));
                self.file.as_mut()?.identity = identity;
                self.lost = false;
                Some(ListenerEvent::Republished)
            }
            Err(_) if self.lost => None,
            Err(error) => {
                self.lost = true;
                Some(ListenerEvent::Lost(error))
            }
        }
    }

    /// Ends the present listeners after [`CLOSE_DELAY`].
    fn retire(&mut self) {
        let until = Instant::now() + CLOSE_DELAY;
        for (_, end) in &mut self.listeners {
            end.get_or_insert(until);
        }
        self.paused = false;
        self.timer.as_mut().reset(until);
    }

    /// Ready without a pending time.
    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let next = self.listeners.iter().filter_map(|(_, end)| *end).min();
            if !self.paused && next.is_none() {
                return Poll::Ready(());
            }
            ready!(self.timer.as_mut().poll(context));
            let now = Instant::now();
            self.paused = false;
            self.listeners.retain(|(_, end)| end.is_none_or(|end| end > now));
            if let Some(next) = self.listeners.iter().filter_map(|(_, end)| *end).min() {
                self.timer.as_mut().reset(next);
            }
        }
    }

    /// Binds beside the path, sets mode and group, and renames.
    fn publish(&self, path: &Path, replace: bool) -> Result<(UnixListener, Identity), String> {
        let (socket, temporary) = bind_temporary(path)?;
        let publish = || -> Result<(UnixListener, Identity), PublishError> {
            fs::set_permissions(&temporary, fs::Permissions::from_mode(self.mode))?;
            if let Some(group) = self.group {
                std::os::unix::fs::chown(&temporary, None, Some(group))?;
            }
            let metadata = fs::symlink_metadata(&temporary)?;
            socket.listen(BACKLOG)?;
            socket.set_nonblocking(true)?;
            let listener = UnixListener::from_std(StdListener::from(OwnedFd::from(socket)))?;
            // Again: the daemon may have waited for the old one's answer, or run for months.
            check_parents(path, self.allows_open).map_err(PublishError::Refused)?;
            if replace {
                fs::rename(&temporary, path)?;
            } else {
                // Fails when another daemon was faster.
                fs::hard_link(&temporary, path)?;
                fs::remove_file(&temporary)?;
            }
            Ok((listener, (metadata.dev(), metadata.ino())))
        };
        publish().map_err(|error| {
            // It may have its name already.
            let _ = fs::remove_file(&temporary);
            match error {
                PublishError::Refused(message) => message,
                PublishError::System(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    texts::lost_race(path.display())
                }
                PublishError::System(error) => texts::cannot_publish(path.display(), error),
            }
        })
    }
}

enum PublishError {
    /// The directory is not safe.
    Refused(String),
    System(io::Error),
}

impl From<io::Error> for PublishError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.remove_file();
    }
}
