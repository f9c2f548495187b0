// Generates order events from a seed: about 4 KB each by default, all distinct, all valid for contracts/orders.ts. Some
// use escapes or extra spaces, and some names and addresses need normalization, as in real data.

import {
  brands,
  cities,
  colours,
  firstNames,
  lastNames,
  materials,
  nouns,
  sentences,
  streets,
  type Script,
} from './words.ts'
import { seeded, uuid, type Random } from './random.ts'
import { NumberText, writeJson } from './text.ts'

export interface OrderOptions {
  readonly count: number
  readonly seed: number
  /** Mean size in bytes; default 4096, at least 700. */
  readonly meanBytes?: number
  /** Script of names and notes; default: a mix of all. */
  readonly script?: Script | 'mixed'
  /** With the script `ascii`: tenants and white space too, so that the whole payload is ASCII. */
  readonly asciiOnly?: boolean
  /** Fills notes and attributes with random characters, which do not compress. */
  readonly incompressible?: boolean
  /** Makes each order invalid, in a different way in turn. */
  readonly invalid?: boolean
}

/** UTF-8 JSON, one order for each payload. */
export function makeOrders(options: OrderOptions): Uint8Array[] {
  const random = seeded(options.seed)
  const encoder = new TextEncoder()
  return Array.from({ length: options.count }, (_, index) => {
    const order = makeOrder(random, options)
    if (options.invalid === true) breakOrder(order, index)
    // One in eight is written like Python's json module: with spaces, ASCII only.
    const python = random.chance(1 / 8)
    const text = writeJson(order, { spaced: python, ascii: python })
    return encoder.encode(options.asciiOnly === true ? text.replaceAll('\u00a0', ' ') : text)
  })
}

type Json = Record<string, unknown>

const tenants = ['acme-eu', 'Nordwind-GmbH', 'shop.example', 'Müller & Söhne', 'blue-harbour', 'kaufhaus-24']
const asciiTenants = tenants.filter((name) => !/[^ -~]/.test(name))

function makeOrder(random: Random, options: OrderOptions): Json {
  const meanBytes = options.meanBytes ?? 4096
  const script = pickScript(random, options.script ?? 'mixed')
  const person = name(random, script)
  const currency = random.pick(['EUR', 'EUR', 'USD', 'GBP'])
  const shipping = address(random, script, person)
  const shape = lineShape(meanBytes, options.incompressible === true)
  // Large orders vary less, so that none exceeds the contract's 1 MiB.
  const spread = meanBytes > 100_000 ? 0.1 : 1
  const lines = Math.max(1, Math.round(shape.lines * (1 + spread * (random.unit() - 0.5))))
  return {
    id: uuid(random),
    type: 'order.created',
    version: 1,
    occurredAt: timestamp(random),
    tenant: messy(random, random.pick(options.asciiOnly === true ? asciiTenants : tenants), 0.2),
    customer: {
      id: uuid(random),
      email: email(random),
      name: random.chance(0.1) ? null : messy(random, person, 0.25),
      phone: random.chance(0.6)
        ? `+${random.pick(['49', '44', '1', '33', '81', '86'])}${random.int(10_000_000, 999_999_999)}`
        : undefined,
    },
    shipping,
    billing: random.chance(0.5)
      ? null
      : random.chance(0.7)
        ? { ...shipping }
        : address(random, script, name(random, script)),
    lines: Array.from({ length: Math.min(200, lines) }, () => line(random, currency, shape)),
    payment: payment(random),
    discount: random.chance(0.5)
      ? 0
      : new NumberText(random.pick(['0.1', '0.05', '0.15', '0.29', '0.07', '0.50', '1e-1', '0.2'])),
    note: random.chance(0.3) ? note(random, script, options) : undefined,
    meta: random.chance(0.7) ? meta(random, options) : undefined,
  }
}

interface LineShape {
  readonly lines: number
  /** Additional attributes; two or three are usual. */
  readonly extraAttrs: number
  readonly noise: boolean
}

// Measured: an order without lines has ~650 bytes (with noise ~1,030), a line ~185 (430), each additional attribute
// ~20. Beyond 200 lines, the contract's limit, lines grow by attributes.
function lineShape(meanBytes: number, noise: boolean): LineShape {
  const room = Math.max(100, meanBytes - (noise ? 1030 : 650))
  const lineBytes = noise ? 430 : 185
  const lines = Math.min(130, room / lineBytes)
  return { lines, extraAttrs: Math.max(0, Math.round((room / lines - lineBytes) / 20)), noise }
}

function line(random: Random, currency: string, shape: LineShape): Json {
  const noun = random.pick(nouns)
  const colour = random.pick(colours)
  return {
    sku: `${random.pick(['HOME', 'GARDEN', 'OFFICE'])}-${random.int(10_000, 99_999)}`,
    title: random.chance(0.5) ? `${random.pick(brands)} ${noun}, ${colour}` : `${random.pick(materials)} ${noun}`,
    qty: random.chance(0.9) ? random.int(1, 5) : new NumberText(`${random.int(1, 9)}${random.pick(['.0', 'e1', '0'])}`),
    unit: { amount: random.int(99, 49_999), currency },
    tags: random.chance(0.6)
      ? Array.from({ length: random.int(1, 3) }, () => random.pick(materials).toLowerCase())
      : undefined,
    attrs: random.chance(0.85) || shape.extraAttrs > 0 ? attrs(random, colour, shape) : undefined,
  }
}

function attrs(random: Random, colour: string, shape: LineShape): Json {
  const record: Json = { colour, material: random.pick(materials) }
  if (random.chance(0.6))
    record.weightKg = new NumberText(random.pick(['0.25', '1.50', '12', '3.7', '0.080', '2.5e-1']))
  if (random.chance(0.4)) record.fragile = random.chance(0.5)
  if (random.chance(0.3)) record.size = random.pick(['S', 'M', 'L', 'XL', '42', '38.5'])
  if (shape.noise) record.batch = random.token(240)
  const extra = Math.round(shape.extraAttrs * (0.6 + 0.8 * random.unit()))
  for (let i = 0; i < extra; i++) {
    const key = `${random.pick(nouns).toLowerCase()}${i}`
    record[key] = i % 3 === 0 ? random.pick(materials) : i % 3 === 1 ? random.int(-500, 500) / 8 : random.hex(8)
  }
  return record
}

function payment(random: Random): Json {
  if (random.chance(0.6))
    return {
      method: 'card',
      last4: String(random.int(0, 9999)).padStart(4, '0'),
      brand: random.pick(['visa', 'mc', 'amex']),
    }
  if (random.chance(0.5))
    return { method: 'sepa', iban: `DE${random.int(10, 99)}5001051754073249${random.int(10, 99)}` }
  return { method: 'invoice', dueDays: random.pick([14, 30, 60]) }
}

function address(random: Random, script: Script, person: string): Json {
  const [city, zip, country] = random.pick(cities[script])
  const street = `${random.pick(streets[script])} ${random.int(1, 240)}${random.chance(0.2) ? random.pick(['a', 'b', '/2']) : ''}`
  return { name: messy(random, person, 0.2), street, city, zip, country }
}

const pickScript = (random: Random, wanted: Script | 'mixed'): Script =>
  wanted === 'mixed' ? random.pick(['ascii', 'ascii', 'latin', 'latin', 'cjk']) : wanted

const name = (random: Random, script: Script): string =>
  `${random.pick(firstNames[script])}${script === 'cjk' ? '' : ' '}${random.pick(lastNames[script])}`

function email(random: Random): string {
  const [first, last] = [random.pick(firstNames.ascii), random.pick(lastNames.ascii)]
  const plain = `${first}.${last}${random.int(1, 999)}@${random.pick(['example.com', 'mail.example.org', 'post.example.net'])}`
  return messy(random, random.chance(0.5) ? plain.toLowerCase() : plain, 0.1)
}

/** Sometimes as typed by people: extra spaces, and decomposed accents (as in file names of a Mac). */
function messy(random: Random, text: string, probability: number): string {
  if (!random.chance(probability)) return text
  const kind = random.int(0, 3)
  if (kind === 0) return ` ${text}`
  if (kind === 1) return `${text}${random.pick([' ', '  ', '\t', '\u00a0'])}`
  if (kind === 2) return text.includes('@') ? `${text}\n` : text.replace(' ', '  ')
  return text.normalize('NFD')
}

function timestamp(random: Random): string {
  const at = new Date(
    Date.UTC(
      2025,
      random.int(0, 11),
      random.int(1, 28),
      random.int(0, 23),
      random.int(0, 59),
      random.int(0, 59),
      random.int(0, 999),
    ),
  )
  if (random.chance(0.5)) return at.toISOString()
  return `${at.toISOString().slice(0, 19)}${random.pick(['Z', '+02:00', '-05:00', '+09:00'])}`
}

function note(random: Random, script: Script, options: OrderOptions): string {
  if (options.incompressible === true) return random.token(random.int(200, 1500))
  return Array.from({ length: random.int(1, 3) }, () => random.pick(sentences[script])).join(' ')
}

const meta = (random: Random, options: OrderOptions): Json => ({
  channel: random.pick(['web', 'app', 'phone', 'store']),
  campaign: `${random.pick(['spring', 'summer', 'autumn', 'winter'])}-${random.int(2023, 2025)}`,
  session: options.incompressible === true ? random.token(256) : random.hex(16),
})

const faults: readonly ((order: Json) => void)[] = [
  (order) => delete order.tenant,
  (order) => (order.version = 2),
  (order) => (order.surprise = true),
  (order) => (order.discount = 1.5),
  (order) => (order.lines = []),
  (order) => ((order.customer as Json).email = 'nobody at example'),
  (order) => (((order.lines as Json[])[0] as Json).qty = 0),
  (order) => (order.payment = { method: 'cash' }),
]

function breakOrder(order: Json, index: number): void {
  faults[index % faults.length]?.(order)
}
