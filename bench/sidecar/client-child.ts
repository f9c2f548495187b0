// Process entry: the client of one service, told what to do by the run (driver.ts). Only its own calls run in here, so that
// nobody else's garbage and code count against them.

import process from 'node:process'
import { atRate, type RateRow } from '../cases/open-loop.ts'
import { ourContract } from '../contracts/ours.ts'
import { cpuMeter } from '../measure/cpu.ts'
import { runSlot, summarize, warmUp, WrongAnswer, type Timing, type Track } from '../measure/rounds.ts'
import { verify, type Verified } from '../measure/verify.ts'
import type { Contender } from '../contender.ts'
import { connect } from './clients.ts'
import type { Ask, Start } from './driver.ts'

let client: Contender
let payloads: readonly Buffer[] = []
let verified: Verified = { passBytes: 0, zlibBytes: 0 }
const tracks = new Map<number, Track>()
const meter = cpuMeter()

const answers = {
  async start(given: Start): Promise<Verified> {
    // In memory of its own each, as a server reads them.
    payloads = given.payloads.map((payload) => Buffer.from(payload))
    client = await connect(given.id, ourContract(given.contract, given.digest), given.digest, given.target)
    verified = await verify(client, payloads, given.references, given.codec)
    return verified
  },
  async warm(depth: number, slotMs: number, rounds: number): Promise<void> {
    const lane = { contender: client, depth, passBytes: verified.passBytes }
    tracks.set(depth, await warmUp(lane, payloads, slotMs, rounds))
  },
  /** Calls that were made. */
  async slot(depth: number, round: number): Promise<number> {
    const track = tracks.get(depth) as Track
    await runSlot(track, payloads, round, meter)
    return track.passes * payloads.length
  },
  async summary(depth: number): Promise<Timing> {
    return summarize(tracks.get(depth) as Track)
  },
  /** So many calls, unmeasured. */
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
  async rate(capacity: number, share: number): Promise<RateRow> {
    return atRate(client, payloads, capacity, share)
  },
}
export type Answers = typeof answers

process.on('message', ({ name, args }: Ask) => {
  const answer = answers[name] as (...given: readonly unknown[]) => Promise<unknown>
  answer(...args).then(
    (value) => process.send?.({ value }),
    (error: Error) => {
      const isWrong = error instanceof WrongAnswer
      process.send?.({ error: isWrong ? error.message : error.stack, isWrong })
    },
  )
})
// The run is gone, or done.
process.on('disconnect', () => process.exit())
