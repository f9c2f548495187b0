// The payload of HELLO, in both directions: a list of fields.

import { isContractName } from '../model/index.ts'
import { clientViolations, serverViolations, violations } from '../tables/wire-violations.ts'
import { fillTemplate } from '../util/fill-template.ts'
import { decodeUtf8, encodeUtf8, hmacSha256Hex } from '#runtime'
import { readHex, readU16, readU32, writeHex, writeU16, writeU32 } from '../util/byte-codec.ts'
import { maxClientBytes, maxNameBytes } from './constants.ts'

/** Field types of HELLO; a contract's number depends on the side. */
export const fields = { contractRequest: 1, client: 2, contractStatus: 17, server: 18, engine: 19, limits: 20 } as const

const idBytes = 32
const fingerprintBytes = 16
const requestHeaderBytes = idBytes + fingerprintBytes
const statusBytes = 4 + idBytes
const limitsBytes = 12

/** The id of an unknown contract. */
export const noContractId: string = '0'.repeat(2 * idBytes)

const fingerprintText = encodeUtf8('sidelane key fingerprint 1')

/** The fingerprint of a contract without a key. */
export const noKeyFingerprint: string = '0'.repeat(32)

/**
 * The key's fingerprint, 32 hex digits; zeros without a key. By it both sides check that they hold the same key
 * without sending it.
 */
export const keyFingerprint = (key: Uint8Array | undefined): string =>
  key === undefined ? noKeyFingerprint : hmacSha256Hex(key, fingerprintText).slice(0, 32)

/** A contract that a client requests. */
export interface ContractRequest {
  /** 64 hex digits, as `contract.id`. */
  readonly id: string
  /** 32 hex digits of `keyFingerprint`; absent without a key. */
  readonly fingerprint?: string
  /** One that a contract may have. */
  readonly name: string
}

/** The HELLO of a client. */
export interface ClientHello {
  /** Name and version, at most 128 bytes; empty if absent. */
  readonly client: string
  readonly contracts: readonly ContractRequest[]
}

/** The server's status of a requested contract. */
export interface ContractStatus {
  /** 0, or the number of `contract.unknown` or `contract.mismatch`. */
  readonly status: number
  /** Names the contract in REQUESTs, with status 0. */
  readonly index: number
  /** The server's id of a contract of that name, 64 hex digits; zeros if it has none. */
  readonly have: string
}

/** The HELLO of a server; `contracts` in the order of the requests. */
export interface ServerHello {
  readonly contracts: readonly ContractStatus[]
  /** Name and version. */
  readonly server: string
  readonly engine: 'js' | 'native'
  readonly limits: {
    /** Longest payload of a REQUEST, in bytes. */
    readonly requestBytes: number
    /** Longest payload of a response, in bytes. */
    readonly answerBytes: number
    /** Most REQUESTs in flight on this connection. */
    readonly inFlight: number
  }
}

/** The payload of a client's HELLO. */
export function encodeClientHello({ client, contracts }: ClientHello): Uint8Array {
  const requests = contracts.map(({ id, fingerprint, name }) => {
    const value = new Uint8Array(requestHeaderBytes + name.length)
    writeHex(value, 0, id)
    writeHex(value, idBytes, fingerprint ?? noKeyFingerprint)
    value.set(encodeUtf8(name), requestHeaderBytes)
    return [fields.contractRequest, value] as const
  })
  return encodeFields([...requests, [fields.client, encodeUtf8(client).subarray(0, maxClientBytes)]])
}

/** Decodes a client's HELLO; returns the text of a violation. */
export function decodeClientHello(payload: Uint8Array): ClientHello | string {
  let client = ''
  const contracts: ContractRequest[] = []
  for (const field of fieldsOf(payload)) {
    if (typeof field === 'string') return field
    const [type, value] = field
    if (type === fields.client) {
      if (value.length > maxClientBytes) return fillTemplate(clientViolations.longClient, { cap: maxClientBytes })
      client = decodeUtf8(value)
    }
    if (type === fields.contractRequest) {
      const name = value.subarray(requestHeaderBytes)
      if (name.length === 0 || name.length > maxNameBytes) return violations.contractSize
      const [id, fingerprint] = [readHex(value, 0, idBytes), readHex(value, idBytes, requestHeaderBytes)]
      const text = decodeUtf8(name)
      if (!isContractName(text)) return clientViolations.contractName
      contracts.push({ id, fingerprint, name: text })
    }
  }
  return { client, contracts }
}

/** The payload of a server's HELLO. */
export function encodeServerHello({ contracts, server, engine, limits }: ServerHello): Uint8Array {
  const statuses = contracts.map(({ status, index, have }) => {
    const value = new Uint8Array(statusBytes)
    writeU16(value, 0, status)
    writeU16(value, 2, index)
    writeHex(value, 4, have)
    return [fields.contractStatus, value] as const
  })
  const caps = new Uint8Array(limitsBytes)
  writeU32(caps, 0, limits.requestBytes)
  writeU32(caps, 4, limits.answerBytes)
  writeU32(caps, 8, limits.inFlight)
  return encodeFields([
    ...statuses,
    [fields.server, encodeUtf8(server)],
    [fields.engine, encodeUtf8(engine)],
    [fields.limits, caps],
  ])
}

/** Decodes a server's HELLO; returns the text of a violation. */
export function decodeServerHello(payload: Uint8Array): ServerHello | string {
  let server: string | undefined
  let engine: string | undefined
  let limits: ServerHello['limits'] | undefined
  const contracts: ContractStatus[] = []
  for (const field of fieldsOf(payload)) {
    if (typeof field === 'string') return field
    const [type, value] = field
    if (type === fields.contractStatus) {
      if (value.length !== statusBytes) return violations.contractSize
      contracts.push({ status: readU16(value, 0), index: readU16(value, 2), have: readHex(value, 4, statusBytes) })
    }
    if (type === fields.server) server = decodeUtf8(value)
    if (type === fields.engine) engine = decodeUtf8(value)
    if (type === fields.limits) {
      if (value.length !== limitsBytes) return serverViolations.limitsSize[1]
      limits = { requestBytes: readU32(value, 0), answerBytes: readU32(value, 4), inFlight: readU32(value, 8) }
    }
  }
  if (server === undefined || limits === undefined) return serverViolations.helloFields[1]
  if (engine !== 'js' && engine !== 'native') return serverViolations.helloEngine[1]
  return { contracts, server, engine, limits }
}

type Field = readonly [type: number, value: Uint8Array]

function encodeFields(list: readonly Field[]): Uint8Array {
  const payload = new Uint8Array(list.reduce((size, [, value]) => size + 4 + value.length, 0))
  let at = 0
  for (const [type, value] of list) {
    writeU16(payload, at, type)
    writeU16(payload, at + 2, value.length)
    payload.set(value, at + 4)
    at += 4 + value.length
  }
  return payload
}

/** The fields, and a violation where one ends outside of the payload. */
function* fieldsOf(payload: Uint8Array): Generator<Field | string> {
  let at = 0
  while (at < payload.length) {
    const end = at + 4 > payload.length ? Number.POSITIVE_INFINITY : at + 4 + readU16(payload, at + 2)
    if (end > payload.length) return yield violations.fieldEnd
    yield [readU16(payload, at), payload.subarray(at + 4, end)]
    at = end
  }
}
