// The decision record: everything that `sidelane decide` measured and concluded, as `--json` writes it. The screen and the
// HTML report are drawn from this record alone. Times are µs, sizes bytes; what was not measured is null, never NaN.

/** The ways to do the work that are compared. `today`: the app's code of now, with or without `z.compile`. */
export type OptionId = 'today' | 'today-compiled' | 'inline-js' | 'inline-native' | 'pool' | 'sidecar'

export type EngineUsed = 'js' | 'native'

export type Use = 'inline' | 'pool' | 'sidecar' | 'do nothing' | 'undecided'

/** A measured value: the median of the rounds, with the interval that holds the true median with 90 % confidence or more. */
export interface Measured {
  readonly median: number
  readonly low: number
  readonly high: number
}

export interface DecisionRecord {
  readonly schema: 1
  readonly kind: 'sidelane.decision'
  /** Version of the package. */
  readonly version: string
  /** ISO 8601, start of the run. */
  readonly at: string
  /** Length of the run, in seconds. */
  readonly seconds: number
  readonly machine: DecisionMachine
  readonly noise: Noise
  readonly payloads: PayloadFacts
  readonly contract: ContractFacts
  /** What `today` is. */
  readonly today: TodayFacts
  /** The rate of `atRate` in each row. */
  readonly rate: RateFacts
  /** At most six, in the order of `OptionId`. The first one is `today`. */
  readonly options: readonly OptionRow[]
  /** Options that were not measured, with the reason. */
  readonly leftOut: readonly { readonly id: OptionId; readonly reason: string }[]
  /** What the time did not suffice for, in words; empty on most machines. */
  readonly notMeasured: readonly string[]
  /** Latency against load: for each option, points of rising rate. */
  readonly curves: readonly LoadCurve[]
  /** Cost against payload size, at four sizes (fewer where the contract has no others), rising. */
  readonly sizes: readonly SizePoint[]
  /** What would change the answer, at most four: sizes first, then rates, each rising. */
  readonly breakEven: readonly BreakEven[]
  /** Where the time of a payload goes, for `today` and the options inline. */
  readonly stages: readonly StageSplit[]
  /** Five, in this order: cpu-bound, bounded-output, small-contract, can-be-turned-off, traffic-pays. */
  readonly answers: readonly Answer[]
  readonly stopRule: StopRule
  /** Null without `--core-hour-cost` or without `--rate`. */
  readonly money: Money | null
  readonly recommendation: Recommendation
  /** What `--profile` said about the app; null without it. */
  readonly profile: ProfileFacts | null
  readonly reproduce: Reproduce
}

export interface DecisionMachine {
  readonly cpu: string
  /** Cores that this process may use. */
  readonly cores: number
  readonly memoryBytes: number
  readonly os: string
  readonly node: string
  readonly v8: string
  readonly zlib: string
  /** Null: zod is not installed. */
  readonly zod: string | null
  /** The engine that `engine: 'auto'` takes here. */
  readonly engine: EngineUsed
  readonly engineReason: string
  /** The daemon of the sidecar; null: none could be started. */
  readonly daemon: 'sidelaned' | 'node' | null
  /** Threads of the pool. */
  readonly poolThreads: number
}

export interface Noise {
  /** Load average of the last minute, before and after the run. */
  readonly loadBefore: number
  readonly loadAfter: number
  /** CPU of other processes during the run, in cores; null where the system does not report it. */
  readonly otherCores: number | null
  /** CPU that the hypervisor took from this machine during the run, in cores. */
  readonly stolenCores: number | null
  /** The widest interval of an option's cost, as a share of its median: 0.08 is 8 %. */
  readonly spread: number
  readonly rounds: number
  /** How CPU time was read. */
  readonly cpuMethod: string
}

export interface PayloadFacts {
  /** The name of the file, without its folder. */
  readonly source: string
  /** Payloads that were timed. */
  readonly count: number
  /** Payloads read. */
  readonly read: number
  /** True: the file has more than were read. */
  readonly isSample: boolean
  readonly distinct: number
  readonly meanBytes: number
  readonly p50Bytes: number
  readonly p99Bytes: number
  readonly maxBytes: number
  /** Payloads that the contract rejects; not timed. */
  readonly rejected: number
  /** Code, pointer and keyword of the first of them; no value of the payload. */
  readonly firstRejection: string | null
  /** Payloads that today's schema judges or rewrites differently; not timed. */
  readonly disagreed: number
}

export interface ContractFacts {
  readonly name: string
  /** The id of the measured contract, which has no digest. */
  readonly id: string
  /** `inferred`: from the payloads, by this run. `any`: no contract and no zod; nothing was validated. */
  readonly from: 'lock' | 'module' | 'zod' | 'inferred' | 'any'
  /** The file name of `--contract`; null without. */
  readonly source: string | null
  readonly codec: string
  readonly level: number | null
  readonly lockBytes: number
  /** The largest payload that it accepts. */
  readonly maxPayloadBytes: number
  /** Schemas of the lock, inner ones included. */
  readonly nodes: number
  /** Checks and conversions that stay in the app. */
  readonly appOnly: number
}

export interface TodayFacts {
  /** `zod`: the schema of the module. `zod-from-lock`: a schema made from the lock. `none`: JSON.parse and stringify only. */
  readonly kind: 'zod' | 'zod-from-lock' | 'none'
  /** One sentence: what is timed. */
  readonly text: string
}

export interface RateFacts {
  readonly perSecond: number
  /** False: no `--rate`; then it is half of what one thread carries today. */
  readonly isGiven: boolean
}

export interface OptionRow {
  readonly id: OptionId
  /** `today: zod, zlib`, `inline, native`. */
  readonly label: string
  readonly placement: 'today' | 'inline' | 'pool' | 'sidecar'
  readonly engine: EngineUsed | null
  /** Wall time of one call, with no other call in flight (p50). */
  readonly callUs: number
  readonly callP99Us: number
  /** CPU time of all threads and processes for a payload: the cost on which the recommendation rests. */
  readonly cpuUs: Measured
  /** Today's `cpuUs` divided by this row's, of the same rounds; 1 for today. */
  readonly speedup: Measured
  /** 1e6 / `cpuUs`: calls that one core carries. */
  readonly callsPerCoreSecond: number
  /** CPU time of the app's main thread for a payload. */
  readonly mainUs: Measured
  /** Calls a second that all threads together carry, from the CPU times. */
  readonly capacityPerSecond: number
  readonly atRate: AtRate
  /** Resident memory of the app's process after the load, and of the sidecar's; 0 without one, null where unknown. */
  readonly appBytes: number | null
  readonly sidecarBytes: number | null
  readonly gc: GcFacts
  /** Size of all bodies relative to gzip level 1 of node:zlib for the same texts. */
  readonly sizeToZlib: number
  /** Mean size of a body. */
  readonly bodyBytes: number
  readonly verified: Verified
}

export interface AtRate {
  readonly perSecond: number
  /** False: the option cannot carry the rate. Then the latencies are null, as they are where the time was over. */
  readonly isCarried: boolean
  /** From the scheduled start of a call. */
  readonly p50Us: number | null
  readonly p99Us: number | null
  readonly calls: number
  /** The share of the main thread that the work takes at this rate, 0 to 1. */
  readonly mainShare: number | null
  /** Delay of the event loop, p99. */
  readonly stallP99Us: number | null
}

export interface GcFacts {
  /** Garbage collection on the main thread, ms for 1,000 payloads. */
  readonly msPer1000: number
  readonly pauseP99Us: number
  readonly pauses: number
  /** Heap in use at the end, without a collection. */
  readonly heapBytes: number
}

/** Equal work, checked before the timing. */
export interface Verified {
  readonly payloads: number
  /** How: `bodies decompress to the canonical form`, `bodies decompress to the same document`. */
  readonly how: string
}

export interface LoadCurve {
  readonly id: OptionId
  readonly points: readonly LoadPoint[]
}

export interface LoadPoint {
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
  readonly mainShare: number
  /** Share of the calls that were refused, or not done when the time was over. */
  readonly refusedShare: number
}

export interface SizePoint {
  /** Mean size of the payloads. */
  readonly bytes: number
  /** How these payloads were made: `yours`, `members of yours`, `4 of yours in an array`. */
  readonly made: string
  /** Of the options that were measured at this size. */
  readonly costs: readonly {
    readonly id: OptionId
    readonly cpuUs: number
    readonly mainUs: number
  }[]
}

/** A value from which on another way is right. */
export interface BreakEven {
  /** `size`: bytes of a payload. `rate`: calls a second. */
  readonly axis: 'size' | 'rate'
  /** Null: there is none in the measured range, and `text` says why. */
  readonly value: number | null
  /** The right way below and above the value. */
  readonly below: Use | null
  readonly above: Use | null
  /** The option compared with `today`. */
  readonly option: OptionId | null
  /** One sentence for the screen. */
  readonly text: string
  /** The bisection: each step was a measurement. `balance` above 1: the option pays at this value. */
  readonly steps: readonly { readonly value: number; readonly balance: number }[]
  /** A run of its own at `value`: `balance` is 1 in theory; confirmed: within 15 %. Null where there is no value. */
  readonly confirmation: { readonly value: number; readonly balance: number; readonly isConfirmed: boolean } | null
}

export interface StageSplit {
  readonly id: OptionId
  /** `json`: reading and writing JSON. The sum is the time of a payload on one thread. */
  readonly stages: readonly { readonly name: 'json' | 'validate' | 'compress'; readonly us: number }[]
}

export type QuestionId = 'cpu-bound' | 'bounded-output' | 'small-contract' | 'can-be-turned-off' | 'traffic-pays'

export interface Answer {
  readonly id: QuestionId
  /** `Is it CPU-bound?` */
  readonly question: string
  /** Null: not measured, for example `traffic-pays` without a rate. */
  readonly yes: boolean | null
  /** The measured evidence, one sentence. */
  readonly evidence: string
}

/** Keep the old path unless all of these are met. */
export interface StopRule {
  /** Today must cost this share more CPU a payload than the way: 0.15 is 15 %. */
  readonly minGain: number
  /** And save this much CPU a payload. */
  readonly minSavingUs: number
  /** And, at a given rate, save this many cores. */
  readonly minCores: number
  /** Share of the main thread that the work may take inline. */
  readonly maxMainShare: number
  /** The longest call that may block the event loop. */
  readonly maxBlockUs: number
  /** One sentence for the screen. */
  readonly text: string
}

export interface Money {
  /** The price of one core for one hour, in the user's currency. */
  readonly coreHourCost: number
  readonly savedCores: number
  /** 730 hours. */
  readonly perMonth: number
}

export interface Recommendation {
  readonly use: Use
  /** Null for `do nothing` and `undecided`. */
  readonly engine: EngineUsed | null
  /** The row; null for `do nothing` and `undecided`. */
  readonly option: OptionId | null
  /** Two: what to do, and why. */
  readonly sentences: readonly string[]
  readonly confidence: 'high' | 'medium' | 'low'
  /** Why the confidence is not higher, or what supports it. */
  readonly reasons: readonly string[]
}

/** Of the record of `sidelane profile`. */
export interface ProfileFacts {
  /** The name of the file. */
  readonly source: string
  readonly cpuBound: boolean
  /** Share of the time in which the main thread did work that can be moved. */
  readonly movableShare: number
  readonly hotPath: boolean
}

export interface Reproduce {
  /** The command line. */
  readonly command: string
  /** SHA-256 of the timed payloads, one after the other. */
  readonly payloadsDigest: string
}
