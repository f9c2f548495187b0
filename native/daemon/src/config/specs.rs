//! The options, one row each: their three names, what they take, and their line of help. Defaults are in `resolve`.
//!
//! Twin of `src/server/config/rows.ts`.

use super::parsers::{Kind, MAX_SAFE};

/// One option.
#[derive(Debug)]
pub struct OptionSpec {
    /// With its dashes.
    pub flag: &'static str,
    /// The variable.
    pub env: &'static str,
    /// The key in the file; none: it does not stand there.
    pub key: Option<&'static str>,
    /// The value in the help; none: the flag takes none. In brackets: the flag may stand without it.
    pub metavar: Option<&'static str>,
    /// What it takes.
    pub kind: Kind,
    /// A line for people, or two.
    pub help: &'static str,
}

macro_rules! specs {
    ($($flag:literal $env:literal $key:expr, $metavar:expr, $kind:expr, $help:literal;)*) => {
        &[$(OptionSpec { flag: $flag, env: concat!("SIDELANED_", $env), key: $key, metavar: $metavar, kind: $kind, help: $help },)*]
    };
}

/// All of them, in the order of the help.
#[rustfmt::skip]
pub const SPECS: &[OptionSpec] = specs! {
    "--socket" "SOCKET" Some("socket"), Some("[PATH]"), Kind::Path,
        "where to listen (default: $XDG_RUNTIME_DIR/sidelane/sidelane.sock, else\nsidelane-UID/sidelane.sock in the temp directory)";
    "--contract" "CONTRACTS" Some("contracts"), Some("PATH"), Kind::Paths,
        "a lock file, or a directory of *.lock.json; repeatable";
    "--digest-key-file" "DIGEST_KEY_FILES" Some("digestKeyFiles"), Some("NAME=FILE"), Kind::NamedFiles,
        "key of a contract with hmac-sha-256; repeatable";
    "--config" "CONFIG" None, Some("FILE"), Kind::Path,
        "options from a JSON file";
    "--engine" "ENGINE" Some("engine"), Some("NAME"), Kind::Choice(&["auto", "native", "js"]),
        "auto (default) or native: there is no other one here";
    "--placement" "PLACEMENT" Some("placement"), Some("NAME"), Kind::Choice(&["inline", "pool"]),
        "inline (default), on all threads";
    "--threads" "THREADS" Some("threads"), Some("N"), Kind::Integer(1, 1024),
        "threads that serve (default: cores)";
    "--max-queue" "MAX_QUEUE" Some("maxQueue"), Some("N"), Kind::Integer(1, 1_000_000),
        "most payloads that wait (default: 1024)";
    "--max-queue-ms" "MAX_QUEUE_MS" Some("maxQueueMs"), Some("N"), Kind::Integer(1, 60_000),
        "how long a queue that stands may take, in ms (default: 20)";
    "--spin-us" "SPIN_US" Some("spinUs"), Some("N"), Kind::Integer(0, 1_000),
        "how long a thread stays awake after its last answer,\nin µs (default: 100, with one core 0)";
    "--max-bytes" "MAX_BYTES" Some("maxBytes"), Some("N"), Kind::Integer(1_048_576, MAX_SAFE),
        "most bytes of all bodies together (default: 67108864)";
    "--max-in-flight" "MAX_IN_FLIGHT" Some("maxInFlight"), Some("N"), Kind::Integer(1, 65_535),
        "requests in flight on a connection (default: 256)";
    "--max-connections" "MAX_CONNECTIONS" Some("maxConnections"), Some("N"), Kind::Integer(1, 1_000_000),
        "open connections (default: 256, fewer where\nthe limit of open files is low)";
    "--deadline-ms" "DEADLINE_MS" Some("deadlineMs"), Some("N"), Kind::Integer(1, 60_000),
        "of an HTTP request that names none (default: 1000)";
    "--drain-ms" "DRAIN_MS" Some("drainMs"), Some("N"), Kind::Integer(0, 600_000),
        "time to finish after SIGTERM (default: 10000)";
    "--takeover" "TAKEOVER" Some("takeover"), None, Kind::Yes,
        "takes the socket from a daemon that has it";
    "--socket-mode" "SOCKET_MODE" Some("socketMode"), Some("MODE"), Kind::Mode,
        "octal (default: 0600)";
    "--socket-group" "SOCKET_GROUP" Some("socketGroup"), Some("GROUP"), Kind::Id,
        "numeric group id that the socket belongs to";
    "--allow-uid" "ALLOW_UIDS" Some("allowUids"), Some("UID"), Kind::Ids,
        "who may connect (default: its own uid); repeatable";
    "--memory-limit" "MEMORY_LIMIT" Some("memoryLimit"), Some("N"), Kind::Integer(1, MAX_SAFE),
        "bytes for the watermark of /readyz (default: the\ncgroup's, else the machine's)";
    "--metrics-listen" "METRICS_LISTEN" Some("metricsListen"), Some("ADDR"), Kind::Loopback,
        "127.0.0.1:PORT or [::1]:PORT: health and metrics over TCP";
    "--log-sample" "LOG_SAMPLE" Some("logSample"), Some("SHARE"), Kind::Share,
        "share of requests that get a log line (default: 0.01)";
    "--exit-with-stdin" "EXIT_WITH_STDIN" Some("exitWithStdin"), None, Kind::Yes,
        "ends, drained, when stdin ends";
};

/// What `--help` says.
pub fn help() -> String {
    let mut lines: Vec<(String, &str)> = SPECS
        .iter()
        .map(|spec| {
            (spec.metavar.map_or_else(|| spec.flag.to_owned(), |name| format!("{} {name}", spec.flag)), spec.help)
        })
        .collect();
    lines.push(("--check".into(), "checks options and contracts, says what would be served, and ends"));
    lines.push(("--help, --version".into(), ""));
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 2;
    let mut text = String::from(concat!(
        "Serves contracts on a Unix socket.\n\n",
        "Usage: sidelaned --contract PATH [options]\n",
        "       sidelaned ping [--socket PATH]\n\n",
        "Options (a flag wins over its SIDELANED_* variable, that over the file of --config):\n",
    ));
    for (name, help) in lines {
        let help = help.replace('\n', &format!("\n{}", " ".repeat(width + 2)));
        text.push_str(format!("  {name:width$}{help}").trim_end());
        text.push('\n');
    }
    text.push_str("\nSignals: SIGHUP reads the contracts again, SIGTERM and SIGINT drain.");
    text
}
