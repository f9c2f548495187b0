//! The socket file: ownership, takeover and removal.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod support;

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sidelane_daemon::config::settings::{Settings, SocketPlace};
use sidelane_daemon::listener::{Listener, ListenerEvent};
use support::Locks;

fn settings(path: &Path) -> Settings {
    let allow_uids = vec![sidelane_daemon::socket_path::own_uid()];
    Settings { socket: SocketPlace::Path(path.to_path_buf()), allow_uids, ..support::settings(Vec::new()) }
}

/// Runs in a runtime, with a new directory.
fn with_directory<F: Future<Output = ()>>(test: impl FnOnce(PathBuf) -> F) {
    let directory = Locks::new(&[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(test(directory.0.clone()));
}

fn refusal(settings: &Settings) -> String {
    Listener::open(settings).err().expect("a refusal")
}

/// The next event of the listener.
async fn next(listener: &mut Listener) -> ListenerEvent {
    tokio::time::timeout(Duration::from_secs(20), listener.next()).await.unwrap()
}

fn files(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_file_has_its_mode_and_is_removed_at_the_end() {
    with_directory(|directory| async move {
        let path = directory.join("s.sock");
        let mut listener = Listener::open(&Settings { socket_mode: 0o640, ..settings(&path) }).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(files(&directory), ["s.sock"]);
        let _client = UnixStream::connect(&path).unwrap();
        assert!(matches!(next(&mut listener).await, ListenerEvent::Connected(_)));
        drop(listener);
        assert_eq!(files(&directory), [""; 0]);
    });
}

#[test]
fn a_stale_socket_is_replaced() {
    with_directory(|directory| async move {
        let path = directory.join("s.sock");
        drop(UnixListener::bind(&path).unwrap());
        let before = fs::metadata(&path).unwrap().ino();
        let listener = Listener::open(&settings(&path)).unwrap();
        assert_ne!(fs::metadata(&path).unwrap().ino(), before);
        assert!(UnixStream::connect(&path).is_ok());
        drop(listener);
    });
}

#[test]
fn another_file_is_refused_and_not_changed() {
    with_directory(|directory| async move {
        let (file, folder, link) = (directory.join("file"), directory.join("folder"), directory.join("link"));
        fs::write(&file, "mine").unwrap();
        fs::create_dir(&folder).unwrap();
        symlink("nowhere", &link).unwrap();
        for path in [&file, &folder, &link] {
            assert!(refusal(&settings(path)).ends_with("is not a socket, and is not replaced"));
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
        assert_eq!(files(&directory), ["file", "folder", "link"]);
    });
}

#[test]
fn a_path_in_use_is_refused() {
    with_directory(|directory| async move {
        let path = directory.join("s.sock");
        let first = Listener::open(&settings(&path)).unwrap();
        assert!(refusal(&settings(&path)).contains("is in use"));
        assert_eq!(files(&directory), ["s.sock"]);
        drop(first);
    });
}

#[test]
fn a_takeover_loses_no_connection_and_the_old_daemon_keeps_the_file() {
    with_directory(|directory| async move {
        let path = directory.join("s.sock");
        let mut old = Listener::open(&settings(&path)).unwrap();
        let _waits_in_the_backlog = UnixStream::connect(&path).unwrap();
        let new = Listener::open(&Settings { takeover: true, ..settings(&path) }).unwrap();
        let mut seen = Vec::new();
        loop {
            match next(&mut old).await {
                ListenerEvent::Connected(_) => seen.push("connected"),
                ListenerEvent::TakenOver => seen.push("taken over"),
                ListenerEvent::Closed => break,
                other => panic!("{other:?}"),
            }
        }
        seen.sort_unstable();
        // The probe of the new daemon is a connection, too.
        assert_eq!(seen, ["connected", "connected", "taken over"]);
        drop(old);
        assert!(fs::symlink_metadata(&path).unwrap().file_type().is_socket());
        assert!(UnixStream::connect(&path).is_ok());
        drop(new);
    });
}

#[test]
fn a_removed_path_is_published_again() {
    with_directory(|directory| async move {
        let path = directory.join("s.sock");
        let mut listener = Listener::open(&settings(&path)).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(matches!(next(&mut listener).await, ListenerEvent::Republished));
        let _client = UnixStream::connect(&path).unwrap();
        assert!(matches!(next(&mut listener).await, ListenerEvent::Connected(_)));
        assert_eq!(files(&directory), ["s.sock"]);
        drop(listener);
        assert_eq!(files(&directory), [""; 0]);
    });
}

#[test]
fn a_missing_directory_is_reported_once_and_the_path_published_when_it_returns() {
    with_directory(|directory| async move {
        let inner = directory.join("inner");
        fs::create_dir(&inner).unwrap();
        let path = inner.join("s.sock");
        let mut listener = Listener::open(&settings(&path)).unwrap();
        fs::remove_dir_all(&inner).unwrap();
        assert!(matches!(next(&mut listener).await, ListenerEvent::Lost(_)));
        let quiet = tokio::time::timeout(Duration::from_millis(2_500), listener.next()).await;
        assert!(quiet.is_err(), "{quiet:?}");
        fs::create_dir(&inner).unwrap();
        assert!(matches!(next(&mut listener).await, ListenerEvent::Republished));
        drop(listener);
    });
}

#[test]
fn another_uid_is_refused() {
    with_directory(|directory| async move {
        let path = directory.join("s.sock");
        let uid = settings(&path).allow_uids[0];
        let mut listener = Listener::open(&Settings { allow_uids: vec![uid + 1], ..settings(&path) }).unwrap();
        let mut client = UnixStream::connect(&path).unwrap();
        assert!(matches!(next(&mut listener).await, ListenerEvent::Unauthorized(refused, _) if refused == uid));
        assert_eq!(std::io::Read::read(&mut client, &mut [0]).unwrap(), 0);
        drop(listener);
    });
}

#[test]
fn a_parent_that_is_missing_or_that_others_may_change_is_refused() {
    with_directory(|directory| async move {
        let missing = directory.join("missing/s.sock");
        assert!(refusal(&settings(&missing)).starts_with("There is no directory "));
        let file = directory.join("file");
        fs::write(&file, "").unwrap();
        assert!(refusal(&settings(&file.join("s.sock"))).ends_with("is not a directory"));
        let open = directory.join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(refusal(&settings(&open.join("s.sock"))).starts_with("Others may write to "));
        let mode = |mode| fs::set_permissions(&open, fs::Permissions::from_mode(mode)).unwrap();
        for refused in [0o1777, 0o770, 0o1770] {
            mode(refused);
            assert!(refusal(&settings(&open.join("s.sock"))).starts_with("Others may write to "));
        }
        // Above the parent, the sticky bit is enough.
        let inner = open.join("inner");
        fs::create_dir(&inner).unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o755)).unwrap();
        symlink("inner", open.join("link")).unwrap();
        for name in ["inner/s.sock", "link/s.sock", "inner/../link/s.sock"] {
            mode(0o1777);
            drop(Listener::open(&settings(&open.join(name))).unwrap());
            mode(0o777);
            assert!(refusal(&settings(&open.join(name))).starts_with("Others may write to "), "{name}");
        }
        symlink("loop", directory.join("loop")).unwrap();
        assert!(refusal(&settings(&directory.join("loop/s.sock"))).starts_with("Cannot use "));
    });
}

#[test]
fn the_directory_of_a_default_path_is_created_and_must_be_private() {
    with_directory(|directory| async move {
        let path = directory.join("sidelane/sidelane.sock");
        let default = Settings { socket: SocketPlace::Default(path.clone()), ..settings(&path) };
        drop(Listener::open(&default).unwrap());
        let made = directory.join("sidelane");
        assert_eq!(fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o700);
        fs::set_permissions(&made, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(refusal(&default).contains("must have mode 0700, not 0755"));
        fs::remove_dir(&made).unwrap();
        symlink(&directory, &made).unwrap();
        assert!(refusal(&default).ends_with("is not a directory."));
    });
}

#[test]
fn a_path_of_107_bytes_works() {
    with_directory(|directory| async move {
        let room = 107 - directory.as_os_str().len() - 1;
        let path = directory.join("s".repeat(room));
        let begin = Instant::now();
        let listener = Listener::open(&settings(&path)).unwrap();
        assert!(UnixStream::connect(&path).is_ok(), "{:?}", begin.elapsed());
        drop(listener);
    });
}
