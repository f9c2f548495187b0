// The worker of the pool with an addon whose functions throw for bytes that contain the marker, as `catch_unwind` does after
// a panic.
import { panicAt } from '../panic.js'

panicAt('panic in a worker')
export const { run } = await import('../../../dist/worker.js')
