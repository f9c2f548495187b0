// The checksums of gzip and zlib.

const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

/** CRC-32 (RFC 1952, 8), for runtimes without zlib. */
export function crc32(bytes: Uint8Array): number {
  let crc = -1
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ (crcTable[(crc ^ (bytes[i] as number)) & 255] as number)
  return ~crc
}

const adlerModulus = 65_521
/** So many bytes leave both sums below 2^31. */
const adlerStep = 3800

/** Adler-32 (RFC 1950, 9). */
export function adler32(bytes: Uint8Array): number {
  let low = 1
  let high = 0
  for (let from = 0; from < bytes.length; from += adlerStep) {
    const end = Math.min(from + adlerStep, bytes.length)
    for (let i = from; i < end; i++) {
      low += bytes[i] as number
      high += low
    }
    low %= adlerModulus
    high %= adlerModulus
  }
  return (high << 16) | low
}
