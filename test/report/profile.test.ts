// The page of a profile.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import type { CategoryShare, ProfileRecord } from '../../src/profile/record.ts'
import { renderProfile } from '../../src/report/index.ts'
import { needChromium } from '../support/chromium.ts'
import { cellsOf, lowContrast, marksOf, openTables, tooWide } from './in-page.mjs'
import { openPage } from './open-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'sidelane-report-'))
afterAll(() => rmSync(folder, { recursive: true }))

const category = (name: CategoryShare['category'], share: number, library?: string): CategoryShare => ({
  category: name,
  share,
  busyShare: name === 'idle' ? null : share / 0.8,
  libraries: library === undefined ? [] : [{ name: library, share }],
})

const record: ProfileRecord = {
  kind: 'sidelane.profile',
  version: 1,
  at: '2026-11-29T17:30:00.000Z',
  sidelane: '0.1.0',
  process: { pid: 4711, script: 'server.js', node: 'v20.20.2', samples: 9000, busy: 0.8, workers: 0 },
  others: [],
  seconds: 10,
  requests: 20_000,
  samples: 9000,
  intervalMicros: 1000,
  categories: [
    category('parse', 0.08, 'JSON.parse'),
    category('stringify', 0),
    category('validation', 0.21, 'zod'),
    category('compression', 0.17, 'node:zlib'),
    category('gc', 0.09),
    category('otherJs', 0.15),
    category('native', 0.1),
    category('idle', 0.2),
  ],
  callSites: [
    {
      category: 'validation',
      function: 'readOrder',
      file: `src/${'deep/'.repeat(40)}orders.js`,
      line: 12,
      share: 0.21,
    },
    // Twice the same place: both have a bar.
    { category: 'compression', function: '', file: 'src/store.js', line: 40, share: 0.1 },
    { category: 'compression', function: '', file: 'src/store.js', line: 40, share: 0.07 },
  ],
  routes: [
    { route: 'POST /orders/:id', requests: 18_000, share: 0.6, movable: 0.45 },
    { route: 'GET /<b>health</b>', requests: 2000, share: 0.01, movable: 0 },
  ],
  eventLoopDelay: { p50: 1.2, p99: 14, max: 40 },
  gc: { count: 80, total: 900, max: 12 },
  otherThreads: null,
  overhead: { share: 0.02, perSampleMicros: 20, startMs: 12 },
  bound: { movable: 0.5, movableOfBusy: 0.62, speedup: 2.6, p99: { now: 14, without: 3 } },
  verdict: { hotPath: true, sentences: ['Moving it frees at most 62 %.', 'The p99 stall falls from 14 to 3 ms.'] },
  answers: { cpuBound: true, movableShare: 0.5, stalls: true, hotPath: true },
  notSeen: ['Only main threads are sampled.'],
}

test.for(['light', 'dark'] as const)(
  '%s: bars by kind of work, call site and route, and their tables',
  async (colorScheme, context) => {
    const browser = await needChromium(context)
    const path = join(folder, 'profile.html')
    writeFileSync(path, renderProfile(record, 'node server.js'))
    for (const width of [400, 1000]) {
      const { page, close, trouble } = await openPage(browser, pathToFileURL(path).href, { colorScheme, width })
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(record.verdict.sentences[0])
      expect(await page.evaluate(marksOf, 'categories')).toMatchObject({ bars: 7 })
      expect(await page.evaluate(marksOf, 'call-sites')).toMatchObject({ bars: 3 })
      expect(await page.evaluate(marksOf, 'routes')).toMatchObject({ bars: 4 })
      expect((await page.evaluate(marksOf, 'routes')).texts).toContain('GET /<b>health</b>')
      expect((await page.evaluate(cellsOf, '#call-sites table')).map(([, , share]) => share)).toEqual([0.21, 0.1, 0.07])
      expect((await page.evaluate(cellsOf, '#categories table')).map(([, share]) => share)).toEqual(
        record.categories.filter(({ share }) => share > 0).map(({ share }) => share),
      )
      await page.evaluate(openTables)
      expect(await page.evaluate(tooWide)).toEqual([])
      expect(await page.evaluate(lowContrast)).toEqual([])
      expect(trouble).toEqual([])
      await close()
    }
  },
)
