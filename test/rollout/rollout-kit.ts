// Shared by the tests of rollouts: a contract, the old code of an app, and a rollout that ends with its test.
import { gzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import {
  createProcessor,
  createRollout,
  type AppFunction,
  type AppOutcome,
  type Processor,
  type Rollout,
  type RolloutEvent,
  type RolloutOptions,
} from '../../src/index.ts'
import { contractOf } from '../support/locks.ts'

export const order = contractOf(
  {
    type: 'object',
    properties: { id: { type: 'string' }, total: { type: 'number' } },
    required: ['id'],
    additionalProperties: false,
  },
  { name: 'order' },
)

export const payloadOf = (id: number | string): string => `{"id":"${id}","total":1}`

const textOf = (payload: unknown): string =>
  payload instanceof Uint8Array
    ? Buffer.from(payload).toString()
    : typeof payload === 'string'
      ? payload
      : JSON.stringify(payload)

/** What an app has: parse, check, compress. */
export const oldCode: AppFunction = (payload): AppOutcome => {
  let value: { readonly id?: unknown; readonly total?: unknown }
  try {
    value = JSON.parse(textOf(payload)) as typeof value
  } catch {
    return { ok: false, code: 'parse.syntax' }
  }
  if (typeof value.id !== 'string') {
    return { ok: false, issues: [{ path: ['id'], code: 'invalid_type', message: 'Expected string' }] }
  }
  return { ok: true, body: gzipSync(JSON.stringify(value)) }
}

export async function inline(): Promise<Processor> {
  const processor = await createProcessor(order, { engine: 'js' })
  onTestFinished(() => processor.close())
  return processor
}

export interface Opened {
  readonly rollout: Rollout
  readonly events: RolloutEvent[]
  readonly lines: string[]
}

/** By default without guards, fallback and breaker. */
export async function open(options: Partial<RolloutOptions>): Promise<Opened> {
  const events: RolloutEvent[] = []
  const lines: string[] = []
  const rollout = await createRollout({
    contract: order,
    baseline: oldCode,
    candidate: await inline(),
    guards: false,
    fallback: false,
    breaker: false,
    onEvent: (event) => events.push(event),
    log: (line) => lines.push(line),
    ...options,
  })
  onTestFinished(() => rollout.destroy())
  return { rollout: rollout, events, lines }
}

/** The two functions, each of which says its name. */
export const named =
  (name: string): AppFunction =>
  () => ({ ok: true, body: Buffer.from(`"${name}"`), codec: 'none' })

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const startedAt = performance.now()
  while (!(await holds())) {
    if (performance.now() - startedAt > 30_000) throw new Error(`Not within 30 s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
