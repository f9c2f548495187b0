//! Reads a file that an operator or a lock names. It must be a regular file within the bound of its kind: opening a FIFO or a
//! device may block or have effects, and `/dev/zero` and sparse files do not end.
//!
//! Twin of `src/runtime/regular-file.ts`.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::file_kinds::FileKind;
use crate::texts::{file as texts, file_type};

/// The content of the file, or an error that names the file and holds no part of its content.
pub fn read(path: &Path, kind: FileKind) -> Result<Vec<u8>, String> {
    try_read(path, kind).map_err(|reason| texts::cannot_read(kind.title, path.display(), reason))
}

/// Why the system does not give the file.
pub fn reason_of(error: &io::Error) -> String {
    let text = match error.raw_os_error() {
        Some(libc::ENOENT) => texts::ENOENT,
        Some(libc::ENOTDIR) => texts::ENOTDIR,
        Some(libc::EACCES) => texts::EACCES,
        Some(libc::EPERM) => texts::EPERM,
        Some(libc::ELOOP) => texts::ELOOP,
        Some(libc::ENAMETOOLONG) => texts::ENAMETOOLONG,
        Some(libc::EMFILE) => texts::EMFILE,
        Some(libc::ENFILE) => texts::ENFILE,
        Some(libc::EIO) => texts::EIO,
        Some(libc::ENXIO) => texts::ENXIO,
        Some(libc::EAGAIN) => texts::EAGAIN,
        // A path with a NUL, for example, does not get to the system.
        number => return texts::other(number.unwrap_or(libc::EINVAL)),
    };
    text.to_owned()
}

fn try_read(path: &Path, kind: FileKind) -> Result<Vec<u8>, String> {
    let failed = |error: io::Error| reason_of(&error);
    // Before the file is opened, because opening some devices has effects; and again on its descriptor.
    check_type(fs::metadata(path).map_err(failed)?.file_type())?;
    let mut options = OpenOptions::new();
    let file = options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    check_type(metadata.file_type())?;
    if metadata.len() > kind.max_bytes as u64 {
        return Err(texts::too_large(kind.max_bytes));
    }
    read_bounded(&file, kind.max_bytes).map_err(failed)?.ok_or_else(|| texts::too_large(kind.max_bytes))
}

/// `None` above the bound: the file grows, or its size is unknown, as in `/proc`.
fn read_bounded(file: &File, max_bytes: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    file.take(max_bytes as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= max_bytes).then_some(bytes))
}

fn check_type(found: FileType) -> Result<(), String> {
    let name = match found {
        found if found.is_file() => return Ok(()),
        found if found.is_dir() => file_type::DIRECTORY,
        found if found.is_fifo() => file_type::FIFO,
        found if found.is_socket() => file_type::SOCKET,
        found if found.is_char_device() => file_type::CHARACTER_DEVICE,
        found if found.is_block_device() => file_type::BLOCK_DEVICE,
        _ => file_type::UNKNOWN,
    };
    Err(texts::not_regular(name))
}
