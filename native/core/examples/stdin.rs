//! Runs the payloads on stdin through a contract and prints verdict, digest and sizes of each.

#![allow(clippy::print_stdout, reason = "a command-line program")]

use std::error::Error;
use std::io::{BufRead, Read, stdin};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sidelane_core::{Contract, ProcessError, Processor, Scratch};

const HELP: &str = "Usage: stdin [--whole] [--digest-key-file FILE] LOCK < PAYLOADS

Runs the payloads on stdin through the contract of the lock file LOCK, one payload a line.

  --whole                  stdin is one payload
  --digest-key-file FILE   the key of a contract with the digest hmac-sha-256
  --help                   prints this

Exit code: 0 all payloads are accepted, 1 one is rejected, 2 a fault.";

#[derive(Default)]
struct Arguments {
    help: bool,
    whole: bool,
    key_file: Option<PathBuf>,
    lock: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("stdin: {error}");
            ExitCode::from(2)
        }
    }
}

/// True when all payloads are accepted.
fn run() -> Result<bool, Box<dyn Error>> {
    let arguments = parse_arguments()?;
    if arguments.help {
        println!("{HELP}");
        return Ok(true);
    }
    let lock = arguments.lock.ok_or("Expected the path of a lock file; --help shows the usage")?;
    let processor = load(&lock, arguments.key_file.as_deref())?;
    println!("contract {} {}", processor.contract().name(), processor.contract().id());
    let mut scratch = Scratch::default();
    if arguments.whole {
        let mut payload = Vec::new();
        stdin().read_to_end(&mut payload)?;
        return print_verdict(&processor, &mut scratch, 1, &payload);
    }
    let mut all_accepted = true;
    for (index, line) in stdin().lock().split(b'\n').enumerate() {
        all_accepted &= print_verdict(&processor, &mut scratch, index + 1, &line?)?;
    }
    Ok(all_accepted)
}

fn parse_arguments() -> Result<Arguments, String> {
    let mut parsed = Arguments::default();
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--help") => parsed.help = true,
            Some("--whole") => parsed.whole = true,
            Some("--digest-key-file") => match arguments.next() {
                Some(file) => parsed.key_file = Some(file.into()),
                None => return Err("Expected a file behind --digest-key-file".into()),
            },
            Some(flag) if flag.starts_with('-') => return Err(format!("Expected no option {flag}; --help lists them")),
            _ if parsed.lock.is_some() => return Err("Expected one lock file".into()),
            _ => parsed.lock = Some(argument.into()),
        }
    }
    Ok(parsed)
}

fn load(lock: &Path, key_file: Option<&Path>) -> Result<Processor, Box<dyn Error>> {
    let contract = Contract::load(&read(lock)?).map_err(|error| format!("{}: {error}", lock.display()))?;
    let key = key_file.map_or(Ok(Vec::new()), read)?;
    let dictionary = contract.dictionary_path().map_or(Ok(Vec::new()), |path| read(&lock.with_file_name(path)))?;
    Ok(Processor::builder(contract).digest_key(&key).dictionary(&dictionary).build()?)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// True when the payload is accepted.
fn print_verdict(
    processor: &Processor,
    scratch: &mut Scratch,
    number: usize,
    payload: &[u8],
) -> Result<bool, Box<dyn Error>> {
    let accepted = match processor.process(scratch, payload) {
        Ok(accepted) => accepted,
        Err(ProcessError::Rejected(rejected)) => {
            println!("{number} rejected {}", rejected.code.name());
            for issue in rejected.issues {
                println!("  {:?} {}", issue.pointer, issue.keyword.unwrap_or(issue.code.name()));
            }
            return Ok(false);
        }
        Err(error) => return Err(error.to_string().into()),
    };
    let digest = accepted.digest().map_or("none".into(), |digest| digest.map(|byte| format!("{byte:02x}")).concat());
    let (in_bytes, canonical_bytes) = (accepted.in_bytes(), accepted.canonical().len());
    let body_bytes = accepted.into_body()?.len();
    println!("{number} accepted digest={digest} in={in_bytes} canonical={canonical_bytes} body={body_bytes}");
    Ok(true)
}
