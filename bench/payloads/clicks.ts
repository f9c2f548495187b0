// Generates tracking events of about 256 bytes from a seed, all distinct, all valid for contracts/clicks.ts.

import { seeded, uuid, type Random } from './random.ts'
import { writeJson } from './text.ts'
import { cities, colours, firstNames, materials, nouns, type Script } from './words.ts'

/** UTF-8 JSON, one event for each payload. With a script, tenants and paths are of that script only. */
export function makeClicks(count: number, seed: number, script?: Script): Uint8Array[] {
  const random = seeded(seed)
  const encoder = new TextEncoder()
  return Array.from({ length: count }, () => {
    const click = {
      id: uuid(random),
      kind: random.pick(['view', 'click', 'cart', 'leave']),
      at: new Date(
        Date.UTC(2025, random.int(0, 11), random.int(1, 28), 0, 0, 0, random.int(0, 86_399_999)),
      ).toISOString(),
      tenant: script === undefined ? random.pick(tenants) : random.pick(cities[script])[0],
      path: `/shop/${place(random, script)}&from=search&page=${random.int(1, 40)}&s=${random.hex(16)}`,
      x: random.int(0, 2560),
      y: random.int(0, 9000),
      dwell: random.int(1, 60_000) / 1000,
      mobile: random.chance(0.5),
    }
    return encoder.encode(writeJson(click, { spaced: random.chance(1 / 8), ascii: false }))
  })
}

const tenants = ['acme-eu', ' Acme-EU', 'shop.example', 'Müller & Söhne']

function place(random: Random, script: Script | undefined): string {
  if (script !== undefined)
    return `${random.pick(cities[script])[0]}/${random.pick(firstNames[script])}?colour=${random.pick(firstNames[script])}`
  return `${slug(random.pick(materials))}/${slug(random.pick(nouns))}?colour=${slug(random.pick(colours))}`
}

const slug = (text: string): string => encodeURIComponent(text.toLowerCase())
