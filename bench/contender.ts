// What takes part in a run: one way to turn a payload into a compressed, validated body. How it is timed is not here.

export type Digest = 'none' | 'sha-256'

/** What a contender gave back, in one form for all. */
export type Answer =
  | { readonly ok: true; readonly body: Uint8Array; readonly digest: string | null }
  | { readonly ok: false }

export interface Contender {
  readonly id: string
  readonly digest: Digest
  /** `peer`: what a team has today. `ours`: this package. */
  readonly side: 'peer' | 'ours'
  /** `sync` answers in the call itself; the others are awaited. `socket`: another process answers. */
  readonly mode: 'sync' | 'inline' | 'pool' | 'socket'
  /** True when the body is RFC 8785 text. */
  readonly canonical: boolean
  call(payload: Buffer): Answer | Promise<Answer>
  close(): Promise<void>
}

/** Bytes of the body; a refusal has none. */
export const bodyBytes = (answer: Answer): number => (answer.ok ? answer.body.length : 0)
