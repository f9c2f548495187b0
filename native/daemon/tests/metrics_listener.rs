//! Health and metrics over TCP.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use sidelane_daemon::metrics_listener::serve;
use sidelane_daemon::tcp_listener::TcpAddress;
use support::{Daemon, TEST_TIMEOUT};

/// The status line for a scraper; empty when it was refused.
fn ask(stream: &mut TcpStream) -> String {
    let mut answer = [0; 12];
    stream.set_read_timeout(Some(TEST_TIMEOUT)).unwrap();
    let asked = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    match asked.and_then(|()| stream.read_exact(&mut answer)) {
        Ok(()) => String::from_utf8(answer.to_vec()).unwrap(),
        Err(_) => String::new(),
    }
}

/// False when the daemon has closed it.
fn is_open(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    loop {
        match stream.read(&mut [0; 1000]) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
}

#[test]
fn eight_scrapers_are_served_and_a_ninth_ends_the_oldest() {
    let daemon = Daemon::native();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let shared = Arc::clone(&daemon.shared);
    runtime.block_on(tokio::task::LocalSet::new().run_until(async move {
        let metrics = TcpAddress::bind("127.0.0.1:0".parse().unwrap(), false).unwrap();
        let address = metrics.local();
        tokio::task::spawn_local(serve(metrics, shared));
        let scrapers = tokio::task::spawn_blocking(move || {
            let connect = || TcpStream::connect(address).unwrap();
            let mut eight: Vec<_> = (0..8).map(|_| connect()).collect();
            assert!(eight.iter_mut().all(|stream| ask(stream) == "HTTP/1.1 200"));
            assert_eq!(ask(&mut connect()), "HTTP/1.1 200");
            while is_open(&mut eight[0]) {
                std::thread::sleep(Duration::from_millis(1));
            }
            assert!(eight[1..].iter_mut().all(is_open));
        });
        scrapers.await.unwrap();
    }));
}
