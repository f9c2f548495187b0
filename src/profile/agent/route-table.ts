// The routes of requests. Express and Fastify name the route of a request while it runs; for Hono the path is kept, within the
// app, until the router is asked at the end.

export type RouteHandler = (...args: never[]) => unknown

/** Different paths that are kept; the requests beyond have no route. */
const maxPaths = 5_000

export class RouteTable {
  readonly names: string[] = []
  /** The functions that were registered for each route. */
  readonly handlers: RouteHandler[][] = []
  readonly #indexes = new Map<string, number>()
  /** By request: its route, or -1. */
  readonly #routes: number[] = []
  /** By request: its path, as an index into `#paths`, or -1. */
  readonly #pathOf: number[] = []
  readonly #paths = new Map<string, number>()
  readonly #routeOfPath: number[] = []

  see(id: number, path: string): void {
    this.#routes[id] = -1
    let index = this.#paths.get(path)
    if (index === undefined) {
      index = this.#paths.size < maxPaths ? this.#paths.size : -1
      if (index >= 0) this.#paths.set(path, index)
    }
    this.#pathOf[id] = index
  }

  name(id: number, name: string, handlers: () => RouteHandler[]): void {
    const known = this.#indexes.get(name)
    this.#routes[id] = known ?? this.#add(name, handlers())
  }

  addHandler(name: string, handler: RouteHandler): void {
    const index = this.#indexes.get(name)
    if (index === undefined) this.#add(name, [handler])
    else this.handlers[index]?.push(handler)
  }

  /** -1: unknown. */
  indexOf(name: string): number {
    return this.#indexes.get(name) ?? -1
  }

  #add(name: string, handlers: RouteHandler[]): number {
    const index = this.names.push(name) - 1
    this.#indexes.set(name, index)
    this.handlers.push(handlers)
    return index
  }

  /** Asks a router for the routes of the paths that have none yet. */
  resolvePaths(routeOfPath: (method: string, path: string) => number): void {
    for (const [text, index] of this.#paths) {
      const space = text.indexOf(' ')
      this.#routeOfPath[index] ??= routeOfPath(text.slice(0, space), text.slice(space + 1))
    }
  }

  routeOf(id: number): number {
    if (id < 0) return -1
    const route = this.#routes[id] ?? -1
    return route >= 0 ? route : (this.#routeOfPath[this.#pathOf[id] ?? -1] ?? -1)
  }
}
