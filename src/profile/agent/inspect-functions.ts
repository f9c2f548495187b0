// What only the inspector knows of a function: where it begins, and what its closure holds.

import type { Session } from 'node:inspector'
import type { Server } from 'node:http'
import type { RouteFunction } from '../raw.ts'
import type { RouteHandler } from './route-table.ts'

/** How `Runtime.callFunctionOn` hands a value over. */
const box: { value?: unknown } = {}
const boxKey = Symbol.for('sidelane.profile.box')

/** A larger heap is not searched for Hono's apps, because the search collects all garbage first. */
const maxHeapBytes = 256 * 1024 * 1024

export interface HonoApp {
  readonly routes: readonly { readonly method: string; readonly path: string; readonly handler: RouteHandler }[]
  readonly router: { match(method: string, path: string): unknown }
}

interface RemoteValue {
  readonly objectId?: string
  readonly type: string
  readonly className?: string
  readonly description?: string
  readonly value?: unknown
}

interface Properties {
  readonly result: readonly { readonly name: string; readonly value?: RemoteValue }[]
  readonly internalProperties?: readonly { readonly name: string; readonly value?: RemoteValue }[]
}

/** The session belongs to this thread, so each request is answered before `post` returns. */
export function ask(session: Session, method: string, params: object = {}): unknown {
  let answer: unknown
  let failure: Error | null = null
  session.post(method, params, (error: Error | null, result) => {
    failure = error
    answer = result
  })
  if (failure !== null) throw failure as Error
  return answer
}

export class FunctionInspector {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  /** Undefined for a native or a bound function. */
  locationOf(handler: RouteHandler): Omit<RouteFunction, 'route'> | undefined {
    const { internalProperties = [] } = this.#propertiesOf(this.#remoteOf(handler))
    const place = internalProperties.find(({ name }) => name === '[[FunctionLocation]]')?.value?.value
    return place as Omit<RouteFunction, 'route'> | undefined
  }

  /** Hono's apps behind a server's request listener, which holds the app's `fetch`, or a function that calls it. */
  honoApps(server: Server): readonly HonoApp[] {
    const found = new Set<HonoApp>()
    const queue = server.listeners('request').map((listener) => ({ remote: this.#remoteOf(listener), depth: 0 }))
    const seen = new Set<string>()
    for (const { remote, depth } of queue) {
      for (const { name, value } of this.#closureOf(remote)) {
        if (value?.objectId === undefined) continue
        if (value.type === 'object' && /hono/i.test(value.className ?? '')) this.#collect(this.#localOf(value), found)
        if (value.type !== 'function') continue
        if (/^Hono\d*$/.test(name)) this.#instancesOf(value, found)
        else if (depth < 2 && /fetch|handler|app/i.test(name) && !seen.has(`${depth} ${name}`)) {
          seen.add(`${depth} ${name}`)
          queue.push({ remote: value, depth: depth + 1 })
        }
      }
    }
    return [...found]
  }

  #instancesOf(constructor: RemoteValue, found: Set<HonoApp>): void {
    if (process.memoryUsage().heapTotal > maxHeapBytes) return
    const prototype = this.#remoteOf((this.#localOf(constructor) as { prototype: object }).prototype)
    if (prototype.objectId === undefined) return
    const { objects } = ask(this.#session, 'Runtime.queryObjects', { prototypeObjectId: prototype.objectId }) as {
      readonly objects: RemoteValue
    }
    for (const app of this.#localOf(objects) as readonly unknown[]) this.#collect(app, found)
  }

  #collect(app: unknown, found: Set<HonoApp>): void {
    const { routes, router } = app as Partial<HonoApp>
    if (Array.isArray(routes) && routes.length > 0 && typeof router?.match === 'function') found.add(app as HonoApp)
  }

  #closureOf(remote: RemoteValue): { readonly name: string; readonly value?: RemoteValue }[] {
    const scopes = this.#propertiesOf(remote).internalProperties?.find(({ name }) => name === '[[Scopes]]')?.value
    if (scopes === undefined) return []
    return this.#propertiesOf(scopes)
      .result.map(({ value }) => value)
      .filter((scope): scope is RemoteValue => scope !== undefined && scope.description !== 'Global')
      .flatMap((scope) => this.#propertiesOf(scope).result)
  }

  #propertiesOf({ objectId }: RemoteValue): Properties {
    if (objectId === undefined) return { result: [] }
    return ask(this.#session, 'Runtime.getProperties', { objectId, ownProperties: true }) as Properties
  }

  #remoteOf(value: unknown): RemoteValue {
    return withBox(value, () => {
      const expression = "globalThis[Symbol.for('sidelane.profile.box')].value"
      return (ask(this.#session, 'Runtime.evaluate', { expression }) as { readonly result: RemoteValue }).result
    })
  }

  #localOf({ objectId }: RemoteValue): unknown {
    return withBox(undefined, () => {
      const functionDeclaration = "function () { globalThis[Symbol.for('sidelane.profile.box')].value = this }"
      ask(this.#session, 'Runtime.callFunctionOn', { objectId, functionDeclaration })
      return box.value
    })
  }
}

function withBox<T>(value: unknown, run: () => T): T {
  box.value = value
  Reflect.defineProperty(globalThis, boxKey, { value: box, configurable: true, enumerable: false })
  try {
    return run()
  } finally {
    Reflect.deleteProperty(globalThis, boxKey)
    box.value = undefined
  }
}
