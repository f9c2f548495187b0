//! Settings of the process.

use std::io::Write as _;
use std::panic::PanicHookInfo;

use crate::crash;
use crate::telemetry::log::Line;
use crate::texts::events;

/// Protects payloads and availability: no core files, no panic messages (they may quote a payload), no end by SIGPIPE or
/// SIGXFSZ, as many descriptors as allowed.
pub fn harden() {
    std::panic::set_hook(Box::new(|panic| {
        crash::on_panic(panic);
        // It neither waits nor panics when stderr is full or closed: the thread answers its request.
        crash::log(panic_line(panic).as_bytes());
    }));
    // SAFETY: plain calls with plain arguments; `limit` outlives both.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
        // A write beyond RLIMIT_FSIZE fails with EFBIG then.
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        #[cfg(target_os = "linux")]
        libc::prctl(libc::PR_SET_DUMPABLE, 0);
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 && limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

/// A core file would hold payloads and keys.
pub fn limit_core_dumps(are_allowed: bool) {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain calls with plain arguments; `none` outlives the call.
    unsafe {
        if !are_allowed {
            libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        }
        // `harden` has set it to 0.
        #[cfg(target_os = "linux")]
        if are_allowed {
            libc::prctl(libc::PR_SET_DUMPABLE, 1);
        }
    }
}

/// Ignores a closed stdout: the exit code has the result, too.
pub fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

pub fn print_error(message: &str) {
    // `eprintln!` panics when stderr is full or closed.
    let _ = writeln!(std::io::stderr(), "sidelaned: {message}");
}

/// The log line of a panic: its location, without its message.
pub fn panic_line(panic: &PanicHookInfo<'_>) -> String {
    let location = panic.location().map_or_else(String::new, ToString::to_string);
    Line::new(events::PANIC).text("location", &location).end()
}
