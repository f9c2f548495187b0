//! Reports of panics and fatal signals in the directory of `--crash-dir`: place, thread, version, uptime and the last error
//! codes. Never a message of a panic, memory or a register, which may hold a part of a payload.
//!
//! `src/server/crash-reports.ts` writes the same form.

mod directory;
mod report;
#[cfg(unix)]
mod signal;

use std::panic::PanicHookInfo;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, AtomicU64, AtomicUsize, Ordering::Relaxed};

use sidelane_core::Code;

use directory::Directory;
use report::{Cause, Report};
#[cfg(unix)]
pub use signal::log;

/// Reports of panics of one process: a payload that panics again and again must not displace other reports.
const MAX_PANIC_REPORTS: u64 = 4;

/// Codes that a report has.
const LAST_CODES: usize = 8;

static DIRECTORY: OnceLock<Directory> = OnceLock::new();
static PANICS: AtomicU64 = AtomicU64::new(0);

/// A code plus one each; 0: none yet. In a signal handler nothing can be locked.
static CODES: [AtomicU16; LAST_CODES] = [const { AtomicU16::new(0) }; LAST_CODES];
static NEXT_CODE: AtomicUsize = AtomicUsize::new(0);

/// Writes reports to this directory from now on. Returns how many it has.
pub fn install(path: &Path) -> std::io::Result<usize> {
    let directory = DIRECTORY.get_or_init(Directory::default);
    let found = directory.open(path)?;
    report::start_clock();
    #[cfg(unix)]
    signal::install();
    Ok(found)
}

/// Reports in the directory: those found at the start, and those of this process.
pub fn reports() -> usize {
    DIRECTORY.get().map_or(0, Directory::count)
}

/// Panics since the start.
pub fn panics() -> u64 {
    PANICS.load(Relaxed)
}

/// Counts the panic and writes a report of it, unless this process wrote some already.
pub fn on_panic(panic: &PanicHookInfo<'_>) {
    let number = PANICS.fetch_add(1, Relaxed) + 1;
    let Some(directory) = DIRECTORY.get().filter(|_| number <= MAX_PANIC_REPORTS) else { return };
    let location = panic.location().map(|place| (place.file(), place.line(), place.column()));
    let report = Report { cause: Cause::Panic, location };
    directory.save(directory.panic_name(number), report.text().as_bytes());
}

/// Notes the code of an answer for the reports to come; nothing without a directory, so that workers share no counter.
pub fn note_code(code: Code) {
    if DIRECTORY.get().is_none() {
        return;
    }
    let at = NEXT_CODE.fetch_add(1, Relaxed) % LAST_CODES;
    CODES[at].store(code as u16 + 1, Relaxed);
}

/// The last codes, the newest first.
fn last_codes() -> impl Iterator<Item = Code> {
    let next = NEXT_CODE.load(Relaxed);
    (1..=LAST_CODES).filter_map(move |back| {
        let kept = CODES[next.wrapping_sub(back) % LAST_CODES].load(Relaxed);
        Code::ALL.get(usize::from(kept.checked_sub(1)?)).copied()
    })
}
