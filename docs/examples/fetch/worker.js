// A worker, for every runtime that serves the default export of a module: `deno serve worker.js`, `bun worker.js`,
// `wrangler dev worker.js`. The js engine runs inline. A lock of `numbers: 'int64'` is imported as text, because JSON.parse rounds
// its integers.
import { createProcessor, parseContract } from 'sidelane/edge'
import { receive, respond } from 'sidelane/fetch'
import lock from '../order.lock.json' with { type: 'json' }

const processor = await createProcessor(parseContract(lock))

export default {
  async fetch(request) {
    return respond(request, await receive(processor, request))
  },
}
