// A headless Chromium of the system, for tests of pages.
import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, type TestContext } from 'vitest'

const paths = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const path = paths.find((file) => file !== undefined && existsSync(file))

let running: Promise<Browser> | undefined
afterAll(async () => (await running)?.close())

/** One browser for a test file. Skips the test where there is none. */
export function needChromium(context: TestContext): Promise<Browser> {
  if (path === undefined) return context.skip('chromium is not installed: report pages are not drawn')
  // Its sandbox does not run as root, as in most containers.
  return (running ??= chromium.launch({ executablePath: path, args: ['--no-sandbox'] }))
}
