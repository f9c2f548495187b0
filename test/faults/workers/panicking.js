// The pool's worker over an addon whose every entry panics when it meets the marker: what `catch_unwind` makes of a panic is
// an exception. The entries themselves are the addon's.
import { panicAt } from '../panic.js'

panicAt('panic in a worker')
export const { run } = await import('../../../dist/placements/pool/worker.js')
