// The preface: eight bytes that each side sends first. Its format is the same in all versions.

import { readU16, writeU16 } from '../util/byte-codec.ts'
import type { WriteBatcher } from '../util/write-batcher.ts'
import { prefaceBytes, protocolVersion } from './constants.ts'

const magic = Uint8Array.of(0xf5, 0x53, 0x44, 0x4c, 0x4e, 0x0a)

/** Writes the preface of this version, `prefaceBytes` long. */
export function writePreface(target: Uint8Array, offset: number): void {
  target.set(magic, offset)
  writeU16(target, offset + magic.length, protocolVersion)
}

/**
 * Reads the peer's preface from the first bytes of a connection. `more`: fewer than eight, valid so far. `foreign`: another
 * protocol. The caller rejects any version but `protocolVersion`.
 */
export function readPreface(bytes: Uint8Array): { readonly version: number } | 'more' | 'foreign' {
  for (let at = 0; at < magic.length && at < bytes.length; at++) if (bytes[at] !== magic[at]) return 'foreign'
  return bytes.length < prefaceBytes ? 'more' : { version: readU16(bytes, magic.length) }
}

export function addPreface(writer: WriteBatcher): void {
  const block = writer.reserve(prefaceBytes)
  writePreface(block.bytes, block.used)
  writer.add(block, prefaceBytes)
}
