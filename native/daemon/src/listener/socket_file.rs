//! What is at a path, and how a socket gets there: looked at and bound, never published or deleted.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::fd::{FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::UnixListener;

use super::{BACKLOG, Identity};
use crate::socket_path::{directory_of, own_uid};

/// systemd passes its sockets from here on.
const FIRST_PASSED: RawFd = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathState {
    Nothing,
    /// Nobody listens.
    Stale,
    Alive,
}

/// Who has the path; an error for anything but a socket of ours.
pub(super) fn path_state(path: &Path) -> Result<PathState, String> {
    let name = path.display();
    let about = match fs::symlink_metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(PathState::Nothing),
        Err(error) => return Err(format!("Cannot use {name}: {error}")),
    };
    if !about.file_type().is_socket() {
        return Err(format!("{name} is not a socket; it is left as it is"));
    }
    if about.uid() != own_uid() {
        return Err(format!("{name} is a socket of uid {}, not ours; it is left as it is", about.uid()));
    }
    match probe(path) {
        Ok(()) => Ok(PathState::Alive),
        Err(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => Ok(PathState::Stale),
            io::ErrorKind::NotFound => Ok(PathState::Nothing),
            // A full backlog is somebody's.
            io::ErrorKind::WouldBlock => Ok(PathState::Alive),
            _ => Err(format!("Cannot tell who has {name}: {error}")),
        },
    }
}

/// Connects, without waiting for room in a backlog.
fn probe(path: &Path) -> io::Result<()> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)
}

pub(super) fn check_parent(path: &Path) -> Result<(), String> {
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
pub(super) fn bind_temporary(path: &Path) -> Result<(Socket, PathBuf), String> {
    let cannot = |error: io::Error| format!("Cannot listen beside {}: {error}", path.display());
    // No longer than the path: the system would cut it.
    let length = path.file_name().map_or(1, |name| name.len().min(12));
    let mut tries = 0;
    loop {
        tries += 1;
        let draft = directory_of(path).join(random_name(length));
        // A short name is soon met by chance.
        if draft.file_name() == path.file_name() {
            continue;
        }
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

pub(super) fn identity_of(path: &Path) -> Option<Identity> {
    fs::symlink_metadata(path).ok().map(|about: Metadata| (about.dev(), about.ino()))
}

/// The socket that systemd opened.
pub(super) fn inherited() -> io::Result<UnixListener> {
    // SAFETY: whoever started us says that the descriptor is ours (LISTEN_PID), and nothing else uses it.
    let socket = unsafe { Socket::from_raw_fd(FIRST_PASSED) };
    socket.set_cloexec(true)?;
    socket.set_nonblocking(true)?;
    socket.listen(BACKLOG)?;
    UnixListener::from_std(StdListener::from(OwnedFd::from(socket)))
}
