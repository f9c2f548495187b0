// Entry point for runtimes without Node (browsers, edge workers): the js engine on the caller's thread. No file, no zod, no
// pool; contracts come as the text of their lock.

import {
  checkContract,
  resolveHostOptions,
  resolveProcessorOptions,
  SidelaneError,
  splitCreateOptions,
  type Contract,
  type CreateOptions,
  type Host,
  type HostOptions,
  type InferredBy,
  type Processor,
} from './model/index.ts'
import { createEngine } from './engine/index.ts'
import { buildInlineHost } from './build-host.ts'

export {
  describeIssue,
  errorTable,
  SidelaneError,
  type Accepted,
  type AcceptedCanonical,
  type AcceptedInApp,
  type Codec,
  type Contract,
  type CreateOptions,
  type DataCode,
  type DigestName,
  type EngineReport,
  type ErrorCode,
  type FaultCode,
  type Host,
  type HostOptions,
  type Issue,
  type JsCompressor,
  type LockDictionary,
  type LockDocument,
  type LockTable,
  type LockTables,
  type Outcome,
  type Payload,
  type PayloadBytes,
  type Processor,
  type ProcessOptions,
  type ProcessorOptions,
  type ProcessOutcome,
  type Rejected,
  type Stats,
} from './model/index.ts'
export { parseContract, type ParsedLock, type ParseOptions } from './contract/index.ts'

/**
 * As `createHost` of the main entry point, with `placement: 'inline'` and the js engine. Rejects with `options.invalid`, and
 * with `engine.unavailable` for what needs Node.
 */
export async function createHost(options: HostOptions = {}): Promise<Host> {
  return openEdge('host', options)
}

/** As `createProcessor` of the main entry point: closing the processor closes its host. Rejects as `createHost` does. */
export async function createProcessor<In, Out, C extends boolean = false, A extends boolean = false>(
  contract: Contract<In, Out>,
  options: InferredBy<CreateOptions<C, A>, { readonly canonical: C; readonly runInApp: A }> = {},
): Promise<Processor<In, Out, NoInfer<C>, NoInfer<A>>> {
  const parts = splitCreateOptions(options)
  const own = resolveProcessorOptions(parts.processor)
  checkContract(contract)
  return openEdge('processor', parts.host).open<In, Out, C, A>(contract, own, true)
}

function openEdge(what: 'host' | 'processor', options: HostOptions): ReturnType<typeof buildInlineHost> {
  // The runtime may have one thread only.
  const settings = resolveHostOptions(options, 1)
  const { placement, engine, jsCompressor, cache, fallback, breaker } = settings
  if (placement !== 'inline' || engine === 'native') {
    throw new SidelaneError('engine.unavailable', {
      message: `Here is the js engine, inline: ${placement === 'inline' ? 'the native engine' : `"${placement}"`} needs Node.`,
    })
  }
  if (fallback !== undefined || breaker !== undefined) {
    throw new SidelaneError('engine.unavailable', {
      message: `Here is no other placement to fall back from: \`${fallback === undefined ? 'breaker' : 'fallback'}\` needs Node.`,
    })
  }
  if (cache?.shared !== undefined) {
    throw new SidelaneError('engine.unavailable', { message: 'Here is the result cache alone: `shared` needs Node.' })
  }
  return buildInlineHost(what, createEngine('js', jsCompressor), settings)
}
