// The outcomes that a floor answers with: those of the library itself, each made when its payload comes for the first time, which is
// in the verification, and only looked up from then on.

import { createProcessor, type Contract } from 'sidelane'
import { digestAt, outcomeHead } from './layout.ts'

export class Outcomes {
  readonly #processor: ReturnType<typeof createProcessor>
  readonly #known = new Map<string, Uint8Array>()

  constructor(contract: Contract) {
    this.#processor = createProcessor(contract)
  }

  /** The head and the body; empty for a rejected payload. Without a promise when it is known. */
  of(payload: Buffer): Uint8Array | Promise<Uint8Array> {
    const key = payload.toString('latin1')
    return this.#known.get(key) ?? this.#make(key, payload)
  }

  async #make(key: string, payload: Buffer): Promise<Uint8Array> {
    const outcome = await (await this.#processor).process(Buffer.from(payload))
    const bytes = Buffer.alloc(outcome.ok ? outcomeHead + outcome.body.length : 0)
    if (outcome.ok) {
      bytes.write(outcome.digest ?? '', digestAt, 'hex')
      bytes.set(outcome.body, outcomeHead)
    }
    this.#known.set(key, bytes)
    return bytes
  }
}
