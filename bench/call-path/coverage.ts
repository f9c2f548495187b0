// V8's precise coverage of this thread, as a list of files. Precise coverage turns inlining off, so that every call counts.

import { Session } from 'node:inspector/promises'
import { pathToFileURL } from 'node:url'

/** Environment variables for the hooks in other threads and processes: whose files are listed, and where a list goes. */
export const folderVariable = 'SIDELANE_CALL_PATH_FOLDER'
export const listFileVariable = 'SIDELANE_CALL_PATH_LIST'

export class CallCoverage {
  readonly #session = new Session()
  readonly #prefix: string
  /** What `#runtime` resolves to is bundled. */
  readonly #runtime = import.meta.resolve('#runtime')

  /** `folder`: of the compiled files that are listed. */
  static async start(folder: string): Promise<CallCoverage> {
    const coverage = new CallCoverage(folder)
    await coverage.#session.post('Profiler.enable')
    await coverage.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
    return coverage
  }

  private constructor(folder: string) {
    this.#prefix = `${pathToFileURL(folder).href}/`
    this.#session.connect()
  }

  /** The files with a function that ran since the last call. */
  readonly take = async (): Promise<string[]> => {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage')
    return result
      .map((file) => (file.url === this.#runtime ? { ...file, url: `${this.#prefix}runtime/node.js` } : file))
      .filter(({ url }) => url.startsWith(this.#prefix))
      .filter(({ functions }) => functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0))
      .map(({ url }) => url.slice(this.#prefix.length).replace(/\.js$/, '.ts'))
      .sort()
  }
}
