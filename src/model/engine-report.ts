// The names of engines and placements, and the report of the engine that was selected.

/** The requested engine: `auto` selects native if it loads, else js. */
export type EngineName = 'auto' | 'js' | 'native'
/** The compressor of gzip, deflate and deflate-raw in the js engine. */
export type JsCompressor = 'zlib' | 'fflate'
/** Where payloads are processed. */
export type PlacementName = 'inline' | 'pool' | 'auto' | 'sidecar'
/** Also `queue`: workers behind a queue of Redis (`sidelane/bullmq`). */
export type PlacedName = PlacementName | 'queue'

/** An engine of this package. */
export type EngineKind = 'js' | 'native'

/** The selected engine and the reason. */
export interface EngineReport<K extends string = EngineKind | 'app' | 'none'> {
  /**
   * The selected engine; `app`: a function of the app, with `createRollout`; `none`: none yet, because no daemon has
   * answered and a fallback answers instead, or none here, because the workers of a queue choose it.
   */
  readonly kind: K
  /** One sentence for a log line. */
  readonly reason: string
  /** Failed attempts, with their errors. Empty when the first choice loaded. */
  readonly tried: readonly { readonly path: string; readonly error: string }[]
}

/** Of an engine that runs in this process or in a daemon. */
export type LoadedEngineReport = EngineReport<EngineKind>
