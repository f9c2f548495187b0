// Serves a module as other runtimes do: its default export { fetch }, or the POST of a route of Next.
// PORT=3000 node serve-module.mjs FILE
import { pathToFileURL } from 'node:url'
import { serve } from '@hono/node-server'

const module = await import(pathToFileURL(process.argv[2]).href)
const server = serve({ fetch: module.default?.fetch ?? module.POST, port: process.env.PORT })
process.once('SIGTERM', () => server.close())
