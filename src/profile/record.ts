// The record that `sidelane profile --json` writes: what the main thread of a Node process did in one window of time.
// `sidelane decide --profile` and the report read it. Shares are fractions, 0 to 1; times are milliseconds.

/** What the record's `kind` is, and its version. The version changes where the meaning of a member does. */
export const profileRecordKind = 'sidelane.profile'
export const profileRecordVersion = 1

/** Work that can run elsewhere than on the main thread. `sidelane` is an engine that runs inline. */
export type MovableCategory = 'parse' | 'stringify' | 'validation' | 'compression' | 'hashing' | 'sidelane'

/** Where a sample belongs. `native` has no JavaScript frame: Node and libuv themselves, system calls, compilation. */
export type Category = MovableCategory | 'gc' | 'otherJs' | 'native' | 'idle'

export const movableCategories: readonly MovableCategory[] = [
  'parse',
  'stringify',
  'validation',
  'compression',
  'hashing',
  'sidelane',
]

/** What they are called for a reader. */
export const categoryNames: Readonly<Record<Category, string>> = {
  parse: 'parsing JSON',
  stringify: 'writing JSON',
  validation: 'validation',
  compression: 'compression',
  hashing: 'hashing',
  sidelane: 'sidelane, inline',
  gc: 'garbage collection',
  otherJs: 'other JavaScript',
  native: 'Node and system',
  idle: 'waiting',
}

export interface CategoryShare {
  readonly category: Category
  /** Of the window's time. All categories add up to 1. */
  readonly share: number
  /** Of the time in which the main thread did not wait; null for `idle`. */
  readonly busyShare: number | null
  /** The libraries, with their shares of the window's time: `zod`, `ajv`, `node:zlib`; largest first. */
  readonly libraries: readonly LibraryShare[]
}

export interface LibraryShare {
  readonly name: string
  readonly share: number
}

/** The nearest function of the user's own code above movable work; a function of a package where there is none. */
export interface CallSite {
  readonly category: MovableCategory
  /** Empty for a function without a name. */
  readonly function: string
  /** Relative to the folder in which the app was started, with `/`. */
  readonly file: string
  /** Where the function begins, from 1. */
  readonly line: number
  readonly share: number
}

export interface RouteShare {
  /** As registered: `POST /orders/:id`. */
  readonly route: string
  /** Requests that began in the window. */
  readonly requests: number
  /** All main-thread time that was seen to belong to the route; of the time in which routes were noted, see `notSeen`. */
  readonly share: number
  /** Of which movable work. */
  readonly movable: number
}

export interface EventLoopDelay {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export interface GcPauses {
  readonly count: number
  readonly total: number
  readonly max: number
}

export interface ProfilerOverhead {
  /** CPU time that the profiler took, as a share of one core for the window: samples, hooks and probes. Null: not measured. */
  readonly share: number | null
  /** CPU time of one sample, most of it on a thread of the profiler; measured on this machine with this Node. */
  readonly perSampleMicros: number | null
  /** How long the main thread stood still while the profiler started, before the window. */
  readonly startMs: number
}

/** The most that moving all movable work off the main thread can win: moving it costs something too. */
export interface Bound {
  /** Movable work, with the garbage collection that followed it; of the window's time. */
  readonly movable: number
  /** The same, of the time in which the main thread did not wait. */
  readonly movableOfBusy: number
  /** Amdahl's law: 1 / (1 − `movableOfBusy`), how many times the work of a core that is full. Null without bound (above 1,000). */
  readonly speedup: number | null
  /** p99 of the event-loop delay, and what remains of it without the movable work. */
  readonly p99: { readonly now: number; readonly without: number }
}

export interface ProfileVerdict {
  /** Whether moving work can win 10 % or more, in main-thread time or in p99 stall. */
  readonly hotPath: boolean
  /** The answer to a reader, in whole sentences. */
  readonly sentences: readonly string[]
}

/** What `decide --profile` asks. */
export interface ProfileAnswers {
  /** Whether the movable work is bound by the CPU of the main thread, not by waiting. */
  readonly cpuBound: boolean
  /** Movable work, of the window's time. */
  readonly movableShare: number
  /** Whether stalls of the event loop come from movable work: at p99 10 % or more, and 5 ms or more. */
  readonly stalls: boolean
  /** Whether there is a hot path to move at all; equal to `verdict.hotPath`. */
  readonly hotPath: boolean
}

/** One Node process of the app. */
export interface ProfiledProcess {
  readonly pid: number
  /** The script it runs, relative to the folder in which the app was started; empty where it has none. */
  readonly script: string
  readonly node: string
  readonly samples: number
  /** Share of its window in which its main thread did not wait. */
  readonly busy: number
  /** Worker threads that it started; their time is not in the shares. */
  readonly workers: number
}

export interface ProfileRecord {
  readonly kind: typeof profileRecordKind
  readonly version: typeof profileRecordVersion
  /** ISO 8601. */
  readonly at: string
  readonly sidelane: string
  /** The process that all figures are of: the busiest. */
  readonly process: ProfiledProcess
  /** The other Node processes of the app. */
  readonly others: readonly ProfiledProcess[]
  /** Length of the window: from the first HTTP request; where none came, from when the server listened, or from the start. */
  readonly seconds: number
  /** HTTP requests that began in the window. */
  readonly requests: number
  readonly samples: number
  readonly intervalMicros: number
  /** In the order of `Category`; a category without samples has the share 0. */
  readonly categories: readonly CategoryShare[]
  /** Largest first, at most 20. */
  readonly callSites: readonly CallSite[]
  /** Largest first, at most 20; empty where no route name was seen. */
  readonly routes: readonly RouteShare[]
  readonly eventLoopDelay: EventLoopDelay
  readonly gc: GcPauses
  /** CPU time of all other threads of the process, in cores: libuv's (async zlib), workers, the collector's; null: unknown. */
  readonly otherThreads: number | null
  readonly overhead: ProfilerOverhead
  readonly bound: Bound
  readonly verdict: ProfileVerdict
  readonly answers: ProfileAnswers
  /** What the profile cannot see, in whole sentences. */
  readonly notSeen: readonly string[]
}
