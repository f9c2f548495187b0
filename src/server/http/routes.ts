// What a request asks for: the paths, their methods, and the headers of `process`. Nothing is answered here but refusals.

import { traceFromText } from '../../wire/index.ts'
import type { ContractRegistry, LoadedContract } from '../contracts.ts'
import { problem, type Answer } from './response.ts'
import type { RequestHead } from './request-head.ts'

const pages = ['/healthz', '/readyz', '/metrics', '/v1/contracts', '/openapi.json'] as const
export type Page = (typeof pages)[number]

/** What a place kept for health and metrics serves. */
const watched: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

export type Route =
  | { readonly kind: 'page'; readonly page: Page }
  | {
      readonly kind: 'process'
      readonly served: LoadedContract
      readonly deadlineMs: number
      readonly trace: Uint8Array | undefined
    }
  | { readonly kind: 'refused'; readonly answer: Answer; readonly served?: LoadedContract }

export interface RouteOptions {
  readonly contracts: ContractRegistry
  /** Of a request that names none. */
  readonly deadlineMs: number
  /** Health and metrics alone. */
  readonly reserved: boolean
}

const processPath = /^\/v1\/contracts\/([^/]+)\/process$/
const mostDeadlineMs = 60_000

const refused = (answer: Answer, served?: LoadedContract): Route => ({
  kind: 'refused',
  answer,
  ...(served !== undefined && { served }),
})

export function routeOf(head: RequestHead, options: RouteOptions): Route {
  if (options.reserved && !watched.has(head.path)) return refused(problem('overloaded', { closes: true }))
  const page = pages.find((path) => path === head.path)
  if (page !== undefined) return allowed(head, ['GET', 'HEAD']) ?? { kind: 'page', page }
  const name = processPath.exec(head.path)?.[1]
  if (name === undefined) return refused(problem('protocol.not_found'))
  return allowed(head, ['POST']) ?? processRoute(head, name, options)
}

function allowed({ method }: RequestHead, methods: readonly string[]): Route | undefined {
  if (methods.includes(method)) return undefined
  return refused(problem('protocol.method', { headers: { Allow: methods.join(', ') } }))
}

function processRoute(head: RequestHead, name: string, { contracts, deadlineMs }: RouteOptions): Route {
  // Some clients escape the "@" in a path, though it needs none.
  const [contractName = '', ...id] = name.replaceAll('%40', '@').split('@')
  const served = id.length > 1 ? undefined : contracts.find(contractName, id[0])
  if (served === undefined) return refused(problem('contract.unknown'))
  if (head.values('content-encoding').some((value) => value.toLowerCase() !== 'identity')) {
    return refused(problem('codec.unknown', { detail: 'Content-Encoding must be identity.' }), served)
  }
  const deadlines = head.values('sidelane-deadline-ms')
  const deadline = deadlines.length === 0 ? deadlineMs : readDeadline(deadlines)
  if (deadline === undefined) {
    const detail = `Sidelane-Deadline-Ms must be an integer from 1 to ${mostDeadlineMs}.`
    return refused(problem('options.invalid', { status: 400, detail }), served)
  }
  const [trace, ...more] = head.values('traceparent')
  return {
    kind: 'process',
    served,
    deadlineMs: deadline,
    trace: trace === undefined || more.length > 0 ? undefined : traceFromText(trace),
  }
}

function readDeadline([value = '', ...more]: readonly string[]): number | undefined {
  const ms = Number(value)
  return more.length === 0 && /^\d{1,5}$/.test(value) && ms >= 1 && ms <= mostDeadlineMs ? ms : undefined
}
