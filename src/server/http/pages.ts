// The pages about the daemon itself: health, readiness, metrics, contracts, the interface description.

import type { Readiness } from '../readiness.ts'
import type { Service } from '../service.ts'
import type { Telemetry } from '../telemetry.ts'
import { openApi } from './openapi.ts'
import { json, text, type Response } from './response.ts'

export interface PageSources {
  readonly service: Service
  readonly telemetry: Telemetry
  readonly readiness: Readiness
  readonly version: string
}

export type Pages = ReadonlyMap<string, () => Response>

/** By path. */
export function createPages({ service, telemetry, readiness, version }: PageSources): Pages {
  const description = json(openApi(version))
  return new Map<string, () => Response>([
    ['/healthz', () => json({ status: 'ok' })],
    [
      '/readyz',
      () => {
        const reasons = readiness.reasons()
        return json({ ready: reasons.length === 0, reasons }, reasons.length === 0 ? 200 : 503)
      },
    ],
    ['/metrics', () => text('text/plain; version=0.0.4; charset=utf-8', telemetry.metricsText())],
    ['/v1/contracts', () => json(contractList(service))],
    ['/openapi.json', () => description],
  ])
}

const contractList = ({ contracts }: Service): object[] =>
  contracts.list
    .map(({ name, id, contract: { profile } }) => ({
      name,
      id,
      codec: profile.compress.codec,
      digest: profile.digest,
      maxBytes: profile.limits.maxBytes,
    }))
    .sort((a, b) => (a.name < b.name || (a.name === b.name && a.id < b.id) ? -1 : 1))
