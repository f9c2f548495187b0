// The public entry point: named re-exports only.

export { createHost, createProcessor } from './create.ts'
export { decompress, type DecompressOptions } from './engine/index.ts'
export {
  describeIssue,
  errorTable,
  SidelaneError,
  type Accepted,
  type AcceptedCanonical,
  type AutoThresholds,
  type CacheOptions,
  type CacheStats,
  type Codec,
  type Contract,
  type CreateOptions,
  type DaemonName,
  type DataCode,
  type DigestName,
  type EngineName,
  type EngineReport,
  type ErrorCode,
  type Failed,
  type FaultCode,
  type Host,
  type HostOptions,
  type Issue,
  type IssueParams,
  type Keyword,
  type LaunchOptions,
  type Lifecycle,
  type Limits,
  type JsCompressor,
  type LockDictionary,
  type LockDocument,
  type NormOp,
  type Outcome,
  type PlacementName,
  type Primitive,
  type Processor,
  type ProcessOptions,
  type ProcessorOptions,
  type ProcessOutcome,
  type Rejected,
  type SidelaneErrorOptions,
  type State,
  type Stats,
  type StreamItem,
  type StreamOptions,
  type StreamPayload,
  type StreamSource,
} from './model/index.ts'
export { compareContracts, loadContract, parseContract, type Affected, type Change } from './contract/index.ts'
export { defineContract, httpUrl, norm, type DefineOptions } from './contract/define/index.ts'
export { importContract, type ImportOptions } from './contract/import/index.ts'
export {
  lines,
  numberedLines,
  toTransformStream,
  type ByteSource,
  type Line,
  type LinesOptions,
} from './ndjson/index.ts'
export { verify, type Verifiable, type VerifyOptions } from './engine/index.ts'
