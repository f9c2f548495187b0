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
  type Run,
} from './contract/index.ts'
import { createEngine, type Engine } from './engine/index.ts'
import { admission, cancel, Counters, deadline, Life, PlacedHost, Roll, type HostParts } from './layer/index.ts'
import { InlinePlacement, PoolPlacement, type FirstContract } from './placement/index.ts'

/**
 * One placement for many contracts: `host.processor(contract)`.
 *
 * Rejects with `options.invalid`, and with `engine.unavailable` when the engine, or a worker of the pool, cannot run.
 */
export async function createHost(options: HostOptions = {}): Promise<Host> {
  return openHost(resolveHostOptions(options, availableParallelism()), [])
}

/**
 * A host for one contract: closing the processor closes the host.
 *
 * Rejects as `createHost` does, and with `codec.unavailable` or `contract.*`.
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
  // Before any worker: an addon that only workers load can crash the process when the last of them ends.
  const engine = createEngine(settings.engine)
  return settings.placement === 'pool' ? openPool(settings, engine, first) : openInline(engine)
}

function openInline(engine: Engine): PlacedHost {
  const placement = new InlinePlacement(engine)
  const { counters, roll, life } = bookkeeping(placement)
  return new PlacedHost({
    placement,
    counters,
    roll,
    life,
    // No roll: a call is over before anybody could look.
    line: (own) => compose([own.counters.layer, counters.layer, own.life.layer, life.layer, cancel], placement.run),
  })
}

async function openPool(settings: HostSettings, engine: Engine, first: readonly FirstContract[]): Promise<PlacedHost> {
  const placement = await PoolPlacement.start(settings, engine, first)
  const { counters, roll, life } = bookkeeping(placement)
  const { deadlineMs, maxQueue, maxQueueBytes } = settings
  // In the order in which a call meets them.
  const policies = [
    roll.layer,
    cancel,
    deadline({ defaultMs: deadlineMs, calls: roll }),
    admission({ maxQueue, maxQueueBytes, line: placement }),
  ]
  return new PlacedHost({
    placement,
    counters,
    roll,
    life,
    line: (own) =>
      compose([own.counters.layer, counters.layer, own.life.layer, life.layer, ...policies], placement.run),
  })
}

function bookkeeping(placement: Placement): Pick<HostParts, 'counters' | 'roll' | 'life'> {
  const counters = new Counters()
  const roll = new Roll()
  const life = new Life({ what: 'host', calls: roll, idle: () => counters.idle(), stop: () => placement.stop() })
  return { counters, roll, life }
}

const compose = (layers: readonly Layer[], run: Run): Run => layers.reduceRight((inner, layer) => layer(inner), run)
