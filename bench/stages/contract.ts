// The contract of a stage run: gzip level 1 and SHA-256 whatever the lock says, without and with compression tables, and
// the payloads, split where tables have nothing else to be trained on.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadContract, type Contract } from 'sidelane'
import { examine } from '../cases/compare.ts'
import { ourContract } from '../contracts/ours.ts'
import { canBeTrained, trainingPayloads } from '../contracts/training.ts'
import { BadPayloads, type PayloadSet } from '../payloads/sets.ts'

export interface StageInput {
  readonly contract: Contract
  /** With tables that were trained on other payloads; undefined: there are none. */
  readonly trained: Contract | undefined
  /** The measured payloads. All are accepted. */
  readonly payloads: readonly Buffer[]
  /** Their canonical forms, by an independent writer. */
  readonly canonical: readonly string[]
  /** Canonical forms of payloads that are not measured. */
  readonly training: readonly Uint8Array[]
}

/** Fewer payloads are not split. */
const splitFrom = 16

export async function stageInput(set: PayloadSet): Promise<StageInput> {
  if (set.expect === 'reject')
    throw new BadPayloads(`--stages needs payloads that are accepted, not those of ${set.name}`)
  const given = ourContract(set.contract, 'sha-256')
  const contract = withLock(plainLock(given))
  const { payloads, references } = await examine(set, contract)
  const texts = references as readonly string[]
  if ('lockFile' in set.contract) {
    const { lock } = given
    const own = lock.tables === undefined || lock.compress.codec !== 'gzip' || lock.compress.level !== 1
    const trained = own ? undefined : withLock({ ...plainLock(given), tables: lock.tables })
    return { contract, trained, payloads, canonical: texts, training: [] }
  }
  if (canBeTrained(set.contract)) {
    return { ...(await trainedFrom(set, contract)), contract, payloads, canonical: texts }
  }
  if (payloads.length < splitFrom) return { contract, trained: undefined, payloads, canonical: texts, training: [] }
  const isMeasured = (_: unknown, index: number): boolean => index % 2 === 1
  const isOther = (_: unknown, index: number): boolean => index % 2 === 0
  return {
    ...trainedWith(set, payloads.filter(isOther)),
    contract,
    payloads: payloads.filter(isMeasured),
    canonical: texts.filter(isMeasured),
    training: encoded(texts.filter(isOther)),
  }
}

type Training = Pick<StageInput, 'trained' | 'training'>

/** By contract source: all sets of one are trained alike. */
const trainings = new Map<string, Promise<Training>>()

function trainedFrom(set: PayloadSet, contract: Contract): Promise<Training> {
  const key = JSON.stringify(set.contract)
  const made = trainings.get(key) ?? train(set, contract)
  trainings.set(key, made)
  return made
}

async function train(set: PayloadSet, contract: Contract): Promise<Training> {
  const samples = trainingPayloads(set.contract)
  const payloads = samples.map((bytes) => Buffer.from(bytes))
  const { references } = await examine({ ...set, payloads }, contract)
  return { ...trainedWith(set, samples), training: encoded(references as readonly string[]) }
}

/** `undefined` where no class of sizes keeps its table. */
function trainedWith(set: PayloadSet, samples: readonly Uint8Array[]): Pick<StageInput, 'trained'> {
  const trained = ourContract(set.contract, 'sha-256', { trained: true, samples })
  return { trained: trained.lock.tables === undefined ? undefined : trained }
}

const encoded = (texts: readonly string[]): Uint8Array[] => texts.map((text) => Buffer.from(text))

/** The lock with gzip at level 1, without tables and dictionary. */
function plainLock(contract: Contract): Record<string, unknown> {
  const { tables: _tables, dictionary: _dictionary, ...lock } = contract.lock
  return { ...lock, digest: 'sha-256', compress: { codec: 'gzip', level: 1 } }
}

function withLock(lock: object): Contract {
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-bench-'))
  try {
    const file = join(folder, 'contract.lock.json')
    writeFileSync(file, JSON.stringify(lock))
    return loadContract(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
