// The resource and the parameters of a request: paths, their methods, and the headers of `process`.

import { httpTexts as texts } from '../../tables/daemon-texts.ts'
import { traceFromText } from '../../wire/index.ts'
import type { ContractRegistry, LoadedContract } from '../contracts.ts'
import type { Pages } from './pages.ts'
import type { RequestHead } from './request-head.ts'
import type { Access } from '../access.ts'
import { problem, type Response } from './response.ts'

/** Served on every connection. */
const monitoring: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

export type Route =
  | { readonly kind: 'page'; readonly path: string; readonly page: () => Response }
  | {
      readonly kind: 'process'
      readonly contract: LoadedContract
      readonly deadlineMs: number
      readonly trace: Uint8Array | undefined
    }
  | { readonly kind: 'refused'; readonly response: Response; readonly contract?: LoadedContract }

export interface RouteOptions {
  readonly contracts: ContractRegistry
  readonly pages: Pages
  /** Of a request that names none. */
  readonly deadlineMs: number
  readonly access: Access
}

const processPath = /^\/v1\/contracts\/([^/]+)\/process$/
const maxDeadlineMs = 60_000

const refused = (response: Response, contract?: LoadedContract): Route => ({
  kind: 'refused',
  response,
  ...(contract !== undefined && { contract }),
})

export function routeOf(head: RequestHead, options: RouteOptions): Route {
  const { path } = head
  if (options.access !== 'full' && !monitoring.has(path)) {
    return refused(
      options.access === 'excess' ? problem('overloaded', { closes: true }) : problem('protocol.not_found'),
    )
  }
  const page = options.pages.get(path)
  if (page !== undefined) return methodError(head, ['GET', 'HEAD']) ?? { kind: 'page', path, page }
  const name = processPath.exec(path)?.[1]
  if (name === undefined) return refused(problem('protocol.not_found'))
  return methodError(head, ['POST']) ?? processRoute(head, name, options)
}

function methodError({ method }: RequestHead, methods: readonly string[]): Route | undefined {
  if (methods.includes(method)) return undefined
  return refused(problem('protocol.method', { headers: { Allow: methods.join(', ') } }))
}

function processRoute(head: RequestHead, name: string, { contracts, deadlineMs }: RouteOptions): Route {
  // Some clients escape the "@" in a path.
  const [contractName = '', ...id] = name.replaceAll('%40', '@').split('@')
  const contract = id.length > 1 ? undefined : contracts.find(contractName, id[0])
  if (contract === undefined) return refused(problem('contract.unknown'))
  if (head.values('content-encoding').some((value) => value.toLowerCase() !== 'identity')) {
    return refused(problem('codec.unknown', { detail: texts.contentEncoding }), contract)
  }
  const deadlines = head.values('sidelane-deadline-ms')
  const deadline = deadlines.length === 0 ? deadlineMs : readDeadline(deadlines)
  if (deadline === undefined) {
    return refused(problem('options.invalid', { status: 400, detail: texts.deadline }), contract)
  }
  const [trace, ...more] = head.values('traceparent')
  return {
    kind: 'process',
    contract,
    deadlineMs: deadline,
    trace: trace === undefined || more.length > 0 ? undefined : traceFromText(trace),
  }
}

function readDeadline([value = '', ...more]: readonly string[]): number | undefined {
  const ms = Number(value)
  return more.length === 0 && /^\d{1,5}$/.test(value) && ms >= 1 && ms <= maxDeadlineMs ? ms : undefined
}
