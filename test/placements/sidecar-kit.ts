// A client and a made-up daemon for one test; both are stopped at its end.
import { onTestFinished } from 'vitest'
import { createProcessor, type CreateOptions, type Processor } from '../../src/index.ts'
import { kinds } from '../../src/wire/index.ts'
import { contractOf } from '../support/locks.ts'
import { fakeDaemon, type Behaviour, type FakeDaemon, type Request } from './fake-daemon.ts'

export const number = contractOf({ type: 'number' }, { name: 'number' })
export const contracts = [{ contract: number }]

export async function daemonWith(behaviour: Behaviour = {}): Promise<FakeDaemon> {
  const daemon = await fakeDaemon({ contracts, ...behaviour })
  onTestFinished(() => daemon.remove())
  return daemon
}

export async function clientOf(
  daemon: FakeDaemon,
  options: CreateOptions<false> = {},
  contract = number,
): Promise<Processor> {
  const processor = await createProcessor(contract, {
    placement: 'sidecar',
    socket: daemon.path,
    // As long as a busy machine needs it.
    deadlineMs: 20_000,
    ...options,
  })
  onTestFinished(() => processor.destroy())
  return processor
}

export const text = (request: Request): string => Buffer.from(request.payload).toString()

/** REQUEST frames that the daemon received. */
export const requestsOf = ({ frames }: FakeDaemon): number => frames.filter(({ kind }) => kind === kinds.request).length

/** Whether a call is accepted; false for any fault. */
export const works = (processor: Processor, payload: string): Promise<boolean> =>
  processor.process(payload).then(
    ({ ok }) => ok,
    () => false,
  )
