//! The state of a path, and sockets bound beside it. Nothing is published or removed here.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::fd::{FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::UnixListener;

use super::{BACKLOG, Identity};
use crate::socket_path::{directory_of, own_uid};
use crate::texts::socket as texts;

/// First descriptor that systemd passes.
const FIRST_PASSED: RawFd = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathState {
    Free,
    /// A socket without listener.
    Stale,
    Alive,
}

/// The state of the path; an error for anything but a socket of ours.
pub(super) fn path_state(path: &Path) -> Result<PathState, String> {
    let name = path.display();
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(PathState::Free),
        Err(error) => return Err(texts::cannot_use(name, error)),
    };
    if !metadata.file_type().is_socket() {
        return Err(texts::not_socket(name));
    }
    if metadata.uid() != own_uid() {
        return Err(texts::foreign_socket(name, metadata.uid()));
    }
    match probe(path) {
        Ok(()) => Ok(PathState::Alive),
        Err(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => Ok(PathState::Stale),
            io::ErrorKind::NotFound => Ok(PathState::Free),
            // The backlog is full.
            io::ErrorKind::WouldBlock => Ok(PathState::Alive),
            _ => Err(texts::cannot_probe(name, error)),
        },
    }
}

/// Connects without waiting for a full backlog.
fn probe(path: &Path) -> io::Result<()> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)
}

/// Binds a socket beside the path, under a temporary name; it does not listen yet.
pub(super) fn bind_temporary(path: &Path) -> Result<(Socket, PathBuf), String> {
    let cannot = |error: io::Error| texts::cannot_bind(path.display(), error);
    // No longer than the path, whose length is limited.
    let length = path.file_name().map_or(1, |name| name.len().min(12));
    let mut tries = 0;
    loop {
        tries += 1;
        let temporary = directory_of(path).join(random_name(length));
        // Short random names collide.
        if temporary.file_name() == path.file_name() {
            continue;
        }
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).map_err(cannot)?;
        let bound = SockAddr::unix(&temporary).and_then(|address| {
            // SAFETY: it cannot fail. The mask affects the whole process for a moment: at worst a file of another thread
            // gets a narrower mode.
            let mask = unsafe { libc::umask(0o177) };
            let bound = socket.bind(&address);
            // SAFETY: as above.
            unsafe { libc::umask(mask) };
            bound
        });
        match bound {
            Ok(()) => return Ok((socket, temporary)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries < 10 => {}
            Err(error) => return Err(cannot(error)),
        }
    }
}

fn random_name(length: usize) -> OsString {
    use std::hash::{BuildHasher as _, Hasher as _};
    let letter = |_| {
        // Every `RandomState` has other keys.
        let number = std::collections::hash_map::RandomState::new().build_hasher().finish();
        char::from(b'a' + u8::try_from(number % 26).unwrap_or(0))
    };
    (0..length).map(letter).collect::<String>().into()
}

pub(super) fn identity_of(path: &Path) -> Option<Identity> {
    fs::symlink_metadata(path).ok().map(|metadata: Metadata| (metadata.dev(), metadata.ino()))
}

/// The socket that systemd opened.
pub(super) fn inherited() -> io::Result<UnixListener> {
    // SAFETY: LISTEN_PID names this process, and nothing else uses the descriptor.
    let socket = unsafe { Socket::from_raw_fd(FIRST_PASSED) };
    // Over a network there is nothing that decides who may connect.
    if (socket.domain()?, socket.r#type()?) != (Domain::UNIX, Type::STREAM) {
        return Err(io::Error::other(texts::NOT_UNIX_STREAM));
    }
    socket.set_cloexec(true)?;
    socket.set_nonblocking(true)?;
    socket.listen(BACKLOG)?;
    UnixListener::from_std(StdListener::from(OwnedFd::from(socket)))
}
