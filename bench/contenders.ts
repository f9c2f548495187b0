// All contenders by name, peers and ours, for one contract. Hosts are created once a run and serve all contracts.

import { availableParallelism } from 'node:os'
import { createHost, type EngineReport, type Host } from 'sidelane'
import { ourContract } from './contracts/ours.ts'
import type { ContractRef } from './contracts/sources.ts'
import { canBeTrained } from './contracts/training.ts'
import type { Contender, Digest } from '../src/measure/contender.ts'
import { poolFloor } from './floors/pool.ts'
import { ajvZlibPeer } from './peers/ajv-zlib.ts'
import { piscinaPlainPeer } from './peers/piscina-plain.ts'
import { typeboxZlibPeer } from './peers/typebox-zlib.ts'
import { zodCompiledZlibPeer } from './peers/zod-compiled-zlib.ts'
import { zodFflatePeer } from './peers/zod-fflate.ts'
import { zodZlibJcsPeer } from './peers/zod-zlib-jcs.ts'
import { zodZlibPeer } from './peers/zod-zlib.ts'
import { socketIds, type SocketId } from './sidecar/ids.ts'

const peerIds = [
  'zod+zlib',
  'zod-compiled+zlib',
  'zod+zlib+jcs',
  'zod+fflate',
  'ajv+zlib',
  'typebox+zlib',
  'piscina-plain',
] as const
const ourIds = ['inline-js', 'inline-native', 'pool-js', 'pool-native'] as const
/** A bare worker loop. */
const floorIds = ['pool-floor'] as const
/** With compression tables, trained on other payloads than the measured ones. */
const trainedIds = ['inline-native-trained', 'pool-native-trained'] as const
/** With `runInApp`. */
const inAppIds = ['inline-js-app', 'inline-native-app'] as const
export type ContenderId =
  | (typeof peerIds)[number]
  | (typeof ourIds)[number]
  | (typeof floorIds)[number]
  | (typeof trainedIds)[number]
  | (typeof inAppIds)[number]
  | SocketId
/** Contenders behind a socket run in cases/sidecar.ts only. */
export const contenderIds: readonly ContenderId[] = [
  ...peerIds,
  ...ourIds,
  ...floorIds,
  ...trainedIds,
  ...inAppIds,
  ...socketIds,
]

/** Threads of every pool, ours and Piscina's: one core is left to the main thread. */
export const poolThreads = (): number => Math.max(1, availableParallelism() - 1)

/** Our hosts that can run on this machine. */
export interface Hosts {
  readonly open: ReadonlyMap<string, Host>
  /** The reason of each missing engine, by id. */
  readonly missing: ReadonlyMap<string, string>
  /** The engine that `engine: 'auto'` selects, and why. */
  readonly auto: EngineReport
  close(): Promise<void>
}

export async function openHosts(wanted: ReadonlySet<string>): Promise<Hosts> {
  const open = new Map<string, Host>()
  const missing = new Map<string, string>()
  for (const id of ourIds.filter((name) => ['', '-app', '-trained'].some((kind) => wanted.has(name + kind)))) {
    const [placement, engine] = id.split('-') as ['inline' | 'pool', 'js' | 'native']
    try {
      // A minute, so that a slow machine at depth 64 does not refuse calls.
      open.set(
        id,
        await createHost({
          placement,
          engine,
          ...(placement === 'pool' && { threads: poolThreads(), deadlineMs: 60_000, maxQueueMs: 60_000 }),
        }),
      )
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'engine.unavailable') throw error
      missing.set(id, error instanceof Error ? error.message : String(error))
    }
  }
  await using auto = await createHost({ engine: 'auto' })
  return {
    open,
    missing,
    auto: auto.engine,
    close: async () => void (await Promise.all([...open.values()].map((host) => host.close()))),
  }
}

/** The engines of the selected pools that can run here. */
export async function poolEngines(wanted: ReadonlySet<string>): Promise<('js' | 'native')[]> {
  await using auto = await createHost({ engine: 'auto' })
  const here = auto.engine.kind === 'native' ? (['native', 'js'] as const) : (['js'] as const)
  return here.filter((engine) => wanted.has(`pool-${engine}`))
}

export interface Lineup {
  readonly contenders: readonly Contender[]
  /** Peers that cannot do the work of this contract, with the reason. */
  readonly leftOut: ReadonlyMap<string, string>
  close(): Promise<void>
}

/** All selected contenders for one contract. */
export function lineUp(ref: ContractRef, hosts: Hosts, wanted: ReadonlySet<string>): Lineup {
  const contract = ourContract(ref, 'none')
  const { codec, level } = contract.lock.compress
  // Peers compress with gzip; the level applies only if our codec is gzip too.
  const peerLevel = codec === 'gzip' && level !== undefined ? level : 1
  const leftOut = new Map<string, string>()
  const contenders: Contender[] = []
  const peers: Readonly<Record<(typeof peerIds)[number], () => Contender>> = {
    'zod+zlib': () => zodZlibPeer(ref, peerLevel),
    'zod-compiled+zlib': () => zodCompiledZlibPeer(ref, peerLevel),
    'zod+zlib+jcs': () => zodZlibJcsPeer(ref, peerLevel),
    'zod+fflate': () => zodFflatePeer(ref, peerLevel),
    'ajv+zlib': () => ajvZlibPeer(ref, peerLevel, contract.lock.schema),
    'typebox+zlib': () => typeboxZlibPeer(ref, peerLevel, contract.lock.schema),
    'piscina-plain': () => piscinaPlainPeer(ref, peerLevel, poolThreads()),
  }
  for (const id of peerIds.filter((name) => wanted.has(name))) {
    try {
      contenders.push(peers[id]())
    } catch (error) {
      // Every peer must support our own contract sources.
      if ('source' in ref) throw error
      leftOut.set(id, error instanceof Error ? error.message : String(error))
    }
  }
  for (const [id, host] of hosts.open) {
    for (const digest of ['none', 'sha-256'] as const) {
      if (wanted.has(id)) contenders.push(ours(id, host, ref, digest))
      if (wanted.has(`${id}-trained`) && canBeTrained(ref)) contenders.push(ours(`${id}-trained`, host, ref, digest))
      // A lock has no zod schema.
      if (wanted.has(`${id}-app`) && 'source' in ref) contenders.push(ours(`${id}-app`, host, ref, digest))
    }
  }
  if (wanted.has('pool-floor')) contenders.push(poolFloor(ref, poolThreads()))
  return {
    contenders,
    leftOut,
    close: async () => void (await Promise.all(contenders.map((contender) => contender.close()))),
  }
}

function ours(id: string, host: Host, ref: ContractRef, digest: Digest): Contender {
  const runInApp = id.endsWith('-app')
  const trained = id.endsWith('-trained')
  const processor = host.processor(ourContract(ref, digest, { inApp: runInApp, trained }), { runInApp })
  return {
    id,
    digest,
    side: 'ours',
    mode: host.placement === 'inline' ? 'inline' : 'pool',
    canonical: true,
    call: (payload) => processor.process(payload),
    close: () => processor.close(),
  }
}
