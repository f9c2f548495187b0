//! A daemon in a process that leaks: it is found, and the daemon is not ready.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sidelane_daemon::config::settings::SocketPlace;
use sidelane_daemon::engine::native;
use sidelane_daemon::signals::Signals;
use sidelane_daemon::start;
use sidelane_daemon::telemetry::{Event, Observer};

use support::{Locks, ORDER, settings};

#[derive(Default)]
struct Found {
    rates: Mutex<Vec<f64>>,
    is_found: AtomicBool,
}

impl Observer for Found {
    fn event(&self, event: Event<'_>) {
        if let Event::LeakSuspected(rate) = event {
            self.rates.lock().unwrap().push(rate);
            self.is_found.store(true, Ordering::SeqCst);
        }
    }
}

#[test]
fn a_daemon_finds_its_leak() {
    let locks = Locks::new(&[("order.lock.json", ORDER)]);
    let mut settings = settings(vec![locks.0.clone()]);
    settings.socket = SocketPlace::Path(locks.0.join("s.sock"));
    settings.leak_window = Duration::from_millis(200);
    settings.leak_bytes_per_hour = 64 << 20;
    let found = Arc::new(Found::default());
    let leaking = Arc::clone(&found);
    let begin = Instant::now();
    let leak = std::thread::spawn(move || {
        while !leaking.is_found.load(Ordering::SeqCst) {
            Vec::leak(vec![1_u8; 1 << 20]);
            std::thread::sleep(Duration::from_millis(50));
        }
        // SAFETY: plain calls with plain arguments. The daemon of this process drains.
        unsafe { libc::kill(libc::getpid(), libc::SIGTERM) };
    });
    let observer = Arc::clone(&found);
    start::block_on(async {
        let signals = Signals::subscribe()?;
        start::serve(settings, native, observer, signals)
            .await
            .map_err(|error| std::io::Error::other(format!("{error:?}")))
    })
    .unwrap();
    leak.join().unwrap();
    let rates = found.rates.lock().unwrap();
    assert_eq!(rates.len(), 1);
    assert!(rates[0] > f64::from(1 << 30), "{rates:?}");
    assert!(begin.elapsed() > Duration::from_secs(1), "{:?}", begin.elapsed());
}
