// The composition root: options → engine → placement → layers. The only file that knows all names; it decides nothing
// that a policy or a placement decides.

import { availableParallelism } from 'node:os'
import {
  checkContract,
  resolveHostOptions,
  resolveProcessorOptions,
  splitCreateOptions,
  type Contract,
  type CreateOptions,
  type Host,
  type HostOptions,
  type HostSettings,
  type Layer,
  type Placement,
  type Processor,
} from './model/index.ts'
import { createEngine } from './engine/index.ts'
import type { PlacedHost } from './host/index.ts'
import { admission, cancel, deadline } from './policies/index.ts'
import { openInline, placeHost } from './build-host.ts'
import {
  AutoPlacement,
  InlinePlacement,
  PoolPlacement,
  SidecarPlacement,
  type FirstContract,
} from './placements/index.ts'

/**
 * One placement for many contracts: `host.processor(contract)`.
 *
 * Rejects with `options.invalid`, with `engine.unavailable` when the engine, a worker of the pool or a daemon that is
 * launched cannot run, and with `unavailable` or `overloaded` when no daemon answers.
 */
export async function createHost(options: HostOptions = {}): Promise<Host> {
  return openHost(resolveHostOptions(options, availableParallelism()), [])
}

/**
 * A host for one contract: closing the processor closes the host.
 *
 * Rejects as `createHost` does, and with `codec.unavailable` or `contract.*`: a daemon with another contract of this name is
 * `contract.mismatch`.
 */
export async function createProcessor<In, Out, C extends boolean = false>(
  contract: Contract<In, Out>,
  options: CreateOptions<C> = {},
): Promise<Processor<In, Out, C>> {
  const parts = splitCreateOptions(options)
  const settings = resolveHostOptions(parts.host, availableParallelism())
  const own = resolveProcessorOptions(parts.processor)
  checkContract(contract)
  // Known before the workers start: they compile it while they load.
  const host = await openHost(settings, [{ contract, digestKey: own.digestKey }])
  try {
    return host.open<In, Out, C>(contract, own, () => host.close())
  } catch (error) {
    await host.close()
    throw error
  }
}

async function openHost(settings: HostSettings, first: readonly FirstContract[]): Promise<PlacedHost> {
  const { maxQueue, maxQueueBytes } = settings
  if (settings.placement === 'sidecar') {
    const sidecar = await SidecarPlacement.start(settings, first)
    return openQueued(settings, sidecar, admission({ maxQueue, maxQueueBytes, line: sidecar }))
  }
  // Before any worker: an addon that only workers load can crash the process when the last of them ends.
  const engine = createEngine(settings.engine, settings.jsCompressor)
  if (settings.placement === 'inline') return openInline(engine, settings.cache)
  const pool = await PoolPlacement.start(settings, engine, first)
  const shed = admission({ maxQueue, maxQueueBytes, line: pool })
  if (settings.placement === 'pool') return openQueued(settings, pool, shed)
  const inline = new InlinePlacement(engine)
  for (const { contract, digestKey } of first) inline.add(contract, digestKey)
  // Here admission stands inside, in front of the pool alone.
  return openQueued(settings, await AutoPlacement.start({ inline, pool, admission: shed }))
}

function openQueued(settings: HostSettings, placement: Placement, ...behindCache: readonly Layer[]): PlacedHost {
  return placeHost(placement, settings.cache, {
    // The cache stands in front of the queue: what is known needs no place in it. And behind cancel and deadline: they end
    // one call, not the run that others wait for too.
    beforeCache: (roll) => [roll.layer, cancel, deadline({ defaultMs: settings.deadlineMs, calls: roll })],
    behindCache,
  })
}
