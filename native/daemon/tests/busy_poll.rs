//! Which waits poll, by the result of earlier ones.

use std::cell::Cell;
use std::time::Duration;

use sidelane_daemon::worker::busy_poll::BusyPoll;

/// The indices of the waits that polled.
fn tried(busy_poll: &mut BusyPoll, waits: usize, found: bool) -> std::io::Result<Vec<usize>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let looked = |_: &usize| {
        let looked = Cell::new(false);
        runtime.block_on(busy_poll.wait(|| {
            looked.set(true);
            found
        }));
        looked.get()
    };
    Ok((0..waits).filter(looked).collect())
}

#[test]
fn a_miss_doubles_the_skipped_waits_and_two_hits_halve_them() -> std::io::Result<()> {
    let mut busy_poll = BusyPoll::new(Duration::from_micros(100));
    assert_eq!(tried(&mut busy_poll, 255, false)?, [0, 2, 6, 14, 30, 62, 126, 190, 254]);
    let finds = [63, 95, 127, 143, 159, 167, 175, 179, 183, 185, 187, 188, 189, 190, 191];
    assert_eq!(tried(&mut busy_poll, 192, true)?, finds);
    Ok(())
}

#[test]
fn polling_stops_when_every_other_wait_misses() -> std::io::Result<()> {
    let mut busy_poll = BusyPoll::new(Duration::from_micros(100));
    let mut tries = 0;
    for _ in 0..2000 {
        tries += tried(&mut busy_poll, 1, tries % 2 == 0)?.len();
    }
    assert!(tries < 100, "{tries} of 2000");
    Ok(())
}

#[test]
fn zero_never_polls() -> std::io::Result<()> {
    assert!(tried(&mut BusyPoll::new(Duration::ZERO), 2, true)?.is_empty());
    Ok(())
}
