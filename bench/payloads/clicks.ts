// Generates tracking events of about 256 bytes from a seed, all distinct, all valid for contracts/clicks.ts.

import { seeded, uuid } from './random.ts'
import { writeJson } from './text.ts'
import { colours, materials, nouns } from './words.ts'

/** UTF-8 JSON, one event for each payload. */
export function makeClicks(count: number, seed: number): Uint8Array[] {
  const random = seeded(seed)
  const encoder = new TextEncoder()
  return Array.from({ length: count }, () => {
    const click = {
      id: uuid(random),
      kind: random.pick(['view', 'click', 'cart', 'leave']),
      at: new Date(
        Date.UTC(2025, random.int(0, 11), random.int(1, 28), 0, 0, 0, random.int(0, 86_399_999)),
      ).toISOString(),
      tenant: random.pick(['acme-eu', ' Acme-EU', 'shop.example', 'Müller & Söhne']),
      path: `/shop/${slug(random.pick(materials))}/${slug(random.pick(nouns))}?colour=${slug(random.pick(colours))}&from=search&page=${random.int(1, 40)}&s=${random.hex(16)}`,
      x: random.int(0, 2560),
      y: random.int(0, 9000),
      dwell: random.int(1, 60_000) / 1000,
      mobile: random.chance(0.5),
    }
    return encoder.encode(writeJson(click, { spaced: random.chance(1 / 8), ascii: false }))
  })
}

const slug = (text: string): string => encodeURIComponent(text.toLowerCase())
