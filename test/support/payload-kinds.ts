// The same bytes, as each kind of bytes that a payload may be (docs/placements.md).
import type { PayloadBytes } from '../../src/model/index.ts'

export function bytesOfEachKind(text: string): readonly PayloadBytes[] {
  const bytes = Buffer.from(text)
  const { buffer } = Uint8Array.from(bytes)
  const shared = new SharedArrayBuffer(bytes.length)
  const sharedBytes = new Uint8Array(shared)
  sharedBytes.set(bytes)
  const views = [new Int8Array(buffer), new Uint8ClampedArray(buffer), new DataView(buffer)]
  return [bytes, new Uint8Array(bytes), sharedBytes, ...views, buffer, shared]
}
