// What a process of an option is given to do, and what it answers: the messages between the run and its processes
// (option-child.ts).

import type { Draft } from '../infer/schema-ast.ts'
import type { EngineUsed, OptionId } from './record.ts'

/** The work with the user's payloads; others have other sizes. */
export const baseKey = 'base'

/** Where today's schema comes from. */
export type TodaySource =
  /** An export of the user's module: a zod schema, or a contract that was made of one. */
  | { readonly kind: 'module'; readonly file: string; readonly name: string }
  /** Inferred from the payloads. */
  | { readonly kind: 'draft'; readonly draft: Draft }
  /** Made from the lock. */
  | { readonly kind: 'lock' }
  /** JSON.parse and JSON.stringify only. */
  | { readonly kind: 'none' }

/** How the payloads of a size were made of the user's, and so the schema of the user's schema. */
export type Shape =
  | { readonly kind: 'whole' }
  | { readonly kind: 'array' }
  | { readonly kind: 'members'; readonly keys: readonly string[] }

export interface Work {
  /** Names the work in later requests. */
  readonly key: string
  /** The text of the lock, digest none. */
  readonly lock: string
  readonly dictionary?: Uint8Array | undefined
  readonly shape: Shape
  readonly payloads: readonly Uint8Array[]
  /** The canonical form of each payload. */
  readonly references: readonly string[]
  readonly today: TodaySource
}

export interface Loaded {
  /** Bytes of all bodies in one pass. */
  readonly passBytes: number
  /** Indexes of payloads whose outcome is another one than the contract's. Only today's may have some; those are not timed. */
  readonly disagreed: readonly number[]
  /** Of today's way. */
  readonly today?: {
    readonly kind: 'zod' | 'zod-from-lock' | 'none'
    readonly text: string
    readonly isCompiled: boolean
  }
}

export interface Slot {
  readonly calls: number
  readonly mainUs: number
}

export interface RateRun {
  /** NaN without a call that had an outcome. */
  readonly p50Us: number
  readonly p99Us: number
  readonly calls: number
  readonly refused: number
  /** From the first scheduled start to the last outcome. */
  readonly lengthMs: number
  readonly stallP99Us: number
}

export interface Pauses {
  readonly gcMs: number
  readonly pauseP99Us: number
  readonly pauses: number
  readonly heapBytes: number
  readonly rssBytes: number
}

export interface Outage {
  readonly calls: number
  /** With an outcome, answered inline. */
  readonly answered: number
  readonly longestMs: number
}

/** The requests that the process of an option answers. */
export type OptionAnswers = {
  open(id: OptionId, threads: number): Promise<{ readonly engine: EngineUsed | null; readonly reason: string }>
  load(work: Work): Promise<Loaded>
  /** Leaves out the payloads with these indexes, and warms up. */
  warm(key: string, depth: number, slotMs: number, rounds: number, without: readonly number[]): Promise<void>
  slot(key: string, depth: number, round: number): Promise<Slot>
  latency(key: string, depth: number): { readonly p50Us: number; readonly p99Us: number }
  /** Polls the clock, for exact latencies. */
  rate(key: string, perSecond: number, lengthMs: number): Promise<RateRun>
  /** Sleeps between the calls, for exact CPU times; `isIdle`: the same without the work. Returns CPU of the main thread. */
  paced(key: string, perSecond: number, lengthMs: number, isIdle: boolean): Promise<{ calls: number; mainUs: number }>
  /** µs a payload: JSON, validation, compression. */
  stages(
    key: string,
    ms: number,
  ): Promise<{ readonly json: number; readonly validate: number; readonly compress: number }>
  pauses(): Pauses
  resetPauses(): void
  cpuUs(): number
  /** Of a sidecar: kills a daemon of its own during calls with a fallback. */
  outage(key: string): Promise<Outage>
  /** Drops the work. */
  unload(key: string): void
}
