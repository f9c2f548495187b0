// Payload text for a schema: mostly valid, sometimes with a typical error; and raw bytes with random damage. Seeded by
// one number, which reproduces a case.
import { keys, patternSamples, type Schema } from './schemas.ts'

/** A small seeded generator (mulberry32): fast, and the same on every machine. */
export class Random {
  #state: number
  constructor(seed: number) {
    this.#state = seed | 0
  }
  /** From 0 (inclusive) to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  below(n: number): number {
    return Math.floor(this.next() * n)
  }
  chance(p: number): boolean {
    return this.next() < p
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }
}

const oddNumbers = [
  '0',
  '-0',
  '0.0',
  '1.0',
  '1e2',
  '100',
  '-1',
  '0.1',
  '0.30000000000000004',
  '1e-7',
  '1E+2',
  '19.99',
  '4.35',
  '5e-324',
  '2.2250738585072011e-308',
  '1.7976931348623157e308',
  '1e400',
  '-1e400',
  '1e-400',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '-9007199254740993',
  '1e21',
  '1e20',
  '123456789012345678901234567890',
  '0.1e1',
  '333333333.33333329',
  '1e23',
  '9.5367431640625e-7',
  '1.5',
  '2.5',
  '1e10',
  '70',
  '0.07',
] as const
const brokenNumbers = ['01', '1.', '.5', '+1', '1e', '0x1', 'NaN', 'Infinity', '-', '1e+'] as const
const stringParts = [
  'a',
  'b',
  'abc',
  'A',
  'É',
  'é',
  'e\\u0301',
  'ﬁ',
  'İ',
  'Σ',
  'ς',
  'ß',
  '漢',
  '😀',
  '\\ud83d\\ude00',
  ' ',
  '\\t',
  '\\n',
  '\\u0000',
  '\\u001f',
  '\\u007f',
  '\\/',
  '\\"',
  '\\\\',
  '\\u00e9',
  '\u00a0',
  '\\u2028',
  '\u2029',
  '\ufeff',
  '\u0085',
  '\u1680',
  '\uac00',
  '\u1100\u1161',
  '𐗒\u0307',
  '\u{11382}\u{113c9}',
  '\u{1e030}',
  '1',
  '-',
  '+49',
  '\ufdd0',
  'J\u030c',
  '\u212b',
  'A\u030a',
] as const
/** For conversions. */
const scalars = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '1.50',
  '1e2',
  '""',
  '" 12 "',
  '"0x1F"',
  '"-.5e1"',
  '"1e400"',
  '"9007199254740993"',
  '"x"',
  '"\\ud800"',
] as const
const urls = [
  'https://x.org/a b',
  ' http://X.org:80\n',
  'https:x',
  'ftp://s/x',
  'mailto:x',
  'https://münchen.de',
  'https://xn--x/',
  'https://é\u0378.s/',
  'http://1.2.3/',
  'https://x:99999/',
  'htt\nps://x',
  '',
] as const
const brokenParts = ['\\ud800', '\\udc00', '\\ud800\\ud800', '\\x', '\\u12', '\n', '\u0001', '\\'] as const

/** JSON text for the schema; `root` resolves references. */
export function payloadText(root: Schema, random: Random): string {
  // One payload in three is generated without errors.
  const wrong = random.chance(1 / 3) ? 0 : 0.04
  const ws = random.chance(0.2) ? () => random.pick(['', ' ', '\n', '\t\r\n']) : () => ''
  const text = (body: string): string => `"${body}"`
  const keyText = (key: string): string =>
    random.chance(0.05) ? text([...key].map(escape).join('')) : JSON.stringify(key)

  function string(): string {
    let body = ''
    for (let i = random.below(4); i >= 0; i--) body += random.pick(random.chance(wrong / 8) ? brokenParts : stringParts)
    return text(body)
  }
  function anything(depth: number): string {
    const kind = random.below(depth > 3 ? 5 : 8)
    if (kind === 0) return random.pick(random.chance(wrong / 4) ? brokenNumbers : oddNumbers)
    if (kind === 1) return random.pick(['true', 'false', 'null'])
    if (kind < 5) return kind === 2 ? String(random.below(1000)) : string()
    if (kind === 5) return array(Array.from({ length: random.below(4) }, () => anything(depth + 1)))
    if (kind === 6 && random.chance(0.02)) return '['.repeat(70) + ']'.repeat(70)
    return object(Array.from({ length: random.below(4) }, () => [random.pick(keys), anything(depth + 1)] as const))
  }
  const array = (items: readonly string[]): string => `[${ws()}${items.join(`${ws()},${ws()}`)}${ws()}]`
  function object(members: readonly (readonly [string, string])[]): string {
    const list = members
      .filter(() => !random.chance(wrong))
      .map(([key, value]) => `${keyText(key)}${ws()}:${ws()}${value}`)
    if (random.chance(0.3)) list.reverse()
    if (random.chance(wrong)) list.push(`${keyText(random.pick(keys))}:${anything(3)}`)
    if (random.chance(wrong / 4)) list.push(`${random.pick(['"__proto__"', '"\\u005f_proto__"', '"\\ud800"'])}:1`)
    if (list.length > 0 && random.chance(wrong / 3)) list.push(list[0] as string)
    return `{${ws()}${list.join(`${ws()},${ws()}`)}${ws()}}`
  }
  function near(limit: unknown, fallback: number): number {
    return typeof limit === 'number' && limit < 50 ? limit : fallback
  }
  function value(node: Schema | boolean, depth: number): string {
    if (typeof node === 'boolean' || random.chance(wrong) || depth > 12) return anything(depth)
    if ('x-coerce' in node && random.chance(0.5)) return random.pick(scalars)
    if ('x-url' in node && random.chance(0.8)) return JSON.stringify(random.pick(urls))
    if ('$ref' in node) {
      const name = String(node['$ref']).slice('#/$defs/'.length)
      return value(name === '' ? root : ((root['$defs'] as Record<string, Schema>)[name] as Schema), depth + 1)
    }
    if ('const' in node) return JSON.stringify(node['const'])
    if ('enum' in node) return JSON.stringify(random.pick(node['enum'] as unknown[]))
    const branches = (node['anyOf'] ?? node['oneOf']) as Schema[] | undefined
    if (branches) return value(random.pick(branches), depth + 1)
    const type = Array.isArray(node['type']) ? random.pick(node['type'] as string[]) : node['type']
    switch (type) {
      case 'string': {
        const patterns = [
          node['pattern'],
          ...((node['allOf'] ?? []) as Schema[]).map((part) => part['pattern']),
        ].filter(Boolean)
        if (patterns.length === 0 || random.chance(0.2)) return string()
        const sample = patternSamples.find(([source]) => source === patterns[0]) as readonly string[]
        return JSON.stringify(random.pick(sample.slice(1)))
      }
      case 'number':
      case 'integer': {
        if (random.chance(0.3)) return random.pick(oddNumbers)
        const low = near(node['minimum'] ?? node['exclusiveMinimum'], 0)
        const step = typeof node['multipleOf'] === 'number' ? node['multipleOf'] : 1
        return String((Math.ceil(low / step) + random.below(5)) * step)
      }
      case 'boolean':
        return random.pick(['true', 'false'])
      case 'null':
        return 'null'
      case 'array': {
        const prefix = (node['prefixItems'] ?? []) as Schema[]
        const length = Math.min(near(node['maxItems'], 5), near(node['minItems'], 0) + random.below(4))
        const rest = (node['items'] ?? {}) as Schema | boolean
        return array(Array.from({ length }, (_, i) => value(prefix[i] ?? rest, depth + 1)))
      }
      case 'object': {
        const properties = Object.entries((node['properties'] ?? {}) as Record<string, Schema>)
        const required = new Set((node['required'] ?? []) as string[])
        const members = properties
          .filter(([name]) => required.has(name) || random.chance(0.7))
          .map(([name, child]) => [name, value(child, depth + 1)] as const)
        const additional = (node['additionalProperties'] ?? true) as Schema | boolean
        if (additional === false) return object(members)
        const extra = keys.filter((name) => !(name in Object.fromEntries(properties)) && random.chance(0.06))
        return object([...members, ...extra.map((name) => [name, value(additional, depth + 1)] as const)])
      }
      default:
        return anything(depth)
    }
  }
  return ws() + value(root, 0) + ws()
}

const escape = (char: string): string => {
  let out = ''
  for (let i = 0; i < char.length; i++) out += `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`
  return out
}

/** The bytes with damage in one to three places: flipped, cut, doubled, or with a structural byte inserted. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let out = Buffer.from(bytes)
  for (let i = random.below(3); i >= 0; i--) {
    const at = random.below(out.length + 1)
    switch (random.below(6)) {
      case 0:
        out = Buffer.concat([out.subarray(0, at), Buffer.from([random.below(256)]), out.subarray(at)])
        break
      case 1:
        out = Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + random.below(3))])
        break
      case 2:
        if (at < out.length) out[at] = random.below(256)
        break
      case 3:
        out = Buffer.concat([
          out.subarray(0, at),
          Buffer.from(random.pick(['"', '{', '}', '[', ']', ',', ':', '\\', '1', 'e', '\ufeff'])),
          out.subarray(at),
        ])
        break
      case 4:
        out = Buffer.from(out.subarray(0, at))
        break
      default:
        out = Buffer.concat([
          out.subarray(0, at),
          out.subarray(random.below(at + 1), at + random.below(20)),
          out.subarray(at),
        ])
    }
  }
  return out
}
