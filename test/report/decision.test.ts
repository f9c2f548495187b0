// The page of a decision: as text, and drawn by a real browser.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import type { DecisionRecord } from '../../src/decide/record.ts'
import { renderDecision } from '../../src/report/index.ts'
import { needChromium } from '../support/chromium.ts'
import { decisionRecord } from './decision-record.ts'
import {
  cellsOf,
  colors,
  focused,
  lowContrast,
  marksOf,
  openTables,
  pictureWidth,
  tableHeights,
  tooWide,
} from './in-page.mjs'
import { openPage } from './open-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'sidelane-report-'))
afterAll(() => rmSync(folder, { recursive: true }))

function written(record: DecisionRecord, name = 'decision'): string {
  const path = join(folder, `${name}.html`)
  writeFileSync(path, renderDecision(record))
  return pathToFileURL(path).href
}

const hostile = '</script><script>document.title="taken over"</script><img src=x onerror="document.title=1">'

describe('as text', () => {
  const html = renderDecision(decisionRecord)
  const jsonOf = (text: string, id: string): unknown =>
    JSON.parse(new RegExp(`<script type="application/json" id="${id}">(.*?)</script>`, 's').exec(text)?.[1] ?? 'null')

  test('leads with the recommendation, then the table, then what would change it, then the pictures', () => {
    const places = [
      '<h1>Use sidelane inline with the native engine.</h1>',
      'It takes 31 µs of CPU a payload instead of 212',
      'The options side by side',
      'What would change the answer',
      'Five questions',
      'Latency against load',
    ].map((text) => html.indexOf(text))
    expect(places).not.toContain(-1)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
  })

  test('loads nothing: no address but those of namespaces and notices, and a policy that forbids it', () => {
    const markup = html.replace(/<script type="module">.*?<\/script>/s, '')
    expect(markup).not.toMatch(/https?:|src=|href=|@import|url\(/)
    expect(html).toContain(`content="default-src 'none';`)
  })

  test('a small saving is not rounded away', () => {
    const text = renderDecision({
      ...decisionRecord,
      money: { coreHourCost: 0.05, savedCores: 0.010806, perMonth: 0.39442 },
    })
    expect(text).toContain('0.011 cores saved, at 0.05 a core and hour: 0.39 a month.')
  })

  test('the record is in the page, whatever its names hold', () => {
    expect(jsonOf(html, 'record')).toEqual(decisionRecord)
    const record = { ...decisionRecord, payloads: { ...decisionRecord.payloads, source: hostile } }
    const text = renderDecision(record)
    expect(jsonOf(text, 'record')).toEqual(record)
    expect(text).not.toContain('<img')
    // The code and the two blocks of data end; nothing else does.
    expect(text.match(/<\/script/g)).toHaveLength(3)
  })

  test('"do nothing" marks the row of today, and a record without curves or stages has no such pictures', () => {
    const text = renderDecision({
      ...decisionRecord,
      curves: [],
      stages: [],
      recommendation: {
        ...decisionRecord.recommendation,
        use: 'do nothing',
        option: null,
        engine: null,
        sentences: ['Do nothing.', 'It is not worth a change.'],
      },
    })
    expect(text).toMatch(/class="chosen"><th scope="row"><span>today: zod \+ node:zlib <span class="tag">keep it/)
    expect(text).not.toContain('Latency against load')
    expect(text).not.toContain('Where the time of a payload goes')
    expect(text).toContain('Memory, before and after')
  })
})

describe('in a browser', () => {
  test('the pictures have a mark for each value of the record', async (context) => {
    const { page, close, trouble } = await openPage(await needChromium(context), written(decisionRecord))
    const { options, curves, sizes, stages } = decisionRecord
    expect(await page.evaluate(marksOf, 'latency')).toMatchObject({
      lines: curves.length,
      dots: curves.flatMap(({ points }) => points).length,
    })
    expect(await page.evaluate(marksOf, 'size')).toMatchObject({
      lines: 5,
      dots: sizes.flatMap(({ costs }) => costs).length,
    })
    expect(await page.evaluate(marksOf, 'main-thread')).toMatchObject({ bars: options.length })
    expect(await page.evaluate(marksOf, 'stages')).toMatchObject({ bars: stages.flatMap((one) => one.stages).length })
    expect(await page.evaluate(marksOf, 'memory')).toMatchObject({ bars: options.length + 1 })
    expect(await page.evaluate(marksOf, 'gc')).toMatchObject({ bars: options.length })
    const { texts } = await page.evaluate(marksOf, 'size')
    expect(texts).toEqual(expect.arrayContaining(['break-even: 512 B', 'inline, native', 'sidecar', '50 KB']))
    expect((await page.evaluate(marksOf, 'latency')).texts).toContain('your rate: 2,000/s')
    expect(trouble).toEqual([])
    await close()
  })

  test('the tables have the numbers of the record', async (context) => {
    const { page, close } = await openPage(await needChromium(context), written(decisionRecord))
    const { options, curves, sizes, stages, answers } = decisionRecord
    const summary = await page.evaluate(cellsOf, 'table.summary')
    expect(summary.slice(0, options.length)).toEqual(
      options.map(({ id, label, callUs, callsPerCoreSecond, mainUs, atRate, appBytes, sidecarBytes }) => [
        `${label}${id === 'inline-native' ? ' recommended' : ''}`,
        ...[callUs, callsPerCoreSecond, mainUs.median, atRate.p99Us, (appBytes ?? 0) + (sidecarBytes ?? 0)],
      ]),
    )
    expect(summary.slice(options.length).map(([, answer]) => answer)).toEqual(
      answers.map(({ yes }) => (yes === null ? 'unknown' : yes ? 'yes' : 'no')),
    )
    const numbers = async (id: string): Promise<(number | string)[][]> =>
      (await page.evaluate(cellsOf, `#${id} table`)).map((row) => row.filter((cell) => typeof cell === 'number'))
    expect(await numbers('latency')).toEqual(
      curves.flatMap(({ points }) =>
        points.map((one) => [one.perSecond, one.p50Us, one.p99Us, one.mainShare, one.refusedShare]),
      ),
    )
    expect(await numbers('size')).toEqual(
      sizes.flatMap(({ bytes, costs }) => costs.map(({ cpuUs, mainUs }) => [bytes, cpuUs, mainUs])),
    )
    expect(await numbers('stages')).toEqual(stages.flatMap((one) => one.stages.map(({ us }) => [us])))
    expect(await numbers('main-thread')).toEqual(options.map(({ atRate }) => [atRate.mainShare, atRate.stallP99Us]))
    expect(await numbers('memory')).toEqual(
      options.map(({ appBytes, sidecarBytes, gc }) => [appBytes, sidecarBytes, gc.heapBytes]),
    )
    expect(await numbers('gc')).toEqual(options.map(({ gc }) => [gc.msPer1000, gc.pauseP99Us, gc.pauses]))
    await close()
  })

  test.for(['light', 'dark'] as const)(
    '%s: nothing is wider than 400 px, and everything has contrast',
    async (colorScheme, context) => {
      const browser = await needChromium(context)
      for (const width of [400, 1000]) {
        const { page, close, trouble } = await openPage(browser, written(decisionRecord), { colorScheme, width })
        await page.evaluate(openTables)
        expect(await page.evaluate(tooWide)).toEqual([])
        expect(await page.evaluate(lowContrast)).toEqual([])
        expect(trouble).toEqual([])
        await close()
      }
    },
  )

  test('a window that becomes narrow draws the pictures again', async (context) => {
    const { page, close } = await openPage(await needChromium(context), written(decisionRecord), { width: 1000 })
    await page.setViewportSize({ width: 400, height: 800 })
    await expect.poll(() => page.evaluate(pictureWidth, 'latency')).toBeLessThan(400)
    expect((await page.evaluate(marksOf, 'latency')).lines).toBe(decisionRecord.curves.length)
    expect(await page.evaluate(tooWide)).toEqual([])
    await close()
  })

  test('printed: on white, with the tables behind the pictures', async (context) => {
    const { page, close, trouble } = await openPage(await needChromium(context), written(decisionRecord), {
      colorScheme: 'dark',
    })
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    expect(await page.evaluate(colors)).toEqual({ scheme: 'light', body: 'rgb(255, 255, 255)' })
    expect(await page.evaluate(lowContrast)).toEqual([])
    const heights = await page.evaluate(tableHeights)
    expect(Math.min(...heights)).toBeGreaterThan(50)
    const pdf = await page.pdf({ format: 'A4' })
    const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0
    expect(pages).toBeGreaterThan(2)
    expect(pages).toBeLessThan(12)
    expect(trouble).toEqual([])
    await close()
  })

  test('for screen readers and the keyboard: pictures have names, tables open with Enter', async (context) => {
    const { page, close } = await openPage(await needChromium(context), written(decisionRecord))
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
    const pictures = page.getByRole('img')
    expect(await pictures.count()).toBe(6)
    for (const picture of await pictures.all())
      expect(await picture.getAttribute('aria-label')).toMatch(/The table below has the data/)
    await page.locator('#latency summary').focus()
    await page.keyboard.press('Enter')
    expect(await page.getByRole('table', { name: 'Latency at rising rates' }).isVisible()).toBe(true)
    await page.keyboard.press('Tab')
    expect(await page.evaluate(focused)).toBe('Latency at rising rates')
    await close()
  })

  test('names of the user are text, never markup', async (context) => {
    const record: DecisionRecord = {
      ...decisionRecord,
      payloads: { ...decisionRecord.payloads, source: hostile },
      contract: { ...decisionRecord.contract, name: hostile },
      options: decisionRecord.options.map((option) => ({ ...option, label: hostile })),
    }
    const { page, close, trouble } = await openPage(await needChromium(context), written(record, 'hostile'))
    expect(await page.title()).toContain(hostile)
    expect(await page.locator('main img').count()).toBe(0)
    expect((await page.evaluate(marksOf, 'latency')).lines).toBe(record.curves.length)
    expect(await page.evaluate(tooWide)).toEqual([])
    expect(trouble).toEqual([])
    await close()
  })
})
