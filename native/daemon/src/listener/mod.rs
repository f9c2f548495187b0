//! The socket file: bound under a name of its own, published when it listens, watched, and deleted only while it is ours.
//! What speaks over a connection is not here.
//!
//! Twin of `src/server/listener.ts`.

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

use socket_file::{PathState, bind_temporary, check_parent, identity_of, inherited, path_state};

use crate::config::settings::{Settings, SocketPlace};
use crate::socket_path::make_own_directory;

const BACKLOG: i32 = 511;
const WATCH: Duration = Duration::from_secs(1);
/// Closing a listener resets what waits in its backlog: it goes on for that long after another has the path.
const LAST_ACCEPTS: Duration = Duration::from_secs(1);
/// A system that is out of descriptors or memory is not asked again at once.
const PAUSE: Duration = Duration::from_millis(100);

/// What happens at the socket.
#[derive(Debug)]
pub enum ListenerEvent {
    /// Somebody who may has connected; the stream does not block.
    Connected(StdStream),
    /// Somebody who may not has: the uid. The connection is closed, and nothing of it was read.
    Unauthorized(u32),
    /// A connection could not be accepted.
    AcceptFailed(io::Error),
    /// The path was gone, and is there again.
    Republished,
    /// The path is gone and cannot be published again: why. Said once.
    Lost(String),
    /// Another daemon has the path. This one accepts for a second more.
    TakenOver,
    /// That second is over: nothing more is accepted, time to drain.
    Closed,
}

/// The device and inode that say whose a file is.
type Identity = (u64, u64);

struct Published {
    path: PathBuf,
    identity: Identity,
    watch: Interval,
}

/// A socket that listens.
pub struct Listener {
    /// The last one is in force; those before are let go of.
    listeners: Vec<(UnixListener, Option<Instant>)>,
    file: Option<Published>,
    mode: u32,
    group: Option<u32>,
    allowed: Vec<u32>,
    lost: bool,
    taken_over: bool,
    clock: std::pin::Pin<Box<tokio::time::Sleep>>,
    paused: bool,
}

impl Listener {
    /// Listens where the settings say; within a runtime.
    ///
    /// # Errors
    ///
    /// Why not: in use, not ours, no permission.
    pub fn open(settings: &Settings) -> Result<Self, String> {
        let mut listener = Self {
            listeners: Vec::new(),
            file: None,
            mode: settings.socket_mode,
            group: settings.socket_group,
            allowed: settings.allow_uids.clone(),
            lost: false,
            taken_over: false,
            clock: Box::pin(tokio::time::sleep(Duration::ZERO)),
            paused: false,
        };
        let path = match &settings.socket {
            SocketPlace::Inherited => {
                let inherited = inherited().map_err(|error| format!("Cannot listen on LISTEN_FDS: {error}"))?;
                listener.listeners.push((inherited, None));
                return Ok(listener);
            }
            SocketPlace::Default(path) => {
                make_own_directory(path)?;
                path
            }
            SocketPlace::Path(path) => path,
        };
        check_parent(path)?;
        let before = path_state(path)?;
        if before == PathState::Alive && !settings.takeover {
            let path = path.display();
            return Err(format!("{path} is in use: a daemon answers there. With --takeover it is replaced"));
        }
        let (socket, identity) = listener.publish(path, before != PathState::Nothing)?;
        listener.listeners.push((socket, None));
        let mut watch = interval_at(Instant::now() + WATCH, WATCH);
        watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        listener.file = Some(Published { path: path.clone(), identity, watch });
        Ok(listener)
    }

    /// The next happening; may be dropped and called again.
    pub async fn next(&mut self) -> ListenerEvent {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<ListenerEvent> {
        if let Some(event) = self.poll_watch(context) {
            return Poll::Ready(event);
        }
        if self.poll_clock(context).is_pending() && self.paused {
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
                Ok((uid, _)) if !self.allowed.contains(&uid) => ListenerEvent::Unauthorized(uid),
                Ok((_, stream)) => ListenerEvent::Connected(stream),
                Err(error) => {
                    if error.kind() != io::ErrorKind::ConnectionAborted {
                        self.paused = true;
                        self.clock.as_mut().reset(Instant::now() + PAUSE);
                    }
                    ListenerEvent::AcceptFailed(error)
                }
            };
            return Poll::Ready(event);
        }
        Poll::Pending
    }

    /// Looks whether the path is ours, once a second.
    fn poll_watch(&mut self, context: &mut Context<'_>) -> Option<ListenerEvent> {
        if self.taken_over {
            return None;
        }
        while self.file.as_mut()?.watch.poll_tick(context).is_ready() {
            let file = self.file.as_ref()?;
            let event = match identity_of(&file.path) {
                Some(identity) if identity == file.identity => None,
                Some(_) => {
                    self.taken_over = true;
                    self.let_go();
                    Some(ListenerEvent::TakenOver)
                }
                None => self.republish(),
            };
            if event.is_some() {
                return event;
            }
        }
        None
    }

    fn republish(&mut self) -> Option<ListenerEvent> {
        let path = self.file.as_ref()?.path.clone();
        match self.publish(&path, false) {
            Ok((socket, identity)) => {
                // Nobody finds the old one any more; who waits in its backlog is let in first.
                self.let_go();
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

    /// Those that listen now do so for one more second.
    fn let_go(&mut self) {
        let until = Instant::now() + LAST_ACCEPTS;
        for (_, end) in &mut self.listeners {
            end.get_or_insert(until);
        }
        self.paused = false;
        self.clock.as_mut().reset(until);
    }

    /// Ready when no time is being waited for.
    fn poll_clock(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let next = self.listeners.iter().filter_map(|(_, end)| *end).min();
            if !self.paused && next.is_none() {
                return Poll::Ready(());
            }
            ready!(self.clock.as_mut().poll(context));
            let now = Instant::now();
            self.paused = false;
            self.listeners.retain(|(_, end)| end.is_none_or(|end| end > now));
            if let Some(next) = self.listeners.iter().filter_map(|(_, end)| *end).min() {
                self.clock.as_mut().reset(next);
            }
        }
    }

    /// Binds beside the path, sets mode and group, and gives it its name.
    fn publish(&self, path: &Path, replace: bool) -> Result<(UnixListener, Identity), String> {
        let (socket, draft) = bind_temporary(path)?;
        let publish = || -> io::Result<Identity> {
            fs::set_permissions(&draft, fs::Permissions::from_mode(self.mode))?;
            if let Some(group) = self.group {
                std::os::unix::fs::chown(&draft, None, Some(group))?;
            }
            let about = fs::symlink_metadata(&draft)?;
            socket.listen(BACKLOG)?;
            if replace {
                fs::rename(&draft, path)?;
            } else {
                // Fails if someone was faster.
                fs::hard_link(&draft, path)?;
                fs::remove_file(&draft)?;
            }
            Ok((about.dev(), about.ino()))
        };
        let published = publish().and_then(|identity| {
            socket.set_nonblocking(true)?;
            let listener = UnixListener::from_std(StdListener::from(OwnedFd::from(socket)))?;
            Ok((listener, identity))
        });
        published.map_err(|error| {
            // It may have its name already.
            let _ = fs::remove_file(&draft);
            if error.kind() == io::ErrorKind::AlreadyExists {
                return format!("{} is in use: another daemon was faster", path.display());
            }
            format!("Cannot publish {}: {error}", path.display())
        })
    }

    /// Accepts nothing more, and deletes the file if it is still ours.
    pub fn close(self) {}
}

/// However the daemon ends.
impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(file) = &self.file
            && identity_of(&file.path) == Some(file.identity)
        {
            // Gone in between: that is what was wanted.
            let _ = fs::remove_file(&file.path);
        }
    }
}
