//! The text of a report, a log line, made without allocation or locks: a signal handler calls it.

use std::fmt::{self, Write as _};
use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

use humantime::format_rfc3339_millis;

use super::last_codes;
use crate::texts::events;

/// A longer text is cut off. The stack of a signal handler has 8 KiB.
const MAX_BYTES: usize = 1_024;

static STARTED: OnceLock<Instant> = OnceLock::new();

#[derive(Clone, Copy)]
pub enum Cause {
    Panic,
    /// Name of the signal, and the address of the instruction within the program; `None`: it was in a library.
    Signal(&'static str, Option<usize>),
}

#[derive(Clone, Copy)]
pub struct Report<'a> {
    pub cause: Cause,
    /// File, line and column of a panic.
    pub location: Option<(&'a str, u32, u32)>,
}

/// The uptime of reports counts from now on.
pub fn start_clock() {
    STARTED.get_or_init(Instant::now);
}

impl Report<'_> {
    pub fn text(&self) -> Text {
        let mut text = Text { bytes: [0; MAX_BYTES], size: 0 };
        // It fails when the text is full.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut Text) -> fmt::Result {
        let time = format_rfc3339_millis(SystemTime::now());
        let (version, pid) = (env!("CARGO_PKG_VERSION"), std::process::id());
        write!(text, r#"{{"time":"{time}","level":"error","event":"#)?;
        match self.cause {
            Cause::Panic => write!(text, r#""{}","#, events::PANIC.1)?,
            Cause::Signal(name, _) => write!(text, r#""{}","signal":"{name}","#, events::CRASH.1)?,
        }
        write!(text, r#""daemon":"sidelaned","version":"{version}","pid":{pid},"location":""#)?;
        match (self.cause, self.location) {
            (Cause::Signal(_, Some(address)), _) => write!(text, "sidelaned+{address:#x}")?,
            (Cause::Signal(_, None), _) => text.write_str("a library")?,
            (_, Some((file, line, column))) => {
                text.plain(file)?;
                write!(text, ":{line}:{column}")?;
            }
            _ => text.write_str("unknown")?,
        }
        text.write_str(r#"","thread":""#)?;
        text.thread_name()?;
        let uptime = STARTED.get().map_or(0, |start| start.elapsed().as_millis());
        write!(text, r#"","uptime_ms":{uptime},"last_codes":["#)?;
        for (at, code) in last_codes().enumerate() {
            write!(text, "{}\"{}\"", if at == 0 { "" } else { "," }, code.name())?;
        }
        text.write_str("]}\n")
    }
}

pub struct Text {
    bytes: [u8; MAX_BYTES],
    size: usize,
}

impl Text {
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.size]
    }

    /// Text that needs no escape in JSON; other characters are replaced.
    fn plain(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| {
            let is_plain = c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ' ' | ':');
            self.write_char(if is_plain { c } else { '?' })
        })
    }

    /// As the system knows it, so that a thread of a library has one, too.
    #[cfg(target_os = "linux")]
    fn thread_name(&mut self) -> fmt::Result {
        let mut name = [0_u8; 16];
        // SAFETY: the kernel writes at most 16 bytes, with a final zero.
        unsafe { libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr()) };
        let size = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        self.plain(std::str::from_utf8(&name[..size]).unwrap_or("?"))
    }

    #[cfg(not(target_os = "linux"))]
    fn thread_name(&mut self) -> fmt::Result {
        self.write_str("?")
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.size..self.size + text.len()).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.size += text.len();
        Ok(())
    }
}
