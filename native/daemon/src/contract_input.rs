//! Reads the daemon's stdin, which the app that owns the daemon holds open: the end of stdin means that the app is gone.
//! Contracts may come through it, so that their keys are in no file. A line is the JSON of a contract,
//! `{"lock","dictionary","digestKey"}`: the text of the lock, and bytes in hex where it has them. The line `{"load":true}`
//! ends a batch.
//!
//! Twin of `src/server/contract-input.ts` and `src/server/owner.ts`.

use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;
use sidelane_core::Contract;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::config::settings::{Settings, SocketPlace};
use crate::socket_path::directory_of;
use crate::texts::config as texts;

/// A lock of the largest size, with a dictionary.
const MAX_LINE_BYTES: u64 = 33_554_432;

/// A contract that did not come from a file.
#[derive(Debug, Default)]
pub struct GivenContract {
    pub lock: Vec<u8>,
    pub dictionary: Vec<u8>,
    pub key: Vec<u8>,
}

/// The contracts of a batch, or why one of them is refused.
pub type ContractBatch = Result<Vec<Arc<GivenContract>>, String>;

#[derive(Debug)]
pub enum OwnerEvent {
    Batch(ContractBatch),
    /// Stdin ended.
    Gone,
}

pub struct Owner {
    /// `None`: stdin is not read.
    events: Option<UnboundedReceiver<OwnerEvent>>,
}

impl Owner {
    /// Reads stdin from now on, where the settings say so. Without a thread for it, the owner counts as gone.
    pub fn new(settings: &Settings) -> Self {
        if !settings.exit_with_stdin {
            return Self { events: None };
        }
        let (sender, events) = unbounded_channel();
        let has_contracts = settings.contracts_from_stdin;
        let read = move || {
            if has_contracts {
                read_batches(BufReader::new(io::stdin()), &sender);
            } else {
                // An error is an end, too.
                let _ = io::copy(&mut io::stdin(), &mut io::sink());
            }
        };
        // The sender is dropped at the end of stdin.
        let _ = std::thread::Builder::new().name("stdin".into()).spawn(read);
        Self { events: Some(events) }
    }

    /// The next event; when stdin is not read, it never resolves.
    pub async fn next(&mut self) -> OwnerEvent {
        match &mut self.events {
            Some(events) => events.recv().await.unwrap_or(OwnerEvent::Gone),
            None => std::future::pending().await,
        }
    }
}

/// Removes the directory of the socket after the owner is gone, because the owner would have done it; only an empty directory.
pub fn remove_directory(settings: &Settings) {
    if let (true, SocketPlace::Path(path) | SocketPlace::Default(path)) = (settings.remove_directory, &settings.socket)
    {
        // It is not empty, or removed already.
        let _ = std::fs::remove_dir(directory_of(Path::new(path)));
    }
}

fn read_batches(mut input: impl BufRead, events: &UnboundedSender<OwnerEvent>) {
    let mut batch = Ok(Vec::new());
    for number in 1_u64.. {
        let mut line = Vec::new();
        match input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(1..) => {}
            // An error is an end, too.
            _ => return,
        }
        match contract_of(&line) {
            Ok(Some(contract)) => {
                if let Ok(contracts) = &mut batch {
                    contracts.push(Arc::new(contract));
                }
            }
            Ok(None) => {
                let complete = std::mem::replace(&mut batch, Ok(Vec::new()));
                if events.send(OwnerEvent::Batch(complete)).is_err() {
                    return;
                }
            }
            Err(reason) if batch.is_ok() => batch = Err(texts::refused_line(number, reason)),
            Err(_) => {}
        }
    }
}

/// The contract of a line, or `None` for the end of a batch. The error holds no part of the line.
fn contract_of(line: &[u8]) -> Result<Option<GivenContract>, String> {
    let no_contract = || texts::NO_CONTRACT.to_owned();
    let message: Json = serde_json::from_slice(line).map_err(|_| no_contract())?;
    if message["load"] == true {
        return Ok(None);
    }
    let lock = message["lock"].as_str().ok_or_else(no_contract)?.as_bytes().to_vec();
    // Checked here, so that the error names the line.
    Contract::load(&lock).map_err(|error| error.to_string())?;
    let bytes = |name: &str| match &message[name] {
        Json::Null => Ok(Vec::new()),
        value => value.as_str().and_then(from_hex).ok_or_else(no_contract),
    };
    Ok(Some(GivenContract { lock, dictionary: bytes("dictionary")?, key: bytes("digestKey")? }))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn events_of(input: &str) -> Vec<OwnerEvent> {
        let (sender, mut events) = unbounded_channel();
        read_batches(input.as_bytes(), &sender);
        std::iter::from_fn(|| events.try_recv().ok()).collect()
    }

    #[test]
    fn batches_have_their_contracts_and_a_bad_line_refuses_its_batch_alone() {
        let lock = r#"{\"profile\":\"p1\",\"unicode\":\"15.0\",\"name\":\"a\",\"schema\":{}}"#;
        let good = format!("{{\"lock\":\"{lock}\",\"digestKey\":\"00ff7a\"}}\n");
        let load = "{\"load\":true}\n";
        let input = format!(
            "{load}{good}{good}{load}{good}planted\n{load}{{\"lock\":\"{lock}\",\"digestKey\":\"0\"}}\n{load}{good}"
        );
        let events = events_of(&input);
        let [
            OwnerEvent::Batch(Ok(none)),
            OwnerEvent::Batch(Ok(two)),
            OwnerEvent::Batch(Err(bad)),
            OwnerEvent::Batch(Err(odd)),
        ] = &events[..]
        else {
            panic!("{events:?}")
        };
        assert_eq!((none.len(), two.len()), (0, 2));
        assert_eq!(two[1].key, [0, 255, 0x7a]);
        assert_eq!(bad, "Line 6 of stdin: it is no contract");
        assert_eq!(odd, "Line 8 of stdin: it is no contract");
    }
}
