//! The socket file: bound under a name of its own, published when it listens, watched, and deleted only while it is ours.
//! What speaks over a connection is not here.
//!
//! Twin of `src/server/listener.ts`.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::future::poll_fn;
use std::io;
use std::os::fd::{FromRawFd as _, RawFd};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::UnixListener;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::settings::{Settings, SocketPlace};
use crate::socket_path::{directory_of, make_own_directory, own_uid};

const BACKLOG: i32 = 511;
const WATCH: Duration = Duration::from_secs(1);
/// Closing a listener resets what waits in its backlog: it goes on for that long after another has the path.
const LAST_ACCEPTS: Duration = Duration::from_secs(1);
/// A system that is out of descriptors or memory is not asked again at once.
const PAUSE: Duration = Duration::from_millis(100);
/// systemd passes its sockets from here on.
const FIRST_PASSED: RawFd = 3;

/// What happens at the socket.
#[derive(Debug)]
pub enum Happening {
    /// Somebody who may has connected; the stream does not block.
    Connected(StdStream),
    /// Somebody who may not has: the uid. The connection is closed, and nothing of it was read.
    Stranger(u32),
    /// A connection could not be accepted.
    AcceptFailed(io::Error),
    /// The path was gone, and is there again.
    Republished,
    /// The path is gone and cannot be published again: why. Said once.
    Lost(String),
    /// Another daemon has the path. This one accepts for a second more.
    TakenOver,
    /// That second is over: nothing more is accepted, time to drain.
    Retired,
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
        let before = occupant(path)?;
        if before == Occupant::Alive && !settings.takeover {
            let path = path.display();
            return Err(format!("{path} is in use: a daemon answers there. With --takeover it is replaced"));
        }
        let (socket, identity) = listener.publish(path, before != Occupant::Nothing)?;
        listener.listeners.push((socket, None));
        let mut watch = interval_at(Instant::now() + WATCH, WATCH);
        watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        listener.file = Some(Published { path: path.clone(), identity, watch });
        Ok(listener)
    }

    /// The next happening; may be dropped and called again.
    pub async fn next(&mut self) -> Happening {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Happening> {
        if let Some(happening) = self.poll_watch(context) {
            return Poll::Ready(happening);
        }
        if self.poll_clock(context).is_pending() && self.paused {
            return Poll::Pending;
        }
        if self.taken_over && self.listeners.is_empty() {
            self.file = None;
            self.taken_over = false;
            return Poll::Ready(Happening::Retired);
        }
        for (listener, _) in &self.listeners {
            let Poll::Ready(accepted) = listener.poll_accept(context) else { continue };
            let happening = match accepted.and_then(|(stream, _)| Ok((stream.peer_cred()?.uid(), stream.into_std()?))) {
                Ok((uid, _)) if !self.allowed.contains(&uid) => Happening::Stranger(uid),
                Ok((_, stream)) => Happening::Connected(stream),
                Err(error) => {
                    if error.kind() != io::ErrorKind::ConnectionAborted {
                        self.paused = true;
                        self.clock.as_mut().reset(Instant::now() + PAUSE);
                    }
                    Happening::AcceptFailed(error)
                }
            };
            return Poll::Ready(happening);
        }
        Poll::Pending
    }

    /// Looks whether the path is ours, once a second.
    fn poll_watch(&mut self, context: &mut Context<'_>) -> Option<Happening> {
        if self.taken_over {
            return None;
        }
        while self.file.as_mut()?.watch.poll_tick(context).is_ready() {
            let file = self.file.as_ref()?;
            let happening = match identity_of(&file.path) {
                Some(identity) if identity == file.identity => None,
                Some(_) => {
                    self.taken_over = true;
                    self.let_go();
                    Some(Happening::TakenOver)
                }
                None => self.republish(),
            };
            if happening.is_some() {
                return happening;
            }
        }
        None
    }

    fn republish(&mut self) -> Option<Happening> {
        let path = self.file.as_ref()?.path.clone();
        match self.publish(&path, false) {
            Ok((socket, identity)) => {
                // Nobody finds the old one any more; who waits in its backlog is let in first.
                self.let_go();
                self.listeners.push((socket, None));
                self.file.as_mut()?.identity = identity;
                self.lost = false;
                Some(Happening::Republished)
            }
            Err(_) if self.lost => None,
            Err(error) => {
                self.lost = true;
                Some(Happening::Lost(error))
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
        let (socket, draft) = bind_draft(path)?;
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
            let listener = UnixListener::from_std(StdListener::from(std::os::fd::OwnedFd::from(socket)))?;
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
    pub fn close(self) {
        if let Some(file) = self.file
            && identity_of(&file.path) == Some(file.identity)
        {
            // Gone in between: that is what was wanted.
            let _ = fs::remove_file(&file.path);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Occupant {
    Nothing,
    /// Nobody listens.
    Stale,
    Alive,
}

/// Who has the path; an error for anything but a socket of ours.
fn occupant(path: &Path) -> Result<Occupant, String> {
    let name = path.display();
    let about = match fs::symlink_metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Occupant::Nothing),
        Err(error) => return Err(format!("Cannot use {name}: {error}")),
    };
    if !about.file_type().is_socket() {
        return Err(format!("{name} is not a socket; it is left as it is"));
    }
    if about.uid() != own_uid() {
        return Err(format!("{name} is a socket of uid {}, not ours; it is left as it is", about.uid()));
    }
    match knock(path) {
        Ok(()) => Ok(Occupant::Alive),
        Err(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => Ok(Occupant::Stale),
            io::ErrorKind::NotFound => Ok(Occupant::Nothing),
            // A full backlog is somebody's.
            io::ErrorKind::WouldBlock => Ok(Occupant::Alive),
            _ => Err(format!("Cannot tell who has {name}: {error}")),
        },
    }
}

/// Connects, without waiting for room in a backlog.
fn knock(path: &Path) -> io::Result<()> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)
}

fn check_parent(path: &Path) -> Result<(), String> {
    let directory = directory_of(path);
    let name = directory.display();
    let about = match fs::metadata(directory) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(format!("There is no directory {name}")),
        Err(error) => return Err(format!("Cannot use {}: {error}", path.display())),
    };
    if !about.is_dir() {
        return Err(format!("{name} is not a directory"));
    }
    let mode = about.permissions().mode();
    if mode & 0o002 != 0 && mode & 0o1000 == 0 {
        return Err(format!("Others may write to {name}: they could replace the socket"));
    }
    Ok(())
}

/// A socket bound beside the path; it does not listen yet, so nobody can connect.
fn bind_draft(path: &Path) -> Result<(Socket, PathBuf), String> {
    let cannot = |error: io::Error| format!("Cannot listen beside {}: {error}", path.display());
    // No longer than the path: the system would cut it.
    let length = path.file_name().map_or(1, |name| name.len().min(12));
    let mut tries = 0;
    loop {
        tries += 1;
        let draft = directory_of(path).join(random_name(length));
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).map_err(cannot)?;
        let bound = SockAddr::unix(&draft).and_then(|address| {
            // SAFETY: it cannot fail. The mask is the whole process's for a moment, and makes a file of another thread
            // narrower at worst.
            let mask = unsafe { libc::umask(0o177) };
            let bound = socket.bind(&address);
            // SAFETY: as above.
            unsafe { libc::umask(mask) };
            bound
        });
        match bound {
            Ok(()) => return Ok((socket, draft)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries < 10 => {}
            Err(error) => return Err(cannot(error)),
        }
    }
}

fn random_name(length: usize) -> OsString {
    use std::hash::{BuildHasher as _, Hasher as _};
    let letter = |_| {
        // Every one of them has keys of its own.
        let number = std::collections::hash_map::RandomState::new().build_hasher().finish();
        char::from(b'a' + u8::try_from(number % 26).unwrap_or(0))
    };
    (0..length).map(letter).collect::<String>().into()
}

fn identity_of(path: &Path) -> Option<Identity> {
    fs::symlink_metadata(path).ok().map(|about: Metadata| (about.dev(), about.ino()))
}

/// The socket that systemd opened.
fn inherited() -> io::Result<UnixListener> {
    // SAFETY: whoever started us says that the descriptor is ours (LISTEN_PID), and nothing else uses it.
    let socket = unsafe { Socket::from_raw_fd(FIRST_PASSED) };
    socket.set_cloexec(true)?;
    socket.set_nonblocking(true)?;
    socket.listen(BACKLOG)?;
    UnixListener::from_std(StdListener::from(std::os::fd::OwnedFd::from(socket)))
}
