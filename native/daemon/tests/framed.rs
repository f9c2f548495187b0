//! The framed protocol over a socket.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::io::{ErrorKind, Write as _};
use std::net::Shutdown;

use sidelane_core::{Contract, Processor, Scratch};
use sidelane_wire::{
    ContractRequest, FLAG_CANONICAL, FLAG_TRACE, FrameKind, NO_DEADLINE, Written, preface, write_outcome,
};
use support::wire_client::decode_hello;
use support::{Client, Daemon, ORDER, code, frame, hello, request, text};

/// The outcome of the core, and its bytes.
fn inline(payload: &[u8], with_canonical: bool) -> (Written, Vec<u8>) {
    let processor = Processor::builder(Contract::load(ORDER.as_bytes()).unwrap()).build().unwrap();
    let mut target = vec![0; 64 << 10];
    let mut scratch = Scratch::default();
    let written = write_outcome(&mut processor.process(&mut scratch, payload), with_canonical, &mut target).unwrap();
    target.truncate(written.size);
    (written, target)
}

fn statuses(client: &mut Client) -> Vec<(u16, u16, [u8; 32])> {
    let (head, payload) = client.read();
    assert_eq!(head.kind, FrameKind::Hello);
    let hello = decode_hello(&payload).unwrap();
    assert_eq!(hello.engine, "native");
    assert_eq!(
        (hello.limits.request_bytes, hello.limits.answer_bytes),
        (1000 + 4096, sidelane_wire::answer_cap(1000) as u32)
    );
    hello.contracts.iter().map(|one| (one.status, one.index, one.have)).collect()
}

#[test]
fn the_preface_is_answered_at_once() {
    let daemon = Daemon::native();
    let mut client = daemon.connect();
    client.send(&preface());
    assert_eq!(client.read_bytes(8), preface());
}

#[test]
fn another_version_gets_the_preface_and_the_end() {
    let daemon = Daemon::native();
    let mut client = daemon.connect();
    client.send(&[0xf5, b'S', b'D', b'L', b'N', b'\n', 9, 0]);
    assert_eq!(client.rest(), preface());
}

#[test]
fn a_foreign_preface_gets_no_answer() {
    let daemon = Daemon::native();
    let mut client = daemon.connect();
    client.send(&[0xf5, b'X', 0, 0, 0, 0, 0, 0]);
    assert_eq!(client.rest(), b"");
}

#[test]
fn hello_is_answered_for_each_contract() {
    let daemon = Daemon::native();
    let id = daemon.shared.registry().find("order", None).unwrap().id_bytes;
    let mut client = daemon.connect();
    client.send(&preface());
    assert_eq!(client.read_bytes(8), preface());
    let order = ContractRequest { id, fingerprint: [0; 16], name: "order" };
    let asked = [
        ContractRequest { name: "other", ..order },
        ContractRequest { id: [7; 32], ..order },
        ContractRequest { fingerprint: [7; 16], ..order },
        order,
        order,
    ];
    client.send(&hello(&asked));
    let expected = vec![(40, 0, [0; 32]), (41, 0, id), (41, 0, id), (0, 0, id), (0, 0, id)];
    assert_eq!(statuses(&mut client), expected);
    // The index stays the same.
    client.send(&hello(&[order]));
    assert_eq!(statuses(&mut client), [(0, 0, id)]);
}

#[test]
fn outcomes_equal_those_of_the_core() {
    let daemon = Daemon::native();
    let mut client = daemon.client();
    let payloads: [&[u8]; 4] = [br#"{"n": "a\u0062"}"#, br#"{"n": 5}"#, b"{", br#"{"n":"x","n":"y"}"#];
    let mut id = 0;
    for payload in payloads {
        for canonical in [false, true] {
            id += 1;
            let flags = if canonical { FLAG_CANONICAL } else { 0 };
            client.send(&frame(FrameKind::Request, flags, 0, id, 1_000, payload));
            let (head, outcome) = client.read();
            assert_eq!(head.id, id);
            let (written, expected) = inline(payload, canonical);
            assert_eq!(outcome, expected);
            let number = written.code().map_or(0, |code| code.wire());
            assert_eq!((head.index, head.flags), (number, 0));
        }
    }
}

#[test]
fn a_trace_context_is_not_part_of_the_payload() {
    let daemon = Daemon::native();
    let mut client = daemon.client();
    let payload = [&[0, 1, 2, 3][..], &[9; 22], br#"{"n":"a"}"#].concat();
    client.send(&frame(FrameKind::Request, FLAG_TRACE, 0, 1, NO_DEADLINE, &payload));
    assert_eq!(client.read().1, inline(br#"{"n":"a"}"#, false).1);
}

#[test]
fn ping_is_answered_with_its_bytes() {
    let daemon = Daemon::native();
    let mut client = daemon.client();
    client.send(&frame(FrameKind::Ping, 0, 0, 77, 0, b"are you there"));
    let (head, payload) = client.read();
    assert_eq!((head.kind, head.id, &payload[..]), (FrameKind::Pong, 77, &b"are you there"[..]));
}

#[test]
fn input_in_single_bytes_and_in_any_two_parts_gets_the_same_answers() {
    let daemon = Daemon::native();
    let talk = [
        &preface()[..],
        &daemon.hello("order"),
        &request(1, r#"{"n":"a"}"#),
        &frame(FrameKind::Ping, 0, 0, 2, 0, b"x"),
        &request(3, "{"),
    ]
    .concat();
    let listen = |client: &mut Client| {
        client.stream.shutdown(Shutdown::Write).unwrap();
        // The times in the answers differ.
        client.rest().len()
    };
    let mut whole = daemon.connect();
    whole.send(&talk);
    let expected = listen(&mut whole);
    let mut single = daemon.connect();
    for byte in &talk {
        single.send(&[*byte]);
    }
    assert_eq!(listen(&mut single), expected);
    for cut in 1..talk.len() {
        let mut halves = daemon.connect();
        halves.send(&talk[..cut]);
        std::thread::yield_now();
        halves.send(&talk[cut..]);
        assert_eq!(listen(&mut halves), expected, "cut at {cut}");
    }
    assert!(daemon.drains());
}

#[test]
fn a_thousand_frames_in_one_write_get_a_thousand_answers() {
    let daemon = Daemon::start(sidelane_daemon::engine::native, |settings| settings.max_in_flight = 2_000);
    let mut client = daemon.client();
    let all: Vec<u8> = (1..=1_000).flat_map(|id| request(id, format!(r#"{{"n":"{id}"}}"#))).collect();
    client.send(&all);
    let answers = client.answers(1_000);
    assert!(answers.iter().enumerate().all(|(at, (id, code))| *id == at as u64 + 1 && code.is_none()));
}

#[test]
fn a_client_that_ends_its_output_gets_all_answers() {
    let daemon = Daemon::scripted(|_| {});
    let mut client = daemon.client();
    let all: Vec<u8> = (1..=5).flat_map(|id| request(id, "sleep 2")).collect();
    client.send(&all);
    client.stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.answers(5).len(), 5);
    assert_eq!(client.rest(), b"");
    assert!(daemon.drains());
}

#[test]
fn an_incomplete_frame_leaves_no_count_behind() {
    let daemon = Daemon::scripted(|_| {});
    for cut in [1, 23, 24, 30] {
        let mut client = daemon.client();
        client.send(&request(1, "a payload of some size")[..cut]);
        drop(client);
    }
    let mut client = daemon.client();
    client.send(&(1..=50).flat_map(|id| request(id, "sleep 1")).collect::<Vec<_>>());
    drop(client);
    assert!(daemon.drains());
}

#[test]
fn a_queued_request_can_be_cancelled() {
    let daemon = Daemon::scripted(|_| {});
    let mut client = daemon.client();
    let cancel = |id| frame(FrameKind::Cancel, 0, 0, id, 0, b"");
    client.send(&[request(1, "a"), request(2, "b"), cancel(2), cancel(99)].concat());
    assert_eq!(client.answers(2), [(1, None), (2, Some("cancelled".into()))]);
    // An answered request gets no second answer, and an unknown one none.
    client.send(&[cancel(1), frame(FrameKind::Ping, 0, 0, 5, 0, b"")].concat());
    assert_eq!(client.read().0.kind, FrameKind::Pong);
}

#[test]
fn many_queued_requests_can_be_cancelled_at_once_but_no_later_ones() {
    let daemon = Daemon::scripted(|_| {});
    let (mut client, mut other) = (daemon.client(), daemon.client());
    let gate = daemon.locks.0.join("open");
    let cancel = |id| frame(FrameKind::Cancel, 0, 0, id, 0, b"");
    other.send(&[request(1, format!("until {}", gate.display())), request(2, "x")].concat());
    daemon.has_begun();
    let requests: Vec<u8> = (1..=5).flat_map(|id| request(id, "x")).collect();
    client.send(&[cancel(3), requests, cancel(5), cancel(1), cancel(5), cancel(4), cancel(9)].concat());
    std::fs::write(gate, "").unwrap();
    let gone = Some("cancelled".to_owned());
    assert_eq!(client.answers(5), [(1, gone.clone()), (2, None), (3, None), (4, gone.clone()), (5, gone)]);
    assert_eq!(other.answers(2), [(1, None), (2, None)]);
}

#[test]
fn a_connection_whose_only_request_was_cancelled_is_closed() {
    let daemon = Daemon::scripted(|_| {});
    let mut client = daemon.client();
    client.send(
        &[request(1, "x"), frame(FrameKind::Cancel, 0, 0, 1, 0, b""), frame(FrameKind::Goaway, 0, 0, 0, 0, b"")]
            .concat(),
    );
    assert_eq!(client.answers(1), [(1, Some("cancelled".into()))]);
    client.violation();
    // Its descriptor is closed, although no other request wakes the thread.
    let ended = (0..1_000_000).find_map(|_| client.stream.write_all(&[0; 4096]).err());
    let is_closed = |error: std::io::Error| matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset);
    assert!(ended.is_some_and(is_closed));
}

#[test]
fn goaway_comes_behind_the_preface_and_ahead_of_hello() {
    let daemon = Daemon::native();
    let mut client = daemon.connect();
    let (first, rest) = (preface()[..3].to_vec(), preface()[3..].to_vec());
    client.send(&first);
    while daemon.shared.framed_connections() == 0 {
        std::thread::yield_now();
    }
    let hello = daemon.hello("order");
    daemon.shared.set_draining();
    daemon.worker().refresh();
    let expect = |client: &mut Client| {
        assert_eq!(client.read_bytes(8), preface());
        let kinds = [client.read().0.kind, client.read().0.kind];
        assert_eq!(kinds, [FrameKind::Goaway, FrameKind::Hello]);
    };
    let mut late = daemon.connect_after(&[&preface()[..], &hello].concat());
    expect(&mut late);
    // The worker has handled the refresh: messages are handled in their order.
    client.send(&[rest, hello].concat());
    expect(&mut client);
    assert_eq!(client.rest(), b"");
}

#[test]
fn a_request_past_its_deadline_does_not_run() {
    let daemon = Daemon::scripted(|_| {});
    let mut client = daemon.client();
    let with = |id, ms, payload: &str| frame(FrameKind::Request, 0, 0, id, ms, payload.as_bytes());
    client.send(&[with(1, 0, "panic"), with(2, 5_000, "sleep 30"), with(3, 10, "panic"), with(4, 5_000, "x")].concat());
    let mut texts = Vec::new();
    for _ in 0..4 {
        let (head, outcome) = client.read();
        texts.push((head.id, code(&outcome)));
        if head.kind == FrameKind::Error {
            // Nothing was left of the first one when it came.
            let place = if head.id == 1 { r#""params":{"where":"door"}"# } else { r#""params":{"where":"queue"}"# };
            assert!(text(&outcome).contains(place));
        }
    }
    texts.sort();
    let late = Some("deadline.exceeded".to_owned());
    assert_eq!(texts, [(1, late.clone()), (2, None), (3, late), (4, None)]);
}

#[test]
fn a_panic_in_the_engine_is_answered_and_the_daemon_continues() {
    let daemon = Daemon::scripted(|_| {});
    let mut client = daemon.client();
    assert_eq!(client.call("panic"), (FrameKind::Error, Some("internal.panic".into())));
    assert_eq!(client.call("fine"), (FrameKind::Accepted, None));
}

#[test]
fn the_key_file_of_a_contract_without_a_key_is_not_read() {
    let daemon = Daemon::start(sidelane_daemon::engine::native, |settings| {
        std::fs::create_dir(settings.contracts[0].join("order.key")).unwrap();
    });
    assert_eq!(daemon.client().call(r#"{"n":"a"}"#), (FrameKind::Accepted, None));
    let named = Daemon::start(sidelane_daemon::engine::native, |settings| {
        settings.digest_key_files.insert("order".into(), "/does/not/exist.key".into());
    });
    assert_eq!(named.client().call(r#"{"n":"a"}"#), (FrameKind::Accepted, None));
}

#[test]
fn after_a_reload_a_connection_gets_goaway_and_keeps_its_contracts() {
    let daemon = Daemon::native();
    let mut client = daemon.client();
    daemon.locks.write("order.lock.json", &ORDER.replace("900", "5"));
    let observer = sidelane_daemon::telemetry::NoObserver;
    let registry =
        sidelane_daemon::contracts::ContractRegistry::load(&daemon.shared.settings, &[], daemon.compile, &observer)
            .unwrap();
    daemon.shared.replace_registry(registry);
    daemon.worker().refresh();
    assert_eq!(client.read().0.kind, FrameKind::Goaway);
    // Later requests still use the contract of the handshake.
    assert_eq!(client.call(r#"{"n":"longer than five"}"#), (FrameKind::Accepted, None));
    let mut next = daemon.client();
    assert_eq!(next.call(r#"{"n":"longer than five"}"#), (FrameKind::Rejected, Some("validate.failed".into())));
    // With nothing in flight the server closes soon.
    assert_eq!(client.rest(), b"");
}
