//! `sidelane-stage-peers FOLDER BUDGET_MS MAX_ROUNDS MIN_ROUNDS`: times libraries beside the stages of the core, for the
//! payloads of one set. The folder is written by `bench/stages/rust-peers.ts`; `inputs.rs` has its files.
//!
//! A line of JSON for the processor, then one for each contender and stage. An answer that differs from the expected one
//! ends the run with exit code 1 before anything is timed.

mod canonical;
mod compress;
mod digest;
mod inputs;
mod parse;
mod pipeline;
mod processor;
mod rounds;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use inputs::Inputs;
use rounds::{Contender, Plan};

type Failure = Box<dyn Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, budget, most, least] = arguments.as_slice() else {
        return Err("Give FOLDER BUDGET_MS MAX_ROUNDS MIN_ROUNDS.".into());
    };
    let plan = Plan { max_rounds: most.parse()?, min_rounds: least.parse()?, budget_ms: budget.parse()? };
    let inputs = Inputs::read(Path::new(folder))?;
    let mut contenders: Vec<Contender<'_>> = Vec::new();
    contenders.extend(parse::contenders(&inputs)?);
    contenders.extend(canonical::contenders(&inputs)?);
    contenders.extend(digest::contenders(&inputs)?);
    contenders.extend(compress::contenders(&inputs)?);
    contenders.extend(pipeline::contenders(&inputs)?);
    println!("{}", processor::line());
    for line in rounds::measure(contenders, inputs.payloads.len(), &plan) {
        println!("{line}");
    }
    Ok(())
}
