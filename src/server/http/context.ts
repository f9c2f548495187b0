// What the connections of one HTTP server share.

import type { Service } from '../service.ts'
import type { Telemetry } from '../telemetry.ts'
import type { Pages } from './pages.ts'

export interface HttpContext {
  readonly service: Service
  readonly telemetry: Telemetry
  readonly pages: Pages
  /** Of a request that names none. */
  readonly deadlineMs: number
  /** Responses end their connections. */
  readonly isDraining: boolean
}
