// A worker, for every runtime that serves the default export of a module: `deno serve worker.js`, `bun worker.js`,
// `wrangler dev worker.js`. The js engine runs inline; the contract comes as the text of its lock. A lock of `numbers: 'int64'`
// is imported as text, because JSON.parse rounds its integers.
import { createProcessor, parseContract } from 'sidelane/edge'
import { receive, respond } from 'sidelane/fetch'
import lock from '../order.lock.json' with { type: 'json' }

const processor = await createProcessor(parseContract(JSON.stringify(lock)))

export default {
  async fetch(request) {
    return respond(request, await receive(processor, request))
  },
}
