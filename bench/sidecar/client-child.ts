// Process entry: the client of one service, controlled by the run. A separate process, so that other garbage and code
// do not count.

import { atRate, type RateRow } from '../cases/open-loop.ts'
import type { Contender, Digest } from '../../src/measure/contender.ts'
import { anything, ourContract } from '../contracts/ours.ts'
import type { ContractRef } from '../contracts/sources.ts'
import { answerAsks } from '../../src/measure/child.ts'
import { cpuMeter } from '../../src/measure/cpu.ts'
import { runSlot, summarize, warmUp, type Timing, type Track } from '../../src/measure/slots.ts'
import { verify, type Reference, type Verified } from '../measure/verify.ts'
import { connect, type Target } from './clients.ts'
import type { SocketId } from './ids.ts'

export interface Start {
  readonly id: SocketId
  /** null: a contract that accepts anything, with little work. */
  readonly contract: ContractRef | null
  readonly digest: Digest
  readonly codec: string
  readonly target: Target
  readonly payloads: readonly Uint8Array[]
  readonly references: readonly Reference[]
}

let client: Contender
let payloads: readonly Buffer[] = []
let verified: Verified = { passBytes: 0, zlibBytes: 0 }
const tracks = new Map<number, Track>()
const meter = cpuMeter()

const answers = {
  async start({ id, contract, digest, codec, target, ...given }: Start): Promise<Verified> {
    client = await connect(id, contract === null ? anything() : ourContract(contract, digest), digest, target)
    // Each in its own ArrayBuffer, as a server reads them.
    payloads = given.payloads.map((payload) => Buffer.from(payload))
    verified = await verify(client, payloads, given.references, codec)
    return verified
  },
  async warm(depth: number, slotMs: number, rounds: number): Promise<void> {
    const variant = { contender: client, depth, passBytes: verified.passBytes }
    tracks.set(depth, await warmUp(variant, payloads, slotMs, rounds))
  },
  /** The number of calls. */
  async slot(depth: number, round: number): Promise<number> {
    const track = tracks.get(depth) as Track
    await runSlot(track, payloads, round, meter)
    return track.passes * payloads.length
  },
  summary: (depth: number): Timing => summarize(tracks.get(depth) as Track),
  /** Warm-up calls. */
  async run(depth: number, count: number): Promise<void> {
    let next = 0
    const caller = async (): Promise<void> => {
      while (next < count) {
        const answer = await client.call(payloads[next++ % payloads.length] as Buffer)
        if (!answer.ok) throw new Error(`${client.id} refused a payload`)
      }
    }
    await Promise.all(Array.from({ length: depth }, caller))
  },
  rate: (capacity: number, share: number): Promise<RateRow> => atRate(client, payloads, capacity, share),
}
export type ClientAnswers = typeof answers

answerAsks(answers)
