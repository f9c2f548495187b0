//! The directory of the reports: opened at the start, so that a signal handler only makes a file in it.

use std::ffi::{CStr, CString};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::SystemTime;

use humantime::format_rfc3339_seconds;

use super::MAX_PANIC_REPORTS;

/// Reports that a start keeps; the oldest ones are deleted.
pub const KEPT_REPORTS: usize = 15;

const OWNER_ONLY: u32 = 0o600;

#[derive(Default)]
pub struct Directory {
    opened: OnceLock<Opened>,
    count: AtomicUsize,
}

struct Opened {
    directory: File,
    /// That of a signal, then those of panics. Made ahead: a signal handler cannot allocate.
    names: Vec<CString>,
}

impl Directory {
    /// Makes the directory if it is missing, deletes the oldest reports, and returns how many there are.
    pub fn open(&self, path: &Path) -> io::Result<usize> {
        match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let directory = OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY | libc::O_CLOEXEC).open(path)?;
        // SAFETY: the descriptor is open, and the path is a constant with a final zero.
        if unsafe { libc::faccessat(directory.as_raw_fd(), c".".as_ptr(), libc::W_OK, libc::AT_EACCESS) } != 0 {
            return Err(io::Error::last_os_error());
        }
        let mut found: Vec<_> =
            fs::read_dir(path)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        found.retain(|name| is_report(name));
        // By their times.
        found.sort_unstable();
        let surplus = found.len().saturating_sub(KEPT_REPORTS);
        let deleted = found[..surplus].iter().filter(|name| fs::remove_file(path.join(name)).is_ok()).count();
        let stamp = format_rfc3339_seconds(SystemTime::now()).to_string().replace([':', '-'], "");
        let pid = std::process::id();
        let name =
            |number| CString::new(format!("crash-{stamp}-sidelaned-{pid}-{number}.json")).map_err(io::Error::other);
        let names = (0..=MAX_PANIC_REPORTS).map(name).collect::<Result<_, _>>()?;
        // A process has one directory.
        let _ = self.opened.set(Opened { directory, names });
        self.count.store(found.len() - deleted, Relaxed);
        Ok(found.len() - deleted)
    }

    pub fn count(&self) -> usize {
        self.count.load(Relaxed)
    }

    pub fn signal_name(&self) -> Option<&CStr> {
        self.opened.get().map(|opened| opened.names[0].as_c_str())
    }

    pub fn panic_name(&self, number: u64) -> Option<&CStr> {
        let names = &self.opened.get()?.names;
        usize::try_from(number).ok().and_then(|number| names.get(number)).map(CString::as_c_str)
    }

    /// Makes the file; a signal handler may call it. A report that cannot be written is lost.
    pub fn save(&self, name: Option<&CStr>, text: &[u8]) {
        let (Some(name), Some(opened)) = (name, self.opened.get()) else { return };
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_NOFOLLOW | libc::O_CLOEXEC;
        // SAFETY: the calls are async-signal-safe; the descriptor of the directory is open as long as the process, the name
        // ends with a zero, and `rest` is readable.
        unsafe {
            let file = libc::openat(opened.directory.as_raw_fd(), name.as_ptr(), flags, OWNER_ONLY);
            if file < 0 {
                return;
            }
            let mut rest = text;
            while !rest.is_empty() {
                match usize::try_from(libc::write(file, rest.as_ptr().cast(), rest.len())) {
                    Ok(written) if written > 0 => rest = &rest[written.min(rest.len())..],
                    _ => break,
                }
            }
            libc::close(file);
            if !rest.is_empty() {
                // The disk is full: a part of a report is none.
                libc::unlinkat(opened.directory.as_raw_fd(), name.as_ptr(), 0);
                return;
            }
        }
        self.count.fetch_add(1, Relaxed);
    }
}

fn is_report(name: &str) -> bool {
    name.starts_with("crash-") && name.ends_with(".json")
}
