// Contracts that the owner of the daemon writes to its stdin, with keys that touch no disk. A line is the JSON of a contract,
// {"lock","dictionary","digestKey"}: the text of the lock, and bytes in hex where it has them. The line {"load":true} ends a
// batch. native/daemon/src/contract_input.rs is the twin; placements/sidecar/contract-feed.ts writes it.

import type { Readable } from 'node:stream'
import { parseLock } from '../contract/index.ts'
import { SidelaneError, type KeyedContract } from '../model/index.ts'
import { LineSplitter } from '../ndjson/index.ts'
import { configTexts as texts } from '../tables/daemon-texts.ts'
import { fillTemplate } from '../util/fill-template.ts'

/** A lock of the largest size, with a dictionary. */
const maxLineBytes = 33_554_432

/** The contracts of a batch, or why one of them is refused. */
export type ContractBatch = readonly KeyedContract[] | SidelaneError

export interface ContractInputEvents {
  readonly onBatch: (batch: ContractBatch) => void
  /** The owner is gone. */
  readonly onEnd: () => void
}

export function readContractInput(input: Readable, { onBatch, onEnd }: ContractInputEvents): void {
  const splitter = new LineSplitter(maxLineBytes)
  let batch: KeyedContract[] = []
  let refusal: SidelaneError | undefined
  const onLine = (number: number, line: Uint8Array | SidelaneError): void => {
    try {
      if (!(line instanceof Uint8Array)) throw line
      const contract = contractOf(line)
      if (contract !== 'load') return void batch.push(contract)
    } catch (error) {
      refusal ??= refusalOf(number, error)
      return
    }
    onBatch(refusal ?? batch)
    batch = []
    refusal = undefined
  }
  input
    .on('data', (chunk: Buffer) => {
      for (const { number, payload } of splitter.split(chunk)) onLine(number, payload)
    })
    .on('end', onEnd)
    .on('error', onEnd)
}

interface Message {
  readonly load?: unknown
  readonly lock?: unknown
  readonly dictionary?: unknown
  readonly digestKey?: unknown
}

function contractOf(line: Uint8Array): KeyedContract | 'load' {
  const message = JSON.parse(Buffer.from(line).toString('utf8')) as Message | null
  if (message?.load === true) return 'load'
  if (typeof message?.lock !== 'string') throw new TypeError('no lock')
  const contract = parseLock(message.lock, bytesOf(message.dictionary))
  return { contract, digestKey: bytesOf(message.digestKey) }
}

function bytesOf(hex: unknown): Uint8Array | undefined {
  if (hex === undefined) return undefined
  if (typeof hex !== 'string' || !/^(?:[0-9a-f]{2})*$/.test(hex)) throw new TypeError('no hex')
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

/** The message of a JSON parser quotes the line. */
function refusalOf(number: number, error: unknown): SidelaneError {
  const reason = error instanceof SidelaneError ? error.message : texts.noContract
  const message = fillTemplate(texts.refusedLine, { number, reason })
  return new SidelaneError('contract.invalid', { message, cause: error })
}
