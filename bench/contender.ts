// A contender: one way to turn a payload into a validated, compressed body. Timing is in measure/.

export type Digest = 'none' | 'sha-256'

/** The outcome of a contender, in one form for all. */
export type Answer =
  | { readonly ok: true; readonly body: Uint8Array; readonly digest: string | null }
  | { readonly ok: false }

export interface Contender {
  readonly id: string
  readonly digest: Digest
  /** `peer`: other software. `ours`: this package. */
  readonly side: 'peer' | 'ours'
  /** `sync` returns the outcome, `async` returns a promise, `socket` uses another process. */
  readonly mode: 'sync' | 'inline' | 'pool' | 'socket'
  /** True when the body is RFC 8785 text. */
  readonly canonical: boolean
  call(payload: Buffer): Answer | Promise<Answer>
  close(): Promise<void>
}

/** Bytes of the body; a rejection has none. */
export const bodyBytes = (answer: Answer): number => (answer.ok ? answer.body.length : 0)
