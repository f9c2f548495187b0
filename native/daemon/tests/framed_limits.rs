//! The limits and violations in the table of WIRE.md.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::io::Write as _;
use std::time::Duration;

use sidelane_wire::{FLAG_TRACE, FrameKind, NO_DEADLINE, preface};
use support::{Daemon, frame, request, text};

const CAP: usize = 1000 + 4096;

#[test]
fn a_request_over_the_cap_is_rejected_and_discarded() {
    let daemon = Daemon::native();
    let mut client = daemon.client();
    let good = r#"{"n":"a"}"#;
    client.send(&[request(1, vec![b' '; CAP + 1]), request(2, vec![b' '; 2 * CAP]), request(3, good)].concat());
    let too_long = Some("limit.bytes".to_owned());
    assert_eq!(client.answers(3), [(1, too_long.clone()), (2, too_long), (3, None)]);
}

#[test]
fn a_request_over_the_cap_is_rejected_before_its_body_arrives() {
    let daemon = Daemon::native();
    let mut client = daemon.client();
    client.send(&request(1, vec![b' '; CAP + 1])[..24]);
    assert_eq!(client.answer(), (1, FrameKind::Rejected, Some("limit.bytes".into())));
}

#[test]
fn an_index_that_hello_did_not_assign_is_unknown() {
    let daemon = Daemon::native();
    let mut client = daemon.client();
    client.send(&frame(FrameKind::Request, 0, 1, 1, NO_DEADLINE, b"{}"));
    assert_eq!(client.answer(), (1, FrameKind::Error, Some("contract.unknown".into())));
}

#[test]
fn each_request_over_the_in_flight_limit_is_refused() {
    let daemon = Daemon::scripted(|settings| settings.max_in_flight = 4);
    let mut client = daemon.client();
    client.send(&(1..=6).flat_map(|id| request(id, "x")).collect::<Vec<_>>());
    let full = Some("overloaded".to_owned());
    assert_eq!(client.answers(6), [(1, None), (2, None), (3, None), (4, None), (5, full.clone()), (6, full)]);
    client.last_id = 6;
    // The slots are released.
    assert_eq!(client.call("x"), (FrameKind::Accepted, None));
}

#[test]
fn a_full_queue_refuses_with_a_retry_time() {
    let daemon = Daemon::scripted(|settings| settings.max_queue = 2);
    let mut client = daemon.client();
    client.send(&(1..=5).flat_map(|id| request(id, "x")).collect::<Vec<_>>());
    let mut refused = 0;
    for _ in 0..5 {
        let (head, outcome) = client.read();
        if head.kind == FrameKind::Error {
            refused += 1;
            assert!(text(&outcome).contains(r#""retryAfterMs":"#));
        }
    }
    assert_eq!(refused, 3);
    client.last_id = 5;
    assert_eq!(client.call("x"), (FrameKind::Accepted, None));
}

#[test]
fn a_burst_is_queued_and_a_busy_queue_is_bounded_by_its_expected_time() {
    let daemon = Daemon::scripted(|settings| settings.max_queue_ms = 40);
    let mut client = daemon.client();
    assert_eq!(client.call("sleep 20"), (FrameKind::Accepted, None));
    let gate = daemon.locks.0.join("open");
    let burst = (3..=30).flat_map(|id| request(id, "sleep 20"));
    client.send(&request(2, format!("until {}", gate.display())).into_iter().chain(burst).collect::<Vec<_>>());
    while daemon.shared.queued() < 28 {
        std::thread::yield_now();
    }
    // Now the queue is busy for longer than a burst, and each of its payloads takes 20 ms.
    std::thread::sleep(Duration::from_millis(150));
    client.send(&(31..=33).flat_map(|id| request(id, "sleep 20")).collect::<Vec<_>>());
    std::fs::write(gate, "").unwrap();
    let answers = client.answers(32);
    assert!(answers[..29].iter().all(|(id, code)| *id <= 30 && code.is_none()), "{answers:?}");
    assert!(answers[29..].iter().all(|(_, code)| code.as_deref() == Some("overloaded")), "{answers:?}");
}

#[test]
fn the_byte_budget_is_reserved_with_the_header_and_released() {
    let daemon = Daemon::scripted(|settings| settings.max_bytes = 1_000);
    let mut slow = daemon.client();
    slow.send(&request(1, vec![b'x'; 700])[..30]);
    let mut client = daemon.client();
    // The first client reserves 700 bytes, of which six have arrived.
    while daemon.shared.queued_bytes() == 0 {
        std::thread::yield_now();
    }
    assert_eq!(client.call(vec![b'x'; 400]), (FrameKind::Error, Some("overloaded".into())));
    assert_eq!(client.call(vec![b'x'; 300]), (FrameKind::Accepted, None));
    drop(slow);
    while daemon.shared.queued_bytes() > 0 {
        std::thread::yield_now();
    }
    assert_eq!(client.call(vec![b'x'; 400]), (FrameKind::Accepted, None));
}

#[test]
fn unread_answers_are_bounded() {
    let daemon = Daemon::scripted(|_| {});
    let mut client = daemon.client();
    // 200 answers of 40,000 bytes are 8 MB.
    client.send(&(1..=200).flat_map(|id| request(id, "write 40000")).collect::<Vec<_>>());
    daemon.has_run();
    let answers = client.answers(200);
    let refused = answers.iter().filter(|(_, code)| code.as_deref() == Some("overloaded")).count();
    assert!(refused > 0 && refused < 120, "{refused} of 200 were refused");
    client.last_id = 200;
    assert_eq!(client.call("x"), (FrameKind::Accepted, None));
}

#[test]
fn a_client_that_does_not_read_is_not_read_from() {
    let daemon = Daemon::scripted(|_| {});
    let mut client = daemon.client();
    client.send(&(1..=60).flat_map(|id| request(id, "write 40000")).collect::<Vec<_>>());
    daemon.has_run();
    client.stream.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
    let more = frame(FrameKind::Ping, 0, 0, 1, 0, &[b'x'; 64]);
    let written = (0..100_000).take_while(|_| client.stream.write_all(&more).is_ok()).count();
    assert!(written < 100_000, "all of it was read");
}

#[test]
fn an_answer_of_any_size_is_sent() {
    let daemon = Daemon::scripted(|_| {});
    let mut client = daemon.client();
    assert_eq!(client.call(format!("write {}", 8 * CAP)), (FrameKind::Accepted, None));
    assert_eq!(client.call(format!("write {}", 16 << 20)), (FrameKind::Accepted, None));
}

#[test]
fn each_violation_ends_its_own_connection_only() {
    let daemon = Daemon::scripted(|_| {});
    let mut bystander = daemon.client();
    let mut odd_kind = frame(FrameKind::Ping, 0, 0, 1, 0, b"");
    odd_kind[4] = 10;
    let broken = [
        request(1, vec![b' '; 2 * CAP + 1])[..24].to_vec(),
        request(0, "x"),
        [request(5, "x"), request(5, "x")].concat(),
        [request(5, "x"), request(4, "x")].concat(),
        frame(FrameKind::Request, 4, 0, 1, NO_DEADLINE, b"x"),
        frame(FrameKind::Request, FLAG_TRACE, 0, 1, NO_DEADLINE, &[0; 25]),
        frame(FrameKind::Cancel, 0, 0, 1, 0, b"x"),
        frame(FrameKind::Goaway, 0, 0, 0, 0, b""),
        frame(FrameKind::Ping, 0, 0, 1, 0, &[0; 65]),
        frame(FrameKind::Pong, 0, 0, 1, 0, &[0; 65]),
        frame(FrameKind::Ping, 1, 0, 1, 0, b""),
        frame(FrameKind::Accepted, 0, 0, 1, 0, b""),
        odd_kind,
        frame(FrameKind::Hello, 0, 0, 1, 0, &[1, 0, 9]),
        frame(FrameKind::Hello, 0, 0, 1, 0, &[1, 0, 2, 0, 0, 0]),
        frame(FrameKind::Hello, 0, 0, 1, 0, &vec![0; 65_537])[..24].to_vec(),
    ];
    for (at, bytes) in broken.iter().enumerate() {
        let mut client = daemon.client();
        client.send(bytes);
        let (mut head, mut payload) = client.read();
        // Requests in flight are answered first.
        if head.id == 5 {
            (head, payload) = client.read();
        }
        assert_eq!((head.kind, head.id), (FrameKind::Error, 0), "row {at}");
        assert!(text(&payload).starts_with(r#"{"code":"protocol.violation","#), "row {at}");
        assert_eq!(client.rest(), b"", "row {at}");
    }
    assert_eq!(bystander.call("x"), (FrameKind::Accepted, None));
    drop(bystander);
    assert!(daemon.drains());
}

#[test]
fn connections_over_the_limit_end_the_oldest_of_them() {
    let daemon = Daemon::scripted(|settings| settings.max_connections = 1);
    let mut first = daemon.client();
    let mut second = daemon.connect();
    second.send(&preface());
    assert_eq!(second.rest(), b"");
    assert_eq!(first.call("x"), (FrameKind::Accepted, None));
    let mut silent: Vec<_> = (0..20).map(|_| daemon.connect()).collect();
    // The last eight are open.
    for one in silent.drain(..12) {
        assert_eq!({ one }.rest(), b"");
    }
    let mut health = daemon.connect();
    health.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(health.rest().starts_with(b"HTTP/1.1 200 "));
}

#[test]
fn timeouts_end_stalled_connections() {
    let daemon = Daemon::scripted(|_| {});
    let mut silent = daemon.connect();
    let mut no_hello = daemon.connect();
    no_hello.send(&preface());
    let mut half = daemon.client();
    half.send(&request(1, "a payload")[..27]);
    let mut one_write = daemon.connect();
    one_write.send(&[&preface()[..], &daemon.hello("order"), &request(1, "a payload")[..27]].concat());
    let mut deaf = daemon.client();
    deaf.send(&(1..=60).flat_map(|id| request(id, "write 40000")).collect::<Vec<_>>());
    let mut patient = daemon.client();
    assert_eq!(silent.rest(), b"");
    assert_eq!(no_hello.read_bytes(8), preface());
    assert!(no_hello.violation().contains("HELLO"));
    assert!(half.violation().contains("frame"));
    assert_eq!(one_write.read_bytes(8), preface());
    assert_eq!(one_write.read().0.kind, FrameKind::Hello);
    assert!(one_write.violation().contains("frame"));
    // Its unsent answers are dropped.
    while daemon.shared.in_flight() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(deaf.rest().len() < 60 * 40_000);
    assert_eq!(patient.call("x"), (FrameKind::Accepted, None));
    drop(patient);
    assert!(daemon.drains());
}

/// As `request`, with a deadline in ms.
fn request_within(id: u64, payload: &str, ms: u32) -> Vec<u8> {
    frame(FrameKind::Request, 0, 0, id, ms, payload.as_bytes())
}

#[test]
fn a_payload_that_works_long_moves_to_a_spare_thread_and_ends_at_its_deadline() {
    // One thread for connections, and one spare thread of the contract.
    let daemon = Daemon::scripted(|settings| settings.threads = 1);
    let mut long = daemon.client();
    let mut other = daemon.client();
    long.send(&request_within(1, "work 60000", 400));
    long.send(&request_within(2, "work 60000", 200));
    long.send(&request_within(3, "work 60000", 100_000));
    long.send(&frame(FrameKind::Cancel, 0, 0, 3, 0, b""));
    for id in 1..=20 {
        other.send(&frame(FrameKind::Ping, 0, 0, id, 0, b"now"));
        assert_eq!(other.read().1, b"now");
    }
    let mut answers: Vec<_> = (0..3).map(|_| long.read()).map(|(head, payload)| (head.id, text(&payload))).collect();
    answers.sort();
    for (at, place) in ["run", "queue"].iter().enumerate() {
        let (id, text) = &answers[at];
        assert_eq!(*id, at as u64 + 1);
        assert!(text.contains("deadline.exceeded") && text.contains(place), "{text}");
    }
    assert!(answers[2].1.contains("\"cancelled\""), "{}", answers[2].1);
    assert_eq!(other.call("work 100"), (FrameKind::Accepted, None));
    drop((long, other));
    assert!(daemon.drains());
}

#[test]
fn a_request_without_time_left_does_not_run() {
    let daemon = Daemon::scripted(|_| {});
    let mut client = daemon.client();
    client.send(&request_within(1, "panic", 0));
    let (head, payload) = client.read();
    assert_eq!((head.id, head.kind), (1, FrameKind::Error));
    assert!(text(&payload).contains(r#""params":{"where":"door"}"#), "{}", text(&payload));
}
