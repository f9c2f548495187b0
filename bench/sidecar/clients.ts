// The client of each service: our client for the daemons, undici for the others, with one connection for each call in
// flight.

import { createProcessor, type Contract } from 'sidelane'
import { Pool } from 'undici'
import { socketFloor } from '../floors/client.ts'
import type { Answer, Contender, Digest } from '../../src/measure/contender.ts'
import { isFloor, isPeer, type SocketId } from './ids.ts'
import type { TlsFiles } from './tls-files.ts'

export interface Target {
  readonly socket: string
  readonly port: number
  readonly tls?: TlsFiles | undefined
}

export async function connect(id: SocketId, contract: Contract, digest: Digest, target: Target): Promise<Contender> {
  if (isFloor(id)) return await socketFloor(target.socket, digest)
  const common = { id, digest, side: isPeer(id) ? 'peer' : 'ours', mode: 'socket' } as const
  const canonical = !id.startsWith('axum-http')
  if (!isPeer(id) && !id.endsWith('-http')) {
    const processor = await createProcessor(contract, {
      placement: 'sidecar',
      ...(target.tls === undefined
        ? { socket: target.socket }
        : { socket: `tls://127.0.0.1:${target.port}`, tls: { ...target.tls } }),
      deadlineMs: 60_000,
    })
    const call = (payload: Buffer): Promise<Answer> => processor.process(payload)
    return { ...common, canonical, call, close: () => processor.close() }
  }
  const tcp = id.startsWith('axum-http')
  const pool = new Pool(tcp ? `http://127.0.0.1:${target.port}` : 'http://localhost', {
    // Connected on demand.
    connections: mostInFlight,
    // Other contenders run in between.
    keepAliveTimeout: 60_000,
    ...(!tcp && { socketPath: target.socket }),
  })
  const [path, read] = id === 'axum-raw' ? rawWay : tcp ? jsonWay : ourWay(contract.name)
  const headers = { 'content-type': 'application/json' }
  const call = async (body: Buffer): Promise<Answer> =>
    read(await pool.request({ path, method: 'POST', headers, body }))
  return { ...common, canonical, call, close: () => pool.close() }
}

const mostInFlight = 64

type Response = Awaited<ReturnType<Pool['request']>>
type Way = readonly [path: string, read: (response: Response) => Promise<Answer>]

const refused: Answer = { ok: false }

const ourWay = (name: string): Way => [
  `/v1/contracts/${name}/process`,
  async ({ statusCode, headers, body }) => {
    const bytes = new Uint8Array(await body.arrayBuffer())
    if (statusCode === 422) return refused
    if (statusCode !== 200) throw new Error(`status ${statusCode}: ${Buffer.from(bytes).toString()}`)
    return { ok: true, body: bytes, digest: (headers['sidelane-digest'] as string | undefined) ?? null }
  },
]

const jsonWay: Way = [
  '/orders',
  async ({ statusCode, body }) => {
    if (statusCode === 422) return (await body.dump(), refused)
    if (statusCode !== 200) throw new Error(`status ${statusCode}: ${await body.text()}`)
    const reply = (await body.json()) as { body: string; digest: string | null }
    return { ok: true, body: Buffer.from(reply.body, 'base64'), digest: reply.digest }
  },
]

/** An outcome as in WIRE.md, "Outcomes". */
const rawWay: Way = [
  '/process',
  async ({ statusCode, body }) => {
    const bytes = Buffer.from(await body.arrayBuffer())
    if (statusCode !== 200) throw new Error(`status ${statusCode}: ${bytes.toString()}`)
    if (bytes[0] !== 1) return refused
    const hasDigest = ((bytes[1] as number) & 1) === 1
    const digest = hasDigest ? bytes.toString('hex', 16, 48) : null
    return { ok: true, body: bytes.subarray(48, 48 + bytes.readUInt32LE(12)), digest }
  },
]
