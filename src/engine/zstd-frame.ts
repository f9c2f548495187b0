// The size of a zstd frame and of its content (RFC 8878, 3.1.1), without decompressing it: the decoder would continue
// with the next frame.

export interface ZstdFrame {
  /** From the magic number to the checksum. */
  readonly size: number
  /** undefined: not in the frame's header. */
  readonly contentBytes: number | undefined
}

const magic = 0xfd2fb528
const dictionaryIdBytes = [0, 1, 2, 4] as const
const rleBlock = 1
const reservedBlock = 3

/** The size of a frame's header behind its descriptor, the byte that follows the magic number. */
export function zstdHeaderBytes(descriptor: number): number {
  const single = (descriptor & 32) !== 0
  return (single ? 0 : 1) + dictionaryIdBytes[(descriptor & 3) as 0 | 1 | 2 | 3] + contentSizeBytes(descriptor, single)
}

const contentSizeBytes = (descriptor: number, single: boolean): number =>
  [single ? 1 : 0, 2, 4, 8][descriptor >>> 6] as number

/** The id of the dictionary that the frame needs; 0: none, or one without an id, or no frame at all. */
export function zstdDictionaryId(bytes: Uint8Array): number {
  if (bytes.length < 6) return 0
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(0, true) !== magic) return 0
  const descriptor = view.getUint8(4)
  const at = (descriptor & 32) !== 0 ? 5 : 6
  let id = 0
  for (let i = dictionaryIdBytes[(descriptor & 3) as 0 | 1 | 2 | 3]; i-- > 0;) id = id * 256 + (bytes[at + i] ?? 0)
  return id
}

/** The frame at the start of the bytes; undefined when there is none or it is truncated. */
export function readZstdFrame(bytes: Uint8Array): ZstdFrame | undefined {
  if (bytes.length < 6) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const descriptor = view.getUint8(4)
  if (view.getUint32(0, true) !== magic || descriptor & 8) return undefined
  const single = (descriptor & 32) !== 0
  const hasChecksum = (descriptor & 4) !== 0
  const sizeBytes = contentSizeBytes(descriptor, single)
  let at = 5 + zstdHeaderBytes(descriptor)
  if (at > bytes.length) return undefined
  const contentBytes = readSize(view, at - sizeBytes, sizeBytes)
  for (let last = false; !last;) {
    if (at + 3 > bytes.length) return undefined
    const head = view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
    const kind = (head >>> 1) & 3
    if (kind === reservedBlock) return undefined
    last = (head & 1) === 1
    at += 3 + (kind === rleBlock ? 1 : head >>> 3)
  }
  const size = at + (hasChecksum ? 4 : 0)
  return size > bytes.length ? undefined : { size, contentBytes }
}

/** Little-endian; a size of two bytes counts from 256. */
function readSize(view: DataView, at: number, bytes: number): number | undefined {
  if (bytes === 0) return undefined
  let size = bytes === 2 ? 256 : 0
  for (let i = 0; i < bytes; i++) size += view.getUint8(at + i) * 256 ** i
  return size
}
