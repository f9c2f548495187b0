// The page of the benchmark, from the newest record, and the picture of the README.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { renderBench } from '../../bench/html/page.ts'
import { pictureOf } from '../../bench/html/picture.ts'
import { newestRecord, writeRecord } from '../../bench/html/record.ts'
import { allRates, sidecarRows } from '../../bench/html/result.ts'
import { needChromium } from '../support/chromium.ts'
import { cellsOf, lowContrast, marksOf, openTables, tooWide } from './in-page.mjs'
import { openPage } from './open-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'sidelane-report-'))
afterAll(() => rmSync(folder, { recursive: true }))

const { result } = newestRecord()
const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

function written(): string {
  const path = join(folder, 'bench.html')
  writeFileSync(path, renderBench(result))
  return pathToFileURL(path).href
}

describe('a record', () => {
  test('is the whole benchmark: sets of several sizes, fixed rates, the sidecar, the endpoint, the stages', () => {
    const sets = result.header.sets.map(({ name }) => name)
    expect(sets).toEqual(expect.arrayContaining(['orders', 'clicks-256b', 'orders-1kb', 'orders-16kb']))
    expect(sets[0]).toBe('orders')
    for (const id of [
      'zod+zlib',
      'zod-compiled+zlib',
      'typebox+zlib',
      'ajv+zlib',
      'inline-js',
      'inline-native',
      'pool-native',
    ]) {
      expect(result.rows.map((row) => row.id)).toContain(id)
    }
    expect(allRates(result).map(({ id }) => id)).toEqual(expect.arrayContaining(['zod+zlib', 'sidecar-rust']))
    expect(sidecarRows(result).map(({ id }) => id)).toContain('sidecar-rust')
    expect(result.beforeAfter?.rows).toHaveLength(4)
    expect(result.stages?.length).toBeGreaterThan(10)
  })

  test('is written with the date, and read again as the newest', () => {
    writeRecord({ ...result, at: '2031-01-02T03:04:05.000Z' }, folder)
    writeRecord({ ...result, at: '2030-12-31T23:59:59.000Z' }, folder)
    const newest = newestRecord(folder)
    expect(newest.name).toBe('bench-2031-01-02.json')
    expect(newest.result).toEqual({ ...result, at: '2031-01-02T03:04:05.000Z' })
  })
})

describe('the picture of the README', () => {
  test('is that of the newest record (npm run generate:picture)', async () => {
    expect(read('docs/bench.svg')).toBe(await pictureOf(result))
    expect(read('README.md')).toContain('(docs/bench.svg)')
  })

  test('stands alone: no script, nothing to load, both themes, its figures as text', () => {
    const svg = read('docs/bench.svg')
    expect(svg).not.toMatch(/<script|href=|url\(|@import|<foreignObject/)
    expect(svg).toContain('prefers-color-scheme:dark')
    const [, label] = /aria-label="(.*?)"/.exec(svg) ?? []
    for (const id of ['zod+zlib', 'typebox+zlib', 'inline-native', 'pool-native', 'sidecar-rust']) {
      expect(label).toMatch(new RegExp(`${id.replaceAll('+', '\\+')} [\\d.]+ µs`))
      expect(svg).toContain(`>${id}</text>`)
    }
  })
})

describe('the page', () => {
  test('leads with the verdict, and has a picture for each part of the record', async (context) => {
    const { page, close, trouble } = await openPage(await needChromium(context), written())
    const verdict = result.verdict?.text ?? ''
    const headline = (await page.getByRole('heading', { level: 1 }).textContent()) ?? ''
    expect(verdict.startsWith(headline.slice(0, -1))).toBe(true)
    const ids = ['latency', 'size', 'speed', 'main-thread', 'stages', 'memory', 'gc']
    for (const id of ids) {
      const { lines, bars } = await page.evaluate(marksOf, id)
      expect([id, lines + bars]).toEqual([id, expect.toSatisfy((count: number) => count >= 4)])
    }
    expect((await page.evaluate(cellsOf, '#latency table')).map(([id, , , , p99]) => [id, p99])).toEqual(
      allRates(result).map(({ id, p99Us }) => [id, p99Us]),
    )
    expect((await page.evaluate(cellsOf, '#stages table')).map(([, , us]) => us)).toEqual(
      result.stages?.filter(({ payloads }) => payloads === 'orders').map(({ us }) => us),
    )
    expect(trouble).toEqual([])
    await close()
  })

  test.for(['light', 'dark'] as const)('%s: fits 400 px, has contrast', async (colorScheme, context) => {
    const { page, close, trouble } = await openPage(await needChromium(context), written(), { colorScheme, width: 400 })
    await page.evaluate(openTables)
    expect(await page.evaluate(tooWide)).toEqual([])
    expect(await page.evaluate(lowContrast)).toEqual([])
    expect(trouble).toEqual([])
    await close()
  })

  test('of a quick run says what it lacks', () => {
    const { stages: _, beforeAfter: __, ...rest } = result
    const html = renderBench({ ...rest, rates: [], sidecar: [] })
    expect(html).toContain(
      'latency against load, memory and garbage collection before and after, the stages: add --full',
    )
    expect(html).not.toContain('id="latency"')
  })
})
