// A contender: one way to turn a payload into a validated, compressed body. slots.ts and open-loop.ts time it.

export type Digest = 'none' | 'sha-256'

/** The outcome of a contender, in one form for all. */
export type Answer =
  | { readonly ok: true; readonly body: Uint8Array; readonly digest: string | null }
  | { readonly ok: false }

export interface Contender {
  readonly id: string
  readonly digest: Digest
  /** `peer`: other software. `ours`: this package. `floor`: a bare loop without work. */
  readonly side: 'peer' | 'ours' | 'floor'
  /**
   * `sync` returns the outcome; the others return a promise: `inline` does the work on the calling thread, `pool` in worker
   * threads, `socket` in another process.
   */
  readonly mode: 'sync' | 'inline' | 'pool' | 'socket'
  /** True when the body is RFC 8785 text. */
  readonly canonical: boolean
  call(payload: Buffer): Answer | Promise<Answer>
  close(): Promise<void>
}

/** Bytes of the body; a rejection has none. */
export const bodyBytes = (answer: Answer): number => (answer.ok ? answer.body.length : 0)
