// Drafts of inferContract() from real samples of seven domains. SIDELANE_DRAFT_SPLITS sets the number of splits a domain,
// SIDELANE_DRAFT_REMARKS=1 prints why samples were rejected and mutants passed, SIDELANE_DRAFT_DOMAIN=k8s takes one domain:
// SIDELANE_SUITES=… SIDELANE_DRAFT_SPLITS=5 npx vitest run --config test/vitest.config.ts test/suites/drafts.test.ts
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { judgeSplit, newFigures, type Figures } from '../support/draft-figures.ts'
import { engineKinds, needEngine, needSuite } from '../support/need.ts'

const splits = Number(process.env['SIDELANE_DRAFT_SPLITS'] ?? 2)

test.for(engineKinds)(
  '%s: drafts accept samples that they have not seen, and reject broken ones',
  { timeout: 600_000 },
  (kind, context) => {
    const folder = needSuite('real', context)
    const engine = needEngine(kind, context)
    const byDomain = new Map<string, Figures>()
    const only = process.env['SIDELANE_DRAFT_DOMAIN']
    for (const domain of readdirSync(folder).filter((name) => only === undefined || name === only)) {
      const samples = readFileSync(join(folder, domain, 'samples.ndjson'), 'utf8')
        .trim()
        .split('\n')
      const figures = newFigures()
      for (let seed = 1; seed <= splits; seed++) judgeSplit(samples, seed, engine, figures)
      byDomain.set(domain, figures)
    }
    const rows = [...byDomain].map(([domain, figures]) => ({ domain, ...ratesOf(figures) }))
    console.table(rows)
    if (process.env['SIDELANE_DRAFT_REMARKS'] === '1')
      for (const [domain, { remarks }] of byDomain) console.log(domain, most(remarks))
    const mean = rows.reduce((sum, { accepted }) => sum + accepted, 0) / rows.length
    console.log(`mean of held-out samples accepted: ${mean.toFixed(1)} %`)
    expect(mean).toBeGreaterThanOrEqual(80)
    for (const { domain, accepted, retyped, removed } of rows) {
      expect(accepted, domain).toBeGreaterThanOrEqual(60)
      expect(retyped, domain).toBeGreaterThanOrEqual(95)
      expect(removed, domain).toBeGreaterThanOrEqual(90)
    }
  },
)

const percent = (part: number, whole: number): number => Math.round((1000 * part) / Math.max(1, whole)) / 10

const ratesOf = (
  figures: Figures,
): { readonly accepted: number; readonly retyped: number; readonly removed: number } => ({
  accepted: percent(figures.accepted, figures.heldOut),
  retyped: percent(figures.retypedRejected, figures.retyped),
  removed: percent(figures.removedRejected, figures.removed),
})

function most(remarks: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const remark of remarks) {
    const text = remark.replaceAll(/\/\d+(?=\/|,|:|$)/g, '/0')
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 40)
    .map(([text, count]) => `${count} × ${text}`)
}
