// What the record says about the payloads, the contract, the money and the stop rule.

import { lockText, parseContract } from '../contract/index.ts'
import type { Contract } from '../model/index.ts'
import { percentile } from '../util/stats.ts'
import type { Examined } from './examine.ts'
import type { DecideInput } from './input.ts'
import type { ContractFacts, Money, PayloadFacts } from './record.ts'
import type { Limits } from './placement-rule.ts'
import { meanBytes } from './sizes.ts'
import { percentText, timeText, twoDigits } from './format.ts'

const hoursPerMonth = 730

export function payloadFacts(
  input: Pick<DecideInput, 'source' | 'read' | 'isSample'>,
  { base, rejected, firstRejection }: Examined,
  disagreed: number,
): PayloadFacts {
  const { payloads } = base
  const sizes = Float64Array.from(payloads, ({ length }) => length).sort()
  return {
    source: input.source,
    count: payloads.length - disagreed,
    read: input.read,
    isSample: input.isSample,
    distinct: new Set(payloads.map((payload) => payload.toString('latin1'))).size,
    meanBytes: meanBytes(payloads),
    p50Bytes: percentile(sizes, 0.5),
    p99Bytes: percentile(sizes, 0.99),
    maxBytes: sizes.at(-1) ?? 0,
    rejected,
    firstRejection,
    disagreed,
  }
}

export function contractFacts({
  contract,
  from,
  contractSource,
}: Pick<DecideInput, 'contract' | 'from' | 'contractSource'>): ContractFacts {
  const { lock } = contract
  return {
    name: contract.name,
    id: parseContract({ ...lock, digest: 'none' }, dictionaryOption(contract)).id,
    from,
    source: contractSource,
    codec: lock.compress.codec,
    level: lock.compress.level ?? null,
    lockBytes: Buffer.byteLength(lockText(lock)),
    maxPayloadBytes: lock.limits.maxBytes,
    nodes: countSchemas(lock.schema),
    appOnly: lock.appOnly?.length ?? 0,
  }
}

const dictionaryOption = ({ dictionary }: Contract): { readonly dictionary?: Uint8Array } =>
  dictionary === undefined ? {} : { dictionary }

const inSchemas = new Set(['properties', '$defs'])

/** Schemas below a schema, and itself. */
function countSchemas(node: unknown, isMap = false): number {
  if (Array.isArray(node)) return node.reduce<number>((all, item) => all + countSchemas(item), 0)
  if (typeof node !== 'object' || node === null) return 0
  const inner = Object.entries(node).reduce((all, [key, value]) => {
    const holds =
      isMap || inSchemas.has(key) || ['items', 'prefixItems', 'anyOf', 'oneOf', 'additionalProperties'].includes(key)
    return holds ? all + countSchemas(value, !isMap && inSchemas.has(key)) : all
  }, 0)
  return inner + (isMap ? 0 : 1)
}

/** Null without a price or a rate. */
export const moneyOf = (
  { coreHourCost, rate }: Pick<DecideInput, 'coreHourCost' | 'rate'>,
  savedCores: number,
): Money | null =>
  coreHourCost === null || rate === null
    ? null
    : { coreHourCost, savedCores, perMonth: savedCores * coreHourCost * hoursPerMonth }

export const stopText = ({ minGain, minSavingUs, minCores, maxMainShare, maxBlockUs }: Limits): string =>
  `keep the old path unless a change saves ${percentText(minGain)}, ${timeText(minSavingUs)} of CPU a payload and ` +
  `${twoDigits(minCores)} cores; leave the main thread from ${percentText(maxMainShare)} of it or ${timeText(maxBlockUs)} a call`
