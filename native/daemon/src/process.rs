//! What the process asks of the system for itself.

/// Makes the process fit to hold payloads: no core files, no text of a panic (it may quote a payload), no end by a pipe
/// that nobody reads, as many descriptors as it may have.
pub fn harden() {
    std::panic::set_hook(Box::new(|_| {}));
    // SAFETY: plain calls with plain arguments; `limit` lives through both.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
        #[cfg(target_os = "linux")]
        libc::prctl(libc::PR_SET_DUMPABLE, 0);
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 && limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

/// Is ready when stdin ends, if that is `wanted`.
pub async fn stdin_end(wanted: bool) {
    if !wanted {
        return std::future::pending().await;
    }
    let (sender, ended) = tokio::sync::oneshot::channel();
    let wait = move || {
        // An error is an end too; nobody listens at the daemon's own end.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = sender.send(());
    };
    // Not one of the runtime's: its end would be waited for.
    if std::thread::Builder::new().name("stdin".into()).spawn(wait).is_ok() {
        let _ = ended.await;
    }
}
