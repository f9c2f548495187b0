// What both sides send besides requests and answers: the preface, and frames of a kind, an id and a payload.

import type { WriteBatcher } from '../util/write-batcher.ts'
import { headBytes, prefaceBytes } from './constants.ts'
import { writeHead } from './frame-header.ts'
import { writePreface } from './preface.ts'

const noPayload = new Uint8Array(0)

export function addPreface(writer: WriteBatcher): void {
  const block = writer.reserve(prefaceBytes)
  writePreface(block.bytes, block.used)
  writer.add(block, prefaceBytes)
}

export function addControlFrame(writer: WriteBatcher, kind: number, id: number, payload: Uint8Array = noPayload): void {
  const block = writer.reserve(headBytes + payload.length)
  writeHead(block.bytes, block.used, payload.length, kind, 0, 0, id, 0, 0)
  block.bytes.set(payload, block.used + headBytes)
  writer.add(block, headBytes + payload.length)
}
