// Where a key stands between 0 and 1: the same in every process and on every day, so that a key stays on its side of a
// rollout while the percent grows. Not for secrets: the hash is fast, and an attacker can choose keys.

/** Sampled of a payload: its first and last bytes, and blocks between them. */
const headBytes = 96
const tailBytes = 32
const blocks = 16
const blockBytes = 8
const sampledBytes = headBytes + tailBytes + blocks * blockBytes

/** Two lanes of 32 bits each, multiplied by different primes (as in cyrb53), to 53 bits. */
class KeyHash {
  #a = 0
  #b = 0

  /** `salt`: so that two contracts do not move the same keys first. */
  start(salt: number): void {
    this.#a = 0xdeadbeef ^ salt
    this.#b = 0x41c6ce57 ^ salt
  }

  add(unit: number): void {
    this.#a = Math.imul(this.#a ^ unit, 2654435761)
    this.#b = Math.imul(this.#b ^ unit, 1597334677)
  }

  /** In [0, 1). */
  get position(): number {
    let [a, b] = [this.#a, this.#b]
    a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
    b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
    return (4_294_967_296 * (b & 0x1fffff) + (a >>> 0)) / 9_007_199_254_740_992
  }
}

const hash = new KeyHash()

/** Of a text, by its UTF-16 code units. */
export function positionOfText(text: string, salt = 0): number {
  hash.start(salt)
  for (let i = 0; i < text.length; i++) hash.add(text.charCodeAt(i))
  return hash.position
}

/** Of a payload, by its length and at most 256 of its bytes. */
export const positionOfBytes = (bytes: Uint8Array, salt = 0): number =>
  positionOf(bytes.length, (i) => bytes[i] as number, salt)

/** The same for a text of ASCII characters, without making its bytes. */
export const positionOfAscii = (text: string, salt = 0): number =>
  positionOf(text.length, (i) => text.charCodeAt(i), salt)

function positionOf(length: number, at: (index: number) => number, salt: number): number {
  hash.start(salt)
  hash.add(length)
  if (length <= sampledBytes) {
    for (let i = 0; i < length; i++) hash.add(at(i))
    return hash.position
  }
  for (let i = 0; i < headBytes; i++) hash.add(at(i))
  const step = (length - headBytes - tailBytes - blockBytes) / (blocks - 1)
  for (let block = 0; block < blocks; block++) {
    const from = headBytes + Math.floor(block * step)
    for (let i = from; i < from + blockBytes; i++) hash.add(at(i))
  }
  for (let i = length - tailBytes; i < length; i++) hash.add(at(i))
  return hash.position
}
