//! The configuration from flags, environment and file, and its errors.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod support;

use std::ffi::OsString;
use std::path::Path;

use sidelane_daemon::config::settings::{Settings, SocketPlace};
use sidelane_daemon::config::{self, Command};
use support::Locks;

fn read(args: &[&str], env: &[(&str, &str)]) -> Result<Command, String> {
    let env = env.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    config::read(args.iter().map(OsString::from), env)
}

fn settings(args: &[&str], env: &[(&str, &str)]) -> Settings {
    match read(args, env) {
        Ok(Command::Serve(settings)) => settings,
        other => panic!("{other:?}"),
    }
}

/// The first line of the error.
fn refusal(args: &[&str], env: &[(&str, &str)]) -> String {
    read(args, env).expect_err("a refusal").lines().next().unwrap().to_owned()
}

const CONTRACT: [&str; 2] = ["--contract", "a.lock.json"];

fn with<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [&CONTRACT[..], args].concat()
}

#[test]
fn a_flag_overrides_the_environment_and_the_environment_the_file() {
    let file = Locks::new(&[("c.json", r#"{"threads": 1, "maxQueue": 1, "deadlineMs": 1, "takeover": true}"#)]);
    let path = file.0.join("c.json");
    let env = [("SIDELANED_THREADS", "2"), ("SIDELANED_MAX_QUEUE", "2"), ("SIDELANED_CONFIG", path.to_str().unwrap())];
    let settings = settings(&with(&["--threads", "3"]), &env);
    let got = (settings.threads, settings.max_queue, settings.deadline_ms, settings.takeover);
    assert_eq!(got, (3, 2, 1, true));
}

#[test]
fn every_option_has_a_flag_a_variable_and_a_key() {
    let args = [
        "--socket=/run/s",
        "--contract",
        "a",
        "--contract",
        "b",
        "--digest-key-file",
        "x=k",
        "--engine",
        "native",
        "--placement",
        "inline",
        "--threads",
        "4",
        "--max-queue",
        "5",
        "--max-queue-ms",
        "6",
        "--spin-us",
        "7",
        "--max-bytes",
        "1048576",
        "--max-in-flight",
        "8",
        "--max-connections",
        "9",
        "--deadline-ms",
        "10",
        "--drain-ms",
        "0",
        "--takeover",
        "--socket-mode",
        "660",
        "--socket-group",
        "12",
        "--allow-uid",
        "1",
        "--allow-uid",
        "2",
        "--memory-limit",
        "13",
        "--metrics-listen",
        "[::1]:9000",
        "--log-sample",
        "0.5",
        "--exit-with-stdin",
    ];
    let env = [
        ("SIDELANED_SOCKET", "/run/s"),
        ("SIDELANED_CONTRACTS", "a:b"),
        ("SIDELANED_DIGEST_KEY_FILES", "x=k"),
        ("SIDELANED_ENGINE", "native"),
        ("SIDELANED_PLACEMENT", "inline"),
        ("SIDELANED_THREADS", "4"),
        ("SIDELANED_MAX_QUEUE", "5"),
        ("SIDELANED_MAX_QUEUE_MS", "6"),
        ("SIDELANED_SPIN_US", "7"),
        ("SIDELANED_MAX_BYTES", "1048576"),
        ("SIDELANED_MAX_IN_FLIGHT", "8"),
        ("SIDELANED_MAX_CONNECTIONS", "9"),
        ("SIDELANED_DEADLINE_MS", "10"),
        ("SIDELANED_DRAIN_MS", "0"),
        ("SIDELANED_TAKEOVER", "1"),
        ("SIDELANED_SOCKET_MODE", "0660"),
        ("SIDELANED_SOCKET_GROUP", "12"),
        ("SIDELANED_ALLOW_UIDS", "1:2"),
        ("SIDELANED_MEMORY_LIMIT", "13"),
        ("SIDELANED_METRICS_LISTEN", "[::1]:9000"),
        ("SIDELANED_LOG_SAMPLE", "0.5"),
        ("SIDELANED_EXIT_WITH_STDIN", "1"),
    ];
    let json = r#"{"socket": "/run/s", "contracts": ["a", "b"], "digestKeyFiles": {"x": "k"}, "engine": "native",
        "placement": "inline", "threads": 4, "maxQueue": 5, "maxQueueMs": 6, "spinUs": 7, "maxBytes": 1048576, "maxInFlight": 8,
        "maxConnections": 9, "deadlineMs": 10, "drainMs": 0, "takeover": true, "socketMode": "0660", "socketGroup": 12,
        "allowUids": [1, 2], "memoryLimit": 13, "metricsListen": "[::1]:9000", "logSample": 0.5, "exitWithStdin": true}"#;
    let file = Locks::new(&[("c.json", json)]);
    let path = file.0.join("c.json");
    let by_flag = format!("{:?}", settings(&args, &[]));
    assert_eq!(format!("{:?}", settings(&[], &env)), by_flag);
    assert_eq!(format!("{:?}", settings(&["--config", path.to_str().unwrap()], &[])), by_flag);
}

#[test]
fn an_invalid_value_is_reported_with_the_expected_one() {
    let cases = [
        ("--threads", "0", "an integer from 1 to 1024"),
        ("--threads", "1.5", "an integer from 1 to 1024"),
        ("--max-queue", "1000001", "an integer from 1 to 1000000"),
        ("--max-bytes", "1048575", "an integer ≥ 1048576"),
        ("--deadline-ms", "", "an integer from 1 to 60000"),
        ("--engine", "python", "one of \"auto\", \"native\", \"js\""),
        ("--placement", "auto", "one of \"inline\", \"pool\""),
        ("--socket-mode", "0777", "octal, no more than 0666"),
        ("--socket-group", "staff", "a numeric id"),
        ("--allow-uid", "4294967295", "a numeric uid, or in the file an array of them"),
        ("--metrics-listen", "0.0.0.0:9000", "127.0.0.1:PORT or [::1]:PORT"),
        ("--metrics-listen", "127.0.0.1:65536", "127.0.0.1:PORT or [::1]:PORT"),
        ("--log-sample", "1.1", "a number from 0 to 1"),
        ("--log-sample", "nan", "a number from 0 to 1"),
        ("--digest-key-file", "file", "NAME=FILE, or in the file an object of paths by contract name"),
    ];
    for (flag, value, expected) in cases {
        assert_eq!(
            refusal(&with(&[&format!("{flag}={value}")]), &[]),
            format!("Expected `{flag}` to be {expected}, got `{value}`")
        );
    }
    assert_eq!(
        refusal(&CONTRACT, &[("SIDELANED_TAKEOVER", "yes")]),
        "Expected `SIDELANED_TAKEOVER` to be 1 or 0, got `yes`"
    );
}

#[test]
fn options_of_the_node_daemon_only_are_refused() {
    let message = refusal(&with(&["--engine", "js"]), &[]);
    assert_eq!(message, "Expected no `--engine js`: sidelaned has the native one only");
    let message = refusal(&with(&["--placement", "pool"]), &[]);
    assert_eq!(message, "Expected no `--placement pool`: sidelaned runs all inline, on all its threads");
}

#[test]
fn unknown_names_are_refused_in_every_source() {
    assert_eq!(refusal(&with(&["--thread", "1"]), &[]), "Unknown option `--thread`");
    assert_eq!(refusal(&with(&["order.lock.json"]), &[]), "Unknown option `order.lock.json`");
    assert_eq!(refusal(&CONTRACT, &[("SIDELANED_THREAD", "1")]), "Unknown variable `SIDELANED_THREAD`");
    let file = Locks::new(&[("c.json", r#"{"thread": 1}"#), ("d.json", "[]"), ("e.json", r#"{"threads": "1"}"#)]);
    let of = |name: &str| {
        let path = file.0.join(name);
        refusal(&with(&["--config", path.to_str().unwrap()]), &[])
    };
    assert!(of("c.json").starts_with("Unknown key `thread` in `"));
    assert!(of("d.json").ends_with("to hold a JSON object"));
    assert!(of("e.json").ends_with("to be an integer from 1 to 1024, got a string"));
    assert!(of("f.json").starts_with("Cannot read the configuration "));
}

#[test]
fn repeated_flags_missing_values_and_a_missing_contract_are_refused() {
    assert_eq!(refusal(&with(&["--takeover", "--takeover"]), &[]), "Expected `--takeover` once");
    assert_eq!(refusal(&with(&["--takeover=1"]), &[]), "Expected `--takeover` without a value");
    assert_eq!(
        refusal(&with(&["--threads", "--takeover"]), &[]),
        "Expected `--threads` to be an integer from 1 to 1024, got nothing"
    );
    assert_eq!(refusal(&[], &[]), "Expected at least one `--contract PATH`");
}

#[test]
fn a_socket_without_path_means_the_default() {
    let of = |args: &[&str], env: &[(&str, &str)]| settings(&with(args), env).socket;
    let runtime = SocketPlace::Default("/run/user/1/sidelane/sidelane.sock".into());
    assert_eq!(of(&["--socket"], &[("XDG_RUNTIME_DIR", "/run/user/1")]), runtime);
    assert_eq!(of(&[], &[("XDG_RUNTIME_DIR", "/run/user/1")]), runtime);
    let uid = sidelane_daemon::socket_path::own_uid();
    let temp = SocketPlace::Default(format!("/t/sidelane-{uid}/sidelane.sock").into());
    assert_eq!(of(&["--socket"], &[("XDG_RUNTIME_DIR", "relative"), ("TMPDIR", "/t/")]), temp);
    assert_eq!(of(&["--socket", "s"], &[]), SocketPlace::Path("s".into()));
}

#[test]
fn a_path_too_long_for_the_system_is_refused_with_its_length() {
    let fits = format!("/{}", "a".repeat(106));
    assert_eq!(settings(&with(&["--socket", &fits]), &[]).socket, SocketPlace::Path(fits.into()));
    for length in [108, 200] {
        let path = format!("/{}", "a".repeat(length - 1));
        let message = refusal(&with(&["--socket", &path]), &[]);
        assert!(
            message.starts_with("The path of a socket may have 107 bytes, and ")
                && message.ends_with(&format!("has {length}."))
        );
    }
}

#[test]
fn an_inherited_socket_excludes_the_option() {
    let pid = std::process::id().to_string();
    let env = [("LISTEN_FDS", "1"), ("LISTEN_PID", &pid)];
    assert_eq!(settings(&CONTRACT, &env).socket, SocketPlace::Inherited);
    assert_eq!(refusal(&with(&["--socket"]), &env), "Expected no `--socket`: the socket comes from LISTEN_FDS");
    let two = [("LISTEN_FDS", "2"), ("LISTEN_PID", &pid)];
    assert_eq!(refusal(&CONTRACT, &two), "Expected one socket from LISTEN_FDS, got `2`");
    // For another process.
    let other = [("LISTEN_FDS", "1"), ("LISTEN_PID", "1")];
    assert!(matches!(settings(&CONTRACT, &other).socket, SocketPlace::Default(_)));
}

#[test]
fn help_names_every_option_and_needs_no_contract() {
    let Ok(Command::Print(help)) = read(&["--help"], &[]) else { panic!("no help") };
    for flag in ["--socket [PATH]", "--allow-uid UID", "--exit-with-stdin", "--check", "--version"] {
        assert!(help.contains(flag), "{flag}");
    }
    assert!(read(&["--version", "--what"], &[]).is_err());
    assert!(matches!(read(&["--version"], &[]), Ok(Command::Print(version)) if version == env!("CARGO_PKG_VERSION")));
    assert!(matches!(read(&with(&["--check"]), &[]), Ok(Command::Check(_))));
}

#[test]
fn ping_takes_the_socket_option_only() {
    let path = |args: &[&str], env: &[(&str, &str)]| match read(args, env) {
        Ok(Command::Ping(path, _)) => path,
        other => panic!("{other:?}"),
    };
    assert_eq!(path(&["ping", "--socket", "s"], &[]), Path::new("s"));
    assert_eq!(path(&["ping", "--socket=s"], &[]), Path::new("s"));
    assert_eq!(path(&["ping"], &[("SIDELANED_SOCKET", "e")]), Path::new("e"));
    assert_eq!(path(&["ping"], &[("XDG_RUNTIME_DIR", "/r")]), Path::new("/r/sidelane/sidelane.sock"));
    assert_eq!(refusal(&["ping", "--threads", "1"], &[]), "Unknown option `--threads`");
}
