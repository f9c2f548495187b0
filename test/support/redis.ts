// A Redis of the test's own; without redis-server the test is skipped.
import { onTestFinished, type TestContext } from 'vitest'
import { findRedis, RedisServer, type RedisServerOptions } from '../../bench/queue/redis-server.ts'

export { RedisServer } from '../../bench/queue/redis-server.ts'

/** Ends with the test. */
export async function needRedis(context: TestContext, options?: RedisServerOptions): Promise<RedisServer> {
  if (findRedis() === undefined) context.skip('redis-server is not installed')
  const server = await RedisServer.start(options)
  onTestFinished(() => server.remove())
  return server
}

/** Names of the connections to the server, without the one that asks. */
export const connectionNames = (server: RedisServer): Promise<string[]> =>
  server.with(async (client) => {
    const list = String(await client.client('LIST'))
      .trim()
      .split('\n')
    return list.filter((line) => !line.includes('cmd=client')).map((line) => /name=(\S*)/.exec(line)?.[1] ?? '')
  })

export const keysOf = (server: RedisServer, pattern: string): Promise<string[]> =>
  server.with((client) => client.keys(pattern))
