// Writes the frames that both sides send: the preface, and control frames.

import type { WriteBatcher } from '../util/write-batcher.ts'
import { headerBytes, prefaceBytes } from './constants.ts'
import { writeFrameHeader } from './frame-header.ts'
import { writePreface } from './preface.ts'

const noPayload = new Uint8Array(0)

export function addPreface(writer: WriteBatcher): void {
  const block = writer.reserve(prefaceBytes)
  writePreface(block.bytes, block.used)
  writer.add(block, prefaceBytes)
}

export function addControlFrame(writer: WriteBatcher, kind: number, id: number, payload: Uint8Array = noPayload): void {
  const block = writer.reserve(headerBytes + payload.length)
  writeFrameHeader(block.bytes, block.used, payload.length, kind, 0, 0, id, 0, 0)
  block.bytes.set(payload, block.used + headerBytes)
  writer.add(block, headerBytes + payload.length)
}
