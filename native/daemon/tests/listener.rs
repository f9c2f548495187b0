//! The socket file: who gets it, who keeps it, and what is left of it.

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

/// Runs within a runtime, in a directory of its own.
fn with_directory<F: Future<Output = ()>>(test: impl FnOnce(PathBuf) -> F) {
    let directory = Locks::new(&[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(test(directory.0.clone()));
}

fn refusal(settings: &Settings) -> String {
    Listener::open(settings).err().expect("a refusal")
}

/// What the listener says next, which is no connection.
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
fn the_file_has_its_mode_nothing_is_beside_it_and_it_goes_in_the_end() {
    with_directory(|directory| async move {
        let path = directory.join("s.sock");
        let mut listener = Listener::open(&Settings { socket_mode: 0o640, ..settings(&path) }).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(files(&directory), ["s.sock"]);
        let _client = UnixStream::connect(&path).unwrap();
        assert!(matches!(next(&mut listener).await, ListenerEvent::Connected(_)));
        listener.close();
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
        listener.close();
    });
}

#[test]
fn what_is_no_socket_is_refused_and_left_as_it_is() {
    with_directory(|directory| async move {
        let (file, folder, link) = (directory.join("file"), directory.join("folder"), directory.join("link"));
        fs::write(&file, "mine").unwrap();
        fs::create_dir(&folder).unwrap();
        symlink("nowhere", &link).unwrap();
        for path in [&file, &folder, &link] {
            assert!(refusal(&settings(path)).ends_with("is not a socket; it is left as it is"));
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
        assert_eq!(files(&directory), ["file", "folder", "link"]);
    });
}

#[test]
fn a_second_daemon_is_told_that_the_path_is_in_use() {
    with_directory(|directory| async move {
        let path = directory.join("s.sock");
        let first = Listener::open(&settings(&path)).unwrap();
        assert!(refusal(&settings(&path)).contains("is in use"));
        assert_eq!(files(&directory), ["s.sock"]);
        first.close();
    });
}

#[test]
fn a_takeover_loses_no_connection_and_the_old_one_leaves_the_file_alone() {
    with_directory(|directory| async move {
        let path = directory.join("s.sock");
        let mut old = Listener::open(&settings(&path)).unwrap();
        let _waits_in_the_backlog = UnixStream::connect(&path).unwrap();
        let new = Listener::open(&Settings { takeover: true, ..settings(&path) }).unwrap();
        let mut said = Vec::new();
        loop {
            match next(&mut old).await {
                ListenerEvent::Connected(_) => said.push("connected"),
                ListenerEvent::TakenOver => said.push("taken over"),
                ListenerEvent::Closed => break,
                other => panic!("{other:?}"),
            }
        }
        said.sort_unstable();
        // The new one has knocked, too.
        assert_eq!(said, ["connected", "connected", "taken over"]);
        old.close();
        assert!(fs::symlink_metadata(&path).unwrap().file_type().is_socket());
        assert!(UnixStream::connect(&path).is_ok());
        new.close();
    });
}

#[test]
fn a_path_that_was_deleted_is_published_again() {
    with_directory(|directory| async move {
        let path = directory.join("s.sock");
        let mut listener = Listener::open(&settings(&path)).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(matches!(next(&mut listener).await, ListenerEvent::Republished));
        let _client = UnixStream::connect(&path).unwrap();
        assert!(matches!(next(&mut listener).await, ListenerEvent::Connected(_)));
        assert_eq!(files(&directory), ["s.sock"]);
        listener.close();
        assert_eq!(files(&directory), [""; 0]);
    });
}

#[test]
fn a_directory_that_is_gone_is_told_once_and_the_path_comes_back_with_it() {
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
        listener.close();
    });
}

#[test]
fn a_stranger_is_not_let_in() {
    with_directory(|directory| async move {
        let path = directory.join("s.sock");
        let stranger = settings(&path).allow_uids[0];
        let mut listener = Listener::open(&Settings { allow_uids: vec![stranger + 1], ..settings(&path) }).unwrap();
        let mut client = UnixStream::connect(&path).unwrap();
        assert!(matches!(next(&mut listener).await, ListenerEvent::Unauthorized(uid) if uid == stranger));
        assert_eq!(std::io::Read::read(&mut client, &mut [0]).unwrap(), 0);
        listener.close();
    });
}

#[test]
fn a_parent_that_is_missing_or_open_to_all_is_refused() {
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
        fs::set_permissions(&open, fs::Permissions::from_mode(0o1777)).unwrap();
        Listener::open(&settings(&open.join("s.sock"))).unwrap().close();
    });
}

#[test]
fn the_directory_of_a_default_path_is_made_and_must_be_ours_alone() {
    with_directory(|directory| async move {
        let path = directory.join("sidelane/sidelane.sock");
        let default = Settings { socket: SocketPlace::Default(path.clone()), ..settings(&path) };
        Listener::open(&default).unwrap().close();
        let made = directory.join("sidelane");
        assert_eq!(fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o700);
        fs::set_permissions(&made, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(refusal(&default).contains("must have mode 0700, and has 0755"));
        fs::remove_dir(&made).unwrap();
        symlink(&directory, &made).unwrap();
        assert!(refusal(&default).ends_with("is not a directory."));
    });
}

#[test]
fn a_path_of_107_bytes_is_listened_on() {
    with_directory(|directory| async move {
        let room = 107 - directory.as_os_str().len() - 1;
        let path = directory.join("s".repeat(room));
        let begin = Instant::now();
        let listener = Listener::open(&settings(&path)).unwrap();
        assert!(UnixStream::connect(&path).is_ok(), "{:?}", begin.elapsed());
        listener.close();
    });
}
