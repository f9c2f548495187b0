//! Times all contenders in interleaved rounds, each in another order.

use std::time::Instant;

use serde_json::{Value, json};

/// One result of a contender.
pub struct Row {
    pub stage: &'static str,
    pub id: &'static str,
    /// Bytes of all results of a pass, where the stage compresses.
    pub out_bytes: Option<usize>,
}

/// Something that processes all payloads once a call.
pub struct Contender<'a> {
    rows: Vec<Row>,
    pass: Pass<'a>,
}

enum Pass<'a> {
    /// The whole pass is timed, for the only row.
    Whole(Box<dyn FnMut() + 'a>),
    /// Adds the nanoseconds of each row.
    Parts(Parts<'a>),
}

type Parts<'a> = Box<dyn FnMut(&mut [u64]) + 'a>;

impl<'a> Contender<'a> {
    pub fn new(stage: &'static str, id: &'static str, pass: impl FnMut() + 'a) -> Self {
        Self { rows: vec![Row { stage, id, out_bytes: None }], pass: Pass::Whole(Box::new(pass)) }
    }

    pub fn with_size(mut self, out_bytes: usize) -> Self {
        self.rows.iter_mut().for_each(|row| row.out_bytes = Some(out_bytes));
        self
    }

    pub fn with_parts(rows: Vec<Row>, pass: impl FnMut(&mut [u64]) + 'a) -> Self {
        Self { rows, pass: Pass::Parts(Box::new(pass)) }
    }

    /// Runs passes; nanoseconds of each row.
    fn run(&mut self, passes: u32) -> Vec<u64> {
        let mut nanos = vec![0; self.rows.len()];
        match &mut self.pass {
            Pass::Whole(pass) => {
                let start = Instant::now();
                (0..passes).for_each(|_| pass());
                nanos[0] = nanos_since(start);
            }
            Pass::Parts(pass) => (0..passes).for_each(|_| pass(&mut nanos)),
        }
        nanos
    }
}

/// Longer slots would rarely run without an interruption. A pass of large payloads may take longer.
const MAX_SLOT_MS: f64 = 20.0;

/// The warm-up of a contender, in slots.
const WARM_SLOTS: f64 = 1.5;

pub struct Plan {
    pub max_rounds: usize,
    pub min_rounds: usize,
    /// For all rounds, the warm-up included; exceeded until the least number of rounds is done.
    pub budget_ms: f64,
}

/// Lines of JSON. Times are microseconds for a payload: the least of the rounds, and their median.
pub fn measure(mut contenders: Vec<Contender<'_>>, payloads: usize, plan: &Plan) -> Vec<Value> {
    let begin = Instant::now();
    let slot_ms = (plan.budget_ms / contenders.len() as f64 / (plan.max_rounds as f64 + WARM_SLOTS)).min(MAX_SLOT_MS);
    let passes: Vec<u32> = contenders.iter_mut().map(|contender| warm_up(contender, slot_ms)).collect();
    let mut times: Vec<Vec<Vec<f64>>> = contenders.iter().map(|one| vec![Vec::new(); one.rows.len()]).collect();
    let count = contenders.len();
    let mut round = 0;
    while round < plan.max_rounds && (round < plan.min_rounds || millis_since(begin) < plan.budget_ms) {
        for turn in 0..count {
            let index = place(turn, round, count);
            let nanos = contenders[index].run(passes[index]);
            for (times, nanos) in times[index].iter_mut().zip(nanos) {
                times.push(nanos as f64 / 1e3 / f64::from(passes[index]) / payloads as f64);
            }
        }
        round += 1;
    }
    let line = |row: &Row, times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        let middle = (times[(times.len() - 1) / 2] + times[times.len() / 2]) / 2.0;
        let bytes = row.out_bytes.map(|bytes| bytes as f64 / payloads as f64);
        json!({ "stage": row.stage, "id": row.id, "us": times[0], "medianUs": middle, "outBytes": bytes, "rounds": round })
    };
    let rows = contenders.iter().map(|one| &one.rows).zip(&mut times);
    rows.flat_map(|(rows, times)| rows.iter().zip(times).map(|(row, times)| line(row, times)).collect::<Vec<_>>())
        .collect()
}

/// Passes that fill a slot. Caches, branch predictors and memory are warm then.
fn warm_up(contender: &mut Contender<'_>, slot_ms: f64) -> u32 {
    let begin = Instant::now();
    let mut passes = 0;
    loop {
        contender.run(1);
        passes += 1;
        let millis = millis_since(begin);
        if millis >= slot_ms * WARM_SLOTS {
            return ((f64::from(passes) * slot_ms / millis) as u32).max(1);
        }
    }
}

/// The contender of a turn: rounds begin at different places and alternate in direction, so that none always runs behind the
/// same one.
fn place(turn: usize, round: usize, count: usize) -> usize {
    let turn = if round.is_multiple_of(2) { turn } else { count - 1 - turn };
    (turn + round * 5) % count
}

fn millis_since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

pub fn nanos_since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
