//! The default path of the socket, and checks of paths and directories.
//!
//! Twin of `src/util/socket-path.ts`.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::texts::socket as texts;

/// Longest path in the address of a Unix socket, without the final zero.
pub const MAX_PATH_BYTES: usize = if cfg!(target_os = "macos") { 103 } else { 107 };

const OWNER_ONLY: u32 = 0o700;

/// `$XDG_RUNTIME_DIR/sidelane/sidelane.sock`, else `sidelane-UID/sidelane.sock` in the temp directory.
pub fn default_path(env: &dyn Fn(&str) -> Option<OsString>) -> PathBuf {
    // Its specification ignores relative paths.
    let runtime = env("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    let directory = match runtime {
        Some(runtime) => runtime.join("sidelane"),
        None => temp_directory(env).join(format!("sidelane-{}", own_uid())),
    };
    directory.join("sidelane.sock")
}

/// The temp directory by the rules of Node: client and daemon must agree.
fn temp_directory(env: &dyn Fn(&str) -> Option<OsString>) -> PathBuf {
    let named = ["TMPDIR", "TMP", "TEMP"].into_iter().filter_map(env).find(|value| !value.is_empty());
    named.map_or_else(|| PathBuf::from("/tmp"), PathBuf::from)
}

/// Refuses a path that is too long for an address.
pub fn check_length(path: &Path) -> Result<(), String> {
    let bytes = path.as_os_str().as_bytes().len();
    if bytes <= MAX_PATH_BYTES {
        return Ok(());
    }
    Err(texts::path_too_long(MAX_PATH_BYTES, path.display(), bytes))
}

/// Creates the directory of a default path if it is missing, and checks it.
pub fn make_own_directory(path: &Path) -> Result<(), String> {
    let directory = directory_of(path);
    // The umask may have narrowed the mode.
    let made = std::fs::DirBuilder::new()
        .mode(OWNER_ONLY)
        .create(directory)
        .and_then(|()| std::fs::set_permissions(directory, std::fs::Permissions::from_mode(OWNER_ONLY)));
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(texts::cannot_make_directory(directory.display(), error))
        }
        _ => check_own_directory(path),
    }
}

/// Checks that the directory of a default path is a directory, ours, and closed to others. A missing one is valid: there is
/// no daemon.
pub fn check_own_directory(path: &Path) -> Result<(), String> {
    let directory = directory_of(path);
    // Without following a link, whose target could change later.
    let metadata = match std::fs::symlink_metadata(directory) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(format!("Cannot look at `{}`: {error}", directory.display())),
    };
    let (directory, mode) = (directory.display(), metadata.permissions().mode() & 0o777);
    if !metadata.is_dir() {
        return Err(texts::not_directory(directory));
    }
    if metadata.uid() != own_uid() {
        return Err(texts::foreign_directory(directory, metadata.uid()));
    }
    if mode != OWNER_ONLY {
        return Err(texts::open_directory(directory, format!("{mode:o}")));
    }
    Ok(())
}

pub fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => Path::new("/"),
    }
}

pub fn own_uid() -> u32 {
    // SAFETY: it has no arguments and cannot fail.
    unsafe { libc::geteuid() }
}
