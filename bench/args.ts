// Reads and checks the benchmark's command line. What each option starts is in run.ts.

import { parseArgs, type ParseArgsConfig } from 'node:util'
import { integer } from '../src/util/option-parsers.ts'

export interface Args {
  readonly help: boolean
  readonly json: string | undefined
  /** The file of the report page. */
  readonly html: string | undefined
  /** Keeps the result in bench/record. */
  readonly record: boolean
  readonly payloads: string | undefined
  readonly contract: string | undefined
  readonly full: boolean
  readonly stages: boolean
  readonly memory: boolean
  readonly stream: boolean
  readonly cache: boolean
  readonly layers: boolean
  readonly hybrid: boolean
  readonly overload: boolean
  readonly heap: boolean
  readonly cli: boolean
  readonly sidecar: boolean
  readonly queue: boolean
  readonly beforeAfter: boolean
  /** Files of Node daemons whose CPU per HTTP request is compared; undefined: another command. */
  readonly httpCpu: readonly string[] | undefined
  readonly targets: boolean
  readonly strict: boolean
  /** The exact number; undefined: 9, or at least 5 on a slow machine. */
  readonly rounds: number | undefined
  /** Ids of contenders; undefined: all. */
  readonly only: readonly string[] | undefined
  /** Names of payload sets; undefined: the default ones. */
  readonly sets: readonly string[] | undefined
  readonly budgetMs: number | undefined
  readonly seed: number
}

/** The command line is invalid. The message is for the user. */
export class BadArgs extends Error {
  override readonly name = 'BadArgs'
}

export const usage = `Compares ways to normalize, validate and compress JSON payloads, on this machine, in one run.

  npm run bench                                       the quick run: a table and a verdict in a minute
  npm run bench -- --payloads mine.ndjson             the same for your own payloads, under a contract inferred from them
  npm run bench -- --payloads mine.ndjson --contract mine.lock.json
                                                      under your own contract
  npm run bench -- --json result.json                 also writes { header, rows, verdict, … }
  npm run bench -- --html report.html                 also writes a page with tables and pictures; --full for all of them
  npm run bench -- --record                           --full, kept in bench/record as the record of the day
  npm run bench -- --only zod+zlib,inline-js          two contenders only
  npm run bench -- --sets orders --rounds 20          one payload set, more rounds
  npm run bench -- --full                             sizes from 256 B to 1 MB, more kinds of payload, fixed rates
  npm run bench -- --stages                           each stage beside libraries, 256 B to 1 MB, in two minutes after the build
  npm run bench -- --memory                           resident memory after 20,000 and 100,000 payloads
  npm run bench -- --stream                           a stream beside the closed loop, and its memory over 1,000,000 payloads
  npm run bench -- --cache                            the result cache at 0 %, 50 % and 95 % repeats, and with results in Redis
  npm run bench -- --layers                           what breaker, fallback and rollout cost for each call
  npm run bench -- --hybrid                           placement auto beside inline and pool at fixed rates
  npm run bench -- --overload                         0.5 to 10 times what pools and daemons can do, in two minutes
  npm run bench -- --heap                             heap of the js engine for a byte of the payload, by its shape
  npm run bench -- --cli                              sidelane process beside the pool's closed loop; --full: 1,000,000 lines
  npm run bench -- --sidecar                          both daemons beside two Axum services, in a minute
  npm run bench -- --queue                            a queue in Redis: workers, batch sizes, plain BullMQ beside it
  npm run bench -- --before-after                     one Fastify endpoint: the work inline, in a pool, in a sidecar
  npm run bench -- --http-cpu dist/daemon.js --http-cpu ../base/dist/daemon.js
                                                      CPU per HTTP request of Node daemons, builds in turns
  npm run bench -- --targets --strict                 the promised speed; exit 1 when one is missed

Options
  --json FILE         write the result as JSON
  --html FILE         write the result as one self-contained HTML page (the comparison only)
  --payloads FILE     .ndjson or .jsonl: a payload a line; .json: an array of payloads, or one
  --contract LOCK     the lock file for --payloads (sidelane contract export); without it one is inferred
  --only IDS          contenders, separated by commas
  --sets NAMES        payload sets, separated by commas
  --rounds N          interleaved rounds, 1 to 1000; default 9, or fewer (5) when the time is used up;
                      with --stages 25, or fewer (3)
  --budget-ms N       time for all payload sets together, default 42000 (--full: 240000, --stages: 120000)
  --seed N            seed of the made payloads, default 1
  --full --stages --memory --stream --cache --layers --hybrid --overload --heap --cli --sidecar --queue
  --before-after --record --targets --strict --help

Instructions of the Rust core instead of times: npm run bench:instructions. Method, columns and the rule of the verdict:
bench/METHOD.md. With SIDELANE_SUITES set, real GitHub events and product
rows from there take part. Exit codes: 0 done, 1 a wrong answer (or, with --strict, a missed target), 2 a wrong option.`

const options = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'string' },
  html: { type: 'string' },
  record: { type: 'boolean' },
  payloads: { type: 'string' },
  contract: { type: 'string' },
  full: { type: 'boolean' },
  stages: { type: 'boolean' },
  memory: { type: 'boolean' },
  stream: { type: 'boolean' },
  cache: { type: 'boolean' },
  layers: { type: 'boolean' },
  hybrid: { type: 'boolean' },
  overload: { type: 'boolean' },
  heap: { type: 'boolean' },
  cli: { type: 'boolean' },
  sidecar: { type: 'boolean' },
  queue: { type: 'boolean' },
  'before-after': { type: 'boolean' },
  'http-cpu': { type: 'string', multiple: true },
  targets: { type: 'boolean' },
  strict: { type: 'boolean' },
  rounds: { type: 'string' },
  only: { type: 'string' },
  sets: { type: 'string' },
  'budget-ms': { type: 'string' },
  seed: { type: 'string' },
} as const satisfies ParseArgsConfig['options']

/** What runs instead of the comparison. */
const commands = [
  ...(['stages', 'memory', 'stream', 'cache', 'layers', 'hybrid', 'overload', 'heap', 'cli'] as const),
  ...(['sidecar', 'before-after', 'http-cpu'] as const),
] as const

/** The names that `--only` and `--sets` accept. */
export interface Known {
  readonly contenders: readonly string[]
  readonly sets: readonly string[]
}

/** Throws `BadArgs`. */
export function readArgs(argv: readonly string[], known: Known): Args {
  const values = parse(argv)
  if (values.payloads === undefined && values.contract !== undefined) {
    throw new BadArgs('--contract needs --payloads: the payload file that is measured under the lock file')
  }
  if (values.payloads !== undefined && values.sets !== undefined) {
    throw new BadArgs('--sets names the shipped payload sets; with --payloads there is one set, yours')
  }
  const other = commands.find((name) => values[name] !== undefined)
  if (other !== undefined && (values.html !== undefined || values.record === true)) {
    throw new BadArgs(`--html and --record are for the comparison, not for --${other}`)
  }
  if (values.record === true && (values.payloads ?? values.sets ?? values.only) !== undefined) {
    throw new BadArgs('--record keeps all contenders and all shipped sets: no --payloads, --sets or --only')
  }
  return {
    help: values.help ?? false,
    json: values.json,
    html: values.html,
    record: values.record ?? false,
    payloads: values.payloads,
    contract: values.contract,
    full: (values.full ?? false) || values.record === true,
    stages: values.stages ?? false,
    memory: values.memory ?? false,
    stream: values.stream ?? false,
    cache: values.cache ?? false,
    layers: values.layers ?? false,
    hybrid: values.hybrid ?? false,
    overload: values.overload ?? false,
    heap: values.heap ?? false,
    cli: values.cli ?? false,
    sidecar: values.sidecar ?? false,
    queue: values.queue ?? false,
    beforeAfter: values['before-after'] ?? false,
    httpCpu: values['http-cpu'],
    targets: values.targets ?? false,
    strict: values.strict ?? false,
    rounds: integerOf('--rounds', values.rounds, 1, 1000),
    only: names('--only', values.only, known.contenders),
    sets: names('--sets', values.sets, known.sets),
    budgetMs: integerOf('--budget-ms', values['budget-ms'], 1, 86_400_000),
    seed: integerOf('--seed', values.seed, 0, 4_294_967_295) ?? 1,
  }
}

function parse(argv: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof options }>>['values'] {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: false, strict: true }).values
  } catch (error) {
    // Node's first sentence names the option; the rest is advice about positionals.
    const message = error instanceof Error ? (error.message.split('. ')[0] as string) : String(error)
    throw new BadArgs(message)
  }
}

function integerOf(name: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined
  const { expected, text: read } = integer(min, max)
  const value = read(text)
  if (value !== undefined) return value
  throw new BadArgs(`Expected ${name} to be ${expected}, got \`${text}\``)
}

function names(option: string, text: string | undefined, known: readonly string[]): readonly string[] | undefined {
  if (text === undefined) return undefined
  const list = [...new Set(text.split(',').map((name) => name.trim()))]
  for (const name of list) {
    if (!known.includes(name))
      throw new BadArgs(`Expected ${option} to hold names out of ${known.join(', ')}; got \`${name}\``)
  }
  return list
}
