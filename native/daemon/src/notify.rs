//! Tells systemd about the state of the daemon (sd_notify), where `NOTIFY_SOCKET` names a socket for it.
//!
//! <https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html>

use std::ffi::OsString;
use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

/// Without a service manager it does nothing.
#[derive(Debug, Default)]
pub struct Notifier {
    target: Option<(UnixDatagram, SocketAddr)>,
    /// The longest time between two signs of life.
    watchdog: Option<Duration>,
    last_sign: Option<Instant>,
}

impl Notifier {
    /// `variable` reads the environment.
    pub fn new(variable: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let number = |name| variable(name)?.to_str()?.parse::<u64>().ok();
        let is_ours = variable("WATCHDOG_PID").is_none() || number("WATCHDOG_PID") == Some(std::process::id().into());
        let watchdog = number("WATCHDOG_USEC").filter(|us| is_ours && *us > 0).map(Duration::from_micros);
        let target = variable("NOTIFY_SOCKET").and_then(|name| open(&name).ok());
        Self { watchdog: watchdog.filter(|_| target.is_some()), target, last_sign: None }
    }

    pub fn ready(&self) {
        self.send("READY=1");
    }

    /// With the time that `Type=notify-reload` needs.
    pub fn reloading(&self) {
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `now` outlives the call.
        unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1_000_000 + now.tv_nsec / 1_000));
    }

    pub fn stopping(&self) {
        self.send("STOPPING=1");
    }

    /// How often the watchdog should be answered: three times as often as needed.
    pub fn interval(&self) -> Option<Duration> {
        self.watchdog.map(|time| time / 3)
    }

    /// A sign of life, if one is due and the daemon is alive.
    pub fn sign(&mut self, is_alive: impl FnOnce() -> bool) {
        let Some(interval) = self.interval() else { return };
        let is_due = self.last_sign.is_none_or(|last| last.elapsed() >= interval);
        if is_due && is_alive() {
            self.last_sign = Some(Instant::now());
            self.send("WATCHDOG=1");
        }
    }

    /// Nothing can be done about an error, and a full socket must not block.
    fn send(&self, state: &str) {
        if let Some((socket, address)) = &self.target {
            let _ = socket.send_to_addr(state.as_bytes(), address);
        }
    }
}

/// A path, or with a leading `@` an abstract name.
fn open(name: &OsString) -> io::Result<(UnixDatagram, SocketAddr)> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    Ok((socket, address(name)?))
}

#[cfg(target_os = "linux")]
fn address(name: &OsString) -> io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::OsStrExt as _;

    match name.as_bytes() {
        [b'@', rest @ ..] => SocketAddr::from_abstract_name(rest),
        _ => SocketAddr::from_pathname(name),
    }
}

#[cfg(not(target_os = "linux"))]
fn address(name: &OsString) -> io::Result<SocketAddr> {
    SocketAddr::from_pathname(name)
}
