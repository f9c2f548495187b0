// Opens a page and notes what must not happen: errors, messages on the console, requests.
import type { Browser, Page } from 'playwright-core'
import { isDrawn } from './in-page.mjs'

export interface Opened {
  readonly page: Page
  /** Empty: the page is quiet and loads nothing but itself. */
  readonly trouble: readonly string[]
  close(): Promise<void>
}

export async function openPage(
  browser: Browser,
  url: string,
  { colorScheme = 'light', width = 1000 }: { colorScheme?: 'light' | 'dark'; width?: number } = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme })
  const page = await context.newPage()
  const trouble: string[] = []
  page.on('console', (message) => void trouble.push(`console: ${message.text()}`))
  page.on('pageerror', (error) => void trouble.push(`error: ${error.message}`))
  page.on('request', (request) => void (request.url() !== url && trouble.push(`request: ${request.url()}`)))
  await page.goto(url)
  await page.waitForFunction(isDrawn)
  return { page, trouble, close: () => context.close() }
}
