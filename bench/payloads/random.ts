// A seeded random generator: the same seed gives the same payloads on every machine. Not for secrets.

export interface Random {
  /** In [0, 1). */
  unit(): number
  /** An integer in [low, high]. */
  int(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  /** A shuffled copy. */
  shuffled<T>(list: readonly T[]): T[]
  hex(digits: number): string
  /** Six random bits for each character: compresses by a quarter at best. */
  token(length: number): string
}

/** One 32-bit word of state: a Weyl sequence, mixed by multiplication. */
export function seeded(seed: number): Random {
  let weyl = seed >>> 0
  const word = (): number => {
    weyl = (weyl + 0x9e3779b9) >>> 0
    let mixed = weyl
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
  const unit = (): number => word() / 2 ** 32
  const int = (low: number, high: number): number => low + Math.floor(unit() * (high - low + 1))
  return {
    unit,
    int,
    chance: (probability) => unit() < probability,
    pick: (list) => {
      if (list.length === 0) throw new RangeError('Expected a non-empty list to pick from.')
      return list[int(0, list.length - 1)] as (typeof list)[number]
    },
    shuffled(list) {
      const copy = [...list]
      for (let i = copy.length - 1; i > 0; i--) {
        const other = int(0, i)
        ;[copy[i], copy[other]] = [copy[other] as (typeof copy)[number], copy[i] as (typeof copy)[number]]
      }
      return copy
    },
    hex(digits) {
      let text = ''
      while (text.length < digits) text += word().toString(16).padStart(8, '0')
      return text.slice(0, digits)
    },
    token: (length) => Array.from({ length }, () => letters[int(0, 63)]).join(''),
  }
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** A random (version 4) UUID. */
export const uuid = (random: Random): string =>
  `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-${random.pick(['8', '9', 'a', 'b'])}${random.hex(3)}-${random.hex(12)}`
