//! Crash reports: a process of this file's own crashes, and its report is read.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::fs;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use sidelane_core::Code;
use sidelane_daemon::{crash, process};

const VARIABLE: &str = "CRASH_TEST";
const SECRET: &str = "payload-bytes-of-a-customer";

/// Not a test by itself: the processes of the tests run it.
#[test]
fn child() {
    let Ok(script) = std::env::var(VARIABLE) else { return };
    let (how, directory) = script.split_once(' ').unwrap();
    process::harden();
    process::limit_core_dumps(false);
    let found = crash::install(Path::new(directory)).unwrap();
    crash::note_code(Code::ParseUtf8);
    crash::note_code(Code::LimitBytes);
    let payload = SECRET.to_owned();
    let script = how.to_owned();
    let crashing = std::thread::Builder::new().name("worker-7".into()).spawn(move || match script.as_str() {
        // SAFETY: it is not safe, on purpose: the address is that of no memory.
        "segv" => unsafe { std::ptr::with_exposed_provenance_mut::<u8>(8).write_volatile(payload.as_bytes()[0]) },
        "overflow" => println!("{}", endless(1, &payload)),
        "abort" => std::process::abort(),
        "panic" => panic!("a message with {payload}"),
        _ => {}
    });
    let _ = crashing.unwrap().join();
    println!("found {found} reports {} panics {}", crash::reports(), crash::panics());
    if how == "panics" {
        for _ in 0..50 {
            let _ = std::panic::catch_unwind(|| panic!("again"));
        }
        println!("reports {} panics {}", crash::reports(), crash::panics());
    }
}

fn endless(depth: u64, text: &str) -> u64 {
    let large = std::hint::black_box([depth; 512]);
    if depth == u64::MAX { text.len() as u64 } else { endless(depth + 1, text) + large[3] }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sidelaned-crash-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn command(&self, how: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--nocapture"]);
        command.env(VARIABLE, format!("{how} {}", self.0.display()));
        command
    }

    fn run(&self, how: &str) -> Output {
        self.command(how).output().unwrap()
    }

    fn reports(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap());
        let reports = entries.map(|entry| {
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            fs::read_to_string(entry.path()).unwrap()
        });
        reports.collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The only report, parsed; also what every report must have.
fn only(folder: &Folder) -> Value {
    let reports = folder.reports();
    assert_eq!(reports.len(), 1);
    assert!(!reports[0].contains(SECRET), "{}", reports[0]);
    let report: Value = serde_json::from_str(&reports[0]).unwrap();
    assert_eq!(report["daemon"], "sidelaned");
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["thread"], "worker-7");
    assert!(report["uptime_ms"].as_u64().unwrap() < 600_000);
    assert_eq!(report["last_codes"], serde_json::json!(["limit.bytes", "parse.utf8"]));
    report
}

#[test]
fn a_fatal_signal_leaves_a_report_and_still_ends_the_process() {
    for (how, name, number) in [
        ("segv", "SIGSEGV", libc::SIGSEGV),
        ("overflow", "SIGSEGV", libc::SIGSEGV),
        ("abort", "SIGABRT", libc::SIGABRT),
    ] {
        let folder = Folder::new(how);
        let output = folder.run(how);
        assert_eq!(output.status.signal(), Some(number), "{how}: {output:?}");
        assert!(!output.status.core_dumped());
        let report = only(&folder);
        assert_eq!((&report["event"], &report["signal"]), (&"crash".into(), &name.into()));
        if how == "segv" && cfg!(target_os = "linux") {
            assert!(report["location"].as_str().unwrap().starts_with("sidelaned+0x"), "{report}");
        }
        // The log has the same line.
        let stderr = String::from_utf8(output.stderr).unwrap();
        let line = stderr.lines().find(|line| line.starts_with('{')).unwrap();
        assert_eq!(serde_json::from_str::<Value>(line).unwrap(), report);
    }
}

#[test]
fn a_panic_leaves_a_report_with_its_place_and_without_its_message() {
    let folder = Folder::new("panic");
    let output = folder.run("panic");
    assert!(output.status.success());
    let report = only(&folder);
    assert_eq!(report["event"], "panic");
    assert!(report["location"].as_str().unwrap().contains("tests/crash.rs:"), "{report}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("found 0 reports 1 panics 1"));
}

#[test]
fn a_panic_does_not_wait_for_the_reader_of_a_full_stderr() {
    let folder = Folder::new("stalled");
    let (_reader, mut writer) = std::io::pipe().unwrap();
    let mut state = libc::pollfd { fd: writer.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: `state` outlives the call. A pipe that is writable takes a page whole.
    while unsafe { libc::poll(&raw mut state, 1, 0) } == 1 {
        writer.write_all(&[b' '; 4_096]).unwrap();
    }
    let mut child = folder.command("panic").stdout(Stdio::null()).stderr(writer).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() < end => std::thread::sleep(Duration::from_millis(5)),
            None => {
                child.kill().unwrap();
                panic!("it waits, with {} reports", folder.reports().len());
            }
        }
    };
    assert!(status.success());
    assert_eq!(only(&folder)["event"], "panic");
}

#[test]
fn repeated_panics_and_old_reports_do_not_fill_the_directory() {
    let folder = Folder::new("many");
    fs::create_dir(&folder.0).unwrap();
    fs::write(folder.0.join("another-file"), "kept").unwrap();
    fs::set_permissions(folder.0.join("another-file"), fs::Permissions::from_mode(0o600)).unwrap();
    for number in 0..40 {
        let path = folder.0.join(format!("crash-20200101T0000{number:02}Z-sidelaned-1-0.json"));
        fs::write(&path, "{}").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let output = String::from_utf8(folder.run("panics").stdout).unwrap();
    assert!(output.contains("found 15 reports 15 panics 0"), "{output}");
    assert!(output.contains("reports 19 panics 50"), "{output}");
    assert_eq!(folder.reports().len(), 20);
    let is_there = |number: u32| folder.0.join(format!("crash-20200101T0000{number:02}Z-sidelaned-1-0.json")).exists();
    assert!(!is_there(24) && is_there(25), "the newest stay");
}

#[test]
fn a_directory_that_cannot_be_used_is_refused() {
    assert!(crash::install(Path::new("/nonexistent/folder")).is_err());
    assert!(crash::install(Path::new("/dev/null")).is_err());
}
